"""Online events as lists and cards: n of ten, who came, who did not, counters behind filters."""

from datetime import datetime
from typing import Any

import pytest

from chassis.db import Database
from chassis.errors import Invalid, NotFound
from contracts.envelope import Event
from contracts.portal import EventRegisteredV1
from services.clients import queries_events
from tests.clients.cast import announced, deliver, held
from tests.clients.test_participation import eleven_people, everything
from tests.factories import event, instant

pytestmark = pytest.mark.broker
NOW = instant("2022-03-20 12:00")


def registered(ref: str, *, event_ref: str = "ev-1") -> Event[Any]:
    data = EventRegisteredV1(client_ref=ref, event_ref=event_ref)
    return event(data, at="2022-03-05 09:00")


def page(db: Database, *, now: datetime = NOW, **query: Any) -> dict[str, Any]:
    with db.begin() as session:
        return queries_events.online_events(session, query, now=now)


def card(db: Database, event_id: str) -> dict[str, Any]:
    with db.begin() as session:
        return queries_events.online_event(session, event_id)


@pytest.fixture
def full(clients_db: Database) -> Database:
    """U7: one event with ten of eleven, one that is short of ten, one ahead."""
    deliver(clients_db, *everything(), *eleven_people())
    deliver(clients_db, registered("p-1"), registered("p-9"), registered("p-2"))
    deliver(clients_db, announced("ev-2"), held("ev-2"))
    deliver(clients_db, announced("ev-3", starts_at=instant("2022-04-10 10:00"), ends_at=None))
    return clients_db


def test_it_says_how_many_of_ten_came(full: Database) -> None:
    rows = {item["ref"]: item for item in page(full)["items"]}
    assert (rows["ev-1"]["participants"], rows["ev-1"]["needed"]) == (10, 0)
    assert (rows["ev-1"]["counts"], rows["ev-1"]["lsg_participants"]) == (True, 1)
    assert rows["ev-1"]["registrations"] == 3
    assert (rows["ev-2"]["participants"], rows["ev-2"]["needed"]) == (0, 10)
    assert rows["ev-2"]["counts"] is False
    assert rows["ev-3"]["counts"] is None


BEHIND = {
    "ahead": {"ahead": True},
    "held": {"state": "held"},
    "counting": {"counts": True},
    "short": {"counts": False},
    "cancelled": {"state": "cancelled"},
}


@pytest.mark.parametrize("counter", BEHIND)
def test_each_counter_is_the_number_of_rows_behind_its_filter(full: Database, counter: str) -> None:
    found = page(full, **BEHIND[counter])
    assert len(found["items"]) == found["total"] == found["counters"][counter]


def test_its_card_names_who_came_and_who_did_not(full: Database) -> None:
    event_id = next(item["id"] for item in page(full)["items"] if item["ref"] == "ev-1")
    found = card(full, event_id)
    assert len(found["attendance"]) == 11
    assert found["attendance"][-1]["minutes"] == 2, "whoever does not count comes last"
    assert found["attendance"][-1]["counts"] is False
    guests = {one["display_name"] for one in found["attendance"] if one["client"] is None}
    assert "Нурбек Сыдыков" in {" ".join(name.split()) for name in guests}
    assert found["absent"] == [], "all who registered came, if only for a moment"
    body = next(one["client"]["organisation"] for one in found["attendance"] if one["lsg"])
    assert body["name"]["ru"] == "Айыл окмоту Ата-Бейит"


def test_it_names_who_registered_and_stayed_away(full: Database) -> None:
    deliver(full, registered("p-3", event_ref="ev-2"))
    event_id = next(item["id"] for item in page(full)["items"] if item["ref"] == "ev-2")
    absent = card(full, event_id)["absent"]
    assert [one["client"]["full_name"] for one in absent] == ["Осмонов Айбек"]


def test_it_is_found_by_words_of_its_title_in_any_spelling(full: Database) -> None:
    word = page(full)["items"][0]["title"]["ru"].split()[0]
    assert page(full, q=word.upper())["total"] == 3
    assert page(full, q="нет такого")["total"] == 0


def test_it_pages_by_start_in_both_directions(full: Database) -> None:
    late = [item["ref"] for item in page(full, sort="-starts")["items"]]
    assert late[0] == "ev-3"
    first = page(full, sort="starts", limit=2)
    assert first["next"]
    rest = page(full, sort="starts", limit=2, cursor=first["next"])
    refs = [item["ref"] for item in [*first["items"], *rest["items"]]]
    assert sorted(refs) == ["ev-1", "ev-2", "ev-3"] and refs[-1] == "ev-3"


def test_it_refuses_what_it_does_not_know(full: Database) -> None:
    for wrong in ({"state": "x"}, {"colour": "red"}, {"sort": "name"}, {"since": "tomorrow"}):
        with pytest.raises(Invalid) as refused:
            page(full, **wrong)
        assert list(refused.value.fields) == list(wrong)
    with pytest.raises(NotFound):
        card(full, "nobody")
