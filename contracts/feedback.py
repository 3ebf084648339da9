"""Facts that feedback derives from inquiries (contracts.md §3, feedback)."""

from dataclasses import dataclass
from uuid import UUID

from contracts.envelope import event
from contracts.fields import (
    Day,
    InquiryChannel,
    InquiryDeadline,
    InquiryKind,
    InquiryOutcome,
    Instant,
    Language,
    Line,
    Ref,
    Text,
)
from contracts.parts import ClientKey, Contact

PERSONAL_ASKER = ("contact.name", "contact.email", "contact.phone", "subject")


@event("feedback", listeners=("notifications",), personal=PERSONAL_ASKER)
@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryAcceptedV1:
    """An inquiry got its number, language and due dates (last day, Asia/Bishkek)."""

    inquiry_id: UUID
    number: Line
    inquiry_ref: Ref
    kind: InquiryKind
    subject: Line
    language: Language
    channel: InquiryChannel
    received_at: Instant
    registration_due_on: Day
    first_response_due_on: Day
    answer_due_on: Day
    client: ClientKey | None = None
    contact: Contact | None = None
    topic: Line | None = None


@event("feedback", listeners=("notifications",), personal=(*PERSONAL_ASKER, "text"))
@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryAnsweredV1:
    """An answer was written and is to be sent in the language of the inquiry."""

    inquiry_id: UUID
    number: Line
    answer_id: UUID
    subject: Line
    text: Text
    language: Language
    answered_at: Instant
    on_time: bool
    client: ClientKey | None = None
    contact: Contact | None = None


@event("feedback", listeners=("notifications",))
@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryOverdueV1:
    """A deadline passed; announced once per deadline (Law 67 of 4 May 2007 as benchmark)."""

    inquiry_id: UUID
    number: Line
    deadline: InquiryDeadline
    due_on: Day


@event("feedback")
@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryResolvedV1:
    """An inquiry is done; it counts in R4 when the outcome is ``answered``."""

    inquiry_id: UUID
    number: Line
    outcome: InquiryOutcome
    received_at: Instant
    answer_due_on: Day
    resolved_at: Instant
    on_time: bool
    answered_at: Instant | None = None
    reason: Line | None = None


@event("feedback")
@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryReopenedV1:
    """A resolved inquiry is open again; it leaves R4 until it is resolved anew."""

    inquiry_id: UUID
    number: Line
    reopened_at: Instant
    reason: Line | None = None
