"""Tables of reporting: the append-only journal and its projections.

Each fact table is a register: one row per thing, of which the newest (or oldest) fact stays, or
all of them. That is why facts may come in any order and more than once, and why a replay of the
journal ends in the same rows. `Fact.rank` says what "newer" means for a table.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    String,
    UniqueConstraint,
    Uuid,
    func,
    true,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.db import NAMING, Instant, Json


class Base(DeclarativeBase):
    """Base of reporting's tables."""

    metadata = MetaData(naming_convention=NAMING)


class Journal(Base):
    """Every event of every source, without its personal fields; never changed, never deleted.

    `position` grows with the order of commit, so that "up to position n" is a fixed set of facts.
    """

    __tablename__ = "journal"
    __table_args__ = (
        UniqueConstraint("source", "event_id"),
        Index("ix_journal_type_position", "type", "position"),
        Index("ix_journal_correlation", "correlation"),
    )

    position: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    source: Mapped[str] = mapped_column(String(500))
    event_id: Mapped[str] = mapped_column(String(128))
    emitter: Mapped[str] = mapped_column(String(50))
    type: Mapped[str] = mapped_column(String(100))
    version: Mapped[int] = mapped_column(Integer)
    time: Mapped[datetime] = mapped_column(Instant)
    recorded_at: Mapped[datetime | None] = mapped_column(Instant)
    received_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    sequence: Mapped[int | None] = mapped_column(BigInteger)
    subject: Mapped[str | None] = mapped_column(String(500))
    actor: Mapped[str | None] = mapped_column(String(500))
    correlation: Mapped[str | None] = mapped_column(String(500))
    causation: Mapped[str | None] = mapped_column(String(500))
    data: Mapped[dict[str, Any]] = mapped_column(Json)


class JournalPersonal(Base):
    """The personal fields of an event, by dotted path; an erasure deletes the row."""

    __tablename__ = "journal_personal"

    position: Mapped[int] = mapped_column(
        BigInteger, ForeignKey("journal.position"), primary_key=True
    )
    personal: Mapped[dict[str, Any]] = mapped_column(Json)


class Fact:
    """What every projection shares: the event behind the row, and how two rows are ranked."""

    rank: ClassVar[str | None] = None
    oldest_stays: ClassVar[bool] = False

    source: Mapped[str] = mapped_column(String(500))
    event_id: Mapped[str] = mapped_column(String(128))
    position: Mapped[int] = mapped_column(BigInteger)


class FirstSeen(Fact, Base):
    """The earliest instant at which an event of a type (or `type:purpose`) counts."""

    __tablename__ = "first_seen"
    rank = "at"
    oldest_stays = True

    type: Mapped[str] = mapped_column(String(150), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)


class ClientFact(Fact, Base):
    """A client as its newest snapshot shows it; a person's name is not kept, only the ref."""

    __tablename__ = "client_fact"
    __table_args__ = (Index("ix_client_fact_registered", "kind", "portal_registered_at"),)
    rank = "sequence"

    client_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(20))
    ref: Mapped[str] = mapped_column(String(128))
    name: Mapped[dict[str, str]] = mapped_column(Json)
    audiences: Mapped[list[str]] = mapped_column(Json)
    body_type: Mapped[str | None] = mapped_column(String(30))
    territory: Mapped[str | None] = mapped_column(String(500))
    municipality_id: Mapped[UUID | None] = mapped_column(Uuid)
    municipality: Mapped[dict[str, str]] = mapped_column(Json)
    portal_registered_at: Mapped[datetime | None] = mapped_column(Instant)
    merged_at: Mapped[datetime | None] = mapped_column(Instant)
    dissolved_at: Mapped[datetime | None] = mapped_column(Instant)


class PostFact(Fact, Base):
    """A post in one snapshot of a person; those of the newest snapshot (`sequence`) hold."""

    __tablename__ = "post_fact"
    __table_args__ = (Index("ix_post_fact_organisation", "organisation_id"),)

    client_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    organisation_id: Mapped[UUID] = mapped_column(Uuid)
    role: Mapped[str] = mapped_column(String(20))
    since: Mapped[date] = mapped_column(Date)
    until: Mapped[date | None] = mapped_column(Date)


class ClientSince(Fact, Base):
    """When a client came into the base: the earliest of its snapshots' times."""

    __tablename__ = "client_since"
    rank = "added_at"
    oldest_stays = True

    client_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    added_at: Mapped[datetime] = mapped_column(Instant)


class Confirmation(Fact, Base):
    """One instant at which a client's record was confirmed; all of them stay."""

    __tablename__ = "confirmation"

    client_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    confirmed_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)


class EventStart(Fact, Base):
    """When an announced online event begins, as last told."""

    __tablename__ = "event_start"
    __table_args__ = (Index("ix_event_start_starts_at", "starts_at"),)
    rank = "told_at"

    portal: Mapped[str] = mapped_column(String(500), primary_key=True)
    event_ref: Mapped[str] = mapped_column(String(128), primary_key=True)
    told_at: Mapped[datetime] = mapped_column(Instant)
    starts_at: Mapped[datetime] = mapped_column(Instant)


class EventTitle(Fact, Base):
    """What an announced online event is called, as last told."""

    __tablename__ = "event_title"
    rank = "told_at"

    portal: Mapped[str] = mapped_column(String(500), primary_key=True)
    event_ref: Mapped[str] = mapped_column(String(128), primary_key=True)
    told_at: Mapped[datetime] = mapped_column(Instant)
    title: Mapped[dict[str, str]] = mapped_column(Json)


class DeliveryFact(Fact, Base):
    """What became of one message to one recipient; a later hard bounce takes a delivery back."""

    __tablename__ = "delivery_fact"
    __table_args__ = (Index("ix_delivery_fact_about", "purpose", "about_ref"),)
    rank = "at"

    delivery_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    purpose: Mapped[str] = mapped_column(String(30))
    notice: Mapped[str] = mapped_column(String(500))
    state: Mapped[str] = mapped_column(String(20))
    about_ref: Mapped[str | None] = mapped_column(String(128))
    client_id: Mapped[UUID | None] = mapped_column(Uuid)


class InquiryFact(Fact, Base):
    """An inquiry as it was accepted."""

    __tablename__ = "inquiry_fact"
    __table_args__ = (Index("ix_inquiry_fact_received_at", "received_at"),)
    rank = "received_at"

    inquiry_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    received_at: Mapped[datetime] = mapped_column(Instant)
    number: Mapped[str] = mapped_column(String(500))
    kind: Mapped[str] = mapped_column(String(20))
    client_ref: Mapped[str | None] = mapped_column(String(640))
    answer_due_on: Mapped[date] = mapped_column(Date)


class InquiryStep(Fact, Base):
    """One answer, resolution or reopening of an inquiry; `turn` puts them in order."""

    __tablename__ = "inquiry_step"
    __table_args__ = (
        Index("ix_inquiry_step_inquiry", "inquiry_id", "turn"),
        Index("ix_inquiry_step_at", "what", "at"),
    )

    source: Mapped[str] = mapped_column(String(500), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(128), primary_key=True)
    inquiry_id: Mapped[UUID] = mapped_column(Uuid)
    what: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(Instant)
    turn: Mapped[int] = mapped_column(BigInteger)
    number: Mapped[str] = mapped_column(String(500))
    outcome: Mapped[str | None] = mapped_column(String(20))
    on_time: Mapped[bool | None] = mapped_column(Boolean)
    received_at: Mapped[datetime | None] = mapped_column(Instant)
    answer_due_on: Mapped[date | None] = mapped_column(Date)


class ClosedEvent(Fact, Base):
    """An online event as it was last counted; one that was cancelled after all is not held."""

    __tablename__ = "closed_event"
    __table_args__ = (Index("ix_closed_event_starts_at", "starts_at"),)
    rank = "sequence"

    online_event_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    event_ref: Mapped[str] = mapped_column(String(128))
    title: Mapped[dict[str, str]] = mapped_column(Json)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    participants: Mapped[int] = mapped_column(Integer)
    lsg_participants: Mapped[int] = mapped_column(Integer)
    held: Mapped[bool] = mapped_column(Boolean, server_default=true())


class MailedFact(Fact, Base):
    """A monthly report that was mailed (`report_mailed`)."""

    __tablename__ = "mailed_fact"
    rank = "mailed_at"
    oldest_stays = True

    report_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    month: Mapped[str] = mapped_column(String(7), index=True)
    mailed_at: Mapped[datetime] = mapped_column(Instant)
    recipients: Mapped[int] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))


class ClientTouch(Fact, Base):
    """That an event is about a client (`touches`); ``place`` tells the rows of one event apart."""

    __tablename__ = "client_touch"
    __table_args__ = (Index("ix_client_touch_at", "key", "at", "position"),)

    key: Mapped[str] = mapped_column(String(700), primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    place: Mapped[int] = mapped_column(Integer, primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    type: Mapped[str] = mapped_column(String(100))


FACTS: tuple[type[Fact], ...] = (
    ClientTouch,
    FirstSeen,
    ClientFact,
    PostFact,
    ClientSince,
    Confirmation,
    EventStart,
    EventTitle,
    DeliveryFact,
    InquiryFact,
    InquiryStep,
    ClosedEvent,
    MailedFact,
)
