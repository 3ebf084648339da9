"""``@retells``: how a service takes back a fact of its own that its restored backup does not know.

What a service heard is handled again (decision 10). What it did by itself, on somebody's word over
RPC or by its clock, is known only by the facts that it told: a method with this mark brings the
rows into the state of which the fact tells. It may be called twice and emits nothing that lasts.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from sqlalchemy.orm import Session

from contracts.envelope import REGISTRY, Event

F = TypeVar("F", bound=Callable[..., Any])
Retell = Callable[[Session, Event[Any]], None]


def retells(data_class: type) -> Callable[[F], F]:
    """Mark ``def retell_x(self, session, event)`` as what takes ``data_class`` back."""

    def decorate(method: F) -> F:
        method.retells = REGISTRY[data_class].type  # type: ignore[attr-defined]
        return method

    return decorate


def retellers_of(service: Any) -> dict[str, Retell]:
    """Return the marked methods of a service instance by the type of the fact."""
    names = [
        name for name in dir(type(service)) if hasattr(getattr(type(service), name), "retells")
    ]
    return {getattr(type(service), name).retells: getattr(service, name) for name in names}
