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

Wire = dict[str, object]
CLIENTS, CHANGES = 6, 8
KILLED, STALLED = "relay.after_confirm:3", "relay.after_confirm:3:4"
LEADS = (
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted AND database = "
    "(SELECT oid FROM pg_database WHERE datname = current_database())"
)
OUTBOX = "SELECT json_agg(wire ORDER BY position)::text FROM outbox"


@contextmanager
def overheard(uri: str) -> Iterator[list[Wire]]:
    """Hear what clients tells at the broker; the facts are in the list when the block ends."""
    heard: list[Wire] = []
    with Connection(uri) as connection:
        queue = Queue("overheard", Exchange("clients.events", "topic"), "#", exclusive=True)
        bound = queue(connection.default_channel)
        bound.declare()
        yield heard
        while message := bound.get(no_ack=True):
            heard.append(json.loads(message.body))


def of_each_client(wires: list[Wire]) -> dict[str, list[str]]:
    """Return the ids of the facts by client, in the order given.

    Order is promised per aggregate (quality.md fault row 9): two instances commit facts of
    different clients in any order, whatever their positions in the outbox.
    """
    ids: dict[str, list[str]] = {}
    for wire in wires:
        ids.setdefault(str(wire["subject"]), []).append(str(wire["id"]))
    return ids


def written(running: House) -> dict[str, list[str]]:
    """Return what the outbox holds, as ``of_each_client`` does."""
    return of_each_client(json.loads(running.one("clients", OUTBOX)))


def facts() -> list[Wire]:
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


def told_by_two(running: House, *, mutant: str = "", failpoints: str = "") -> list[Wire]:
    """Let two instances tell what follows from the facts; return what the broker got."""
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
    assert of_each_client(heard) == written(running)


def test_it_keeps_the_order_when_the_sending_relay_is_killed(postgres, rabbit, house):
    """The standby repeats what was confirmed but not marked; the first ones come in order."""
    running: House = house(postgres, rabbit, "clients")
    heard = told_by_two(running, failpoints=KILLED)
    first = list({str(wire["id"]): wire for wire in heard}.values())
    assert len(heard) > len(first), "what was not marked is sent again"
    assert of_each_client(first) == written(running)
