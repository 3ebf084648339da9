"""Publishing on a real broker: confirmed, or ``Unavailable`` within the bound; never a hang."""

import os
import signal
import threading
import time

import pytest
from kombu import Connection

from chassis import topology
from chassis.errors import Unavailable
from chassis.publish import Publisher
from launch.rabbitmq import PrivateRabbit

pytestmark = pytest.mark.broker


@pytest.fixture
def publishers():
    """Return a maker of publishers whose connections are broken after the test."""
    made: list[Publisher] = []

    def make(*args, **options) -> Publisher:
        made.append(Publisher(*args, **options))
        return made[-1]

    yield make
    for publisher in made:
        publisher.abort()


def depth(uri: str, queue: str) -> int:
    with Connection(uri) as connection:
        return int(connection.default_channel.queue_declare(queue, passive=True).message_count)


def publish(publisher: Publisher, body: bytes = b"{}") -> None:
    publisher.publish(exchange="portal.events", routing_key="client_verified", body=body)


def test_it_keeps_a_confirmed_message_for_consumers_that_never_started(rabbit, publishers):
    queue = f"clients.portal.client_verified.{topology.VERSION}"
    publisher = publishers(rabbit.uri)
    publish(publisher)
    before = depth(rabbit.uri, queue)
    publish(publisher)
    assert depth(rabbit.uri, queue) == before + 1


def test_it_refuses_what_no_queue_would_take(rabbit, publishers):
    publisher = publishers(rabbit.uri)
    publish(publisher)
    with pytest.raises(Unavailable):
        publisher.publish(exchange="aymak.dead", routing_key="nobody", body=b"{}")
    publish(publisher)


@pytest.fixture
def own_rabbit():
    """A broker of this test's own, to be hurt."""
    with PrivateRabbit.temporary() as server:
        yield server


def test_it_survives_a_killed_broker_and_keeps_what_was_confirmed(own_rabbit, publishers):
    queue = f"clients.portal.client_verified.{topology.VERSION}"
    publisher = publishers(own_rabbit.uri)
    for _ in range(20):
        publish(publisher)
    own_rabbit.kill()
    with pytest.raises(Unavailable) as caught:
        publish(publisher)
    assert caught.value.params["retry_after"] > 0
    own_rabbit.start()
    publish(publisher)
    assert depth(own_rabbit.uri, queue) == 21


def test_it_gives_up_in_bounded_time_when_the_broker_is_stopped(own_rabbit, publishers):
    """F13: without a bound and a hard abort this waits for ever."""
    publisher = publishers(own_rabbit.uri, confirm_timeout=1.0)
    publish(publisher)
    outcome: list[str] = []

    def attempt() -> None:
        try:
            publish(publisher)
            outcome.append("confirmed")
        except Unavailable:
            outcome.append("unavailable")

    os.kill(own_rabbit.pid, signal.SIGSTOP)
    try:
        thread = threading.Thread(target=attempt, daemon=True)
        thread.start()
        thread.join(30)
        assert outcome == ["unavailable"]
    finally:
        os.kill(own_rabbit.pid, signal.SIGCONT)
    end = time.monotonic() + 60
    while True:
        try:
            publish(publisher)
            break
        except Unavailable:
            assert time.monotonic() < end
            time.sleep(0.2)
