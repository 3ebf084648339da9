"""Order is not promised by anybody: any order of one client's facts gives one state."""

import itertools
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chassis.db import Database
from contracts.envelope import Event, dump
from contracts.parts import ClientName, Post
from contracts.portal import ClientVerifiedV1, ConsentChangedV1
from services.clients import dossiers
from services.clients.service import ClientsService
from tests.clients.cast import body, client_id, consent, person, updated
from tests.factories import deliver, emitted, event

NUMBERS = itertools.count(1)
# What differs with the order on purpose: how often it was told, and our own random ids.
TOLD = ("id", "version", "event")


def facts_of(ref: str, bodies: tuple[str, str]) -> list[Event[Any]]:
    """Return two registrations, three updates (two of one instant), consents, a verification."""
    first, second = bodies
    agreed, withdrawn = consent("2022-02-01 09:00"), consent("2022-04-01 09:00")
    magazine = consent("2022-04-20 09:00", purposes=["magazine"])
    surname = ClientName(surname="Осмонов", name="Айбек", patronymic="Бакыт уулу")
    again = ClientName(surname="Осмонова", name="Айгүл")
    return [
        person(ref, name=surname, phone="0555 123 456", organisation_ref=first, consent=agreed),
        person(ref, at="2022-05-01 09:00", name=again, audience="lsg_bodies", consent=agreed),
        updated(ref, at="2022-03-01 09:00", territory="KG-O", municipality="Мады", language="ky"),
        updated(ref, at="2022-03-20 09:00", organisation_ref=second, post=Post(role="head")),
        updated(ref, at="2022-03-20 09:00", post=Post(role="accountant"), audience="experts"),
        event(ClientVerifiedV1(client_ref=ref, method="email"), at="2022-02-10 09:00"),
        event(ConsentChangedV1(client_ref=ref, consent=withdrawn, given=False), at="2022-04-01"),
        event(ConsentChangedV1(client_ref=ref, consent=magazine), at="2022-04-20 09:00"),
    ]


def renamed(happened: list[Event[Any]], run: int) -> list[Event[Any]]:
    """Return the same facts about a new client of their own."""
    ref = f"run-{run}"
    return [
        replace(one, id=f"{one.id}-{run}", data=replace(one.data, client_ref=ref))
        for one in happened
    ]


def without(value: Any, names: tuple[str, ...]) -> Any:
    """Return plain data without some keys, at any depth."""
    if isinstance(value, dict):
        return {key: without(item, names) for key, item in value.items() if key not in names}
    return [without(item, names) for item in value] if isinstance(value, list) else value


def state_of(db: Database, ref: str) -> Any:
    """Return the whole dossier and the last snapshot that was told of a client."""
    own = client_id(db, ref)
    with db.begin() as session:
        dossier = without(dossiers.person(session, own), (*TOLD, "keys"))
    told = [e for e in emitted(db) if e.subject == own and e.type.startswith("client_")]
    assert [one.type for one in told[:1]] == ["client_added"]
    assert [one.sequence for one in told] == list(range(1, len(told) + 1))
    snapshot = without(dump(told[-1].data), ("client_id", "keys", "id"))
    return dossier, snapshot


@pytest.fixture
def known(clients_db: Database) -> tuple[Database, list[Event[Any]]]:
    """Return a base that has heard all facts of one client in the order of their times."""
    for ref in ("org-a", "org-b"):
        deliver(clients_db, ClientsService, body(ref))
    facts = facts_of("run-0", ("org-a", "org-b"))
    for one in sorted(facts, key=lambda one: (one.time, one.id)):
        deliver(clients_db, ClientsService, one)
    return clients_db, facts


@pytest.mark.broker
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_it_reaches_one_state_from_any_order(
    known: tuple[Database, list[Event[Any]]], data: st.DataObject
) -> None:
    db, facts = known
    run = next(NUMBERS)
    for one in data.draw(st.permutations(renamed(facts, run))):
        deliver(db, ClientsService, one)
    assert state_of(db, f"run-{run}") == state_of(db, "run-0")
