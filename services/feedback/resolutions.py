"""How an inquiry ends, and how it is opened again."""

from datetime import datetime

from sqlalchemy.orm import Session

from chassis import calendar_kg, clock
from chassis.errors import Conflict
from chassis.outbox import emit
from contracts.feedback import InquiryReopenedV1, InquiryResolvedV1
from services.feedback import acts, timeline
from services.feedback.acts import ReopenAct, ResolveAct
from services.feedback.answers import is_in_time
from services.feedback.models import Inquiry
from services.feedback.rules import deadlines
from services.feedback.rules.states import REGISTERED, RESOLVED
from services.feedback.terms import terms
from services.feedback.timeline import Entry


def resolve(session: Session, inquiry_id: str, act: ResolveAct, *, at: datetime) -> None:
    """End an inquiry; ``answered`` needs an answer since it was opened or last reopened.

    An answer from before a reopening does not count again: reopened means that it did not do, and
    figure R4 must not be earned twice by one answer. Raises ``Conflict`` (inquiry_resolved,
    inquiry_unanswered), and as ``acts.start`` does.
    """
    inquiry = acts.start(session, inquiry_id, act)
    if inquiry is None:
        return
    if inquiry.is_resolved:
        raise Conflict("inquiry_resolved", "resolved: reopen it first", number=inquiry.number)
    if act.outcome == "answered" and inquiry.answered_at is None:
        raise Conflict("inquiry_unanswered", "unanswered: answer it first", number=inquiry.number)
    said = {"outcome": act.outcome, "reason": act.reason}
    entry = acts.entry("resolved", act, inquiry, at=at, data=said)
    inquiry.state, inquiry.resolved_at = RESOLVED, entry.at
    inquiry.outcome, inquiry.reason = act.outcome, act.reason
    timeline.record(session, inquiry, entry)
    _emit_resolved(session, inquiry, entry.at)


def reopen_by_staff(session: Session, inquiry_id: str, act: ReopenAct, *, at: datetime) -> None:
    """Open a resolved inquiry again, at any time, for a reason.

    Raises ``Conflict`` (inquiry_not_resolved), and as ``acts.start`` does.
    """
    inquiry = acts.start(session, inquiry_id, act)
    if inquiry is None:
        return
    if not inquiry.is_resolved:
        raise Conflict("inquiry_not_resolved", "not resolved: answer it as it is")
    said = {"reason": act.reason}
    reopen(session, inquiry, acts.entry("reopened", act, inquiry, at=at, data=said))


def reopen(session: Session, inquiry: Inquiry, entry: Entry) -> None:
    """Begin a new turn of a resolved inquiry; the term for an answer runs anew from here.

    A first response that was given stays given; one that never was gets a new day too. The time
    is never before the resolution that it undoes, even when the client's comment is.
    """
    at = max(entry.at, inquiry.resolved_at or entry.at)
    due = deadlines.dues(clock.day_of(at), terms(), calendar_kg.add_working_days)
    inquiry.state, inquiry.turn = REGISTERED, inquiry.turn + 1
    inquiry.outcome = inquiry.reason = inquiry.resolved_at = inquiry.answered_at = None
    inquiry.answer_due_on, inquiry.announced = due.answer, []
    if inquiry.first_answered_at is None:
        inquiry.first_response_due_on = due.first_response
    timeline.record(session, inquiry, entry)
    reopened = InquiryReopenedV1(
        inquiry_id=inquiry.id,
        number=inquiry.number,
        reopened_at=at,
        reason=entry.data.get("reason"),
    )
    emit(session, reopened, at=at, subject=str(inquiry.id), sequence=inquiry.version)


def _emit_resolved(session: Session, inquiry: Inquiry, at: datetime) -> None:
    resolved = InquiryResolvedV1(
        inquiry_id=inquiry.id,
        number=inquiry.number,
        outcome=inquiry.outcome or "",
        received_at=inquiry.received_at,
        answer_due_on=inquiry.answer_due_on,
        resolved_at=at,
        on_time=is_in_time(inquiry, inquiry.answered_at or at),
        answered_at=inquiry.answered_at,
        reason=inquiry.reason,
    )
    emit(session, resolved, at=at, subject=str(inquiry.id), sequence=inquiry.version)
