"""`./aymak screenshots`: every screen of the console as a picture: light, dark, phone, languages.

They are looked at one by one before a release: what is cut, crooked or loud is mended.
"""

from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launch import browser, credentials, trial
from launch.state import state_at
from launch.trial import Say

DESK = {"width": 1366, "height": 900}
PHONE = {"width": 390, "height": 844}


@dataclass(frozen=True, slots=True)
class Look:
    """One way to look at a screen; its name is the folder of its pictures."""

    name: str
    viewport: dict[str, int]
    colours: str
    language: str


LOOKS = (
    Look("light", DESK, "light", "ru"),
    Look("dark", DESK, "dark", "ru"),
    Look("phone", PHONE, "light", "ru"),
    Look("kyrgyz", DESK, "light", "ky"),
    Look("english", DESK, "light", "en"),
)


@dataclass(frozen=True, slots=True)
class Picture:
    """A screen: its name, its address, and the link to follow from there, for one thing of a list.

    ``press`` is a key to press before the picture.
    """

    name: str
    address: str
    follow: str = ""
    press: str = ""


ROW = "main a.row-link"
PICTURES = (
    Picture("today", "/"),
    Picture("today-keys", "/", press="?"),
    Picture("inquiries", "/inquiries"),
    Picture("inquiry", "/inquiries", follow=ROW),
    Picture("organisations", "/organisations"),
    Picture("organisations-filtered", "/organisations?body_type=ayil_okmotu&sort=-registered"),
    Picture("organisation", "/organisations?body_type=ayil_okmotu", follow=ROW),
    Picture("people", "/people"),
    Picture("person", "/people", follow=ROW),
    Picture("online-events", "/online-events"),
    Picture("online-event", "/online-events?state=held", follow=ROW),
    Picture("indicators", "/indicators"),
    Picture("indicator", "/indicators/R9"),
    Picture("reports", "/reports"),
    Picture("report", "/reports", follow=ROW),
    Picture("log", "/log"),
    Picture("log-event", "/log", follow=ROW),
    Picture("dead-letters", "/dead-letters"),
    Picture("waiting", "/waiting"),
    Picture("search", "/search?q=Ала"),
    Picture("jobs", "/jobs"),
    Picture("settings", "/settings"),
    Picture("accounts", "/settings/accounts"),
    Picture("keys", "/settings/keys"),
    Picture("mail", "/settings/mail"),
    Picture("audit", "/settings/audit"),
    Picture("health", "/settings/health"),
    Picture("plan", "/settings/plan"),
    Picture("start", "/start"),
    Picture("help", "/help"),
    Picture("not-found", "/organisations/none-such"),
)
STRANGERS = (Picture("sign-in", "/sign-in"),)


def take(out: Path, *, state: Path | None, months: int, say: Say) -> int:
    """Take all pictures into ``out`` and return how many there are.

    ``state`` is the folder of a product that runs; without one a demo of ``months`` is made.
    """
    made = trial.product("screenshots", months=months, say=say)
    with nullcontext(state_at(state)) if state else made as running, browser.chromium() as chromium:
        url = trial.address(running)
        first = credentials.read(running.credentials)
        taken = 0
        for look in LOOKS:
            say(f"{look.name} ...")
            taken += _look(chromium, look, url, first, out / look.name)
    return taken


def _look(chromium: Any, look: Look, url: str, first: credentials.Credentials, out: Path) -> int:
    out.mkdir(parents=True, exist_ok=True)
    context = chromium.new_context(
        viewport=look.viewport, color_scheme=look.colours, locale=look.language
    )
    page = context.new_page()
    try:
        # It stays chosen on this browser, and the account names none.
        page.goto(f"{url}/sign-in")
        page.click(f"button[lang={look.language}]")
        for picture in STRANGERS:
            _take(page, url, picture, out)
        browser.sign_in(page, url, first.admin_login, first.admin_password)
        for picture in PICTURES:
            _take(page, url, picture, out)
    finally:
        context.close()
    return len(STRANGERS) + len(PICTURES)


def _take(page: Any, url: str, picture: Picture, out: Path) -> None:
    page.goto(f"{url}{picture.address}")
    if picture.follow:
        found = page.locator(picture.follow).first.get_attribute("href")
        page.goto(f"{url}{found}")
    if picture.press:
        page.keyboard.press(picture.press)
    # What a page loads by itself after it is there: counters, previews.
    page.wait_for_load_state("networkidle")
    page.screenshot(path=out / f"{picture.name}.png", full_page=True)
