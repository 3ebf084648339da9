"""The words of the pages: none missing in any language, none that nobody says."""

import re
from pathlib import Path

import pytest

from contracts import codes
from contracts.catalogue import contracts
from gateway.console import words
from gateway.console.figures import TONES
from gateway.jobs.columns import TABLES
from gateway.jobs.kinds import KINDS
from gateway.policy import STAFF
from gateway.words import CATALOG as API

CONSOLE = words.FOLDER.parent
ROOMS = sorted(path.name for path in words.FOLDER.iterdir())
LANGUAGES = ("ru", "ky", "en")
# A key that is written out, and the fixed beginning of one that is put together.
SAID = re.compile(r"""(?<![\w.])(?:t|n|said=|say)\(?\s*["']([a-z_]+\.[\w.]+)["']""")
PREFIX = re.compile(r"""["']([a-z_]+\.(?:[\w]+_)?)["']\s*~""")
# Rooms whose keys are made of codes, columns or filters; see the tests below.
MADE = {"code", "export", "keys", "theme", "nav", "list"}
FAMILIES = {
    "role": STAFF,
    "state": tuple(TONES),
    "audience": codes.AUDIENCES,
    "body_type": codes.BODY_TYPES,
    "status": codes.CLIENT_STATUSES,
    "language": codes.LANGUAGES,
    "post": codes.ROLES,
    "inquiry_kind": codes.INQUIRY_KINDS,
    "channel": codes.INQUIRY_CHANNELS,
    "outcome": codes.INQUIRY_OUTCOMES,
    "event_kind": codes.ONLINE_EVENT_KINDS,
    "purpose": codes.DELIVERY_PURPOSES,
    "consent": codes.CONSENT_PURPOSES,
}


def sources() -> dict[Path, str]:
    files = [*(CONSOLE / "templates").glob("*.html"), *CONSOLE.glob("*.py")]
    files += list((CONSOLE.parent / "jobs").glob("*.py"))
    return {path: path.read_text("utf-8") for path in files}


def said() -> set[str]:
    found = {key for text in sources().values() for key in SAID.findall(text)}
    return {key for key in found if not key.endswith("_")}


def prefixes() -> set[str]:
    found = {key for text in sources().values() for key in PREFIX.findall(text)}
    in_python = re.compile(r'f"([a-z_]+\.(?:\w+[._])?)\{')
    return found | {key for text in sources().values() for key in in_python.findall(text)}


@pytest.mark.parametrize("room", ROOMS)
def test_every_language_has_the_same_keys_and_places(room: str) -> None:
    catalog = words.room(room)
    keys = catalog.keys("en")
    assert keys and catalog.keys("ru") == catalog.keys("ky") == keys
    for key in keys:
        wanted = set(re.findall(r"\{\w+\}", catalog.forms("en", key)[0]))
        for language in LANGUAGES:
            for form in catalog.forms(language, key):
                assert form, (language, key)
                assert set(re.findall(r"\{\w+\}", form)) == wanted, (language, key)


def test_every_key_that_is_said_has_words() -> None:
    missing = {
        key
        for key in said()
        if key.partition(".")[0] not in ROOMS
        or key not in words.room(key.partition(".")[0]).keys("ru")
    }
    assert not missing


def test_no_words_are_left_that_nobody_says() -> None:
    begun, named = tuple(prefixes()), said()
    text = "\n".join(sources().values())
    unsaid = {
        key
        for room in ROOMS
        if room not in MADE
        for key in words.room(room).keys("ru")
        if key not in named
        and not key.startswith(begun)
        and f'"{key}"' not in text
        # Filters and their flags are made of a list's room and its parameter.
        and not re.fullmatch(r"\w+\.(filter\.\w+|\w+\.(true|false)|search|title|since|until)", key)
    }
    assert not unsaid


@pytest.mark.parametrize("family", FAMILIES)
def test_every_code_has_words(family: str) -> None:
    keys = words.room("code").keys("ru")
    assert [one for one in FAMILIES[family] if f"code.{family}.{one}" not in keys] == []


def test_every_event_and_every_job_and_column_has_words() -> None:
    names = {f"event.{one.type}" for one in contracts()}
    assert names <= API.keys("ru")
    jobs = words.room("jobs").keys("ru")
    wanted = {f"jobs.confirm_{what.replace('.', '_').replace('-', '_')}" for what in KINDS}
    assert wanted <= jobs
    columns = {f"export.{name}" for table in TABLES.values() for name in table.columns}
    assert columns == words.room("export").keys("ru")


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_writes_days_and_numbers_as_the_language_does(language: str) -> None:
    with words.speaking(language):
        assert words.number(None) == "–"
        assert words.month("2022-03").lower() in ("март 2022", "march 2022")
        assert words.when("2022-05-31T18:30:00+00:00").startswith("1"), "it is June in Bishkek"
        assert words.day("2022-03-04").endswith("2022")


def test_words_that_are_missing_are_an_error() -> None:
    with pytest.raises(LookupError):
        words.t("app.nothing_of_the_kind")
    with pytest.raises(LookupError):
        words.t("nowhere.at_all")
