"""What staff and the clock did to inquiries, brought back from the facts that were told of it."""

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from contracts.envelope import Event
from contracts.feedback import (
    InquiryAnsweredV1,
    InquiryOverdueV1,
    InquiryReopenedV1,
    InquiryResolvedV1,
)
from services.feedback import answers, overdue, resolutions
from services.feedback.acts import AnswerAct, ReopenAct, ResolveAct
from services.feedback.answers import STAFF
from services.feedback.models import Inquiry, Message

Told = (
    Event[InquiryAnsweredV1]
    | Event[InquiryResolvedV1]
    | Event[InquiryReopenedV1]
    | Event[InquiryOverdueV1]
)
NO_REASON = "-"


def answered(session: Session, event: Event[InquiryAnsweredV1]) -> None:
    """Write the answer into the thread again."""
    data = event.data
    act = AnswerAct(key=_key(event), text=data.text, language=data.language)
    answers.answer(session, str(data.inquiry_id), act, at=data.answered_at)
    said = update(Message).where(Message.inquiry_id == data.inquiry_id, Message.side == STAFF)
    session.execute(said.where(Message.written_at == data.answered_at).values(id=data.answer_id))


def resolved(session: Session, event: Event[InquiryResolvedV1]) -> None:
    """End the inquiry again."""
    data = event.data
    act = ResolveAct(key=_key(event), outcome=data.outcome, reason=data.reason)
    resolutions.resolve(session, str(data.inquiry_id), act, at=data.resolved_at)


def reopened(session: Session, event: Event[InquiryReopenedV1]) -> None:
    """Open the inquiry again."""
    data = event.data
    act = ReopenAct(key=_key(event), reason=data.reason or NO_REASON)
    resolutions.reopen_by_staff(session, str(data.inquiry_id), act, at=data.reopened_at)


def overdue_again(session: Session, event: Event[InquiryOverdueV1]) -> None:
    """Note that a missed deadline was announced."""
    query = select(Inquiry).where(Inquiry.id == event.data.inquiry_id).with_for_update()
    overdue.retell(session, session.scalars(query).one(), event)


def _key(event: Told) -> str:
    return f"retold:{event.id}"
