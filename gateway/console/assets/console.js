// Habits of the console. Every page reads and works without this file; with it, hands stay on keys.
(() => {
  const $ = (selector, root = document) => root.querySelector(selector);
  const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

  // htmx sends forms of ours: they carry the token of their page.
  document.addEventListener("htmx:config:request", (event) => {
    const token = document.body.dataset.csrf;
    const request = event.detail.ctx?.request;
    if (token && request) request.headers["X-CSRF-Token"] = token;
  });

  // --- forms -----------------------------------------------------------------------------------

  let timer;
  // A double click sends once; the server would hear it once, too (its _key).
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (event.defaultPrevented || form.method === "dialog" || form.method === "get") return;
    if (form.dataset.sent) return event.preventDefault();
    form.dataset.sent = "1";
    clearTimeout(timer);
    $$("button", form).forEach((button) => button.setAttribute("aria-disabled", "true"));
  });
  // A page that comes back by the back button may be sent again.
  addEventListener("pageshow", () => $$("form[data-sent]").forEach((form) => {
    delete form.dataset.sent;
    $$("button", form).forEach((button) => button.removeAttribute("aria-disabled"));
  }));
  document.addEventListener("change", (event) => {
    const form = event.target.form;
    if (form?.hasAttribute("data-submit-on-change")) form.requestSubmit();
  });
  // What a part of a form is for, only while the choice before it asks for it.
  const showFor = () => $$("[data-show-for]").forEach((part) => {
    const [name, ...values] = part.dataset.showFor.split(" ");
    const field = part.closest("form")?.elements[name];
    part.hidden = !!field && !values.includes(field.value);
  });
  document.addEventListener("change", showFor);

  // --- selection -------------------------------------------------------------------------------

  const count = (form) => {
    const boxes = $$("input[name=id]", form);
    const chosen = boxes.filter((box) => box.checked).length;
    const all = $("input[name=all]", form);
    const whole = boxes.length > 0 && chosen === boxes.length;
    form.classList.toggle("has-selection", chosen > 0);
    $$("[data-chosen]", form).forEach((place) => { place.textContent = all?.checked ? all.dataset.total : chosen; });
    $$("[data-whole]", form).forEach((place) => { place.hidden = !whole; });
    if (!whole && all) all.checked = false;
    const head = $("input[data-select-page]", form);
    if (head) { head.checked = whole; head.indeterminate = chosen > 0 && !whole; }
  };
  document.addEventListener("change", (event) => {
    const form = event.target.closest("form[data-list]");
    if (!form) return;
    if (event.target.matches("[data-select-page]")) {
      $$("input[name=id]", form).forEach((box) => { box.checked = event.target.checked; });
    }
    count(form);
  });

  // --- drafts ----------------------------------------------------------------------------------

  // Typed text is kept on the server while it is typed; a lost session cannot lose it.
  document.addEventListener("input", (event) => {
    const form = event.target.closest("form[data-draft]");
    if (!form) return;
    clearTimeout(timer);
    timer = setTimeout(() => keepDraft(form), 800);
  });
  const keepDraft = async (form) => {
    const place = $(".draft-state", form);
    try {
      const answer = await fetch(form.dataset.draft, {
        method: "POST",
        headers: { "HX-Request": "true", "X-CSRF-Token": document.body.dataset.csrf },
        body: new URLSearchParams(new FormData(form)),
      });
      if (place) place.innerHTML = await answer.text();
    } catch {
      if (place) place.textContent = form.dataset.unsaved;
    }
  };

  // --- pickers ---------------------------------------------------------------------------------

  const dress = (root) => $$("select[data-picker]", root).forEach((select) => {
    if (!select.tomselect) new TomSelect(select, { maxOptions: 500, allowEmptyOption: true, render: { no_results: null } });
  });

  // --- copying and looking ---------------------------------------------------------------------

  // A password that was looked at leaves as one, so that no browser offers it later.
  document.addEventListener("submit", (event) => $$("[data-reveal]", event.target).forEach((button) => {
    document.getElementById(button.dataset.reveal).type = "password";
    button.setAttribute("aria-pressed", "false");
  }));

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy], [data-reveal]");
    if (!button) return;
    const target = document.getElementById(button.dataset.copy || button.dataset.reveal);
    if (button.dataset.reveal) {
      const shown = target.type === "text";
      target.type = shown ? "password" : "text";
      return button.setAttribute("aria-pressed", String(!shown));
    }
    try {
      await navigator.clipboard.writeText(target.textContent);
    } catch {
      // Over plain http there is no clipboard: it is marked, and Ctrl+C takes it.
      return getSelection().selectAllChildren(target);
    }
    button.classList.add("text-good");
    const status = button.parentElement.querySelector("[role=status]");
    if (status) status.textContent = button.dataset.done;
  });

  // --- keyboard --------------------------------------------------------------------------------

  const rows = () => $$("tr[data-row], li[data-row]");
  let going = false;
  const move = (step) => {
    const all = rows();
    if (!all.length) return;
    const at = all.findIndex((row) => row.classList.contains("is-current"));
    const next = all[Math.max(0, Math.min(all.length - 1, at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step))];
    all.forEach((row) => row.classList.toggle("is-current", row === next));
    next.scrollIntoView({ block: "nearest" });
    $("a.row-link", next)?.focus({ preventScroll: true });
  };
  const current = () => $(".is-current");
  const actions = {
    "/": () => $("[data-key='/']")?.focus(),
    "?": () => $("#keys")?.showModal(),
    j: () => move(1),
    k: () => move(-1),
    x: () => { const box = current() && $("input[name=id]", current()); if (box) box.click(); },
    Enter: () => current() && $("a.row-link", current())?.click(),
    e: () => { const target = $("[data-key='e']"); if (target) { target.focus(); if (target.matches("a, button, summary")) target.click(); } },
    g: () => { going = true; setTimeout(() => { going = false; }, 1500); },
  };
  document.addEventListener("keydown", (event) => {
    const field = event.target.closest("input, textarea, select, [contenteditable]");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field?.form) {
      event.preventDefault();
      return field.form.requestSubmit();
    }
    if (event.key === "Escape" && field) return field.blur();
    const types = field && !field.matches("[type=checkbox], [type=radio]");
    if (types || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    if (going) {
      going = false;
      const link = $(`[data-go='${CSS.escape(event.key)}']`);
      if (link) { event.preventDefault(); link.click(); }
      return;
    }
    // A button or link in focus keeps its own Enter.
    if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
    const act = actions[event.key];
    if (act) { event.preventDefault(); act(); }
  });

  const start = (root) => {
    dress(root);
    showFor();
    $$("form[data-list]").forEach(count);
    $$("[data-copy], [data-reveal]").forEach((button) => { button.hidden = false; });
    $$("[data-hidden-with-script]").forEach((part) => { part.hidden = true; });
  };
  addEventListener("DOMContentLoaded", () => start(document));
  document.addEventListener("htmx:after:swap", () => start(document));
})();
