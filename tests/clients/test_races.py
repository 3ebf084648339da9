"""Facts of one thing that are handled in the same instant by several workers."""

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import func, select, text, update

from chassis import context
from chassis.db import Database
from chassis.handling import retry_due
from chassis.inbox import WAITING, InboxRow
from chassis.listen import hold, listeners_of, together
from contracts.envelope import Event
from contracts.portal import Attendee, EventRegisteredV1
from services.clients import attendance, clients
from services.clients.models import Client, Municipality
from services.clients.service import ClientsService
from tests import factories
from tests.clients.cast import announced, attended, body, client_id, held, person, staff, updated
from tests.factories import emitted, event

pytestmark = pytest.mark.broker


def deliver_at_once(db: Database, facts: list[Event[Any]]) -> list[str]:
    """Deliver facts by six workers; return the outcomes."""
    with ThreadPoolExecutor(6) as workers:
        heard = [workers.submit(factories.deliver, db, ClientsService, one) for one in facts]
        return [one.result() for one in heard]


@contextmanager
def not_committed_yet(db: Database, work: Any, happened: Event[Any]) -> Iterator[None]:
    """Keep the transaction of one fact open for the block, as a slower worker would."""
    with db.begin() as session:
        with context.flowing("clients", cause=happened):
            work(session, happened)
        yield


def stands_still(db: Database) -> bool:
    """Return whether some transaction waits for another one's lock."""
    with db.begin() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def recheck(db: Database) -> int:
    """Let the pause of all waiting facts be over and try them; return how many still wait."""
    with db.begin() as session:
        waits = update(InboxRow).where(InboxRow.outcome == WAITING)
        session.execute(waits.values(next_at=func.now()))
    retry_due(db, listeners_of(factories.as_service(db, ClientsService)))
    with db.begin() as session:
        waiting = select(func.count()).select_from(InboxRow).where(InboxRow.outcome == WAITING)
        return session.scalar(waiting) or 0


def test_it_applies_a_fact_that_came_in_the_instant_of_its_client(clients_db: Database) -> None:
    factories.deliver(clients_db, ClientsService, announced())
    stay = attended("p-1", "10:00", "11:00")
    with not_committed_yet(clients_db, clients.register, person("p-1")):
        assert factories.deliver(clients_db, ClientsService, stay) == "waiting"
    # Neither has seen the other: nobody released the fact, so its own re-check must be planned.
    with clients_db.begin() as session:
        assert session.scalar(select(InboxRow.next_at).where(InboxRow.outcome == WAITING))
    assert recheck(clients_db) == 0
    (counted,) = emitted(clients_db, "attendance_counted")
    assert str(counted.data.client_id) == client_id(clients_db, "p-1")


@pytest.mark.parametrize("seed", range(3))
def test_it_applies_everything_that_comes_at_once(clients_db: Database, seed: int) -> None:
    refs = [f"p-{n}" for n in range(10)]
    facts = [body(), announced(), held(), *(staff(ref) for ref in refs)]
    facts += [attended(ref, "10:00", "11:00") for ref in refs]
    facts += [updated(ref, at="2022-03-01 09:00", language="ky") for ref in refs]
    facts += [
        event(EventRegisteredV1(event_ref="ev-1", client_ref=ref), at="2022-03-02 09:00")
        for ref in refs
    ]
    random.Random(seed).shuffle(facts)
    assert set(deliver_at_once(clients_db, facts)) <= {"applied", "waiting"}
    # A person waits for the body and the person's own facts for the person: two rounds.
    recheck(clients_db)
    assert recheck(clients_db) == 0
    last = emitted(clients_db, "event_closed")[-1].data
    assert (last.participants, last.lsg_participants, last.counts) == (10, 10, True)


def test_it_sees_the_body_type_that_changes_while_somebody_attends(clients_db: Database) -> None:
    company = body(body_type=None, audience="communities")
    for one in (company, announced(), held(), staff("p-1", audience="citizens")):
        factories.deliver(clients_db, ClientsService, one)
    change = updated("org-ata-beyit", at="2022-04-01 09:00", body_type="ayil_okmotu")
    stay = attended("p-1", "10:00", "11:00")
    with ThreadPoolExecutor(1) as worker:
        with not_committed_yet(clients_db, attendance.attend, stay):
            heard = worker.submit(factories.deliver, clients_db, ClientsService, change)
            while not heard.done() and not stands_still(clients_db):
                pass
        assert heard.result() == "applied"
    assert emitted(clients_db, "event_closed")[-1].data.lsg_participants == 1


def test_it_makes_one_client_of_registrations_at_once(clients_db: Database) -> None:
    facts = [body(at=f"2022-01-{day} 09:00", territory="KG-C") for day in range(10, 22)]
    assert set(deliver_at_once(clients_db, facts)) == {"applied"}
    assert [one.type for one in emitted(clients_db)].count("client_added") == 1
    sequences = [one.sequence for one in emitted(clients_db)]
    assert sequences == list(range(1, len(sequences) + 1))
    first = min(one.time for one in facts)
    assert emitted(clients_db)[-1].data.portal_registered_at == first


def take_batches_at_once(db: Database, batches: list[list[Event[Any]]]) -> None:
    """Let the real listener of one type take batches, all of them abreast."""
    service = factories.as_service(db, ClientsService)
    spec = listeners_of(service)[f"portal.{batches[0][0].type}"]

    def take(batch: list[Event[Any]]) -> None:
        wires = [one.to_wire() for one in batch]
        if not together(service, spec, wires):
            for wire in wires:
                hold(service, spec, wire)

    with ThreadPoolExecutor(len(batches)) as workers:
        [one.result() for one in [workers.submit(take, batch) for batch in batches]]


@pytest.mark.parametrize("seed", range(3))
def test_it_makes_one_client_of_batches_abreast(clients_db: Database, seed: int) -> None:
    bodies = [body(f"org-{n % 4}", at=f"2022-01-{10 + n} 09:00") for n in range(12)]
    alone = [person(f"c-{n}") for n in range(20)]
    posts = [staff(f"p-{n}", organisation_ref=f"org-{n % 4}") for n in range(20)]
    facts = [*bodies, *alone, *posts]
    # Each of them twice: what was delivered again comes in another batch and another order.
    batches = [random.Random(seed + n).sample(facts, len(facts))[:30] for n in range(3)]
    batches.append([one for one in facts if not any(one in batch for batch in batches)] + facts[:9])
    take_batches_at_once(clients_db, batches)
    assert recheck(clients_db) == 0
    with clients_db.begin() as session:
        assert session.scalar(select(func.count()).select_from(Client)) == 44
        outcomes = session.scalars(select(InboxRow.outcome).distinct()).all()
        assert outcomes == ["applied"]
    assert [one.type for one in emitted(clients_db)].count("client_added") == 44


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
