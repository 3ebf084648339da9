"""Announces missed deadlines: each one once, however many instances look and however late."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import clock
from chassis.outbox import emit
from contracts.envelope import Event
from contracts.feedback import InquiryOverdueV1
from services.feedback import timeline
from services.feedback.models import Inquiry
from services.feedback.rules import deadlines
from services.feedback.rules.deadlines import Deadline
from services.feedback.timeline import SYSTEM, Entry

BATCH = 200


def announce(session: Session, *, at: datetime) -> int:
    """Announce the missed deadlines of up to ``BATCH`` inquiries; return of how many.

    A due day is over when the next one begins in Bishkek. A row that another instance has in hand
    is left to it; once announced, ``alert_on`` has moved on and the row is not found again. What
    was met meanwhile has moved ``alert_on`` too, so it is never announced.
    """
    today = clock.day_of(at)
    query = select(Inquiry).where(Inquiry.alert_on < today).order_by(Inquiry.alert_on)
    found = session.scalars(query.limit(BATCH).with_for_update(skip_locked=True)).all()
    for inquiry in found:
        standing = timeline.deadlines_of(inquiry)
        for deadline in deadlines.missed(standing, today, inquiry.announced):
            _announce(session, inquiry, deadline, at=max(at, inquiry.changed_at))
    return len(found)


def _announce(session: Session, inquiry: Inquiry, deadline: Deadline, *, at: datetime) -> None:
    inquiry.announced = [*inquiry.announced, deadline.name]
    said = {"deadline": deadline.name, "due_on": deadline.due_on.isoformat()}
    timeline.record(session, inquiry, Entry(what="overdue", at=at, actor=SYSTEM, data=said))
    overdue = InquiryOverdueV1(
        inquiry_id=inquiry.id,
        number=inquiry.number,
        deadline=deadline.name,
        due_on=deadline.due_on,
    )
    # Made by the clock: the time is that of the announcement (contracts.md §3).
    emit(session, overdue, at=at, subject=str(inquiry.id), sequence=inquiry.version)


def retell(session: Session, inquiry: Inquiry, event: Event[InquiryOverdueV1]) -> None:
    """Note an announcement that was made before, in an inquiry restored from a backup."""
    data = event.data
    if data.deadline not in inquiry.announced:
        deadline = Deadline(name=data.deadline, due_on=data.due_on, met_on=None)
        _announce(session, inquiry, deadline, at=event.time)
