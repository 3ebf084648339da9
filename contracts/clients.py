"""Facts that the client base derives (contracts.md §3, clients)."""

from dataclasses import dataclass, field
from uuid import UUID

from contracts.envelope import event
from contracts.fields import (
    Audience,
    BodyType,
    ClientKind,
    ClientStatus,
    ConsentPurpose,
    Count,
    Day,
    Email,
    Instant,
    Language,
    Line,
    Ref,
    Role,
)
from contracts.parts import ClientKey, ClientName, Words

PERSONAL_SNAPSHOT = ("name.surname", "name.name", "name.patronymic", "emails", "phones", "inn")


@dataclass(frozen=True, slots=True, kw_only=True)
class Municipality:
    """A municipality: one may have an ayil okmotu and an aiyl kenesh (switch A2)."""

    id: UUID
    ru: Line | None = None
    ky: Line | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PostHeld:
    """A post with its dates (Asia/Bishkek); ``until`` absent means current, else the last day."""

    organisation_id: UUID
    role: Role
    since: Day
    title: Line | None = None
    until: Day | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentHeld:
    """The newest consent of one purpose."""

    purpose: ConsentPurpose
    given: bool
    at: Instant


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSnapshot:
    """A client as it stands; a person's ``posts`` name organisations, newest first."""

    client_id: UUID
    kind: ClientKind
    name: ClientName
    audiences: list[Audience]
    status: ClientStatus
    keys: list[ClientKey] = field(default_factory=list)
    language: Language | None = None
    body_type: BodyType | None = None
    inn: Line | None = None
    municipality: Municipality | None = None
    territory: Line | None = None
    emails: list[Email] = field(default_factory=list)
    phones: list[Line] = field(default_factory=list)
    posts: list[PostHeld] = field(default_factory=list)
    consents: list[ConsentHeld] = field(default_factory=list)
    portal_registered_at: Instant | None = None
    verified_at: Instant | None = None
    confirmed_at: Instant | None = None
    merged_at: Instant | None = None
    dissolved_at: Instant | None = None


@event("clients", listeners=("notifications", "feedback"), personal=PERSONAL_SNAPSHOT)
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientAddedV1(ClientSnapshot):
    """A client came into the base; time and month are those of its cause."""


@event("clients", listeners=("notifications", "feedback"), personal=PERSONAL_SNAPSHOT)
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientChangedV1(ClientSnapshot):
    """A client changed; the snapshot with the higher ``sequence`` is the newer one."""


@event("clients", listeners=("notifications",))
@dataclass(frozen=True, slots=True, kw_only=True)
class ConsentRecordedV1:
    """A consent was given or withdrawn; proof is text version, channel and time."""

    client_id: UUID
    purposes: list[ConsentPurpose]
    given: bool
    text_version: Line
    channel: Line
    at: Instant


@event("clients")
@dataclass(frozen=True, slots=True, kw_only=True)
class AttendanceCountedV1:
    """An attendance as it counts now, all stays of one attendee merged.

    ``attendee`` is the key of the distinct person: the client's id, else a hash of the folded
    e-mail or display name, so that no personal field travels.
    """

    event_id: UUID
    event_ref: Ref
    attendee: Line
    minutes: Count
    counts: bool
    stays: Count
    client_id: UUID | None = None
    audience: Audience | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Participant:
    """A distinct attendee whose stay counts."""

    attendee: Line
    minutes: Count
    client_id: UUID | None = None
    audience: Audience | None = None


@event("clients")
@dataclass(frozen=True, slots=True, kw_only=True)
class EventClosedV1:
    """An online event was held and counted; a later attendance closes it anew (``sequence``).

    ``held`` false takes an earlier closing back: the event was cancelled, or announced anew.
    """

    event_id: UUID
    event_ref: Ref
    title: Words
    starts_at: Instant
    participants: Count
    lsg_participants: Count
    counts: bool
    attendees: list[Participant] = field(default_factory=list)
    topic: Line | None = None
    held: bool = True
