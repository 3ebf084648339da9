"""R3: were clients told of online events in good time (our own measure, switch A14)?

The share of delivered event notices that were sent at least three working days before the event's
start, in the month of that start. Corrections ("moved", "cancelled") are no first notice and stay
out: they are late by nature.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import String, and_, cast, func, not_, or_, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from chassis import clock
from chassis.calendar_kg import add_working_days, working_days_between
from services.reporting.documents.model import Companion, Evidence
from services.reporting.models import ClientFact, DeliveryFact, EventStart, EventTitle
from services.reporting.plan import FigureRow
from services.reporting.queries.base import (
    Figure,
    Rows,
    Scope,
    Value,
    companions,
    count,
    within,
    words,
)

ONE_DAY = dt.timedelta(days=1)
PURPOSE, NOTICE, DELIVERED = "event_notice", "event_notice", "delivered"


def notices(scope: Scope) -> Rows:
    """The delivered notices of the events that start in the month, each with its event's start."""
    same_event = DeliveryFact.about_ref == EventStart.event_ref
    title = and_(
        EventTitle.portal == EventStart.portal, EventTitle.event_ref == EventStart.event_ref
    )
    return (
        select(
            DeliveryFact.at,
            cast(DeliveryFact.delivery_id, String).label("key"),
            EventStart.starts_at,
            EventStart.event_ref,
            EventTitle.title,
            ClientFact.name,
            func.coalesce(ClientFact.ref, cast(DeliveryFact.delivery_id, String)).label("ref"),
            DeliveryFact.source,
            DeliveryFact.event_id,
        )
        .join(EventStart, same_event)
        .outerjoin(EventTitle, title)
        .outerjoin(ClientFact, ClientFact.client_id == DeliveryFact.client_id)
        .where(
            DeliveryFact.purpose == PURPOSE,
            DeliveryFact.notice == NOTICE,
            DeliveryFact.state == DELIVERED,
            within(EventStart.starts_at, scope.start, scope.end),
        )
        # Two portals may use one ref; a message is one notice, not two.
        .ext(distinct_on(DeliveryFact.delivery_id))
        .order_by(DeliveryFact.delivery_id, EventStart.portal)
    )


def timely(scope: Scope, row: FigureRow, *, late: bool = False) -> Rows:
    """Those of them that were sent early enough (or those that were not), by day in Bishkek."""
    found = notices(scope).subquery()
    starts = func.date(func.timezone("Asia/Bishkek", found.c.starts_at))
    early = [
        and_(starts == start, found.c.at < clock.end_of_day(latest))
        for start, latest in _latest_days(scope, row.rule["working_days"])
    ]
    return select(found).where(not_(or_(*early)) if late else or_(*early))


def _latest_days(scope: Scope, lead: int) -> list[tuple[dt.date, dt.date]]:
    """For each day of the month the last day on which a notice is still early enough.

    That is the day before the `lead`-th working day back from the start, the start's own included:
    exactly then `working_days_between(sent, start)` is at least `lead`.
    """
    first = clock.first_day(scope.month)
    days = [first + ONE_DAY * n for n in range((scope.last_day - first).days + 1)]
    return [(start, add_working_days(start + ONE_DAY, -lead) - ONE_DAY) for start in days]


def _value(session: Session, scope: Scope, row: FigureRow) -> Value:
    everything = count(session, notices(scope))
    if not everything:
        return Value(actual=None)
    return Value(actual=100 * count(session, timely(scope, row)) / everything)


def _beside(session: Session, scope: Scope, row: FigureRow) -> tuple[Companion, ...]:
    return companions(
        {
            "notices": count(session, notices(scope)),
            "notices_on_time": count(session, timely(scope, row)),
        }
    )


def _show(row: Any) -> Evidence:
    return _evidence(row, counted=True)


def _late(session: Session, scope: Scope, row: FigureRow) -> tuple[Evidence, ...]:
    """The notices that came too late: shown, not counted."""
    found = timely(scope, row, late=True).subquery()
    ordered = select(found).order_by(found.c.at, found.c.key)
    return tuple(_evidence(item, counted=False) for item in session.execute(ordered))


def _evidence(row: Any, *, counted: bool) -> Evidence:
    lead = working_days_between(clock.day_of(row.at), clock.day_of(row.starts_at))
    return Evidence(
        subject=words(row.name, row.ref),
        at=row.at,
        code="notice",
        event_source=row.source,
        event_id=row.event_id,
        params={"count": str(lead)},
        names={"event": words(row.title, row.event_ref)},
        counted=counted,
    )


def _touching(scope: Scope, row: FigureRow) -> Rows:
    found = notices(scope).subquery()
    key = cast(DeliveryFact.delivery_id, String).label("key")
    facts = select(DeliveryFact.source, DeliveryFact.event_id, DeliveryFact.position, key)
    return facts.where(key.element.in_(select(found.c.key)))


NOTICES = Figure(
    value=_value, beside=_beside, proofs=timely, show=_show, touching=_touching, others=_late
)
