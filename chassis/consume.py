"""The one consumer connection of a service: all its queues and a bound on work in flight."""

from typing import Any

from eventlet.semaphore import Semaphore
from kombu.connection import Connection
from kombu.messaging import Consumer as KombuConsumer
from nameko.extensions import ProviderCollector, SharedExtension

from chassis import topology
from chassis.draining import DrainingConsumer
from chassis.gathering import BATCH
from chassis.settings import settings

# Facts on their own that are at work at a time.
IN_FLIGHT = 10
HEARTBEAT = 30

# The hubs of this process: one, for the one service that runs in it.
HUBS: list["ListenerHub"] = []


class ListenerHub(ProviderCollector, SharedExtension, DrainingConsumer):
    """The one consumer connection of a service and its bound on work in flight."""

    def __init__(self) -> None:
        super().__init__()
        self.places = Semaphore(IN_FLIGHT)
        # One batch at a time: two could wait for each other's rows. A listener that writes many
        # rows at once takes its locks in one order, and has lanes of its own.
        self.lane = Semaphore(1)
        self.consuming = False

    def setup(self) -> None:
        """Describe the connection; nothing is connected yet."""
        HUBS.append(self)
        self.connection = Connection(settings().amqp_uri, heartbeat=HEARTBEAT, connect_timeout=3)

    def start(self) -> None:
        """Begin to consume; the broker may still be away."""
        if self.thread is None:
            self.begin(self.container, "listener hub")

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
        # The next batch is at hand when one is done.
        consumer.qos(prefetch_count=(listener.gathering.abreast + 1) * BATCH)
        return consumer

    def on_consume_ready(self, *_: Any, **__: Any) -> None:
        """All consumers are registered (kombu's hook)."""
        self.consuming = True

    def on_connection_error(self, problem: Exception, interval: float) -> None:
        """The broker is away (kombu's hook)."""
        self.consuming = False
        super().on_connection_error(problem, interval)

    def on_connection_revived(self) -> None:
        """The connection was lost (kombu's hook)."""
        self.consuming = False
