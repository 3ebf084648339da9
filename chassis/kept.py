"""Facts that are kept for later: those that wait for a missing thing and those that failed.

They are tried again by themselves (inbox.py); here a person sees for what they wait, since when
and until when, and may have one tried at once.
"""

from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.orm import Session

from chassis import inbox
from chassis.errors import NotFound
from chassis.handling import ListenerSpec, attempt
from chassis.inbox import InboxRow
from chassis.paging import keyset, page, page_size

KEPT = (inbox.WAITING, inbox.FAILED)
FILTERS = ("source", "type", "outcome")
# What pages are ordered by beside the moment: the key of a row as one text.
KEY: ColumnElement[str] = cast(
    func.concat(InboxRow.source, " ", InboxRow.event_id, " ", InboxRow.listener), String
).label("key")


def listed(session: Session, query: dict[str, Any]) -> dict[str, Any]:
    """Return a page of kept facts, the longest kept first.

    ``query``: ``outcome`` (waiting or failed; both when absent), ``type``, ``source``, ``limit``,
    ``cursor``.
    """
    limit = page_size(query)
    found = select(InboxRow, InboxRow.received_at.label("received_at"), KEY)
    found = found.where(InboxRow.outcome.in_(KEPT))
    for name in FILTERS:
        if query.get(name):
            found = found.where(getattr(InboxRow, name) == query[name])
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    columns = [InboxRow.received_at, KEY.element]
    paged = keyset(found, columns, cursor=query.get("cursor"), limit=limit)
    rows, following = page(session.execute(paged).all(), limit, ["received_at", "key"])
    items = [{**line(row.InboxRow), "key": row.key} for row in rows]
    return {"items": items, "next": following, "total": total}


def try_now(
    session: Session, listeners: dict[str, ListenerSpec], *, source: str, event_id: str
) -> dict[str, Any]:
    """Try what is kept of a fact here at once; return what became of it at each listener.

    A fact that is settled already is only told. Raises ``NotFound`` when it is not known here.
    """
    rows = list(
        session.scalars(
            select(InboxRow)
            .where(InboxRow.source == source, InboxRow.event_id == event_id)
            .order_by(InboxRow.listener)
            .with_for_update()
        )
    )
    if not rows:
        raise NotFound("event", event_id)
    for row in rows:
        if row.outcome in KEPT and row.wire is not None and row.listener in listeners:
            attempt(session, listeners[row.listener], row, row.wire)
    session.flush()
    for row in rows:
        session.refresh(row)
    return {"handled": [line(row) for row in rows]}


def line(row: InboxRow) -> dict[str, Any]:
    """Return a kept fact without its body."""
    return {
        "listener": row.listener,
        "source": row.source,
        "event_id": row.event_id,
        "type": row.type,
        "outcome": row.outcome,
        "waits_for": row.waits_for,
        "error": row.error if row.outcome != inbox.WAITING else None,
        "since": row.received_at.isoformat(),
        "attempts": row.attempts,
        "next_at": row.next_at and row.next_at.isoformat(),
    }
