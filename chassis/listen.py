"""``@listens``: a method that hears one type of event, durably and exactly once in effect.

nameko's own event handler would ack after an exception, spin on requeue or drop bad bytes
(quality.md F2-F4), so this entrypoint is ours. One consumer connection per service serves all
its queues; the delivery is acked only after the transaction of ``handling`` is committed.
"""

import functools
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import eventlet
import structlog
from amqp.exceptions import AMQPError
from eventlet.semaphore import Semaphore
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.message import Message
from kombu.messaging import Consumer as KombuConsumer
from kombu.mixins import ConsumerMixin
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint, ProviderCollector, SharedExtension

from chassis import topology
from chassis.db import is_away
from chassis.handling import ListenerSpec, handle
from chassis.settings import settings
from contracts.envelope import REGISTRY, Contract

PREFETCH = 20
IN_FLIGHT = 10
HEARTBEAT = 30
HOLD = (0.2, 0.5, 1, 2, 5, 10)

log = structlog.get_logger()
F = TypeVar("F", bound=Callable[..., Any])


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

    def _consumer(self, channel: Any, listener: "Listener") -> KombuConsumer:
        own = channel.connection.channel()
        consumer = KombuConsumer(own, queues=[listener.queue()], on_message=listener.take)
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


class Listener(Entrypoint):
    """The entrypoint behind ``@listens`` and ``@journals``; ``contract`` None hears everything."""

    hub = ListenerHub()

    def __init__(self, contract: Contract | None, **options: Any) -> None:
        self.contract = contract
        super().__init__(**options)

    def setup(self) -> None:
        """Register with the hub of the container."""
        self.hub.register_provider(self)

    def stop(self) -> None:
        """Leave the hub and let it take no more deliveries."""
        self.hub.should_stop = True
        self.hub.unregister_provider(self)

    @staticmethod
    def is_consuming() -> bool:
        """Return whether this process has its consumers registered (or has none)."""
        return all(hub.consuming for hub in HUBS)

    def queue(self) -> Queue:
        """Return the durable queue of this listener."""
        if self.contract is None:
            return topology.journal_queue()
        return topology.queue_of(self.container.service_name, self.contract)

    def take(self, message: Message) -> None:
        """Take a delivery from the connection's greenlet without ever blocking it."""
        if self.hub.should_stop:
            return
        self.container.spawn_managed_thread(
            functools.partial(self._work, message), identifier=f"delivery {self.method_name}"
        )

    def _work(self, message: Message) -> None:
        wire = decode(message)
        if wire is None:
            log.warning("undecodable", queue=self.queue().name)
            self.hub.reject(message, requeue=False)
            return
        self.hub.places.acquire()
        try:
            self.container.spawn_worker(
                self, (wire,), {}, handle_result=functools.partial(self._settle, message)
            )
        except ContainerBeingKilled:
            self.hub.places.release()

    def _settle(self, message: Message, _: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        self.hub.places.release()
        if exc_info is None:
            self.hub.ack(message)
        else:
            # Only a fault of the chassis itself comes here; the delivery limit bounds it.
            eventlet.sleep(1)
            self.hub.reject(message, requeue=True)
        return result, exc_info


def decode(message: Message) -> dict[str, Any] | None:
    """Return the event's structured form, or None for bytes that are no event at all."""
    try:
        body = message.body
        wire = json.loads(body if isinstance(body, str) else bytes(body).decode("utf-8"))
    except (ValueError, TypeError):
        return None
    named = isinstance(wire, dict) and all(
        isinstance(wire.get(key), str) and wire[key] for key in ("id", "source", "type")
    )
    return wire if named else None


def listens(emitter: str, data_class: type) -> Callable[[F], F]:
    """Hear ``data_class`` events of ``emitter``: ``def on_x(self, session, event)``.

    The decorated method runs inside the transaction of the inbox mark and must not commit, wait
    or call anybody. Raises ``TypeError`` when the contract is not of that emitter.
    """
    contract = REGISTRY[data_class]
    if contract.emitter != emitter:
        raise TypeError(f"{contract.type} is emitted by {contract.emitter}, not {emitter}")
    return _decorate(contract)


def journals(method: F) -> F:
    """Hear every event of every emitter: ``def on_event(self, session, event)``."""
    return _decorate(None)(method)


def _decorate(contract: Contract | None) -> Callable[[F], F]:
    def decorate(method: F) -> F:
        @functools.wraps(method)
        def worker(service: Any, wire: dict[str, Any]) -> str:
            return hold(service, spec_of(service, worker), wire)

        worker.contract = contract  # type: ignore[attr-defined]
        worker.listens = True  # type: ignore[attr-defined]
        worker.method = method  # type: ignore[attr-defined]
        return Listener.decorator(contract)(worker)  # type: ignore[no-any-return]

    return decorate


def spec_of(service: Any, worker: Any) -> ListenerSpec:
    """Return the plain description of a listening method of a service instance."""
    contract = worker.contract
    name = f"{contract.emitter}.{contract.type}" if contract else "everything"
    return ListenerSpec(service.name, name, contract, functools.partial(worker.method, service))


def listeners_of(service: Any) -> dict[str, ListenerSpec]:
    """Return all listeners of a service instance by their durable name."""
    methods = [getattr(type(service), name) for name in dir(type(service))]
    specs = [spec_of(service, item) for item in methods if getattr(item, "listens", False)]
    return {spec.name: spec for spec in specs}


def hold(service: Any, spec: ListenerSpec, wire: dict[str, Any]) -> str:
    """Handle a delivery; while the database is away keep it in hand and try again in place."""
    tries = 0
    while True:
        try:
            return handle(service.db, spec, wire)
        except Exception as problem:
            if not is_away(problem):
                raise
            pause = HOLD[min(tries, len(HOLD) - 1)]
            log.warning("database_away", again_in=pause, error=type(problem).__name__)
            eventlet.sleep(pause)
            tries += 1
