"""Facts of one thing that are handled in the same instant by several workers."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from chassis.db import Database
from contracts.envelope import Event
from contracts.portal import Attendee
from services.clients.models import Client, Municipality
from services.clients.service import ClientsService
from tests import factories
from tests.clients.cast import announced, attended, body, held, person, staff
from tests.factories import emitted

pytestmark = pytest.mark.broker


def deliver_at_once(db: Database, facts: list[Event[Any]]) -> list[str]:
    """Deliver facts by six workers; return the outcomes."""
    with ThreadPoolExecutor(6) as workers:
        heard = [workers.submit(factories.deliver, db, ClientsService, one) for one in facts]
        return [one.result() for one in heard]


def test_it_makes_one_client_of_registrations_at_once(clients_db: Database) -> None:
    facts = [body(at=f"2022-01-{day} 09:00", territory="KG-C") for day in range(10, 22)]
    assert set(deliver_at_once(clients_db, facts)) == {"applied"}
    assert [one.type for one in emitted(clients_db)].count("client_added") == 1
    sequences = [one.sequence for one in emitted(clients_db)]
    assert sequences == list(range(1, len(sequences) + 1))
    first = min(one.time for one in facts)
    assert emitted(clients_db)[-1].data.portal_registered_at == first


def test_it_makes_one_municipality_for_bodies_at_once(clients_db: Database) -> None:
    assert set(deliver_at_once(clients_db, [body(f"org-{n}") for n in range(12)])) == {"applied"}
    with clients_db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Municipality)) == 1
        assert session.scalar(select(func.count()).select_from(Client)) == 12


def test_it_counts_people_who_come_at_once(clients_db: Database) -> None:
    people = [person(f"p-{n}") for n in range(6)]
    moves = [staff(f"p-{n}", at="2022-03-01 09:00") for n in range(3)]
    stays = [attended(f"p-{n}", "10:00", "11:00") for n in range(6)]
    guests = [
        attended(Attendee(display_name=f"Гость {n % 4}"), f"10:{n}0", "11:00") for n in range(6)
    ]
    for one in [body(), announced(), *people]:
        factories.deliver(clients_db, ClientsService, one)
    outcomes = deliver_at_once(clients_db, [*stays, held(), *guests, *moves])
    assert set(outcomes) == {"applied"}
    closed = emitted(clients_db, "event_closed")
    assert [one.sequence for one in closed] == list(range(1, len(closed) + 1))
    assert (closed[-1].data.participants, closed[-1].data.lsg_participants) == (10, 3)
