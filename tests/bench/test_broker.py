"""The meter of the broker alone counts what the broker holds, no more and no less."""

import time

import pytest
from kombu.connection import Connection

from bench.tools.broker import rate
from chassis import topology
from chassis.frames import Message
from contracts.catalogue import find
from launch.rabbitmq import PrivateRabbit

pytestmark = pytest.mark.broker


def test_it_counts_what_was_confirmed(rabbit: PrivateRabbit) -> None:
    queue = topology.queue_of("clients", find("client_verified"))
    messages = [Message("portal.events", "client_verified", b"{}")] * 10
    with Connection(rabbit.uri) as connection:
        topology.declare(connection)
        queue(connection.default_channel).purge()
        began = time.perf_counter()
        found = rate(rabbit.uri, messages, callers=3, seconds=0.3)
        took = time.perf_counter() - began
        there = connection.default_channel.queue_declare(queue.name, passive=True).message_count
        queue(connection.default_channel).purge()
    # The first ones open the connection and are not counted.
    assert 0 < found * 0.3 <= there - len(messages) <= found * took
