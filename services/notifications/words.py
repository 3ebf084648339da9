"""Words of the mails: texts by key, days with their weekday and hours of Bishkek, greetings."""

from datetime import date, datetime
from pathlib import Path

from babel.dates import format_date, format_skeleton

from chassis import clock
from chassis.i18n import LOCALES, Catalog
from contracts.parts import ClientName

CATALOG = Catalog(Path(__file__).parent / "locale")


def say(language: str, key: str, **params: object) -> str:
    """The text of a key; ``LookupError`` names an unknown one."""
    return CATALOG.gettext(language, key, **params)


def long_day(language: str, day: date) -> str:
    """A day with its weekday: суббота, 26 марта 2022 г."""
    return format_date(day, "full", locale=LOCALES[language])


def short_day(language: str, at: datetime) -> str:
    """The Bishkek day of an instant without the year: 26 марта."""
    return format_skeleton("MMMMd", clock.local(at), locale=LOCALES[language])


def moment(language: str, at: datetime) -> str:
    """An instant in Bishkek: суббота, 26 марта 2022 г., 15:00 (время Бишкека)."""
    return _with_zone(language, f"{_day(language, at)}, {_hour(at)}")


def span(language: str, start: datetime, end: datetime | None) -> str:
    """When something takes place in Bishkek: the end's day is told when it is another one."""
    if end is None:
        return moment(language, start)
    same_day = clock.day_of(start) == clock.day_of(end)
    until = f"–{_hour(end)}" if same_day else f" – {_day(language, end)}, {_hour(end)}"
    return _with_zone(language, f"{_day(language, start)}, {_hour(start)}{until}")


def greeting(language: str, name: ClientName | None) -> str:
    """A greeting by name and patronymic; organisations and nameless readers without a name."""
    if name is None or not (name.surname or name.name):
        return say(language, "common.hello")
    given = " ".join(part for part in (name.name, name.patronymic) if part)
    return say(language, "common.hello_name", name=given or name.surname)


def _day(language: str, at: datetime) -> str:
    return long_day(language, clock.day_of(at))


def _hour(at: datetime) -> str:
    return f"{clock.local(at):%H:%M}"


def _with_zone(language: str, text: str) -> str:
    return f"{text} ({say(language, 'common.bishkek_time')})"
