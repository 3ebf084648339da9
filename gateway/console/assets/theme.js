// Colours before the first paint: "auto" follows the machine. The page works without this file.
(() => {
  const root = document.documentElement;
  root.classList.remove("no-js");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const wish = root.dataset.theme;
    root.dataset.bsTheme = wish === "auto" ? (dark.matches ? "dark" : "light") : wish;
  };
  paint();
  dark.addEventListener("change", paint);
})();
