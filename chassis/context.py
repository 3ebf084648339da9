"""Who acts and why, carried along without being passed through every function.

The listener and ``rpc`` set these; ``outbox.emit`` reads them, so that each derived fact names
its actor, its flow and its cause.
"""

import uuid
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from contracts.envelope import Event

# The space of the ids that are derived from a fact (decision 10); it never changes.
BIRTHS = uuid.UUID("5b1d3f0c-2f4e-5d0a-9a53-7c1de6f0a2b4")


@dataclass(frozen=True, slots=True)
class Flow:
    """The service at work, who caused it, and the event it is about (if any)."""

    service: str
    actor: str | None = None
    cause: Event[Any] | None = None
    births: Counter[str] = field(default_factory=Counter, compare=False)


_flow: ContextVar[Flow | None] = ContextVar("flow", default=None)


def current() -> Flow:
    """Return the flow at hand; raises ``LookupError`` outside any."""
    flow = _flow.get()
    if flow is None:
        raise LookupError("no flow: the listener, rpc or a tick sets one")
    return flow


def id_of(what: str) -> uuid.UUID:
    """Return the id of the next ``what`` that is born in the flow at hand.

    While a fact is handled it is derived from the fact, so that the same fact, handled again by
    a service that was restored from a backup, gives the same ids; else it is random.
    """
    flow = _flow.get()
    if flow is None or flow.cause is None:
        return uuid.uuid4()
    flow.births[what] += 1
    cause = flow.cause
    name = (flow.service, cause.source, cause.type, cause.id, what, str(flow.births[what]))
    return uuid.uuid5(BIRTHS, "\n".join(name))


@contextmanager
def flowing(
    service: str, *, actor: str | None = None, cause: Event[Any] | None = None
) -> Iterator[None]:
    """Set the flow for the block."""
    token = _flow.set(Flow(service, actor, cause))
    try:
        yield
    finally:
        _flow.reset(token)


@contextmanager
def caused_by(event: Event[Any]) -> Iterator[None]:
    """Name one of several events as the cause of what the block emits."""
    with flowing(current().service, cause=event):
        yield
