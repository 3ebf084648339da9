"""Answers to inquiries; notifications sends them, this module only says what and to whom."""

from datetime import datetime

from sqlalchemy.orm import Session

from chassis import clock
from chassis.db import new_id
from chassis.errors import Conflict
from chassis.outbox import emit
from contracts.feedback import InquiryAnsweredV1
from services.feedback import acts, timeline
from services.feedback.acts import AnswerAct
from services.feedback.clients import asker_of
from services.feedback.models import Inquiry, Message
from services.feedback.rules.states import ANSWERED

STAFF = "staff"


def answer(session: Session, inquiry_id: str, act: AnswerAct, *, at: datetime) -> None:
    """Write an answer, in the language of the inquiry unless the act names another.

    The first answer of a turn meets the deadline; a further one adds to it and keeps its verdict.
    Raises ``Conflict`` (inquiry_resolved) for a resolved inquiry, and as ``acts.start`` does.
    """
    inquiry = acts.start(session, inquiry_id, act)
    if inquiry is None:
        return
    if inquiry.is_resolved:
        raise Conflict("inquiry_resolved", "resolved: reopen it first", number=inquiry.number)
    entry = acts.entry("answered", act, inquiry, at=at)
    inquiry.state = ANSWERED
    inquiry.answered_at = inquiry.answered_at or entry.at
    inquiry.first_answered_at = inquiry.first_answered_at or entry.at
    message = _message(inquiry, act, entry.actor, entry.at)
    session.add(message)
    timeline.record(session, inquiry, entry)
    _emit_answered(session, inquiry, message)


def is_in_time(inquiry: Inquiry, done_at: datetime) -> bool:
    """Return whether ``done_at`` keeps the answer's due day of the present turn."""
    return clock.day_of(done_at) <= inquiry.answer_due_on


def _message(inquiry: Inquiry, act: AnswerAct, author: str | None, at: datetime) -> Message:
    return Message(
        id=new_id(),
        inquiry_id=inquiry.id,
        side=STAFF,
        text=act.text,
        language=act.language or inquiry.language,
        author=author,
        written_at=at,
        on_time=is_in_time(inquiry, inquiry.answered_at or at),
    )


def _emit_answered(session: Session, inquiry: Inquiry, message: Message) -> None:
    asker = asker_of(inquiry)
    answered = InquiryAnsweredV1(
        inquiry_id=inquiry.id,
        number=inquiry.number,
        answer_id=message.id,
        subject=inquiry.subject,
        text=message.text,
        language=message.language or inquiry.language,
        answered_at=message.written_at,
        on_time=bool(message.on_time),
        client=asker.client,
        contact=asker.contact,
    )
    emit(
        session,
        answered,
        at=message.written_at,
        subject=str(inquiry.id),
        sequence=inquiry.version,
    )
