"""What became of one fact at each listener of a service: its part of the receipt (contracts §5)."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import inbox
from chassis.inbox import InboxRow

SETTLED = (inbox.APPLIED, inbox.IGNORED)


def handled(session: Session, source: str, event_id: str) -> list[dict[str, Any]]:
    """Return a line for each listener that has heard of the fact; empty when none has."""
    rows = session.scalars(
        select(InboxRow)
        .where(InboxRow.source == source, InboxRow.event_id == event_id)
        .order_by(InboxRow.listener)
    )
    return [_line(row) for row in rows]


def _line(row: InboxRow) -> dict[str, Any]:
    at = row.handled_at if row.outcome in SETTLED else row.received_at
    return {
        "type": row.type,
        "outcome": row.outcome,
        "at": at.isoformat(),
        "received_at": row.received_at.isoformat(),
        "attempts": row.attempts,
        "waits_for": row.waits_for,
        "next_at": row.next_at and row.next_at.isoformat(),
    }
