"""Several brokers in AMQP_URI: a silent one, as a machine without power is, stops nobody."""

import socket
import threading
from collections.abc import Iterator

import pytest
from kombu import Connection, Exchange, Queue

from chassis import topology
from chassis.frames import Message
from chassis.publish import Publisher
from chassis.rpc_queues import CallPublisher

pytestmark = pytest.mark.broker

# nameko would give each address five seconds; a call has three for everything.
BOUND = 4.5
EXCHANGE = Exchange("failover", "topic", durable=True)
QUEUE = Queue("failover", EXCHANGE, "#", durable=True, queue_arguments={"x-queue-type": "quorum"})


@pytest.fixture
def silent() -> Iterator[str]:
    """The address of a broker that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"amqp://aymak:x@127.0.0.1:{server.getsockname()[1]}/aymak"


def test_an_event_goes_to_the_next_broker(rabbit, silent):
    publisher = Publisher(f"{silent};{rabbit.uri}")
    try:
        publisher.publish([Message(topology.DEAD.name, "clients", b"{}")])
    finally:
        publisher.close()


def test_a_call_goes_to_the_next_broker_before_its_caller_gives_up(rabbit, silent):
    with Connection(rabbit.uri) as connection:
        queue = QUEUE(connection.default_channel)
        queue.declare()
        publisher = CallPublisher(f"{silent};{rabbit.uri}", exchange=EXCHANGE, serializer="json")
        calling = threading.Thread(
            target=publisher.publish, args=({"args": []},), kwargs={"routing_key": "x"}, daemon=True
        )
        calling.start()
        calling.join(BOUND)
        assert not calling.is_alive()
        message = queue.get(no_ack=True)
        assert message is not None and message.payload == {"args": []}
        queue.delete()
