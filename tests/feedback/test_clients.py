"""The projection of clients: the newer snapshot wins, organisations are named, keys follow."""

from datetime import date
from typing import Any
from uuid import uuid4

from contracts.clients import ClientChangedV1, PostHeld
from contracts.envelope import dump
from contracts.parts import ClientKey, ClientName
from tests.factories import PORTAL, event
from tests.feedback.desk import FRIDAY, Desk, client

SINCE = date(2022, 3, 1)
AIBEK = ClientName(surname="Токтогулов", name="Айбек")
OKMOTU = ClientName(ky="Көк-Жар айыл өкмөтү", ru="Кок-Жарский айыл окмоту")


def changed(first: Any, **rest: Any) -> ClientChangedV1:
    """Return the next snapshot of a client with something else in it."""
    values = {name: getattr(first, name) for name in dump(first)}
    return ClientChangedV1(**{**values, **rest})


def shown(desk: Desk, inquiry: str) -> dict[str, Any]:
    """Return who asked, as the card shows it."""
    found: dict[str, Any] = desk.card(inquiry)["client"]
    return found


def test_it_shows_name_organisation_and_language(desk: Desk) -> None:
    body, person = uuid4(), uuid4()
    post = PostHeld(organisation_id=body, role="head", since=SINCE)
    known = client(person, "aibek", AIBEK, language="ky", posts=[post])
    desk.hear(event(known, at=FRIDAY, sequence=1))
    desk.hear(event(client(body, "okmotu", OKMOTU), at=FRIDAY, sequence=1))
    who = shown(desk, desk.open())
    assert who == {
        "source": PORTAL,
        "ref": "aibek",
        "client_id": str(person),
        "kind": "person",
        "name": "Токтогулов Айбек",
        "organisation": "Кок-Жарский айыл окмоту",
        "language": "ky",
    }


def test_a_post_that_has_ended_names_no_organisation(desk: Desk) -> None:
    body = uuid4()
    post = PostHeld(organisation_id=body, role="head", since=SINCE, until=SINCE)
    desk.hear(event(client(body, "okmotu", OKMOTU), at=FRIDAY, sequence=1))
    desk.hear(event(client(uuid4(), "aibek", AIBEK, posts=[post]), at=FRIDAY, sequence=1))
    assert shown(desk, desk.open())["organisation"] is None


def test_the_newer_snapshot_wins_in_any_order(desk: Desk) -> None:
    first = client(uuid4(), "aibek", AIBEK)
    renamed = changed(first, name=ClientName(surname="Асанов", name="Айбек"))
    assert desk.hear(event(renamed, at=FRIDAY, sequence=2)) == "applied"
    assert desk.hear(event(first, at=FRIDAY, sequence=1)) == "ignored"
    assert shown(desk, desk.open())["name"] == "Асанов Айбек"


def test_a_key_that_moved_shows_its_new_client(desk: Desk) -> None:
    first = client(uuid4(), "aibek", AIBEK)
    keys = [ClientKey(source=PORTAL, ref="asan"), ClientKey(source=PORTAL, ref="aibek")]
    second = client(uuid4(), "asan", ClientName(surname="Асанов"), keys=keys)
    desk.hear(event(first, at=FRIDAY, sequence=1))
    desk.hear(event(second, at=FRIDAY, sequence=1))
    assert shown(desk, desk.open())["name"] == "Асанов"


def test_a_key_that_was_taken_away_shows_nobody(desk: Desk) -> None:
    first = client(uuid4(), "aibek", AIBEK)
    desk.hear(event(first, at=FRIDAY, sequence=1))
    desk.hear(event(changed(first, keys=[]), at=FRIDAY, sequence=2))
    assert shown(desk, desk.open())["client_id"] is None
