"""The one consumer connection of a service: all its queues, bounded work, acks that may be lost.

Whatever breaks the connection, it is made again; an ack that cannot be sent means that the broker
has given the message to somebody else, whom the inbox tells that it was handled (quality.md F18).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import eventlet
import structlog
from amqp.exceptions import AMQPError
from eventlet.semaphore import Semaphore
from kombu.connection import Connection
from kombu.message import Message
from kombu.messaging import Consumer as KombuConsumer
from kombu.mixins import ConsumerMixin
from nameko.extensions import ProviderCollector, SharedExtension

from chassis import inbox, topology
from chassis.settings import settings

PREFETCH = 20
IN_FLIGHT = 10
HEARTBEAT = 30

log = structlog.get_logger()

# The hubs of this process: one, for the one service that runs in it.
HUBS: list["ListenerHub"] = []


class ListenerHub(ProviderCollector, SharedExtension, ConsumerMixin):
    """The one consumer connection of a service and its bound on work in flight."""

    def __init__(self) -> None:
        super().__init__()
        self.places = Semaphore(IN_FLIGHT)
        self.acks = Semaphore(1)
        self.consuming = False
        self._started = False

    def setup(self) -> None:
        """Describe the connection; nothing is connected yet."""
        HUBS.append(self)
        self.connection = Connection(settings().amqp_uri, heartbeat=HEARTBEAT, connect_timeout=3)

    def start(self) -> None:
        """Begin to consume; the broker may still be away."""
        if not self._started:
            self._started = True
            self.container.spawn_managed_thread(self.run_for_ever, identifier="listener hub")

    def run_for_ever(self) -> None:
        """Consume until stopped; whatever breaks the connection, connect again."""
        while not self.should_stop:
            try:
                self.run()
            except Exception as problem:
                self.consuming = False
                log.warning(
                    "consumer_lost", error=type(problem).__name__, detail=str(problem)[:300]
                )
                eventlet.sleep(1)

    def stop(self) -> None:
        """Take no more deliveries; those in hand are still worked off by the container."""
        self.should_stop = True
        super().stop()

    @contextmanager
    def establish_connection(self) -> Iterator[Connection]:
        """Connect, trying again each second or two: kombu's own waits grow to half a minute."""
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error, interval_start=0.5, interval_step=0.5, interval_max=2
            )
            yield connection

    def get_consumers(self, consumer_class: Any, channel: Any) -> list[KombuConsumer]:
        """Declare the topology and consume every queue of the service (kombu's hook)."""
        topology.declare(channel.connection.client)
        return [self._consumer(channel, listener) for listener in self._providers]

    def _consumer(self, channel: Any, listener: Any) -> KombuConsumer:
        own = channel.connection.channel()
        # Declared a moment ago, all of it, or by somebody who may.
        consumer = KombuConsumer(
            own, queues=[listener.queue()], on_message=listener.take, auto_declare=False
        )
        consumer.qos(prefetch_count=PREFETCH)
        return consumer

    def on_consume_ready(self, *_: Any, **__: Any) -> None:
        """All consumers are registered (kombu's hook)."""
        self.consuming = True

    def on_connection_error(self, problem: Exception, interval: float) -> None:
        """The broker is away (kombu's hook); it is tried again with growing waits."""
        self.consuming = False
        log.warning("broker_away", error=type(problem).__name__, again_in=interval)

    def on_connection_revived(self) -> None:
        """The connection was lost (kombu's hook)."""
        self.consuming = False

    def ack(self, message: Message) -> None:
        """Acknowledge; a connection that is gone has given the message back already (F18)."""
        with self.acks:
            try:
                message.ack()
            except (OSError, AMQPError) as problem:
                log.info("ack_lost", error=type(problem).__name__)

    def reject(self, message: Message, *, requeue: bool) -> None:
        """Give a message back, or to the dead-letter queue."""
        with self.acks:
            try:
                message.reject(requeue=requeue)
            except (OSError, AMQPError) as problem:
                log.info("reject_lost", error=type(problem).__name__)


def decode(message: Message) -> dict[str, Any] | None:
    """Return the event's structured form, or None for bytes that are no event at all.

    The gateway lets nothing else through; what came past it must not spin between us and the
    broker because no inbox can keep it.
    """
    try:
        body = message.body
        wire = json.loads(body if isinstance(body, str) else bytes(body).decode("utf-8"))
        return wire if isinstance(wire, dict) and inbox.can_keep(wire) else None
    except (ValueError, TypeError, RecursionError):
        return None
