"""How one language writes things: keys, numbers, dates, months, money, coded parameters.

Everything that a reader of a document sees goes through a `Phrases`, so that the three languages
are rendered from the same data and differ in nothing but words. Babel owns the formats (ru_KG,
ky_KG, en_GB); only what it lacks stands in the locale files ("за март", "2022-жылдын март айы").
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency, format_decimal

from chassis.i18n import LOCALES, Catalog
from services.reporting.documents.model import Unit, Words

BISHKEK = ZoneInfo("Asia/Bishkek")
CATALOG = Catalog(Path(__file__).parent / "locale")
DASH = "–"

# Babel's short Kyrgyz date is 1/3/22 and its yMd puts the day before the month: both mislead.
_SHORT_DATE = {"ru": "dd.MM.y", "ky": "dd.MM.y", "en": "d MMM y"}
_CODED = frozenset({"audience", "body_type", "role", "channel", "kind"})
_NUMBERS = frozenset({"share", "target", "lsg"})


@dataclass(frozen=True, slots=True)
class Phrases:
    """The words of one language, 'ru', 'ky' or 'en'; LookupError for another."""

    language: str
    catalog: Catalog = CATALOG

    def __post_init__(self) -> None:
        if self.language not in LOCALES:
            raise LookupError(f"no words in language {self.language!r}")

    @property
    def locale(self) -> Locale:
        """Babel's locale of the language."""
        return LOCALES[self.language]

    def text(self, key: str, **params: object) -> str:
        """The text of a key; LookupError if the language has none."""
        return self.catalog.gettext(self.language, key, **params)

    def count(self, key: str, n: float, **params: object) -> str:
        """The text of a key in the plural form of n; `{n}` is n as the language writes it."""
        return _plain(self.catalog.ngettext(self.language, key, n, **params))

    def code(self, group: str, code: str) -> str:
        """The word for a code ("audience", "experts"); the code itself if no word is known."""
        key = f"{group}.{code}"
        return self.text(key) if key in self.catalog.keys(self.language) else code

    def words(self, words: Words) -> str:
        """The text in this language, else in the first of ru, ky, en that has one, else a dash."""
        own: str = getattr(words, self.language)
        return own or words.ru or words.ky or words.en or DASH

    def number(self, value: float | None, digits: int = 0) -> str:
        """A number with exactly so many decimals, rounded half to even; a dash for None."""
        if value is None:
            return DASH
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return _plain(format_decimal(value, pattern, locale=self.locale))

    def plain(self, value: float | None) -> str:
        """A number with no more decimals than it needs, at most two; a dash for None."""
        if value is None:
            return DASH
        return _plain(format_decimal(value, "#,##0.##", locale=self.locale))

    def signed(self, value: float | None, unit: Unit = "count") -> str:
        """A change with its sign, "0" for none; a dash for None. Percents change by points."""
        if value is None:
            return DASH
        digits = 1 if unit == "percent" else 0
        if not round(value, digits):
            return self.number(0, digits)
        return ("+" if value > 0 else "\u2212") + self.number(abs(value), digits)

    def value(self, value: float | None, unit: Unit = "count") -> str:
        """A figure in its unit: a whole number, or a percentage with one decimal."""
        if value is None or unit == "count":
            return self.plain(value)
        return self.text("percent", value=self.number(value, 1))

    def goal(self, value: float | None, unit: Unit = "count") -> str:
        """A target in its unit, with no more decimals than it has: "130", "25 %"."""
        if value is None or unit == "count":
            return self.plain(value)
        return self.text("percent", value=self.plain(value))

    def money(self, amount: float | str, currency: str = "KGS") -> str:
        """An amount with its currency behind it, two decimals."""
        pattern = "#,##0.00\xa0¤"
        return _plain(format_currency(amount, currency, pattern, locale=self.locale))

    def long_date(self, day: dt.date) -> str:
        """ "1 марта 2022 г.", "2022-ж., 1-март", "1 March 2022"."""
        return _plain(format_date(day, "long", locale=self.locale))

    def short_date(self, day: dt.date) -> str:
        """ "01.03.2022", "01.03.2022", "1 Mar 2022"."""
        return format_date(day, _SHORT_DATE[self.language], locale=self.locale)

    def moment(self, at: dt.datetime) -> str:
        """A moment by the clock of Bishkek, to the minute."""
        local = at.astimezone(BISHKEK)
        return f"{self.short_date(local.date())} {local:%H:%M}"

    def month(self, month: str) -> str:
        """ "март 2022 г.", "2022-жылдын март айы", "March 2022" of an ISO month."""
        day = _first_day(month)
        name = format_date(day, "LLLL", locale=self.locale)
        if self.language != "en":
            name = name.lower()
        return self.text("month.name", month=name, year=day.year)

    def short_month(self, month: str) -> str:
        """ "03.2022" of an ISO month: for axes and narrow columns, the same in each language."""
        return f"{_first_day(month):%m.%Y}"

    def window(self, window: str) -> str:
        """Months from–to of "2022-01/2022-02"."""
        return f" {DASH} ".join(self.short_month(part) for part in window.split("/"))

    def filled(self, key: str, params: Mapping[str, str], names: Mapping[str, Words]) -> str:
        """A coded sentence with its parameters written out; `count` chooses the plural form."""
        written: dict[str, object] = {name: self.param(name, params) for name in params}
        written |= {name: self.words(words) for name, words in names.items()}
        if "count" not in params:
            return _plain(self.text(key, **written))
        del written["count"]
        return self.count(key, float(params["count"]), **written)

    def param(self, name: str, params: Mapping[str, str]) -> str:
        """One parameter as `vocabulary` says that its name is written."""
        value = params[name]
        if name.endswith("_on"):
            return self.short_date(dt.date.fromisoformat(value))
        if name in _CODED:
            return self.code(name, value)
        if name in _NUMBERS:
            return self.plain(float(value))
        return self._special(name, value, params)

    def _special(self, name: str, value: str, params: Mapping[str, str]) -> str:
        match name:
            case "needed":
                return self.number(float(value), 1)
            case "audiences":
                return ", ".join(self.code("audience", part) for part in value.split(",") if part)
            case "amount":
                return self.money(value, params.get("currency", "KGS"))
            case "month":
                return self.month(value)
            case "window":
                return self.window(value)
            case "sha256":
                return f"{value[:12]}…"
            case _:
                return value


def _first_day(month: str) -> dt.date:
    return dt.date.fromisoformat(f"{month}-01")


def _plain(text: str) -> str:
    """Narrow no-break spaces, which few mail fonts carry, become common ones."""
    return text.replace("\u202f", "\xa0")
