"""Facts that the portal reports (contracts.md §2)."""

from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, validates_schema

from contracts.envelope import event
from contracts.parts import ClientName, Consent, Contact, Post, Words, check_name
from contracts.types import (
    Amount,
    Audience,
    BodyType,
    ClientKind,
    Count,
    Currency,
    Day,
    Email,
    Inn,
    InquiryChannel,
    InquiryKind,
    Instant,
    Language,
    Line,
    OnlineEventKind,
    PaymentMethod,
    Ref,
    Score,
    Text,
    Url,
)

PERSONAL_CLIENT = ("name.surname", "name.name", "name.patronymic", "email", "phone", "inn")


def _end_after_start(data: dict[str, Any], start: str, end: str) -> None:
    if data.get(start) and data.get(end) and data[end] < data[start]:
        raise ValidationError({end: [f"Must not be earlier than {start}."]})


@event("portal", listeners=("clients",), personal=PERSONAL_CLIENT)
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientRegisteredV1:
    """Somebody registered on the portal, or changed a registration (the same ref again)."""

    client_ref: Ref
    kind: ClientKind
    audience: Audience
    name: ClientName
    body_type: BodyType | None = None
    inn: Inn | None = None
    municipality: Line | None = None
    organisation_ref: Ref | None = None
    post: Post | None = None
    email: Email | None = None
    phone: Line | None = None
    language: Language | None = None
    territory: Line | None = None
    consent: Consent | None = None
    verified: bool | None = None

    @validates_schema(pass_original=True)
    def name_fits_kind(self, data: dict[str, Any], original: dict[str, Any], **_: Any) -> None:
        """Refuse an organisation without a name and a person without a surname."""
        if isinstance(original.get("name"), dict) and "name" in data:
            check_name(data.get("kind"), original["name"])


@event("portal", listeners=("clients",), personal=PERSONAL_CLIENT)
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientUpdatedV1:
    """What changed in a registration; fields that are absent stay as they are."""

    client_ref: Ref
    audience: Audience | None = None
    name: ClientName | None = None
    body_type: BodyType | None = None
    inn: Inn | None = None
    municipality: Line | None = None
    organisation_ref: Ref | None = None
    post: Post | None = None
    email: Email | None = None
    phone: Line | None = None
    language: Language | None = None
    territory: Line | None = None


@event("portal", listeners=("clients",))
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientVerifiedV1:
    """The portal made sure who the client is (by WhatsApp, e-mail or document)."""

    client_ref: Ref
    method: Line | None = None


@event("portal", listeners=("clients",))
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentChangedV1:
    """A consent was given (``given``) or withdrawn, for some purposes or, if absent, for all."""

    client_ref: Ref
    consent: Consent
    given: bool = True


@event(
    "portal",
    listeners=("feedback",),
    personal=("contact.name", "contact.email", "contact.phone", "subject", "text"),
)
@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryOpenedV1:
    """A client asks, wishes, reviews, comments, complains or proposes."""

    inquiry_ref: Ref
    kind: InquiryKind
    subject: Line
    text: Text
    language: Language | None = None
    channel: InquiryChannel | None = None
    client_ref: Ref | None = None
    contact: Contact | None = None
    topic: Line | None = None
    about: Line | None = None

    @validates_schema
    def somebody_asks(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse an inquiry that nobody could be answered on."""
        if not data.get("client_ref") and not data.get("contact"):
            raise ValidationError({"client_ref": ["Give client_ref or contact."]})


@event("portal", listeners=("feedback",), personal=("text",))
@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryCommentedV1:
    """The client writes again on an inquiry."""

    inquiry_ref: Ref
    text: Text


@event("portal", personal=("text",))
@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryRatedV1:
    """The client says how satisfied they are with the answer, from 1 to 5."""

    inquiry_ref: Ref
    score: Score
    text: Text | None = None


@event(
    "portal",
    listeners=(
        "clients",
        "notifications",
    ),
)
@dataclass(frozen=True, slots=True, kw_only=True)
class EventAnnouncedV1:
    """An online event was announced; ``audiences`` absent means all."""

    event_ref: Ref
    title: Words
    starts_at: Instant
    ends_at: Instant | None = None
    kind: OnlineEventKind | None = None
    topic: Line | None = None
    url: Url | None = None
    audiences: list[Audience] | None = None
    min_minutes: Count | None = None

    @validates_schema
    def ends_after_start(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse an end before the start."""
        _end_after_start(data, "starts_at", "ends_at")


@event(
    "portal",
    listeners=(
        "clients",
        "notifications",
    ),
)
@dataclass(frozen=True, slots=True, kw_only=True)
class EventChangedV1:
    """What changed of an announced event; fields that are absent stay as they are."""

    event_ref: Ref
    title: Words | None = None
    starts_at: Instant | None = None
    ends_at: Instant | None = None
    kind: OnlineEventKind | None = None
    topic: Line | None = None
    url: Url | None = None
    audiences: list[Audience] | None = None
    min_minutes: Count | None = None

    @validates_schema
    def ends_after_start(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse an end before the start."""
        _end_after_start(data, "starts_at", "ends_at")


@event(
    "portal",
    listeners=(
        "clients",
        "notifications",
    ),
)
@dataclass(frozen=True, slots=True, kw_only=True)
class EventCancelledV1:
    """An announced event will not take place."""

    event_ref: Ref
    reason: Line | None = None


@event(
    "portal",
    listeners=(
        "clients",
        "notifications",
    ),
)
@dataclass(frozen=True, slots=True, kw_only=True)
class EventRegisteredV1:
    """A client registered for an online event."""

    event_ref: Ref
    client_ref: Ref


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """Somebody who attended without a portal account, as the meeting room named them."""

    display_name: Line | None = None
    email: Email | None = None


@event(
    "portal",
    listeners=(
        "clients",
        "notifications",
    ),
    personal=("attendee.display_name", "attendee.email"),
)
@dataclass(frozen=True, slots=True, kw_only=True)
class EventAttendedV1:
    """One stay at an online event; ``left_at`` absent means until the event's end."""

    event_ref: Ref
    joined_at: Instant
    left_at: Instant | None = None
    client_ref: Ref | None = None
    attendee: Attendee | None = None

    @validates_schema
    def somebody_attends(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a stay of nobody and one that ends before it begins."""
        attendee = data.get("attendee")
        named = attendee and (attendee.display_name or attendee.email)
        if not data.get("client_ref") and not named:
            raise ValidationError({"client_ref": ["Give client_ref or attendee."]})
        _end_after_start(data, "joined_at", "left_at")


@event("portal", listeners=("clients",))
@dataclass(frozen=True, slots=True, kw_only=True)
class EventHeldV1:
    """An online event took place and is over."""

    event_ref: Ref
    started_at: Instant | None = None
    ended_at: Instant | None = None

    @validates_schema
    def ends_after_start(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse an end before the start."""
        _end_after_start(data, "started_at", "ended_at")


@event("portal")
@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceUpdatedV1:
    """A service of the portal is new or has changed."""

    service_ref: Ref
    title: Words
    url: Url | None = None
    audiences: list[Audience] | None = None


@event("portal")
@dataclass(frozen=True, slots=True, kw_only=True)
class IssuePublishedV1:
    """An issue of the magazine came out: number in the year and through number, "10 (156)"."""

    issue_ref: Ref
    title: Words
    number: Count
    through_number: Count
    published_on: Day | None = None
    url: Url | None = None


@event("portal")
@dataclass(frozen=True, slots=True, kw_only=True)
class PracticePublishedV1:
    """A best practice was published, perhaps from one of our leads."""

    practice_ref: Ref
    title: Words
    url: Url | None = None
    lead_ref: Ref | None = None


@event("portal")
@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentReceivedV1:
    """A client paid for a service or a subscription."""

    payment_ref: Ref
    payer_ref: Ref
    amount: Amount
    currency: Currency
    method: PaymentMethod | None = None
    document_no: Line | None = None
    purpose: Line | None = None
    received_on: Day | None = None


@event("portal", personal=("option",))
@dataclass(frozen=True, slots=True, kw_only=True)
class VoteCastV1:
    """A client voted in a poll; who chose what is secret, so the option is personal."""

    poll_ref: Ref
    client_ref: Ref
    option: Line


@event("portal", personal=("summary",))
@dataclass(frozen=True, slots=True, kw_only=True)
class ContestEntrySubmittedV1:
    """An entry to a contest."""

    contest_ref: Ref
    entry_ref: Ref
    title: Line
    client_ref: Ref | None = None
    territory: Line | None = None
    summary: Text | None = None
