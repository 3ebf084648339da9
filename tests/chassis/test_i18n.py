"""The words themselves: the lookup, and a guard over every locale folder of the project."""

from __future__ import annotations

import string
from pathlib import Path

import pytest

from chassis.i18n import LANGUAGES, Catalog, plural_forms

ROOT = Path(__file__).parents[2]
ROOMS = ("chassis", "services", "gateway", "launch")
FOLDERS = sorted({path.parent for room in ROOMS for path in (ROOT / room).rglob("locale/*.po")})

HEADERS = {
    "ru": "nplurals=4; plural=(n%10==1 && n%100!=11 ? 0 : "
    "n%10>=2 && n%10<=4 && (n%100<12 || n%100>14) ? 1 : 2);",
    "ky": "nplurals=2; plural=(n != 1);",
    "en": "nplurals=2; plural=(n != 1);",
}
TEXTS = {
    "ru": ("Отчёт за {month}", ("{n} орган", "{n} органа", "{n} органов", "{n} органа")),
    "ky": ("{month} үчүн отчет", ("{n} орган", "{n} орган")),
    "en": ("Report for {month}", ("{n} body", "{n} bodies")),
}


@pytest.fixture
def catalog(tmp_path: Path) -> Catalog:
    """A room of two keys, one plain and one plural, in three languages."""
    for language, (title, bodies) in TEXTS.items():
        forms = "\n".join(f'msgstr[{i}] "{form}"' for i, form in enumerate(bodies))
        (tmp_path / f"{language}.po").write_text(
            f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
            f'"Plural-Forms: {HEADERS[language]}\\n"\n\n'
            f'msgid "report.title"\nmsgstr "{title}"\n\n'
            f'msgid "bodies"\nmsgid_plural "bodies"\n{forms}\n',
            encoding="utf-8",
        )
    return Catalog(tmp_path)


def placeholders(text: str) -> set[str]:
    """Names between the braces of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_it_fills_the_placeholders(catalog: Catalog) -> None:
    assert catalog.gettext("ky", "report.title", month="2022-ж. март") == "2022-ж. март үчүн отчет"


def test_it_never_reads_a_value_as_a_template(catalog: Catalog) -> None:
    told = catalog.gettext("en", "report.title", month="{month} {x.y}")
    assert told == "Report for {month} {x.y}"


@pytest.mark.parametrize(
    ("n", "text"),
    [
        (1, "1 орган"),
        (3, "3 органа"),
        (11, "11 органов"),
        (22, "22 органа"),
        (0, "0 органов"),
        (5.8, "5,8 органа"),
        (1234, "1\xa0234 органа"),
    ],
)
def test_it_chooses_the_russian_plural(catalog: Catalog, n: float, text: str) -> None:
    assert catalog.ngettext("ru", "bodies", n) == text


def test_it_names_the_missing_key(catalog: Catalog) -> None:
    with pytest.raises(LookupError, match=r"no ky text for 'report\.subtitle'"):
        catalog.gettext("ky", "report.subtitle")


def test_it_refuses_a_missing_placeholder(catalog: Catalog) -> None:
    with pytest.raises(LookupError):
        catalog.gettext("ru", "report.title")


def test_it_orders_the_plural_forms_as_cldr_does() -> None:
    assert [plural_forms(language) for language in ("ru", "ky", "en")] == [
        ("one", "few", "many", "other"),
        ("one", "other"),
        ("one", "other"),
    ]


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_it_has_every_key_in_every_language(folder: Path) -> None:
    room = Catalog(folder)
    keys = {language: room.keys(language) for language in LANGUAGES}
    assert set.union(*map(set, keys.values())) == set.intersection(*map(set, keys.values()))


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_it_has_a_text_for_every_form(folder: Path) -> None:
    room = Catalog(folder)
    for language in LANGUAGES:
        for key in room.keys(language):
            forms = room.forms(language, key)
            assert all(forms), (language, key)
            assert len(forms) in {1, len(plural_forms(language))}, (language, key)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_it_has_equal_placeholders_in_every_form(folder: Path) -> None:
    room = Catalog(folder)
    for key in room.keys("ru"):
        # A singular may leave the number out ("one body"); all else must be the same everywhere.
        forms = [form for language in LANGUAGES for form in room.forms(language, key)]
        names = {frozenset(placeholders(form) - {"n"}) for form in forms}
        assert len(names) == 1, (key, names)
