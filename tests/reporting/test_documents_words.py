"""The words of the report: every code has them, every language writes its numbers and plurals."""

from __future__ import annotations

import datetime as dt
import re
import string
from pathlib import Path
from typing import get_args

import pytest

from chassis.i18n import LANGUAGES
from contracts import codes
from services.reporting.documents import codec, vocabulary
from services.reporting.documents.model import State, Words
from services.reporting.documents.phrases import CATALOG, Phrases
from tests.reporting import documents_factory as factory

ROOM = Path(codec.__file__).parent
GROUPS = {
    "state": (*get_args(State), "none"),
    "beside": get_args(vocabulary.CompanionCode),
    "evidence": get_args(vocabulary.EvidenceCode),
    "action": get_args(vocabulary.ActionCode),
    "cause": get_args(vocabulary.CauseCode),
    "reading": get_args(vocabulary.ReadingCode),
    "awaited": get_args(vocabulary.AwaitedType),
    "audience": codes.AUDIENCES,
    "body_type": codes.BODY_TYPES,
    "role": codes.ROLES,
    "channel": codes.INQUIRY_CHANNELS,
    "kind": codes.INQUIRY_KINDS,
}


def placeholders(text: str) -> set[str]:
    """Names between the braces of a text."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("group", GROUPS)
def test_it_has_words_for_every_code(group: str) -> None:
    known = CATALOG.keys("ru")
    assert {f"{group}.{code}" for code in GROUPS[group]} <= known


@pytest.mark.parametrize(
    ("group", "table"), [("evidence", vocabulary.EVIDENCE), ("action", vocabulary.ACTIONS)]
)
def test_it_asks_for_the_parameters_that_the_vocabulary_lists(
    group: str, table: dict[str, tuple[str, ...]]
) -> None:
    for code, params in table.items():
        forms = CATALOG.forms("ru", f"{group}.{code}")
        asked = set().union(*map(placeholders, forms))
        # The currency is written with its amount.
        assert asked == {name.replace("count", "n") for name in params} - {"currency"}, code
        assert (len(forms) > 1) == ("count" in params), code


def test_it_uses_every_key_of_its_locale_files() -> None:
    files = [*ROOM.glob("*.py"), *ROOM.glob("templates/*"), ROOM.parent / "rendering.py"]
    source = "\n".join(path.read_text(encoding="utf-8") for path in files)
    words = set(re.findall(r"[\w.]+", source))
    words |= {part for word in words for part in word.split(".")}
    ends = {key: key.partition(".")[2] for key in CATALOG.keys("ru")}
    formed = {"summary.inquiries_", "summary.growth_", "summary.pace_", "chart.", "what.", "n."}
    unused = [
        key
        for key, end in ends.items()
        if key not in words
        and end not in words
        and key.partition(".")[0] not in GROUPS
        and not any(key.startswith(start) for start in formed)
    ]
    assert unused == []


def test_it_survives_json() -> None:
    for data in (factory.full(), factory.blank("2022-01"), factory.odd()):
        raw = codec.to_json(data)
        assert codec.from_json(raw) == data
        assert codec.fingerprint(codec.from_json(raw)) == codec.fingerprint(data)


def test_it_takes_the_fingerprint_of_the_whole_report() -> None:
    fingerprints = {
        codec.fingerprint(data)
        for data in (factory.full(), factory.full(journal_position=1), factory.odd())
    }
    assert len(fingerprints) == 3


@pytest.mark.parametrize(
    ("language", "long", "short", "month", "number"),
    [
        ("ru", "1 марта 2022\xa0г.", "01.03.2022", "март 2022 г.", "1\xa0234\xa0567"),
        ("ky", "2022-ж., 1-март", "01.03.2022", "2022-жылдын март айы", "1\xa0234\xa0567"),
        ("en", "1 March 2022", "1 Mar 2022", "March 2022", "1,234,567"),
    ],
)
def test_it_writes_dates_and_numbers(
    language: str, long: str, short: str, month: str, number: str
) -> None:
    phrases, day = Phrases(language), dt.date(2022, 3, 1)
    assert phrases.long_date(day) == long
    assert phrases.short_date(day) == short
    assert phrases.month("2022-03") == month
    assert phrases.number(1_234_567) == number


def test_it_writes_moments_by_the_clock_of_bishkek() -> None:
    late = dt.datetime(2022, 5, 31, 20, 0, tzinfo=dt.UTC)
    assert Phrases("ru").moment(late) == "01.06.2022 02:00"


def test_it_writes_values_in_their_unit() -> None:
    ru = Phrases("ru")
    assert ru.value(26.0, "percent") == "26,0\xa0%"
    assert ru.goal(25.0, "percent") == "25\xa0%"
    assert ru.money("312000") == "312\xa0000,00\xa0сом"
    assert ru.value(None) == "–"
    assert [ru.signed(value) for value in (8, -3, 0, None)] == ["+8", "\u22123", "0", "–"]


def test_it_chooses_plurals_and_fills_codes() -> None:
    params = {"count": "2", "audiences": "experts,citizens"}
    told = Phrases("ru").filled("action.inform_audiences", params, {})
    assert told.startswith("Проинформировать ещё 2 аудитории;")
    assert told.endswith("эксперты, граждане.")
    one = Phrases("en").filled("action.answer_overdue", {"count": "1"}, {})
    assert one == "Answer 1 overdue inquiry."


def test_it_takes_another_language_for_a_missing_name() -> None:
    assert Phrases("ky").words(Words(ru="Айыл окмоту", en="Office")) == "Айыл окмоту"
    assert Phrases("ru").words(Words(en="Office")) == "Office"
    assert Phrases("ru").words(Words()) == "–"


def test_it_refuses_a_language_that_it_does_not_speak() -> None:
    assert tuple(Phrases(language).language for language in LANGUAGES) == LANGUAGES
    with pytest.raises(LookupError, match="kg"):
        Phrases("kg")
