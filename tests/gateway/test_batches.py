"""A batch while the broker is away: soon over, and nothing of it stays behind."""

import gc
import weakref
from collections.abc import Iterator

import pytest

from chassis.errors import Unavailable
from gateway.events import Accepted
from gateway.providers import Broker


class Watched(Accepted):
    """An event that a test may watch: its base has slots, and none for weak references."""


@pytest.fixture
def broker() -> Iterator[Broker]:
    """A broker that nobody is behind."""
    made = Broker("amqp://aymak:nobody@127.0.0.1:1/aymak")
    yield made
    made.close()


def batch(size: int) -> list[Watched]:
    return [Watched(str(n), "urn:x", "client_registered", b"%d" % n) for n in range(size)]


def test_it_asks_nothing_of_the_broker_for_an_empty_batch(broker: Broker) -> None:
    broker.publish([])


def test_it_keeps_nothing_of_a_refused_batch(broker: Broker) -> None:
    """A portal repeats its batch through an outage of hours: each is up to 8 MB."""
    events = batch(1000)
    last = weakref.ref(events[-1])
    with pytest.raises(Unavailable):
        broker.publish(events)
    del events
    gc.collect()
    assert last() is None
