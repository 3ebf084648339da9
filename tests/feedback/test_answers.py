"""Answers: once per key, in the right language, judged by the due day."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest

from chassis.errors import Conflict, Invalid, NotFound, PreconditionFailed
from tests.factories import emitted, instant
from tests.feedback.desk import Desk, commented


def test_it_answers_in_the_language_of_the_inquiry(desk: Desk) -> None:
    inquiry = desk.open(language="ky")
    card = desk.answer(inquiry, "2022-03-09 10:00", "Апрелде оңдолот.")
    (answered,) = emitted(desk.db, "inquiry_answered")
    assert answered.data.language == "ky"
    assert answered.data.text == "Апрелде оңдолот."
    assert answered.time == answered.data.answered_at == instant("2022-03-09 10:00")
    assert answered.actor == "aida"
    assert answered.data.on_time is True
    assert (card["state"], card["on_time"], card["working_days_left"]) == ("answered", True, None)
    assert card["first_response_on_time"] is True
    assert card["thread"][-1]["author"] == "aida"


def test_staff_may_answer_in_another_language(desk: Desk) -> None:
    desk.answer(desk.open(), "2022-03-09 10:00", language="en")
    assert desk.told("inquiry_answered")[0].language == "en"


@pytest.mark.parametrize(
    ("at", "on_time"), [("2022-03-26 23:59", True), ("2022-03-27 00:00", False)]
)
def test_the_due_saturday_lasts_till_midnight_in_bishkek(
    desk: Desk, at: str, on_time: bool
) -> None:
    card = desk.answer(desk.open(), at)
    assert desk.told("inquiry_answered")[0].on_time is on_time
    assert card["on_time"] is on_time


def test_the_same_key_is_one_answer(desk: Desk) -> None:
    inquiry = desk.open()
    first = desk.answer(inquiry, "2022-03-09 10:00", key="k", version=1)
    again = desk.answer(inquiry, "2022-03-09 10:05", key="k", version=1)
    assert again == first
    assert len(desk.told("inquiry_answered")) == 1


def test_one_key_for_two_answers_is_a_conflict(desk: Desk) -> None:
    inquiry = desk.open()
    desk.answer(inquiry, "2022-03-09 10:00", key="k")
    with pytest.raises(Conflict) as refusal:
        desk.answer(inquiry, "2022-03-09 10:05", "Другой ответ", key="k")
    assert refusal.value.code == "key_reused"
    assert len(desk.told("inquiry_answered")) == 1


def test_a_second_answer_adds_to_the_first_and_keeps_its_verdict(desk: Desk) -> None:
    inquiry = desk.open()
    desk.answer(inquiry, "2022-03-09 10:00")
    desk.answer(inquiry, "2022-05-09 10:00", "И ещё: трубы закуплены.")
    assert [data.on_time for data in desk.told("inquiry_answered")] == [True, True]


def test_it_refuses_to_answer_what_somebody_changed_meanwhile(desk: Desk) -> None:
    inquiry = desk.open()
    desk.hear(commented(at="2022-03-05 10:00"))
    with pytest.raises(PreconditionFailed) as refusal:
        desk.answer(inquiry, "2022-03-09 10:00", version=1)
    assert refusal.value.params["version"] == 2
    assert desk.told("inquiry_answered") == []


def test_of_two_who_answer_at_once_one_is_told_of_the_other(desk: Desk) -> None:
    inquiry = desk.open()

    def try_to(key: str) -> str:
        try:
            desk.answer(inquiry, "2022-03-09 10:00", f"Ответ {key}", key=key, version=1)
        except PreconditionFailed as refusal:
            return refusal.code
        return "answered"

    with ThreadPoolExecutor(4) as pool:
        outcomes = sorted(pool.map(try_to, "abcd"))
    assert outcomes == ["answered", *["precondition_failed"] * 3]
    assert len(desk.told("inquiry_answered")) == 1


def test_one_request_sent_at_once_by_many_is_one_answer(desk: Desk) -> None:
    inquiry = desk.open()
    with ThreadPoolExecutor(4) as pool:
        cards = list(pool.map(lambda _: desk.answer(inquiry, "2022-03-09 10:00"), range(4)))
    assert len(desk.told("inquiry_answered")) == 1
    assert all(card == cards[0] for card in cards)


def test_it_says_to_reopen_a_resolved_inquiry_first(desk: Desk) -> None:
    inquiry = desk.open()
    desk.resolve(inquiry, "2022-03-09 10:00", "spam", reason="Реклама")
    with pytest.raises(Conflict, match="resolved: reopen it first"):
        desk.answer(inquiry, "2022-03-10 10:00")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "а" * 20_001}, "text"),
        ({"language": "kg"}, "language"),
        ({"key": ""}, "key"),
        ({"version": -1}, "version"),
    ],
)
def test_it_names_the_wrong_field(desk: Desk, wrong: dict[str, str], field: str) -> None:
    inquiry = desk.open()
    with pytest.raises(Invalid) as refusal:
        desk.answer(inquiry, "2022-03-09 10:00", **wrong)
    assert list(refusal.value.fields) == [field]


@pytest.mark.parametrize("inquiry", ["7f2c1b0e-0000-4000-8000-000000000000", "nonsense"])
def test_it_does_not_find_what_is_not_there(desk: Desk, inquiry: str) -> None:
    with pytest.raises(NotFound):
        desk.answer(inquiry, "2022-03-09 10:00")


def test_an_act_is_never_before_what_it_acts_on(desk: Desk) -> None:
    inquiry = desk.open(at="2022-03-04 10:00")
    desk.answer(inquiry, "2022-03-04 09:00")
    assert emitted(desk.db, "inquiry_answered")[0].time == datetime(2022, 3, 4, 4, tzinfo=UTC)
