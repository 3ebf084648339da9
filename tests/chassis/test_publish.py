"""Publishing on a real broker: confirmed, or ``Unavailable`` within the bound; never a hang."""

import os
import signal
import threading
import time
from typing import Any

import pytest
from kombu import Connection

from chassis import topology
from chassis.errors import Unavailable
from chassis.frames import Message
from chassis.link import Batch, Link
from chassis.publish import Publisher, Unconfirmed
from launch.rabbitmq import PrivateRabbit

pytestmark = pytest.mark.broker

QUEUE = f"clients.portal.client_verified.{topology.VERSION}"


@pytest.fixture
def publishers():
    """Return a maker of publishers whose connections are closed after the test."""
    made: list[Publisher] = []

    def make(*args, **options) -> Publisher:
        made.append(Publisher(*args, **options))
        return made[-1]

    yield make
    for publisher in made:
        publisher.close()


def depth(uri: str, queue: str) -> int:
    with Connection(uri) as connection:
        return int(connection.default_channel.queue_declare(queue, passive=True).message_count)


def text(heard: Any) -> bytes:
    return heard.body.encode() if isinstance(heard.body, str) else bytes(heard.body)


def message(body: bytes = b"{}") -> Message:
    return Message("portal.events", "client_verified", body)


def publish(publisher: Publisher) -> None:
    publisher.publish([message()])


def test_it_keeps_a_confirmed_message_for_consumers_that_never_started(rabbit, publishers):
    publisher = publishers(rabbit.uri)
    publish(publisher)
    before = depth(rabbit.uri, QUEUE)
    publish(publisher)
    assert depth(rabbit.uri, QUEUE) == before + 1


def test_it_refuses_what_no_queue_would_take(rabbit, publishers):
    publisher = publishers(rabbit.uri)
    publish(publisher)
    with pytest.raises(Unavailable):
        publisher.publish([Message("aymak.dead", "nobody", b"{}")])
    publish(publisher)


def test_it_fails_only_the_message_that_no_queue_would_take(rabbit, publishers):
    publisher = publishers(rabbit.uri)
    publish(publisher)
    before = depth(rabbit.uri, QUEUE)
    with pytest.raises(Unconfirmed) as caught:
        publisher.publish([message(), message(), Message("aymak.dead", "nobody", b"{}"), message()])
    assert caught.value.confirmed == 2
    assert depth(rabbit.uri, QUEUE) == before + 3


def test_it_fails_only_the_message_that_a_full_queue_rejects(rabbit, publishers):
    with Connection(rabbit.uri) as connection:
        channel = connection.default_channel
        full = {"x-max-length": 1, "x-overflow": "reject-publish"}
        channel.queue_declare("full", durable=True, auto_delete=False, arguments=full)
        publisher = publishers(rabbit.uri)
        publisher.publish([Message("", "full", b"{}")])
        with pytest.raises(Unconfirmed) as caught:
            publisher.publish([message(), Message("", "full", b"{}")])
        assert caught.value.confirmed == 1
        channel.queue_delete("full")
    publish(publisher)


def test_it_keeps_the_order_of_a_batch_and_bodies_of_any_size(rabbit, publishers):
    bodies = [b"%d" % number * size for number, size in enumerate((1, 70_000, 0, 300_000, 5))]
    with Connection(rabbit.uri) as connection:
        queue = connection.default_channel.queue_declare("", auto_delete=True).queue
        publishers(rabbit.uri).publish([Message("", queue, body) for body in bodies])
        heard = [connection.default_channel.basic_get(queue, no_ack=True) for _ in bodies]
        assert [text(one) for one in heard] == bodies
        assert heard[0].properties["delivery_mode"] == 2


def test_it_writes_what_many_callers_publish_at_once_over_one_connection(
    rabbit, publishers, monkeypatch
):
    writes: list[int] = []
    write = Link.write

    def counted(link: Link, batches: list[Batch]) -> None:
        writes.append(len(batches))
        write(link, batches)

    monkeypatch.setattr(Link, "write", counted)
    publisher = publishers(rabbit.uri)
    # The first connects; all the others come while it does.
    callers = [threading.Thread(target=publish, args=(publisher,)) for _ in range(50)]
    [caller.start() for caller in callers]
    [caller.join() for caller in callers]
    assert sum(writes) == 50 and len(writes) < 25


class Slow:
    """A connection that is up only when ``opened``, and confirms whatever it writes."""

    broken = False
    opened: threading.Event
    written: list[bytes]

    def __init__(self, *_: Any) -> None:
        self.opened.wait(30)

    def write(self, batches: list[Batch]) -> None:
        for batch in batches:
            for index, one in enumerate(batch.messages):
                self.written.append(one.body)
                batch.settle(index, True)

    def cut(self) -> None:
        """Nothing to cut."""


def test_it_writes_nothing_that_nobody_waits_for_any_more(publishers, monkeypatch):
    Slow.opened, Slow.written = threading.Event(), []
    monkeypatch.setattr("chassis.publish.Link", Slow)
    monkeypatch.setattr("chassis.publish.PATIENCE", 0)
    publisher = publishers("", confirm_timeout=0.1)
    for body in (b"tried when the connection is made", b"given up before it was tried"):
        with pytest.raises(Unconfirmed):
            publisher.publish([message(body)])
    Slow.opened.set()
    publisher.confirm_timeout = 30
    publisher.publish([message(b"later")])
    assert b"given up before it was tried" not in Slow.written
    assert Slow.written[-1] == b"later"


def test_it_tells_who_waits_when_it_is_closed(publishers):
    publisher = publishers("amqp://aymak:nobody@127.0.0.1:1/aymak")
    publisher.close()
    with pytest.raises(Unavailable):
        publish(publisher)


@pytest.fixture
def own_rabbit():
    """A broker of this test's own, to be hurt."""
    with PrivateRabbit.temporary() as server:
        yield server


def test_it_survives_a_killed_broker_and_keeps_what_was_confirmed(own_rabbit, publishers):
    publisher = publishers(own_rabbit.uri)
    for _ in range(20):
        publish(publisher)
    own_rabbit.kill()
    with pytest.raises(Unavailable) as caught:
        publish(publisher)
    assert caught.value.params["retry_after"] > 0
    own_rabbit.start()
    publish(publisher)
    assert depth(own_rabbit.uri, QUEUE) == 21


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


def test_it_drops_an_idle_connection_whose_peer_is_silent(own_rabbit, publishers, monkeypatch):
    """F14: without heartbeats it would only be found out by the next publish."""
    monkeypatch.setattr("chassis.link.HEARTBEAT", 1)
    monkeypatch.setattr("chassis.publish.HEARTBEAT", 1)
    publisher = publishers(own_rabbit.uri)
    publish(publisher)
    link = publisher._link
    assert link is not None
    time.sleep(3)
    assert not link.broken, "the heartbeats of both ends keep it"
    os.kill(own_rabbit.pid, signal.SIGSTOP)
    try:
        end = time.monotonic() + 30
        while not link.broken:
            assert time.monotonic() < end
            time.sleep(0.1)
    finally:
        os.kill(own_rabbit.pid, signal.SIGCONT)
