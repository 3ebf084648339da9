"""Words, days and numbers of the pages, in the reader's language (`gateway/console/locale`).

The first part of a key names the folder that has its words: ``inquiries.title`` stands in
`locale/inquiries/{ru,ky,en}.po`.
The language is that of the page being rendered: templates and the functions that prepare them say
``t("key")`` and need not hand it on.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal

from chassis.i18n import LOCALES, Catalog

FOLDER = Path(__file__).parent / "locale"
BISHKEK = ZoneInfo("Asia/Bishkek")
_language: ContextVar[str] = ContextVar("language", default="ru")


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Let everything within say its words in ``language``."""
    token = _language.set(language)
    try:
        yield
    finally:
        _language.reset(token)


def language() -> str:
    """Return the language of the page at hand."""
    return _language.get()


@cache
def room(name: str) -> Catalog:
    """Return the words of one room; raises ``LookupError`` for a room that there is not."""
    if not (FOLDER / name).is_dir():
        raise LookupError(f"no words for {name!r} in {FOLDER}")
    return Catalog(FOLDER / name)


def t(key: str, **params: object) -> str:
    """Return the words of ``key``; raises ``LookupError`` for a key that nobody wrote."""
    return room(key.partition(".")[0]).gettext(language(), key, **params)


def n(key: str, count: float, **params: object) -> str:
    """Return the words of ``key`` in the plural form that ``count`` asks for."""
    return room(key.partition(".")[0]).ngettext(language(), key, count, **params)


def code(family: str, value: object) -> str:
    """Return the words of a code, ``code("inquiry_state", "answered")``.

    One that has none stands as it is: a service may know a code before its words are here.
    """
    key = f"code.{family}.{value}"
    words = room("code")
    return words.gettext(language(), key) if key in words.keys(language()) else str(value)


def number(value: float | int | None) -> str:
    """Return a number as the language writes it; a dash for none."""
    return "–" if value is None else format_decimal(value, locale=LOCALES[language()])


def day(value: str | date | None, pattern: str = "long") -> str:
    """Return a day in Bishkek; ``value`` is a date, an ISO date or an ISO instant."""
    if not value:
        return "–"
    return format_date(_day(value), _pattern(pattern), locale=LOCALES[language()])


def when(value: str | datetime | None) -> str:
    """Return an instant as day and time in Bishkek."""
    if not value:
        return "–"
    at = _instant(value)
    return f"{day(at)}, {format_datetime(at, 'HH:mm', tzinfo=BISHKEK)}"


def clock(value: str) -> str:
    """Return the hour and minute of an instant in Bishkek."""
    return format_datetime(_instant(value), "HH:mm", tzinfo=BISHKEK)


def month(value: str) -> str:
    """Return ``2022-03`` as the name of a month with its year."""
    first = date.fromisoformat(f"{value}-01")
    named = format_date(first, "LLLL yyyy", locale=LOCALES[language()])
    return named[:1].upper() + named[1:]


def title(words: dict[str, str | None] | None) -> str:
    """Return a name that is given in several languages, in the reader's where it has one."""
    given = words or {}
    for one in (language(), "ru", "ky", "en"):
        if found := given.get(one):
            return found
    return "–"


def place(client: dict[str, Any]) -> str:
    """Return where a client is: municipality and territory."""
    parts = [client.get("municipality"), client.get("territory")]
    named = [title(part) for part in parts if part]
    return ", ".join(dict.fromkeys(named)) or "–"


def _pattern(pattern: str) -> str:
    # Kyrgyz dates in full begin with the year and take twice the room; lists are read by eye.
    short = {"ru": "d MMM y", "ky": "d-MMM y", "en": "d MMM y"}
    long = {"ru": "d MMMM y", "ky": "d-MMMM y", "en": "d MMMM y"}
    named = {"short": short, "long": short, "full": long}
    return named[pattern][language()] if pattern in named else pattern


def _instant(value: str | datetime) -> datetime:
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return at.astimezone(BISHKEK)


def _day(value: str | date) -> date:
    if isinstance(value, datetime):
        return _instant(value).date()
    if isinstance(value, date):
        return value
    return date.fromisoformat(value) if len(value) == 10 else _instant(value).date()


FUNCTIONS: dict[str, Any] = {
    "t": t,
    "n": n,
    "code": code,
    "number": number,
    "day": day,
    "when": when,
    "clock": clock,
    "month_name": month,
    "title": title,
    "place": place,
}
