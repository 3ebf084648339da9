"""The pure rules: numbers, folding, languages, states and deadlines."""

from datetime import date, timedelta

import pytest

from chassis.calendar_kg import add_working_days
from services.feedback.detection import classify
from services.feedback.rules import deadlines, folding, languages, numbering, states
from services.feedback.rules.deadlines import Deadline, Dues
from services.feedback.terms import terms

FRIDAY = date(2022, 3, 4)


def test_it_writes_numbers_with_the_cyrillic_o() -> None:
    assert numbering.written(2022, 1) == "\u041e-2022-0001"
    assert numbering.written(2022, 12345) == "\u041e-2022-12345"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Оңдоо", "ондоо"),
        ("түтүк", "тутук"),
        ("Ёлка", "елка"),
        ("  Көк \n ЖАР ", "кок жар"),
        ("O-2022-0001", "О-2022-0001"),
        ("0-2022-0001", "О-2022-0001"),
    ],
)
def test_it_folds_spellings_into_one(typed: str, meant: str) -> None:
    assert folding.fold(typed) == folding.fold(meant)


def test_it_leaves_out_what_is_not_there_when_folding() -> None:
    assert folding.fold("А", None, "", "Б") == "а б"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Суу түтүгү качан оңдолот?", "ky"),
        ("Айыл окмотуно кайрылдым бирок жооп жок", "ky"),
        ("Салам, жардам керек", "ky"),
        ("Как получить субсидию на капельное орошение?", "ru"),
        ("How do I register my village on the portal?", "en"),
        (
            "Прошу сообщить, когда глава Көк-Жарского айыл окмоту ответит на письмо жителей",
            "ru",
        ),
        ("Не открывается Zoom meeting", "ru"),
        ("Көк-Жар\nНет воды в Көк-Жар", "ru"),
        ("Жалал-Абад\nКогда семинар в Жалал-Абаде?", "ru"),
        ("Дорога\nКогда отремонтируют дорогу в Өзгөн?", "ru"),
        ("Ысык-Көл\nЫсык-Көлдө семинар качан болот?", "ky"),
        ("Көчөдө жарык жок", "ky"),
        ("СУУ ТҮТҮГҮ КАЧАН ОҢДОЛОТ", "ky"),
    ],
)
def test_it_detects_the_language_as_written(text: str, language: str) -> None:
    assert languages.chosen(None, text, classify) == language


def test_it_takes_the_given_language_before_the_written_one() -> None:
    assert languages.chosen("en", "Суу түтүгү качан оңдолот?", classify) == "en"


def test_it_falls_back_to_what_the_asker_told_and_then_to_russian() -> None:
    assert languages.chosen(None, "0555 123 456 !!", classify, known="ky") == "ky"
    assert languages.chosen(None, "0555 123 456 !!", classify) == "ru"


@pytest.mark.parametrize(
    ("resolved_on", "effect"),
    [
        (None, "join"),
        (FRIDAY, "reopen"),
        (FRIDAY - timedelta(days=30), "reopen"),
        (FRIDAY - timedelta(days=31), "follow_up"),
        (FRIDAY + timedelta(days=1), "reopen"),
    ],
)
def test_it_judges_a_comment_by_the_day_of_the_resolution(
    resolved_on: date | None, effect: str
) -> None:
    assert states.effect_of_comment(resolved_on, FRIDAY, 30) == effect


def test_it_reads_the_terms_of_law_67_and_the_own_goal() -> None:
    found = terms()
    assert (found.registration, found.first_response, found.answer) == (1, 3, 14)
    assert found.reopening == 30


def test_it_counts_terms_in_working_days_with_the_moved_saturday() -> None:
    assert deadlines.dues(FRIDAY, terms(), add_working_days) == Dues(
        registration=date(2022, 3, 7),
        first_response=date(2022, 3, 10),
        answer=date(2022, 3, 26),
    )


def test_a_deadline_is_missed_only_when_its_day_is_over() -> None:
    deadline = Deadline(name="answer", due_on=FRIDAY)
    assert not deadline.is_missed(FRIDAY)
    assert deadline.is_missed(FRIDAY + timedelta(days=1))


def test_it_lists_what_is_missed_unmet_and_untold() -> None:
    standing = [
        Deadline(name="registration", due_on=FRIDAY, met_on=FRIDAY),
        Deadline(name="first_response", due_on=FRIDAY + timedelta(days=6)),
        Deadline(name="answer", due_on=FRIDAY + timedelta(days=22)),
    ]
    later = FRIDAY + timedelta(days=7)
    assert [one.name for one in deadlines.missed(standing, later, [])] == ["first_response"]
    assert deadlines.missed(standing, later, ["first_response"]) == []
    assert deadlines.next_due(standing) == FRIDAY + timedelta(days=6)
    assert deadlines.next_due(standing, ["first_response"]) == FRIDAY + timedelta(days=22)
    assert deadlines.next_due(standing[:1]) is None


@pytest.mark.parametrize(
    ("done", "today", "verdict"),
    [(0, 9, True), (1, 9, False), (None, 0, None), (None, 1, False)],
)
def test_it_judges_on_time_only_when_done_or_late(
    done: int | None, today: int, verdict: bool | None
) -> None:
    done_on = None if done is None else FRIDAY + timedelta(days=done)
    found = deadlines.is_on_time(FRIDAY, done_on, FRIDAY + timedelta(days=today))
    assert found is verdict
