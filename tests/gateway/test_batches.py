"""A batch while the broker goes away: soon over, and nothing of it stays behind."""

import gc
import weakref
from typing import Any

import eventlet
import pytest

from chassis.errors import Unavailable
from gateway.api.events import AT_ONCE, publish_all
from gateway.desk import Desk
from gateway.events import Accepted


class Broker:
    """Confirms ``good`` events, then none; remembers what it was asked to publish."""

    def __init__(self, good: int) -> None:
        self.good = good
        self.asked: list[bytes] = []

    def publish(self, routing_key: str, body: bytes) -> None:
        self.asked.append(body)
        number = len(self.asked)
        eventlet.sleep(0)
        if number > self.good:
            raise Unavailable("broker_away")


class Watched(Accepted):
    """An event that a test may watch: its base has slots, and none for weak references."""


def desk(broker: Broker) -> Any:
    made = Desk()
    made.broker = broker  # type: ignore[assignment]
    return made


def batch(size: int) -> list[Watched]:
    return [Watched(str(n), "urn:x", "client_registered", b"%d" % n) for n in range(size)]


def test_it_publishes_each_event_once() -> None:
    broker = Broker(good=1000)
    publish_all(desk(broker), batch(1000))
    assert sorted(broker.asked, key=int) == [b"%d" % n for n in range(1000)]
    publish_all(desk(broker), [])


def test_it_begins_nothing_more_after_the_first_refusal() -> None:
    broker = Broker(good=8)
    with pytest.raises(Unavailable):
        publish_all(desk(broker), batch(1000))
    eventlet.sleep(0.1)
    assert len(broker.asked) <= 8 + 2 * AT_ONCE


def test_it_keeps_nothing_of_a_refused_batch() -> None:
    """A portal repeats its batch through an outage of hours: each is up to 8 MB."""
    events = batch(1000)
    last = weakref.ref(events[-1])
    with pytest.raises(Unavailable):
        publish_all(desk(Broker(good=0)), events)
    del events
    eventlet.sleep(0.1)
    gc.collect()
    assert last() is None
