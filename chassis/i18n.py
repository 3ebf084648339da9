"""Words for people, in Russian, Kyrgyz and English, from a room's `locale/{ru,ky,en}.po`.

Database, events and logs hold codes; every word that a person reads is looked up here by a short
key ('report.title'). Plural entries hold the CLDR forms in CLDR order (ru: one, few, many, other;
ky and en: one, other), so the rules are Babel's and not a second copy of them in each file.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from babel import Locale
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from babel.numbers import format_decimal

_TAGS = {"ru": "ru_KG", "ky": "ky_KG", "en": "en_GB"}
LOCALES: Mapping[str, Locale] = MappingProxyType({k: Locale.parse(v) for k, v in _TAGS.items()})
LANGUAGES = tuple(LOCALES)
CLDR_FORMS = ("zero", "one", "two", "few", "many", "other")

Forms = tuple[str, ...]


def plural_forms(language: str) -> Forms:
    """Names of the plural forms of a language in the order of its `msgstr[n]` (CLDR)."""
    tags = LOCALES[language].plural_form.tags | {"other"}
    return tuple(form for form in CLDR_FORMS if form in tags)


class Catalog:
    """The words of one room; `folder` holds one .po file per language, each read on first use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._words: dict[str, dict[str, Forms]] = {}

    def gettext(self, language: str, msgid: str, **params: object) -> str:
        """The text of a key, its `{placeholders}` filled; LookupError names an unknown key."""
        return self.forms(language, msgid)[0].format_map(params)

    def ngettext(self, language: str, msgid: str, n: float, **params: object) -> str:
        """The plural form that `n` asks for; `{n}` is n as the language writes numbers."""
        locale = LOCALES[language]
        form = self.forms(language, msgid)[plural_forms(language).index(locale.plural_form(n))]
        return form.format_map(params | {"n": format_decimal(n, locale=locale)})

    def forms(self, language: str, msgid: str) -> Forms:
        """All forms of a key, one or one per CLDR form; LookupError names what is missing."""
        try:
            return self._load(language)[msgid]
        except KeyError:
            raise LookupError(f"no {language} text for {msgid!r} in {self.folder}") from None

    def keys(self, language: str) -> frozenset[str]:
        """Every key that the language's file answers."""
        return frozenset(self._load(language))

    def _load(self, language: str) -> dict[str, Forms]:
        if language not in self._words:
            with (self.folder / f"{language}.po").open("rb") as file:
                found = read_po(file, locale=str(LOCALES[language]), abort_invalid=True)
            self._words[language] = dict(_entry(message) for message in found if message.id)
        return self._words[language]


def _entry(message: Message) -> tuple[str, Forms]:
    """A plural entry's id is (msgid, msgid_plural); its key is the first of them."""
    if isinstance(message.id, (tuple, list)):
        return message.id[0], tuple(form or "" for form in message.string or ())
    return message.id, (str(message.string or ""),)
