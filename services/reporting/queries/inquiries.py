"""R4 and the chapter on inquiries: what came in, what was resolved with an answer, how fast.

An inquiry counts in the month of its last resolution, when that had the outcome `answered` and no
reopening has followed (switch A10); a reopening takes it out of the month until it is resolved
again.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any

from sqlalchemy import String, case, cast, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session

from chassis import clock
from chassis.calendar_kg import add_working_days, working_days_between
from services.reporting.documents.model import (
    CodeCount,
    Companion,
    Evidence,
    Inquiries,
    InquiryMonth,
    Words,
)
from services.reporting.models import InquiryFact, InquiryStep
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
)

ENDS = ("resolved", "reopened")


def last_ends() -> Rows:
    """Of each inquiry its last resolution or reopening; `turn` orders them, the id breaks ties."""
    order = (InquiryStep.turn.desc(), InquiryStep.at.desc(), InquiryStep.event_id.desc())
    return (
        select(InquiryStep)
        .where(InquiryStep.what.in_(ENDS))
        .ext(distinct_on(InquiryStep.inquiry_id))
        .order_by(InquiryStep.inquiry_id, *order)
    )


def resolved(start: dt.datetime, end: dt.datetime) -> Rows:
    """The inquiries that count as processed in [start, end)."""
    last = last_ends().subquery()
    return select(
        last.c.at,
        cast(last.c.inquiry_id, String).label("key"),
        last.c.inquiry_id,
        last.c.number,
        last.c.received_at,
        last.c.answer_due_on,
        last.c.on_time,
        last.c.source,
        last.c.event_id,
    ).where(last.c.what == "resolved", last.c.outcome == "answered", within(last.c.at, start, end))


def received(start: dt.datetime, end: dt.datetime) -> Rows:
    """The inquiries received in [start, end)."""
    return select(InquiryFact).where(within(InquiryFact.received_at, start, end))


def steps(what: str, start: dt.datetime, end: dt.datetime) -> Rows:
    """The inquiries that were answered (or reopened) in [start, end), each once."""
    query = select(InquiryStep.inquiry_id).distinct()
    return query.where(InquiryStep.what == what, within(InquiryStep.at, start, end))


def open_at(end: dt.datetime) -> Rows:
    """The inquiries that were open at `end`, each with its last step before it, if it had one."""
    weight = case((InquiryStep.what == "resolved", 1), else_=0)
    order = (InquiryStep.turn.desc(), InquiryStep.at.desc(), InquiryStep.event_id.desc())
    last = (
        select(
            InquiryStep.inquiry_id, InquiryStep.what, InquiryStep.at, weight.label("is_resolved")
        )
        .where(InquiryStep.at < end)
        .ext(distinct_on(InquiryStep.inquiry_id))
        .order_by(InquiryStep.inquiry_id, *order)
        .subquery()
    )
    return (
        select(
            InquiryFact.inquiry_id,
            InquiryFact.received_at,
            InquiryFact.answer_due_on,
            last.c.what.label("last"),
            last.c.at.label("last_at"),
        )
        .outerjoin(last, last.c.inquiry_id == InquiryFact.inquiry_id)
        .where(InquiryFact.received_at < end, func.coalesce(last.c.is_resolved, 0) == 0)
    )


def overdue_at(session: Session, end: dt.datetime) -> int:
    """How many of those had no answer although their due day had passed."""
    unanswered = [item for item in session.execute(open_at(end)) if item.last != "answered"]
    return sum(_due_on(item) < clock.day_of(end) for item in unanswered)


def _due_on(item: Any) -> dt.date:
    """The last day for an answer; a reopening gives as many working days as there were at first."""
    due_on: dt.date = item.answer_due_on
    if item.last != "reopened":
        return due_on
    term = working_days_between(clock.day_of(item.received_at), due_on)
    return add_working_days(clock.day_of(item.last_at), term)


def _value(session: Session, scope: Scope, row: FigureRow) -> Value:
    return Value(actual=count(session, resolved(scope.start, scope.end)))


def _beside(session: Session, scope: Scope, row: FigureRow) -> tuple[Companion, ...]:
    start, end = scope.start, scope.end
    done = list(session.execute(resolved(start, end)))
    on_time = sum(bool(item.on_time) for item in done)
    return companions(
        {
            "inquiries_received": count(session, received(start, end)),
            "inquiries_answered": count(session, steps("answered", start, end)),
            "on_time": on_time,
            "on_time_share": 100 * on_time / len(done) if done else None,
            "unique_clients": _askers(session, scope),
            "reopened": count(session, steps("reopened", start, end)),
            "overdue": overdue_at(session, scope.as_of),
        }
    )


def _askers(session: Session, scope: Scope) -> int:
    """How many different clients the processed inquiries came from; a contact is one of its own."""
    done = resolved(scope.start, scope.end).subquery()
    asker = func.coalesce(InquiryFact.client_ref, done.c.key)
    query = select(func.count(asker.distinct())).select_from(done)
    same = InquiryFact.inquiry_id == done.c.inquiry_id
    return session.scalar(query.outerjoin(InquiryFact, same)) or 0


def _proofs(scope: Scope, row: FigureRow) -> Rows:
    return resolved(scope.start, scope.end)


def _show(row: Any) -> Evidence:
    taken = working_days_between(clock.day_of(row.received_at), clock.day_of(row.at))
    return Evidence(
        subject=Words(ru=row.number),
        at=row.at,
        code="inquiry_on_time" if row.on_time else "inquiry_late",
        event_source=row.source,
        event_id=row.event_id,
        params={
            "received_on": day(row.received_at),
            "due_on": day(row.answer_due_on),
            "resolved_on": day(row.at),
            "count": str(taken),
        },
    )


def _reopened(session: Session, scope: Scope, row: FigureRow) -> tuple[Evidence, ...]:
    """Inquiries that were reopened in the month and are not resolved again: shown, not counted."""
    last = last_ends().subquery()
    query = (
        select(last, InquiryFact.received_at.label("came_at"))
        .join(InquiryFact, InquiryFact.inquiry_id == last.c.inquiry_id)
        .where(last.c.what == "reopened", within(last.c.at, scope.start, scope.end))
        .order_by(last.c.at, last.c.inquiry_id)
    )
    return tuple(_show_reopened(item) for item in session.execute(query))


def _show_reopened(row: Any) -> Evidence:
    return Evidence(
        subject=Words(ru=row.number),
        at=row.at,
        code="inquiry_reopened",
        event_source=row.source,
        event_id=row.event_id,
        params={"received_on": day(row.came_at), "reopened_on": day(row.at)},
        counted=False,
    )


def _touching(scope: Scope, row: FigureRow) -> Rows:
    """All ends of the inquiries that were ever resolved in the month."""
    once = select(InquiryStep.inquiry_id).where(
        InquiryStep.what == "resolved", within(InquiryStep.at, scope.start, scope.end)
    )
    key = cast(InquiryStep.inquiry_id, String).label("key")
    facts = select(InquiryStep.source, InquiryStep.event_id, InquiryStep.position, key)
    return facts.where(InquiryStep.inquiry_id.in_(once), InquiryStep.what.in_(ENDS))


RESOLVED = Figure(
    value=_value,
    beside=_beside,
    proofs=_proofs,
    show=_show,
    touching=_touching,
    thing="inquiry_id",
    by_the_hour=True,
    others=_reopened,
)


def chapter(session: Session, scope: Scope) -> Inquiries:
    """The month's inquiries and their months from the plan's start."""
    start, end = scope.start, scope.end
    came = list(session.scalars(received(start, end)))
    done = list(session.execute(resolved(start, end)))
    return Inquiries(
        received=len(came),
        answered=count(session, steps("answered", start, end)),
        resolved=len(done),
        on_time=sum(bool(item.on_time) for item in done),
        reopened=count(session, steps("reopened", start, end)),
        open_at_end=count(session, open_at(scope.as_of)),
        overdue_at_end=overdue_at(session, scope.as_of),
        median_working_days=_median(done),
        kinds=tuple(
            CodeCount(code=kind, count=n)
            for kind, n in sorted(Counter(item.kind for item in came).items())
        ),
        months=_months(session, scope),
    )


def _median(done: Sequence[Any]) -> float | None:
    taken = [
        working_days_between(clock.day_of(item.received_at), clock.day_of(item.at)) for item in done
    ]
    return float(median(taken)) if taken else None


def _months(session: Session, scope: Scope) -> tuple[InquiryMonth, ...]:
    came = Counter(
        clock.month_of(at)
        for (at,) in session.execute(
            select(InquiryFact.received_at).where(
                within(InquiryFact.received_at, scope.plan_start, scope.end)
            )
        )
    )
    done: defaultdict[str, list[bool]] = defaultdict(list)
    for item in session.execute(resolved(scope.plan_start, scope.end)):
        done[clock.month_of(item.at)].append(bool(item.on_time))
    return tuple(
        InquiryMonth(
            month=month, received=came[month], resolved=len(done[month]), on_time=sum(done[month])
        )
        for month in clock.months_between(scope.plan.months[0], scope.month)
    )
