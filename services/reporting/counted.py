"""Which figures an event counts in: the last part of its receipt (contracts.md section 5).

A portal's event is seldom counted itself; what services derive from it is. So the events that it
caused are followed through the journal, and a figure counts it where a row behind the figure shows
one of them, or the thing that one of them made or moved.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import ColumnElement, or_, select, tuple_
from sqlalchemy.orm import Session

from chassis import clock
from services.reporting import plan
from services.reporting.figures import FIGURES, is_measured
from services.reporting.models import Journal
from services.reporting.plan import FigureRow, Plan
from services.reporting.queries.base import Scope, first_seen

# A flow is one registration, one event, one inquiry; a larger one is cut here.
LARGEST_FLOW = 2000
# Beside the types that a figure is computed from: derived facts that speak of a thing which
# another fact, told by the clock or by an act, closes and so makes count.
STEPS = {
    "event_id": ("attendance_counted",),
    "inquiry_id": ("inquiry_accepted", "inquiry_answered"),
}


def receipt(
    session: Session, source: str, event_id: str, *, now: dt.datetime
) -> dict[str, Any] | None:
    """Return what the journal knows of an event: type, times, and in what it counts.

    None when it was not journalled. ``counted`` names each code once, with the month in which it
    counts first (Asia/Bishkek).
    """
    query = select(Journal).where(Journal.source == source, Journal.event_id == event_id)
    entry = session.scalars(query).one_or_none()
    if entry is None:
        return None
    flow = caused_by(session, entry)
    return {
        "type": entry.type,
        "time": entry.time.isoformat(),
        "received_at": entry.received_at.isoformat(),
        "counted": list(_counted(session, flow, now)),
    }


def caused_by(session: Session, entry: Journal) -> list[Journal]:
    """Return the event and all that it caused, directly or through others."""
    correlation = entry.correlation or entry.event_id
    query = select(Journal).where(Journal.correlation == correlation).order_by(Journal.position)
    candidates = list(session.scalars(query.limit(LARGEST_FLOW)))
    found, known = [entry], {entry.event_id}
    grown = True
    # An effect may stand before its cause in the journal: order is promised by nobody.
    while grown:
        more = [
            item for item in candidates if item.causation in known and item.event_id not in known
        ]
        found += more
        known |= {item.event_id for item in more}
        grown = bool(more)
    return found


def _counted(session: Session, flow: list[Journal], now: dt.datetime) -> Iterator[dict[str, str]]:
    seen = first_seen(session)
    for covering in plan.plans():
        for row in covering.figures:
            if row.code not in FIGURES or not _concerned(row, flow):
                continue
            for scope in _scopes(covering, now):
                if is_measured(row, scope, seen) and _is_in(session, scope, row, flow):
                    yield {"code": row.code, "month": scope.month}
                    break


def _scopes(covering: Plan, now: dt.datetime) -> Iterator[Scope]:
    current = clock.month_of(now)
    for month in covering.months:
        if month <= current:
            yield Scope(plan=covering, month=month, now=now)


def _concerned(row: FigureRow, flow: Iterable[Journal]) -> list[Journal]:
    """Return the events of the flow that can be behind the figure."""
    types = {*row.types, *STEPS.get(FIGURES[row.code].thing or "", ())}
    return [entry for entry in flow if entry.type in types]


def _is_in(session: Session, scope: Scope, row: FigureRow, flow: list[Journal]) -> bool:
    concerned = _concerned(row, flow)
    figure = FIGURES[row.code]
    proofs = figure.proofs(scope, row).subquery()
    shown = [(entry.source, entry.event_id) for entry in concerned]
    behind: list[ColumnElement[bool]] = [tuple_(proofs.c.source, proofs.c.event_id).in_(shown)]
    if figure.thing is not None:
        things = [entry.data[figure.thing] for entry in concerned if figure.thing in entry.data]
        behind.append(proofs.c.key.in_(things))
    return session.scalar(select(proofs.c.key).where(or_(*behind)).limit(1)) is not None
