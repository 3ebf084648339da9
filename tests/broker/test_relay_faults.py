"""Fault row 9: two relays stand by one outbox; one sends, and its death changes no order."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from kombu import Connection, Exchange, Queue

from chassis import topology
from contracts import catalogue
from contracts.portal import ClientUpdatedV1
from tests.broker.house import House, eventually
from tests.broker.test_faults import UNSENT, registration, straight
from tests.factories import event

pytestmark = pytest.mark.broker

CLIENTS, CHANGES = 6, 8
KILLED, STALLED = "relay.after_confirm:3", "relay.after_confirm:3:4"
LEADS = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
)
IN_ORDER = "SELECT string_agg(event_id, ' ' ORDER BY position) FROM outbox"


@contextmanager
def overheard(uri: str) -> Iterator[list[str]]:
    """Hear what clients tells at the broker; the ids are in the list when the block ends."""
    heard: list[str] = []
    with Connection(uri) as connection:
        queue = Queue("overheard", Exchange("clients.events", "topic"), "#", exclusive=True)
        bound = queue(connection.default_channel)
        bound.declare()
        yield heard
        while message := bound.get(no_ack=True):
            heard.append(json.loads(message.body)["id"])


def facts() -> list[dict[str, object]]:
    """Return clients who each change many times."""
    wires = [registration(number).to_wire() for number in range(CLIENTS)]
    for change in range(CHANGES):
        for number in range(CLIENTS):
            data = ClientUpdatedV1(client_ref=f"c-{number}", phone=f"0700 00 {change:02d} 00")
            wires.append(event(data, at=f"2022-05-{change + 1:02d} 10:00").to_wire())
    return wires


def consumers(uri: str) -> int:
    """Return how many instances of clients hear registrations."""
    queue = topology.queue_of("clients", catalogue.find("client_registered"))
    with Connection(uri) as connection:
        declared = queue(connection.default_channel).queue_declare(passive=True)
    return int(declared.consumer_count)


def told_by_two(running: House, *, mutant: str = "", failpoints: str = "") -> list[str]:
    """Let two instances tell what follows from the facts; return the ids the broker got."""
    with overheard(running.rabbit.uri) as heard:
        running.start("clients", mutant=mutant, failpoints=failpoints)
        eventually(lambda: running.one("clients", LEADS), "the first one leads")
        running.start("clients-2", mutant=mutant)
        eventually(lambda: consumers(running.rabbit.uri) == 2, "both of them listen")
        straight(running, facts())
        if failpoints == KILLED:
            assert running.wait_dead("clients") == 9
        settled = "SELECT count(*) FROM inbox WHERE outcome IN ('applied', 'ignored')"
        eventually(lambda: running.one("clients", settled) == CLIENTS * (CHANGES + 1), "applied")
        eventually(lambda: running.one("clients", UNSENT) == 0, "the outbox is empty")
    return heard


def test_it_sends_each_fact_once_and_in_order_with_two_relays(postgres, rabbit, house):
    """One of them stands still for a while between confirm and mark: the other one waits."""
    running: House = house(postgres, rabbit, "clients")
    heard = told_by_two(running, failpoints=STALLED)
    assert heard == running.one("clients", IN_ORDER).split()


def test_it_keeps_the_order_when_the_sending_relay_is_killed(postgres, rabbit, house):
    """The standby repeats what was confirmed but not marked; the first ones come in order."""
    running: House = house(postgres, rabbit, "clients")
    heard = told_by_two(running, failpoints=KILLED)
    assert len(heard) > len(set(heard)), "what was not marked is sent again"
    assert list(dict.fromkeys(heard)) == running.one("clients", IN_ORDER).split()
