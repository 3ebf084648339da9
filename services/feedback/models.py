"""Tables of feedback: inquiries, their thread and timeline, their numbers, and who the clients are.

``Client`` and ``ClientKey`` are a projection of the client base, fed by its snapshots: just enough
to show who asked. An inquiry does not refer to it by a foreign key, because it may come first.
"""

from datetime import date, datetime
from typing import Any
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
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.db import NAMING, Instant, Json, new_id
from services.feedback.rules.states import RESOLVED


class Base(DeclarativeBase):
    """Base of feedback's tables."""

    metadata = MetaData(naming_convention=NAMING)


class Inquiry(Base):
    """One inquiry; (source, ref, round) is its identity, since a late comment opens a new round.

    ``turn`` counts 1 + reopenings; ``answered_at`` and ``announced`` (missed deadlines that were
    told) are those of the present turn, ``first_answered_at`` is the first answer ever. ``due_on``
    and ``alert_on`` are derived from the three deadlines by ``timeline.record``: the next one to
    meet, the next one to announce.
    """

    __tablename__ = "inquiries"
    __table_args__ = (
        UniqueConstraint("source", "ref", "round"),
        Index("ix_inquiries_received", "received_at", "id"),
        Index("ix_inquiries_due", text("COALESCE(due_on, '9999-12-31'::date)"), "id"),
        Index("ix_inquiries_alert", "alert_on", postgresql_where=text("alert_on IS NOT NULL")),
        Index("ix_inquiries_client", "source", "client_ref"),
        Index(
            "ix_inquiries_search",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    source: Mapped[str] = mapped_column(String(500))
    ref: Mapped[str] = mapped_column(String(128))
    round: Mapped[int] = mapped_column(Integer)
    previous_id: Mapped[UUID | None] = mapped_column(Uuid, ForeignKey("inquiries.id"))
    number: Mapped[str] = mapped_column(String(30), unique=True)
    kind: Mapped[str] = mapped_column(String(20))
    subject: Mapped[str] = mapped_column(String(500))
    topic: Mapped[str | None] = mapped_column(String(500))
    about: Mapped[str | None] = mapped_column(String(500))
    language: Mapped[str] = mapped_column(String(2))
    channel: Mapped[str] = mapped_column(String(20))
    client_ref: Mapped[str | None] = mapped_column(String(128))
    contact: Mapped[dict[str, Any] | None] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(20))
    turn: Mapped[int] = mapped_column(Integer)
    version: Mapped[int] = mapped_column(Integer)
    received_at: Mapped[datetime] = mapped_column(Instant)
    registered_at: Mapped[datetime | None] = mapped_column(Instant)
    first_answered_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    resolved_at: Mapped[datetime | None] = mapped_column(Instant)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    outcome: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(String(500))
    registration_due_on: Mapped[date] = mapped_column(Date)
    first_response_due_on: Mapped[date] = mapped_column(Date)
    answer_due_on: Mapped[date] = mapped_column(Date)
    due_on: Mapped[date | None] = mapped_column(Date)
    alert_on: Mapped[date | None] = mapped_column(Date)
    announced: Mapped[list[str]] = mapped_column(Json)
    search_text: Mapped[str] = mapped_column(Text)

    @property
    def is_resolved(self) -> bool:
        """Whether the inquiry is done, with whatever outcome."""
        return self.state == RESOLVED


class Message(Base):
    """One word of the thread: the client's, an answer or a note (``side`` client, staff, note)."""

    __tablename__ = "messages"
    __table_args__ = (Index("ix_messages_thread", "inquiry_id", "written_at", "position"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    position: Mapped[int] = mapped_column(BigInteger, Identity(), unique=True)
    inquiry_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("inquiries.id"))
    side: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(String(2))
    author: Mapped[str | None] = mapped_column(String(500))
    written_at: Mapped[datetime] = mapped_column(Instant)
    on_time: Mapped[bool | None] = mapped_column(Boolean)


class InquiryEvent(Base):
    """The append-only timeline: who did what and when; never the words of the thread.

    An act asked for over RPC carries its idempotency ``key`` and a ``fingerprint`` of what was
    asked, so that the same request sent twice is one act.
    """

    __tablename__ = "inquiry_events"
    __table_args__ = (UniqueConstraint("inquiry_id", "key"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    inquiry_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("inquiries.id"), index=True)
    version: Mapped[int] = mapped_column(Integer)
    what: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(Instant)
    actor: Mapped[str | None] = mapped_column(String(500))
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    key: Mapped[str | None] = mapped_column(String(500))
    fingerprint: Mapped[str | None] = mapped_column(String(64))
    recorded_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())


class YearNumbers(Base):
    """How many numbers a Bishkek year has given out; the row's lock keeps them without gaps."""

    __tablename__ = "inquiry_numbers"

    year: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    count: Mapped[int] = mapped_column(Integer)


class Client(Base):
    """Who a client is, as the newest snapshot of the client base says."""

    __tablename__ = "clients"
    __table_args__ = (
        Index(
            "ix_clients_search",
            "search_text",
            postgresql_using="gin",
            postgresql_ops={"search_text": "gin_trgm_ops"},
        ),
    )

    client_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(20))
    display_name: Mapped[str] = mapped_column(Text)
    organisation_id: Mapped[UUID | None] = mapped_column(Uuid)
    language: Mapped[str | None] = mapped_column(String(2))
    search_text: Mapped[str] = mapped_column(Text)


class ClientKey(Base):
    """Under which reference a portal knows a client."""

    __tablename__ = "client_keys"

    source: Mapped[str] = mapped_column(String(500), primary_key=True)
    ref: Mapped[str] = mapped_column(String(128), primary_key=True)
    client_id: Mapped[UUID] = mapped_column(Uuid, index=True)
