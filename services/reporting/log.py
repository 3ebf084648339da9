"""The journal as a log to read: what came in, what it led to, and one event in full.

Personal fields are put back only for readers who may see people; the journal keeps them apart.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chassis import paging
from chassis.errors import Invalid, NotFound
from contracts.catalogue import EMITTERS
from services.reporting import counted
from services.reporting.models import Journal, JournalPersonal

Item = dict[str, Any]
SHOWN_EFFECTS = 50
# Columns by which one value is asked for.
EXACT = ("type", "source", "emitter", "actor", "correlation", "subject")


def events(session: Session, query: Item) -> Item:
    """Return a page of the journal, the newest first.

    ``query``: limit, cursor, type, source, emitter, actor, correlation, subject, since and until
    (of the event's own time, instants; until exclusive). It is counted up to 10,000. Raises
    ``Invalid`` naming a wrong filter.
    """
    limit = paging.page_size(query)
    statement = _filtered(select(Journal), query)
    paged = paging.keyset(
        statement,
        [Journal.position],
        cursor=query.get("cursor"),
        limit=limit,
        descending=True,
    )
    rows, following = paging.page(session.scalars(paged).all(), limit, ["position"])
    slim = _filtered(select(Journal.position), query)
    totals = paging.totals(session, slim, {"count": "capped"})
    return {"items": [line(row) for row in rows], "next": following, **totals}


def event(
    session: Session, source: str, event_id: str, *, personal: bool, now: dt.datetime
) -> Item:
    """Return one event with its data, its cause, what it led to and where it counts.

    Without ``personal`` the fields that tell of a person are left out. Raises ``NotFound``.
    """
    row = _of(session, source, event_id)
    if row is None:
        raise NotFound("event", event_id, code="unknown_event")
    flow = counted.caused_by(session, row)[1 : SHOWN_EFFECTS + 1]
    receipt = counted.receipt(session, source, event_id, now=now)
    return line(row) | {
        "data": _whole(session, row) if personal else row.data,
        "cause": _cause(session, row),
        "effects": [line(one) for one in flow],
        "counted": receipt["counted"] if receipt else [],
    }


def line(row: Journal) -> Item:
    """Return an entry of the journal as one line of the log."""
    return {
        "source": row.source,
        "id": row.event_id,
        "type": row.type,
        "version": row.version,
        "emitter": row.emitter,
        "time": row.time.isoformat(),
        "recorded_at": row.recorded_at and row.recorded_at.isoformat(),
        "received_at": row.received_at.isoformat(),
        "subject": row.subject,
        "actor": row.actor,
        "correlation": row.correlation,
        "causation": row.causation,
        "position": row.position,
    }


def _filtered(statement: Select[Any], query: Item) -> Select[Any]:
    known = {"limit", "cursor", "since", "until", *EXACT}
    if strange := sorted(set(query) - known):
        raise Invalid(fields={name: ["Unknown filter."] for name in strange})
    if query.get("emitter", EMITTERS[0]) not in EMITTERS:
        raise Invalid(fields={"emitter": [f"Must be one of: {', '.join(EMITTERS)}."]})
    for name in EXACT:
        if query.get(name):
            statement = statement.where(getattr(Journal, name) == query[name])
    if query.get("since"):
        statement = statement.where(Journal.time >= _instant(query["since"], "since"))
    if query.get("until"):
        statement = statement.where(Journal.time < _instant(query["until"], "until"))
    return statement


def _instant(value: Any, field: str) -> dt.datetime:
    try:
        return dt.datetime.fromisoformat(str(value))
    except ValueError as problem:
        raise Invalid(fields={field: ["Not a valid datetime."]}) from problem


def _of(session: Session, source: str, event_id: str) -> Journal | None:
    query = select(Journal).where(Journal.source == source, Journal.event_id == event_id)
    return session.scalars(query).one_or_none()


def _cause(session: Session, row: Journal) -> Item | None:
    """Return the event that caused this one, as far as it was taken in."""
    if row.causation is None:
        return None
    query = select(Journal).where(Journal.event_id == row.causation).order_by(Journal.position)
    found = session.scalars(query.limit(1)).one_or_none()
    return line(found) if found else None


def _whole(session: Session, row: Journal) -> Item:
    """Return the data of an event with its personal fields where they belong."""
    kept = session.get(JournalPersonal, row.position)
    data: Item = {**row.data}
    for path, value in (kept.personal if kept else {}).items():
        _put(data, path.split("."), value)
    return data


def _put(data: Item, path: list[str], value: Any) -> None:
    *way, last = path
    for name in way:
        data[name] = {**data.get(name, {})}
        data = data[name]
    data[last] = value
