"""SIGTERM in every state: what is in hand is finished and acknowledged (fault rows 7, 8 and 27).

Handlers are slow because the test holds a lock on a table that they need.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from kombu import Connection
from sqlalchemy import text

from chassis import topology
from chassis.rpc_queues import call_queue
from contracts.catalogue import find
from tests.broker.house import House, eventually
from tests.broker.test_faults import ADDED, APPLIED, applied_once, depth, registration, straight

pytestmark = pytest.mark.broker

# The grace of the product is 25 s; the bound is wider, because machines are shared.
GRACE = 40
QUEUE = topology.queue_of("clients", find("client_registered")).name
CALLS = call_queue("clients").name
WAITING = (
    "SELECT count(*) FROM pg_locks JOIN pg_database d ON d.oid = database "
    "WHERE NOT granted AND d.datname = current_database()"
)


def end(house: House, name: str) -> int:
    """Ask a process to end; return its exit code."""
    house.processes[name].send_signal(signal.SIGTERM)
    return ended(house, name)


def ended(house: House, name: str) -> int:
    """Return the exit code of a process that was asked to end."""
    return house.processes.pop(name).wait(GRACE)


@contextmanager
def held_up(house: House) -> Iterator[None]:
    """Let no registration and no status go on while the block runs."""
    with house.databases["clients"].begin() as session:
        session.execute(text("LOCK TABLE client_key, outbox IN ACCESS EXCLUSIVE MODE"))
        yield


def in_hand(house: House, count: int) -> None:
    """Send registrations and wait until all are delivered and the first ones are at work."""
    straight(house, [registration(number).to_wire() for number in range(count)])
    eventually(lambda: depth(house.rabbit.uri, QUEUE) == 0, "all are delivered")
    eventually(lambda: house.one("clients", WAITING), "some are at work")


def ask_for_status(uri: str) -> None:
    """Call the service as a gateway does that has gone when the answer comes."""
    with Connection(uri) as connection:
        producer = connection.Producer(serializer="json")
        producer.publish(
            {"args": [], "kwargs": {}},
            exchange="nameko-rpc",
            routing_key="clients.status",
            reply_to="gone",
            correlation_id="1",
        )


def left_after_the_end(running: House, has_heard: Callable[[], bool]) -> int:
    """End the service with 15 slow handlers at work; return how many messages came back.

    The handlers are let go when the process ``has_heard`` that it is to end.
    """
    with held_up(running):
        in_hand(running, 15)
        running.processes["clients"].send_signal(signal.SIGTERM)
        eventually(has_heard, "it has heard", GRACE)
    assert ended(running, "clients") == 0
    return depth(running.rabbit.uri, QUEUE)


def is_draining(running: House) -> bool:
    """Return whether the process has cancelled its consumers."""
    return "consumers_cancelled" in log_of(running, "clients")


def log_of(house: House, name: str) -> str:
    """Return what a process has logged so far."""
    return (house.folder / f"{name}.log").read_text()


def test_it_finishes_and_acknowledges_what_is_in_hand(postgres, rabbit, house):
    """Row 7: nothing is delivered a second time, so there was nothing for the inbox to absorb."""
    running = house(postgres, rabbit, "clients")
    running.start("clients")
    assert left_after_the_end(running, lambda: is_draining(running)) == 0
    assert running.one("clients", APPLIED) == 15
    assert running.one("clients", ADDED) == 15


def test_it_answers_what_is_in_flight_when_the_broker_stands_still(postgres, own_rabbit, house):
    running: House = house(postgres, own_rabbit, "gateway", "clients")
    running.start("gateway")
    running.start("clients")
    eventually(running.is_up, "the gateway is up")
    running.post_until_accepted(registration(0))
    eventually(lambda: running.one("clients", APPLIED) == 1, "all are up")
    os.kill(own_rabbit.pid, signal.SIGSTOP)
    try:
        answers: list[int] = []
        wire = registration(1).to_wire()
        post = threading.Thread(target=lambda: answers.append(running.post(wire).status_code))
        post.start()
        # Its last second: the request is on its way when the signals come.
        post.join(1)
        for name in running.services:
            running.processes[name].send_signal(signal.SIGTERM)
        assert [ended(running, name) for name in running.services] == [0, 0]
        post.join()
        assert answers == [503]
    finally:
        os.kill(own_rabbit.pid, signal.SIGCONT)


def test_it_ends_while_broker_and_database_are_away_and_starts_before_them(
    own_postgres, own_rabbit, house
):
    """Row 8 and rule 8; what was in hand comes again and is applied once."""
    running: House = house(own_postgres, own_rabbit, "gateway", "clients")
    for name in running.services:
        running.start(name)
    eventually(running.is_up, "the gateway is up")
    running.post_until_accepted(registration(0))
    eventually(lambda: running.one("clients", APPLIED) == 1, "all are up")
    own_postgres.kill()
    running.post_until_accepted(registration(1))
    eventually(lambda: "database_away" in log_of(running, "clients"), "a delivery is held")
    assert end(running, "clients") == 0
    running.start("clients")
    own_rabbit.settle()
    own_rabbit.kill()
    assert end(running, "gateway") == 0
    eventually(lambda: "broker_away" in log_of(running, "clients"), "it has started")
    assert end(running, "clients") == 0
    for name in running.services:
        running.start(name)
    own_postgres.start()
    own_rabbit.start()
    running.post_until_accepted(registration(2))
    applied_once(running, 3)


def test_it_ends_when_the_signal_comes_first(postgres, rabbit, house):
    running: House = house(postgres, rabbit, "clients")
    running.start("clients")
    # Before the program has begun it is the system that ends it.
    assert end(running, "clients") in (0, -signal.SIGTERM)


def test_it_ends_at_once_at_the_second_signal(postgres, rabbit, house):
    running: House = house(postgres, rabbit, "clients")
    running.start("clients")
    with held_up(running):
        in_hand(running, 3)
        running.processes["clients"].send_signal(signal.SIGTERM)
        eventually(lambda: is_draining(running), "it drains")
        assert end(running, "clients") == 1
    assert running.one("clients", APPLIED) == 0


def test_it_lives_on_when_nothing_can_be_settled(postgres, own_rabbit, house):
    """F18 and F19: acks and an answer that come when their connection is gone."""
    running: House = house(postgres, own_rabbit, "clients")
    running.start("clients")
    process = running.processes["clients"]
    eventually(lambda: depth_of_calls(own_rabbit.uri) is not None, "it takes calls")
    with held_up(running):
        in_hand(running, 5)
        ask_for_status(own_rabbit.uri)
        own_rabbit.settle()
        own_rabbit.kill()
    eventually(lambda: running.one("clients", APPLIED) == 5, "the handlers ended")
    own_rabbit.start()
    straight(running, [registration(9).to_wire()])
    applied_once(running, 6)
    assert process.poll() is None


def depth_of_calls(uri: str) -> Any:
    """Return the depth of the queue of calls, None while it is not there."""
    with Connection(uri) as connection:
        try:
            return connection.default_channel.queue_declare(CALLS, passive=True)
        except connection.channel_errors:
            return None
