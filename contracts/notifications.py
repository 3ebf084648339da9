"""Facts that notifications derives from its ledger (contracts.md §3, notifications)."""

from dataclasses import dataclass
from uuid import UUID

from contracts.envelope import event
from contracts.fields import (
    Audience,
    DeliveryPurpose,
    DeliveryState,
    Instant,
    Language,
    Line,
    Ref,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryRow:
    """What became of one message to one recipient; no name and no address travels.

    ``audience`` is the recipient's at that time; ``reason`` is a code where nothing was delivered.
    """

    delivery_id: UUID
    language: Language
    state: DeliveryState
    at: Instant
    client_id: UUID | None = None
    organisation_id: UUID | None = None
    audience: Audience | None = None
    message_id: Line | None = None
    reason: Line | None = None


@event("notifications")
@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveriesSettledV1:
    """Up to 500 deliveries of one purpose about one thing reached their final state."""

    purpose: DeliveryPurpose
    channel: Line
    notice: Line
    rows: list[DeliveryRow]
    about_type: Line | None = None
    about_ref: Ref | None = None


@event("notifications", listeners=("clients",))
@dataclass(frozen=True, slots=True, kw_only=True)
class ClientUnsubscribedV1:
    """A client asked for no more mail on a topic (RFC 8058); the topic is a delivery purpose."""

    client_id: UUID
    topic: DeliveryPurpose
    channel: Line
    at: Instant
