"""Events and deliveries for tests: short to write, true to what the product does."""

import itertools
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

from sqlalchemy import select

from chassis import outbox
from chassis.db import Database
from chassis.handling import handle, retry_due
from chassis.listen import listeners_of
from contracts.envelope import REGISTRY, Event, parse

PORTAL = "https://portal.example"
NUMBERS = itertools.count(1)


def instant(text: str) -> datetime:
    """Return ``2022-03-04 10:00`` of Bishkek (or an RFC 3339 text with offset) in UTC."""
    parsed = datetime.fromisoformat(text)
    if parsed.tzinfo is None:
        parsed = datetime.fromisoformat(f"{text}+06:00")
    return parsed.astimezone(UTC)


def event(data: Any, *, at: datetime | str, **envelope: Any) -> Event[Any]:
    """Return an event as its emitter would send it; any attribute can be given."""
    contract = REGISTRY[type(data)]
    time = instant(at) if isinstance(at, str) else at
    source = PORTAL if contract.emitter == "portal" else contract.emitter
    recorded = time + timedelta(seconds=1)
    defaults = {"id": f"e-{next(NUMBERS)}", "source": source, "recorded_at": recorded}
    return Event(data=data, time=time, **{**defaults, **envelope})


def deliver(db: Database, service_class: type, happened: Event[Any] | dict[str, Any]) -> str:
    """Let the service hear an event as its real listener would; return the outcome.

    Facts that were kept and have been released by this one are tried too, as the service's own
    tick does.
    """
    wire = happened if isinstance(happened, dict) else happened.to_wire()
    listeners = listeners_of(as_service(db, service_class))
    emitter = parse(wire).contract.emitter
    found = listeners.get(f"{emitter}.{wire['type']}") or listeners.get("everything")
    assert found is not None, f"{service_class.__name__} does not hear {wire['type']}"
    outcome = handle(db, found, wire)
    retry_due(db, listeners)
    return outcome


def as_service(db: Database, service_class: type) -> Any:
    """Return an instance of a service with ``db`` in place of its provider."""
    service = service_class()
    service.db = db
    service.relay = SimpleNamespace(active=True)
    return service


def emitted(db: Database, name: str | None = None) -> list[Event[Any]]:
    """Return what the service has emitted so far, all of it or of one type, in order."""
    with db.begin() as session:
        rows = session.scalars(select(outbox.OutboxRow).order_by(outbox.OutboxRow.position))
        return [parse(row.wire) for row in rows if name in (None, row.type)]
