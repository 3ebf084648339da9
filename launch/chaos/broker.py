"""What a chaos run's broker says at the end: queues that are not empty, dead letters in bytes."""

from collections import Counter
from typing import Any

from kombu.connection import Connection

from chassis import topology
from contracts import catalogue
from launch.rabbitmq import VHOST, PrivateRabbit


def left_in_queues(rabbit: PrivateRabbit) -> dict[str, int]:
    """Return how many messages lie in each queue that is not empty; dead letters are left out."""
    dead = {topology.dead_queue(service).name for service in catalogue.SERVICES}
    lines = rabbit.ctl("list_queues", "-p", VHOST, "--no-table-headers", "name", "messages")
    found = {name: int(count) for name, count in map(str.split, lines.splitlines())}
    return {name: count for name, count in found.items() if count and name not in dead}


def buried_bytes(uri: str) -> Counter[str]:
    """Return the last word of each undecodable body, with the number of queues it lies in."""
    found: Counter[str] = Counter()
    opened: Any = Connection(uri, connect_timeout=5)  # type: ignore[no-untyped-call]
    with opened as connection:
        for service in catalogue.SERVICES:
            found.update(_bodies(connection, topology.dead_queue(service).name))
    return found


def _bodies(connection: Any, queue: str) -> set[str]:
    channel = connection.channel()
    found: set[str] = set()
    # Not acknowledged: closing the channel puts them back where they were.
    while message := channel.basic_get(queue, no_ack=False):
        body = message.body
        text = body if isinstance(body, str) else bytes(body).decode("utf-8", "replace")
        found.add(text.rpartition(" ")[2])
    channel.close()
    return found
