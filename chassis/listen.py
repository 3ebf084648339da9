"""``@listens``: a method that hears one type of event, durably and exactly once in effect.

nameko's own event handler would ack after an exception, spin on requeue or drop bad bytes
(quality.md F2-F4), so this entrypoint is ours. One consumer connection per service serves all
its queues; the delivery is acked only after the transaction of ``handling`` is committed.
"""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import eventlet
import structlog
from kombu.entity import Queue
from kombu.message import Message
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint

from chassis import metrics, topology
from chassis.consume import HUBS, ListenerHub, decode
from chassis.db import is_away
from chassis.failpoints import failpoint
from chassis.handling import ListenerSpec, handle
from contracts.envelope import REGISTRY, Contract

HOLD = (0.2, 0.5, 1, 2, 5, 10)

log = structlog.get_logger()
F = TypeVar("F", bound=Callable[..., Any])


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
        if message.delivery_info.get("redelivered"):
            metrics.redelivered(self.queue().name)
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
            outcome = handle(service.db, spec, wire)
            failpoint("listen.after_commit")
            return outcome
        except Exception as problem:
            if not is_away(problem):
                raise
            pause = HOLD[min(tries, len(HOLD) - 1)]
            log.warning("database_away", again_in=pause, error=type(problem).__name__)
            eventlet.sleep(pause)
            tries += 1
