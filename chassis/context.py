"""Who acts and why, carried along without being passed through every function.

The listener and ``rpc`` set these; ``outbox.emit`` reads them, so that each derived fact names
its actor, its flow and its cause.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from contracts.envelope import Event


@dataclass(frozen=True, slots=True)
class Flow:
    """The service at work, who caused it, and the event it is about (if any)."""

    service: str
    actor: str | None = None
    cause: Event[Any] | None = None


_flow: ContextVar[Flow | None] = ContextVar("flow", default=None)


def current() -> Flow:
    """Return the flow at hand; raises ``LookupError`` outside any."""
    flow = _flow.get()
    if flow is None:
        raise LookupError("no flow: the listener, rpc or a tick sets one")
    return flow


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
