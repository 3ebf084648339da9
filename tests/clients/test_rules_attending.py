"""The pure rules of attendance, by table."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.clients.rules import attending
from services.clients.rules.attending import Stay

DAY = datetime(2022, 3, 10, 4, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return DAY + timedelta(minutes=minute)


@pytest.mark.parametrize(
    ("stays", "end", "minutes"),
    [
        ([], 120, 0),
        ([(0, 30)], 120, 30),
        ([(0, 30), (60, 70)], 120, 40),
        ([(0, 30), (10, 20)], 120, 30),
        ([(0, 30), (20, 50)], 120, 50),
        ([(0, 30), (30, 40)], 120, 40),
        ([(0, None)], 120, 120),
        ([(0, None), (100, 130)], 120, 130),
        ([(0, None)], None, 0),
        ([(130, None)], 120, 0),
        ([(0, 19.99)], 120, 19),
        ([(0, 10.5), (20, 30.5)], 120, 21),
        ([(None, None)], 120, 120),
        ([(None, 30)], 120, 30),
        ([(None, None)], None, 0),
    ],
)
def test_it_unites_stays(
    stays: list[tuple[float | None, float | None]], end: float | None, minutes: int
) -> None:
    known = [Stay(*(None if minute is None else at(minute) for minute in one)) for one in stays]
    over = None if end is None else at(end)
    assert attending.minutes(known, over, start=at(0)) == minutes
    assert attending.minutes(reversed(known), over, start=at(0)) == minutes


@given(st.lists(st.tuples(st.integers(0, 120), st.integers(0, 60)), max_size=8))
def test_it_counts_every_minute_once(stays: list[tuple[int, int]]) -> None:
    known = [Stay(at(joined), at(joined + length)) for joined, length in stays]
    seen = {minute for joined, length in stays for minute in range(joined, joined + length)}
    assert attending.minutes(known, None, start=at(0)) == len(seen)


def test_it_drops_an_open_stay_whose_end_is_known() -> None:
    opened, ended, other = Stay(at(0), None), Stay(at(0), at(5)), Stay(at(9), None)
    assert attending.effective([opened, ended, other]) == [ended, other]


@pytest.mark.parametrize(
    ("stayed", "minimum", "counts"),
    [(20, 20, True), (19, 20, False), (0, None, True), (0, 1, False)],
)
def test_it_asks_for_the_minimum(stayed: int, minimum: int | None, counts: bool) -> None:
    assert attending.counts(stayed, minimum) is counts


@pytest.mark.parametrize(("people", "enough"), [(9, False), (10, True)])
def test_it_asks_for_ten_people(people: int, enough: bool) -> None:
    assert attending.qualifies(range(people)) is enough


def test_it_tells_attendees_apart() -> None:
    client = uuid4()
    assert attending.attendee_key(client, "a@b.kg", "А") == str(client)
    mail = attending.attendee_key(None, "A@b.kg", "А")
    assert mail == attending.attendee_key(None, "a@B.kg", "Б")
    named = attending.attendee_key(None, None, "Гүлнара  Асанова")
    assert named == attending.attendee_key(None, None, "гулнара асанова")
    assert len({mail, named, attending.attendee_key(None, None, "a@b.kg")}) == 3


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"email": "a-b@x.kg"}, {"email": "a'b@x.kg"}),
        ({"display_name": "🙂"}, {"display_name": "★★"}),
    ],
)
def test_it_does_not_take_two_attendees_for_one(one: Any, other: Any) -> None:
    nobody = {"client_id": None, "email": None, "display_name": None}
    keys = {attending.attendee_key(**{**nobody, **who}) for who in (one, other)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("ended", "planned", "held", "end"),
    [(60, 120, 130, 60), (None, 120, 130, 120), (None, None, 130, 130), (None, -5, 130, 130)],
)
def test_it_tells_when_an_event_ended(
    ended: int | None, planned: int | None, held: int | None, end: int
) -> None:
    times = [None if minute is None else at(minute) for minute in (ended, planned, held)]
    assert attending.end_of(*times, started=at(0)) == at(end)


@pytest.mark.parametrize(
    ("announced", "cancelled", "held", "state"),
    [
        ("1", None, None, "announced"),
        ("1", "2", None, "cancelled"),
        ("3", "2", None, "announced"),
        ("1", "2", "3", "held"),
        ("1", "3", "2", "cancelled"),
        ("3", None, "2", "held"),
    ],
)
def test_it_tells_an_event_s_state(
    announced: str | None, cancelled: str | None, held: str | None, state: str
) -> None:
    assert attending.state(announced, cancelled, held) == state
