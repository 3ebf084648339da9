"""Inquiries as clients make them: opened, commented, reopened by a comment, followed up."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import clock, inbox
from chassis.errors import Ignored
from contracts.envelope import Event
from contracts.portal import InquiryCommentedV1, InquiryOpenedV1
from services.feedback import openings, resolutions, timeline
from services.feedback.clients import asker_of
from services.feedback.models import Inquiry, Message
from services.feedback.openings import Opening
from services.feedback.rules import states
from services.feedback.terms import terms
from services.feedback.timeline import CLIENT, Entry


def accept(session: Session, event: Event[InquiryOpenedV1]) -> None:
    """Take an inquiry in: number, language, due days, receipt.

    Acceptance is the registration of law № 67: what has a number and a date is registered, and a
    machine need not wait for a clerk to give them. So ``registered_at`` is the instant at which we
    took it in, and ``received`` is a line of the timeline, not a state to rest in. Were we down
    for days, the registration is late and the card says so; it is never announced as overdue,
    because by then nobody could do anything about it.

    A second opening of a known reference raises ``Ignored`` when it says nothing new; new words
    are kept as a comment, so that nothing of what a client wrote is lost.
    """
    data = event.data
    known = newest(session, event.source, data.inquiry_ref)
    if known is None:
        openings.start(session, _opening(event))
        inbox.release(session, _key(event.source, data.inquiry_ref))
    elif _was_said(session, known, data.text):
        raise Ignored("inquiry_known", known.number)
    else:
        _hear(session, known, data.text, at=event.time)


def comment(session: Session, event: Event[InquiryCommentedV1]) -> None:
    """Take in what a client adds: it joins the thread, reopens, or opens a linked inquiry.

    A comment that comes before its inquiry waits for it.
    """
    known = newest(session, event.source, event.data.inquiry_ref)
    if known is None:
        raise inbox.waiting(_key(event.source, event.data.inquiry_ref))
    _hear(session, known, event.data.text, at=event.time)


def newest(session: Session, source: str, ref: str) -> Inquiry | None:
    """Return the newest inquiry of a portal's reference, locked, or None."""
    query = select(Inquiry).where(Inquiry.source == source, Inquiry.ref == ref)
    query = query.order_by(Inquiry.round.desc()).limit(1).with_for_update()
    return session.scalars(query, execution_options={"populate_existing": True}).one_or_none()


def _key(source: str, ref: str) -> str:
    return f"inquiry:{source}:{ref}"


def _was_said(session: Session, inquiry: Inquiry, text: str) -> bool:
    """Return whether the client wrote just that under this reference, in whatever round."""
    query = select(Message.id).join(Inquiry, Inquiry.id == Message.inquiry_id)
    query = query.where(Inquiry.source == inquiry.source, Inquiry.ref == inquiry.ref)
    said = query.where(Message.side == CLIENT, Message.text == text)
    return session.scalar(said.limit(1)) is not None


def _hear(session: Session, inquiry: Inquiry, text: str, *, at: datetime) -> None:
    resolved_on = clock.day_of(inquiry.resolved_at) if inquiry.resolved_at else None
    effect = states.effect_of_comment(resolved_on, clock.day_of(at), terms().reopening)
    if effect == "follow_up":
        openings.start(session, _follow_up(inquiry, text, at))
        return
    openings.say(session, inquiry, text, at)
    timeline.record(session, inquiry, Entry(what="commented", at=at, actor=CLIENT))
    if effect == "reopen":
        resolutions.reopen(session, inquiry, Entry(what="reopened", at=at, actor=CLIENT))


def _opening(event: Event[InquiryOpenedV1]) -> Opening:
    data = event.data
    return Opening(
        source=event.source,
        ref=data.inquiry_ref,
        kind=data.kind,
        subject=data.subject,
        text=data.text,
        at=event.time,
        language=data.language,
        channel=data.channel or openings.CHANNEL,
        client_ref=data.client_ref,
        contact=data.contact,
        topic=data.topic,
        about=data.about,
        known_language=data.contact.language if data.contact else None,
    )


def _follow_up(old: Inquiry, text: str, at: datetime) -> Opening:
    """Return the opening of a new inquiry linked to one that was resolved long ago."""
    return Opening(
        source=old.source,
        ref=old.ref,
        kind=old.kind,
        subject=old.subject,
        text=text,
        at=at,
        client_ref=old.client_ref,
        contact=asker_of(old).contact,
        topic=old.topic,
        about=old.about,
        known_language=old.language,
        round=old.round + 1,
        previous_id=old.id,
    )
