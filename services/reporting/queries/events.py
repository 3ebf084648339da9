"""R9 and the chapter on online events: which of them had enough distinct participants.

The newest `event_closed` of each event decides, in the month of the event's start. Only events
inside the plan's window count (switch A7: to 30 November); later ones are shown apart. Whether
any ten participants or ten of local self-government make it count is switch A8.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import ColumnElement, String, cast, func, select
from sqlalchemy.orm import Session

from chassis import clock
from services.reporting.documents.model import Companion, Evidence, OnlineEvent
from services.reporting.models import ClosedEvent
from services.reporting.plan import FigureRow
from services.reporting.queries.base import (
    Figure,
    Rows,
    Scope,
    Value,
    companions,
    count,
    day,
    within,
    words,
)


def deciding(scope: Scope) -> Any:
    """The column that the plan's rule looks at (switch A8)."""
    strict = "A8.lsg_ten" in scope.plan.readings
    return ClosedEvent.lsg_participants if strict else ClosedEvent.participants


def window_end(row: FigureRow) -> dt.datetime:
    """The instant at which the window of switch A7 is over."""
    assert row.due_on is not None
    return clock.end_of_day(row.due_on)


def held(start: dt.datetime, end: dt.datetime) -> Rows:
    """The events that were held from a start in [start, end) on, whether they count or not."""
    return select(
        ClosedEvent.starts_at.label("at"),
        cast(ClosedEvent.online_event_id, String).label("key"),
        ClosedEvent.event_ref,
        ClosedEvent.title,
        ClosedEvent.participants,
        ClosedEvent.lsg_participants,
        ClosedEvent.source,
        ClosedEvent.event_id,
    ).where(ClosedEvent.held, within(ClosedEvent.starts_at, start, end))


def counted(scope: Scope, row: FigureRow, start: dt.datetime) -> Rows:
    """The events from `start` to the month's end (and the window's) that count."""
    end = min(scope.end, window_end(row))
    return held(start, end).where(deciding(scope) >= row.rule["participants"])


def _value(session: Session, scope: Scope, row: FigureRow) -> Value:
    return Value(
        actual=count(session, counted(scope, row, scope.start)),
        cumulative=count(session, counted(scope, row, scope.plan_start)),
    )


def _beside(session: Session, scope: Scope, row: FigureRow) -> tuple[Companion, ...]:
    least = row.rule["participants"]
    here = held(scope.start, scope.end)
    after = held(max(scope.start, window_end(row)), scope.end)
    return companions(
        {
            "events_held": count(session, here),
            "events_short": count(session, here.where(deciding(scope) < least)),
            "events_lsg": count(session, here.where(ClosedEvent.lsg_participants >= least)),
            "events_after_window": count(session, after),
            "participants": _sum(session, here, "participants"),
            "participants_lsg": _sum(session, here, "lsg_participants"),
        }
    )


def _sum(session: Session, query: Rows, name: str) -> int:
    return session.scalar(select(func.sum(query.subquery().c[name]))) or 0


def _proofs(scope: Scope, row: FigureRow) -> Rows:
    return counted(scope, row, scope.plan_start)


def _show(row: Any) -> Evidence:
    return _evidence(row, counts=True)


def _evidence(row: Any, *, counts: bool) -> Evidence:
    return Evidence(
        subject=words(row.title, row.event_ref),
        at=row.at,
        code="event_counted" if counts else "event_short",
        event_source=row.source,
        event_id=row.event_id,
        params={
            "starts_on": day(row.at),
            "count": str(row.participants),
            "lsg": str(row.lsg_participants),
        },
        counted=counts,
    )


def _short(session: Session, scope: Scope, row: FigureRow) -> tuple[Evidence, ...]:
    """Events since the plan's start that had too few participants: shown, not counted."""
    end = min(scope.end, window_end(row))
    query = held(scope.plan_start, end).where(deciding(scope) < row.rule["participants"])
    ordered = query.order_by(ClosedEvent.starts_at, ClosedEvent.online_event_id)
    return tuple(_evidence(item, counts=False) for item in session.execute(ordered))


def _touching(scope: Scope, row: FigureRow) -> Rows:
    key = cast(ClosedEvent.online_event_id, String).label("key")
    facts = select(ClosedEvent.source, ClosedEvent.event_id, ClosedEvent.position, key)
    return facts.where(within(ClosedEvent.starts_at, scope.plan_start, scope.end))


EVENTS = Figure(
    value=_value,
    beside=_beside,
    proofs=_proofs,
    show=_show,
    touching=_touching,
    thing="event_id",
    others=_short,
)


def chapter(session: Session, scope: Scope, row: FigureRow) -> tuple[OnlineEvent, ...]:
    """The events held in the month, the earliest first."""
    rule: ColumnElement[bool] = deciding(scope) >= row.rule["participants"]
    in_window = ClosedEvent.starts_at < window_end(row)
    query = held(scope.start, scope.end).add_columns((rule & in_window).label("counts"))
    ordered = query.order_by(ClosedEvent.starts_at, ClosedEvent.online_event_id)
    return tuple(
        OnlineEvent(
            ref=item.event_ref,
            title=words(item.title, item.event_ref),
            starts_at=item.at,
            participants=item.participants,
            lsg_participants=item.lsg_participants,
            counts=item.counts,
        )
        for item in session.execute(ordered)
    )
