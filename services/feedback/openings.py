"""How an inquiry begins, whether a client opens it or writes again long after the resolution."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from chassis import calendar_kg, clock
from chassis.db import new_id
from chassis.outbox import emit
from contracts.feedback import InquiryAcceptedV1
from contracts.parts import Contact
from services.feedback import inquiry_numbers, timeline
from services.feedback.clients import asker_of
from services.feedback.detection import classify
from services.feedback.models import Inquiry, Message
from services.feedback.rules import deadlines, languages, states
from services.feedback.rules.folding import fold
from services.feedback.terms import terms
from services.feedback.timeline import CLIENT, SYSTEM, Entry

CHANNEL = "portal"


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """What an inquiry begins with; ``at`` is the instant of receipt, aware."""

    source: str
    ref: str
    kind: str
    subject: str
    text: str
    at: datetime
    language: str | None = None
    channel: str = CHANNEL
    client_ref: str | None = None
    contact: Contact | None = None
    topic: str | None = None
    about: str | None = None
    known_language: str | None = None
    round: int = 1
    previous_id: UUID | None = None


def start(session: Session, opening: Opening) -> None:
    """Give an inquiry its number, language and due days, and tell that it was accepted."""
    # The subject of a follow-up is the old one: only the new words tell its language.
    words = opening.text if opening.previous_id else f"{opening.subject}\n{opening.text}"
    language = languages.chosen(opening.language, words, classify, known=opening.known_language)
    inquiry = _row(session, opening, language)
    session.add(inquiry)
    timeline.record(
        session,
        inquiry,
        Entry(what="received", at=opening.at, actor=CLIENT),
        Entry(what="registered", at=inquiry.registered_at or opening.at, actor=SYSTEM),
    )
    say(session, inquiry, opening.text, opening.at)
    _emit_accepted(session, inquiry)


def _row(session: Session, opening: Opening, language: str) -> Inquiry:
    day = clock.day_of(opening.at)
    due = deadlines.dues(day, terms(), calendar_kg.add_working_days)
    contact = opening.contact
    number = inquiry_numbers.take(session, day.year)
    return Inquiry(
        id=new_id(),
        source=opening.source,
        ref=opening.ref,
        round=opening.round,
        previous_id=opening.previous_id,
        number=number,
        kind=opening.kind,
        subject=opening.subject,
        topic=opening.topic,
        about=opening.about,
        language=language,
        channel=opening.channel,
        client_ref=opening.client_ref,
        contact=asdict(contact) if contact else None,
        state=states.REGISTERED,
        turn=1,
        version=0,
        received_at=opening.at,
        # A portal's clock may run ahead of ours; nothing is registered before it came.
        registered_at=max(opening.at, clock.now()),
        changed_at=opening.at,
        registration_due_on=due.registration,
        first_response_due_on=due.first_response,
        answer_due_on=due.answer,
        announced=[],
        search_text=fold(number, opening.subject, opening.topic, contact.name if contact else None),
    )


def say(session: Session, inquiry: Inquiry, text: str, at: datetime) -> None:
    """Add the client's words to the thread, and to what a search finds."""
    session.add(Message(inquiry_id=inquiry.id, side=CLIENT, text=text, written_at=at))
    inquiry.search_text = f"{inquiry.search_text} {fold(text)}".strip()


def _emit_accepted(session: Session, inquiry: Inquiry) -> None:
    asker = asker_of(inquiry)
    accepted = InquiryAcceptedV1(
        inquiry_id=inquiry.id,
        number=inquiry.number,
        inquiry_ref=inquiry.ref,
        kind=inquiry.kind,
        subject=inquiry.subject,
        language=inquiry.language,
        channel=inquiry.channel,
        received_at=inquiry.received_at,
        registration_due_on=inquiry.registration_due_on,
        first_response_due_on=inquiry.first_response_due_on,
        answer_due_on=inquiry.answer_due_on,
        client=asker.client,
        contact=asker.contact,
        topic=inquiry.topic,
    )
    # It only restates the client's letter, so it has the letter's time (contracts.md §3).
    emit(
        session,
        accepted,
        at=inquiry.received_at,
        subject=str(inquiry.id),
        sequence=inquiry.version,
    )
