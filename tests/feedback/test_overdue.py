"""Missed deadlines: announced once, after the day is over, by any number of instances."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest

from chassis import clock
from contracts.feedback import InquiryOverdueV1
from services.feedback import overdue
from tests.factories import emitted, instant
from tests.feedback.desk import Desk, opened


def names(desk: Desk) -> list[str]:
    """Return the deadlines that were announced, in order."""
    return [data.deadline for data in desk.told("inquiry_overdue")]


def test_it_waits_until_the_due_day_is_over_in_bishkek(desk: Desk) -> None:
    desk.open()
    desk.tick("2022-03-10 23:59")
    assert names(desk) == []
    desk.tick("2022-03-11 00:00")
    assert names(desk) == ["first_response"]


def test_it_announces_each_deadline_once(desk: Desk) -> None:
    inquiry = desk.open()
    for at in ("2022-03-11 09:00", "2022-03-12 09:00", "2022-03-28 09:00", "2022-03-29 09:00"):
        desk.tick(at)
    first, answer = emitted(desk.db, "inquiry_overdue")
    assert names(desk) == ["first_response", "answer"]
    assert answer.data.due_on == date(2022, 3, 26)
    assert answer.time == instant("2022-03-28 09:00")
    assert (first.sequence, answer.sequence) == (2, 3)
    card = desk.card(inquiry, at="2022-03-28 09:00")
    assert card["overdue"] == ["first_response", "answer"]
    assert card["working_days_left"] == -1


def test_after_an_outage_it_announces_late_and_once(desk: Desk) -> None:
    desk.open()
    desk.tick("2022-07-01 09:00")
    desk.tick("2022-07-01 09:01")
    assert names(desk) == ["first_response", "answer"]
    assert {one.time for one in emitted(desk.db, "inquiry_overdue")} == {
        instant("2022-07-01 09:00")
    }


def test_it_never_announces_what_was_met(desk: Desk) -> None:
    answered, spam = desk.open("a"), desk.open("b")
    desk.answer(answered, "2022-03-10 10:00")
    desk.resolve(spam, "2022-03-10 10:00", "spam", reason="Реклама")
    desk.tick("2022-07-01 09:00")
    assert names(desk) == []


def test_a_late_answer_stops_the_second_announcement(desk: Desk) -> None:
    inquiry = desk.open()
    desk.tick("2022-03-11 09:00")
    desk.answer(inquiry, "2022-03-14 10:00")
    desk.tick("2022-07-01 09:00")
    assert names(desk) == ["first_response"]


def test_a_late_registration_is_met_and_not_announced(desk: Desk) -> None:
    desk.hear(opened(), now="2022-03-09 12:00")
    desk.tick("2022-03-09 12:01")
    assert names(desk) == []


def test_a_reopened_inquiry_can_be_late_again(desk: Desk) -> None:
    inquiry = desk.open()
    desk.tick("2022-04-01 09:00")
    desk.answer(inquiry, "2022-04-01 10:00")
    desk.resolve(inquiry, "2022-04-01 11:00")
    desk.reopen(inquiry, "2022-04-29 10:00")
    desk.tick("2022-05-25 23:00")
    assert names(desk) == ["first_response", "answer"]
    desk.tick("2022-05-26 00:00")
    assert names(desk) == ["first_response", "answer", "answer"]


def test_it_works_through_more_than_one_batch(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(overdue, "BATCH", 2)
    for number in range(5):
        desk.open(f"q-{number}")
    desk.tick("2022-03-11 09:00")
    assert names(desk) == ["first_response"] * 5


def test_four_instances_announce_once(desk: Desk) -> None:
    for number in range(6):
        desk.open(f"q-{number}")

    def tick(_: int) -> None:
        with desk.db.begin() as session, clock.freeze(instant("2022-03-28 09:00")):
            from chassis.context import flowing

            with flowing("feedback"):
                overdue.announce(session, at=clock.now())

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(tick, range(8)))
    told: list[InquiryOverdueV1] = desk.told("inquiry_overdue")
    assert len(told) == len({(data.inquiry_id, data.deadline) for data in told}) == 12
