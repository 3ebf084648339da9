"""``@listens``: a method that hears one type of event, durably and exactly once in effect.

nameko's own event handler would ack after an exception, spin on requeue or drop bad bytes
(quality.md F2-F4), so this entrypoint is ours. One consumer connection per service serves all
its queues; the delivery is acked only after the transaction of ``handling`` is committed.
"""

import contextlib
import functools
from collections.abc import Callable
from typing import Any, TypeVar

import eventlet
import structlog
from eventlet.event import Event
from eventlet.semaphore import Semaphore
from kombu.entity import Queue
from kombu.message import Message
from nameko.exceptions import ContainerBeingKilled
from nameko.extensions import Entrypoint

from chassis import gathering, metrics, stopping, topology
from chassis.batches import handle_many
from chassis.consume import HUBS, ListenerHub
from chassis.db import is_away
from chassis.decoding import decode
from chassis.failpoints import failpoint
from chassis.gathering import Gathering
from chassis.handling import ListenerSpec, handle
from contracts.envelope import REGISTRY, Contract

HOLD = (0.2, 0.5, 1, 2, 5, 10)
# Batches of a listener that writes many rows at once: while the database works at some of them, the
# process works at another.
ABREAST = 4

log = structlog.get_logger()
F = TypeVar("F", bound=Callable[..., Any])
Delivery = tuple[Message, dict[str, Any]]


class Listener(Entrypoint):
    """The entrypoint behind ``@listens`` and ``@journals``; ``contract`` None hears everything.

    With ``many`` several batches may be at work at a time, beside those of other listeners.
    Deliveries are gathered for a moment. Several are one worker and one transaction. One that
    comes alone is a worker of its own, and so is each of several that the database did not take.
    """

    hub = ListenerHub()

    def __init__(self, contract: Contract | None, many: bool, **options: Any) -> None:
        self.contract = contract
        self.gathering = Gathering(abreast=ABREAST if many else 1)
        self.lanes = Semaphore(ABREAST) if many else None
        super().__init__(**options)

    def setup(self) -> None:
        """Register with the hub of the container."""
        self.hub.register_provider(self)

    def stop(self) -> None:
        """Take no more deliveries; return when those in hand are settled."""
        self.hub.drain()
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
        self.hub.in_hand += 1
        if message.delivery_info.get("redelivered"):
            metrics.redelivered(self.queue().name)
        if self.gathering.add(message):
            self._spawn(self._work_off)

    def _spawn(self, work: Callable[[], Any]) -> None:
        self.container.spawn_managed_thread(work, identifier=f"delivery {self.method_name}")

    def _work_off(self) -> None:
        while self.gathering.waiting:
            if len(self.gathering.waiting) < gathering.BATCH:
                eventlet.sleep(gathering.LINGER)
            taken = list(filter(None, map(self._decoded, self.gathering.take())))
            if len(taken) < 2 or not self._work(taken, self.lanes or self.hub.lane):
                for one in taken:
                    self._spawn(functools.partial(self._work, [one], self.hub.places))
        self.gathering.at_work -= 1

    def _decoded(self, message: Message) -> Delivery | None:
        wire = decode(message.body)
        if wire is None:
            log.warning("undecodable", queue=self.queue().name)
            self._reject(message, requeue=False)
            return None
        return message, wire

    def _work(self, taken: list[Delivery], place: Semaphore) -> bool:
        """Let a worker handle deliveries; return whether they need nobody any more."""
        done = Event()
        with place:
            if stopping.is_late():
                self.hub.leave(count=len(taken))
                return True
            with contextlib.suppress(ContainerBeingKilled):
                self.container.spawn_worker(
                    self,
                    ([wire for _, wire in taken],),
                    {},
                    handle_result=functools.partial(self._ended, taken, done),
                )
                return bool(done.wait())
        return True

    def _ended(
        self, taken: list[Delivery], done: Event, _: Any, result: Any, exc_info: Any
    ) -> tuple[Any, Any]:
        messages = [message for message, _ in taken]
        is_handled = exc_info is None and result
        if is_handled:
            word = functools.partial(self.gathering.acknowledge, messages)
            self.hub.settle(word, count=len(messages))
        elif len(taken) == 1:
            self._give_back(messages[0])
        done.send(is_handled or len(taken) == 1)
        return result, exc_info

    def _give_back(self, message: Message) -> None:
        if stopping.asked():
            # The database is away and nobody waits for it any more.
            self.hub.leave()
        else:
            # Only a fault of the chassis itself comes here; the delivery limit bounds it.
            eventlet.sleep(1)
            self._reject(message, requeue=True)

    def _reject(self, message: Message, *, requeue: bool) -> None:
        self.hub.settle(functools.partial(self.gathering.reject, message, requeue=requeue))


def listens(emitter: str, data_class: type, *, many: bool = False) -> Callable[[F], F]:
    """Hear ``data_class`` events of ``emitter``: ``def on_x(self, session, event)``.

    The decorated method runs inside the transaction of the inbox mark and must not commit, wait
    or call anybody. With ``many`` it is ``def on_x(self, session, events)`` and gets one event or
    several, which take effect in their order; what it emits it emits inside ``context.caused_by``.
    Raises ``TypeError`` when the contract is not of that emitter.
    """
    contract = REGISTRY[data_class]
    if contract.emitter != emitter:
        raise TypeError(f"{contract.type} is emitted by {contract.emitter}, not {emitter}")
    return _decorate(contract, many)


def journals(method: F) -> F:
    """Hear every event of every emitter: ``def on_events(self, session, events)``."""
    return _decorate(None, True)(method)


def _decorate(contract: Contract | None, many: bool) -> Callable[[F], F]:
    def decorate(method: F) -> F:
        @functools.wraps(method)
        def worker(service: Any, wires: list[dict[str, Any]]) -> bool:
            spec = spec_of(service, worker)
            if len(wires) > 1:
                return together(service, spec, wires)
            hold(service, spec, wires[0])
            return True

        worker.contract = contract  # type: ignore[attr-defined]
        worker.listens = True  # type: ignore[attr-defined]
        worker.method = method  # type: ignore[attr-defined]
        worker.many = many  # type: ignore[attr-defined]
        return Listener.decorator(contract, many)(worker)  # type: ignore[no-any-return]

    return decorate


def spec_of(service: Any, worker: Any) -> ListenerSpec:
    """Return the plain description of a listening method of a service instance."""
    contract = worker.contract
    name = f"{contract.emitter}.{contract.type}" if contract else "everything"
    work = functools.partial(worker.method, service)
    if not worker.many:
        return ListenerSpec(service.name, name, contract, work)
    return ListenerSpec(
        service.name, name, contract, lambda session, event: work(session, [event]), work
    )


def listeners_of(service: Any) -> dict[str, ListenerSpec]:
    """Return all listeners of a service instance by their durable name."""
    methods = [getattr(type(service), name) for name in dir(type(service))]
    specs = [spec_of(service, item) for item in methods if getattr(item, "listens", False)]
    return {spec.name: spec for spec in specs}


def hold(service: Any, spec: ListenerSpec, wire: dict[str, Any]) -> str:
    """Handle a delivery; while the database is away keep it in hand and try again in place.

    Raises what says that the database is away when the process is asked to end meanwhile.
    """
    tries = 0
    while True:
        try:
            outcome = handle(service.db, spec, wire)
            failpoint("listen.after_commit")
            return outcome
        except Exception as problem:
            if not is_away(problem) or stopping.asked():
                raise
            pause = HOLD[min(tries, len(HOLD) - 1)]
            log.warning("database_away", again_in=pause, error=type(problem).__name__)
            stopping.pause(pause)
            tries += 1


def together(service: Any, spec: ListenerSpec, wires: list[dict[str, Any]]) -> bool:
    """Handle deliveries in one transaction; return whether the database let them through."""
    try:
        handle_many(service.db, spec, wires)
    except Exception as problem:
        if not is_away(problem):
            raise
        log.warning("batch_given_up", size=len(wires), error=type(problem).__name__)
        return False
    for _ in wires:
        failpoint("listen.after_commit")
    return True
