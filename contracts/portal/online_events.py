"""Online events: announced, changed, cancelled, registered for, attended, held."""

from dataclasses import dataclass
from typing import Any

from marshmallow import ValidationError, validates_schema

from contracts.envelope import event
from contracts.fields import Audience, Count, Email, Instant, Line, OnlineEventKind, Ref, Url
from contracts.parts import Words


def _end_after_start(data: dict[str, Any], start: str, end: str) -> None:
    if data.get(start) and data.get(end) and data[end] < data[start]:
        raise ValidationError({end: [f"Must not be earlier than {start}."]})


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDetails:
    """What may be said of an online event; fields that are absent stay as they are."""

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


@event("portal", listeners=("clients", "notifications"))
@dataclass(frozen=True, slots=True, kw_only=True)
class EventAnnouncedV1(EventDetails):
    """An online event was announced; ``audiences`` absent means all."""

    title: Words
    starts_at: Instant


@event("portal", listeners=("clients", "notifications"))
@dataclass(frozen=True, slots=True, kw_only=True)
class EventChangedV1(EventDetails):
    """What changed of an announced event; fields that are absent stay as they are."""


@event("portal", listeners=("clients", "notifications"))
@dataclass(frozen=True, slots=True, kw_only=True)
class EventCancelledV1(EventDetails):
    """An announced event will not take place; what else is said of it holds as in a change."""

    reason: Line | None = None


@event("portal", listeners=("clients", "notifications"))
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
    listeners=("clients", "notifications"),
    personal=("attendee.display_name", "attendee.email"),
)
@dataclass(frozen=True, slots=True, kw_only=True)
class EventAttendedV1:
    """One stay at an online event, from its start and to its end where no other time is given."""

    event_ref: Ref
    joined_at: Instant | None = None
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
