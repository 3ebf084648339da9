"""Resolutions and reopenings: what they need, what they tell, what counts anew."""

from datetime import date

import pytest

from chassis.errors import Conflict, Invalid, PreconditionFailed
from tests.factories import emitted, instant
from tests.feedback.desk import Desk


def test_it_resolves_what_was_answered(desk: Desk) -> None:
    inquiry = desk.open()
    desk.answer(inquiry, "2022-03-09 10:00")
    card = desk.resolve(inquiry, "2022-04-20 10:00")
    (resolved,) = emitted(desk.db, "inquiry_resolved")
    assert resolved.time == resolved.data.resolved_at == instant("2022-04-20 10:00")
    assert resolved.data.outcome == "answered"
    assert resolved.data.answered_at == instant("2022-03-09 10:00")
    # The answer was in time; that the file was closed late takes nothing from it.
    assert resolved.data.on_time is True
    assert (card["state"], card["outcome"], card["due_on"]) == ("resolved", "answered", None)


def test_resolving_as_answered_needs_an_answer(desk: Desk) -> None:
    inquiry = desk.open()
    with pytest.raises(Conflict, match="answer it first") as refusal:
        desk.resolve(inquiry, "2022-03-09 10:00")
    assert refusal.value.code == "inquiry_unanswered"
    assert desk.told("inquiry_resolved") == []


@pytest.mark.parametrize("outcome", ["spam", "duplicate", "withdrawn"])
def test_the_other_outcomes_need_a_reason_and_no_answer(desk: Desk, outcome: str) -> None:
    inquiry = desk.open()
    with pytest.raises(Invalid) as refusal:
        desk.resolve(inquiry, "2022-03-09 10:00", outcome)
    desk.resolve(inquiry, "2022-03-09 10:00", outcome, reason="Так решено")
    (data,) = desk.told("inquiry_resolved")
    assert list(refusal.value.fields) == ["reason"]
    assert (data.outcome, data.reason, data.answered_at) == (outcome, "Так решено", None)


def test_it_refuses_an_outcome_that_nobody_knows(desk: Desk) -> None:
    inquiry = desk.open()
    with pytest.raises(Invalid) as refusal:
        desk.resolve(inquiry, "2022-03-09 10:00", "forgotten", reason="?")
    assert list(refusal.value.fields) == ["outcome"]


def test_it_resolves_once(desk: Desk) -> None:
    inquiry = desk.open()
    desk.resolve(inquiry, "2022-03-09 10:00", "spam", reason="Реклама", key="k")
    desk.resolve(inquiry, "2022-03-09 10:01", "spam", reason="Реклама", key="k")
    with pytest.raises(Conflict, match="resolved: reopen it first"):
        desk.resolve(inquiry, "2022-03-09 10:02", "spam", reason="Реклама", key="other")
    assert len(desk.told("inquiry_resolved")) == 1


def test_staff_reopen_at_any_time_for_a_reason(desk: Desk) -> None:
    inquiry = desk.open()
    desk.resolve(inquiry, "2022-03-09 10:00", "spam", reason="Реклама")
    card = desk.reopen(inquiry, "2022-09-09 10:00", "Это не реклама")
    (reopened,) = emitted(desk.db, "inquiry_reopened")
    assert reopened.data.reason == "Это не реклама"
    assert reopened.time == instant("2022-09-09 10:00")
    assert (card["state"], card["outcome"], card["reason"]) == ("registered", None, None)
    assert card["timeline"][-1]["actor"] == "aida"
    # Never answered before: the first response gets a new day as well.
    assert card["first_response_due_on"] == "2022-09-14"


def test_it_does_not_reopen_what_is_open(desk: Desk) -> None:
    inquiry = desk.open()
    with pytest.raises(Conflict) as refusal:
        desk.reopen(inquiry, "2022-03-09 10:00")
    assert refusal.value.code == "inquiry_not_resolved"


def test_a_reopening_by_staff_minds_the_version(desk: Desk) -> None:
    inquiry = desk.open()
    card = desk.resolve(inquiry, "2022-03-09 10:00", "spam", reason="Реклама")
    with pytest.raises(PreconditionFailed):
        desk.reopen(inquiry, "2022-03-10 10:00", version=card["version"] - 1)
    desk.reopen(inquiry, "2022-03-10 10:00", version=card["version"])


def test_the_second_answer_is_judged_from_the_reopening_on(desk: Desk) -> None:
    inquiry = desk.open()
    desk.answer(inquiry, "2022-03-09 10:00")
    desk.resolve(inquiry, "2022-03-10 10:00")
    reopened = desk.reopen(inquiry, "2022-04-29 10:00")
    assert reopened["answer_due_on"] == "2022-05-25"
    with pytest.raises(Conflict, match="answer it first"):
        desk.resolve(inquiry, "2022-05-01 10:00")
    desk.answer(inquiry, "2022-05-26 10:00", "Второй ответ")
    desk.resolve(inquiry, "2022-05-27 10:00")
    first, second = desk.told("inquiry_resolved")
    assert (first.on_time, second.on_time) == (True, False)
    assert second.answer_due_on == date(2022, 5, 25)
    assert second.answered_at == instant("2022-05-26 10:00")
    assert [data.on_time for data in desk.told("inquiry_answered")] == [True, False]


def test_each_fact_of_an_inquiry_has_a_higher_sequence(desk: Desk) -> None:
    inquiry = desk.open()
    desk.answer(inquiry, "2022-03-09 10:00")
    desk.resolve(inquiry, "2022-03-10 10:00")
    desk.reopen(inquiry, "2022-03-11 10:00")
    sequences = [one.sequence or 0 for one in emitted(desk.db)]
    assert sequences == sorted(set(sequences))
    assert {one.subject for one in emitted(desk.db)} == {inquiry}
