"""Tables of notifications: who can be written to, what they refused, and the online events.

``Recipient`` and ``RecipientKey`` are a projection of the client base's snapshots. What was sent
to whom stands in the chassis' mail ledger (``outgoing_mail``), in the same database.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Index, Integer, MetaData, String, Uuid
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from chassis.db import NAMING, Instant, Json, new_id


class Base(DeclarativeBase):
    """Base of the tables of notifications."""

    metadata = MetaData(naming_convention=NAMING)


class Recipient(Base):
    """A client as the newest snapshot shows it (``sequence``), reduced to what a mail needs.

    ``posts`` are those of the snapshot, newest first.
    """

    __tablename__ = "recipients"
    __table_args__ = (
        Index("ix_recipients_audiences", "audiences", postgresql_using="gin"),
        Index("ix_recipients_email_key", "email_key"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(String(20))
    status: Mapped[str] = mapped_column(String(20))
    name: Mapped[dict[str, str]] = mapped_column(Json)
    language: Mapped[str] = mapped_column(String(2))
    email: Mapped[str | None] = mapped_column(String(254))
    email_key: Mapped[str | None] = mapped_column(String(254))
    audiences: Mapped[list[str]] = mapped_column(ARRAY(String(30)))
    posts: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    sequence: Mapped[int] = mapped_column(BigInteger)


class RecipientKey(Base):
    """How a portal names a client: (source, ref) → our id."""

    __tablename__ = "recipient_keys"

    source: Mapped[str] = mapped_column(String(500), primary_key=True)
    ref: Mapped[str] = mapped_column(String(128), primary_key=True)
    client_id: Mapped[UUID] = mapped_column(Uuid, index=True)


class ConsentHeld(Base):
    """The newest word of a client on one purpose, from a snapshot or from ``consent_recorded``."""

    __tablename__ = "consents"

    client_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20), primary_key=True)
    given: Mapped[bool] = mapped_column(Boolean)
    at: Mapped[datetime] = mapped_column(Instant)


class Unsubscription(Base):
    """A client who wants no more mail on a topic (a delivery purpose); it has no end."""

    __tablename__ = "unsubscriptions"

    client_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    topic: Mapped[str] = mapped_column(String(20), primary_key=True)
    channel: Mapped[str] = mapped_column(String(20))
    at: Mapped[datetime] = mapped_column(Instant)


class OnlineEvent(Base):
    """An online event of a portal; ``field_times`` says how new each field is.

    ``version`` counts the changes that its readers care about, from 0; a mail about an older
    version is not sent any more. It is also the SEQUENCE of the calendar entry (RFC 5545).
    """

    __tablename__ = "online_events"
    __table_args__ = (Index("uq_online_events_source_ref", "source", "ref", unique=True),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    source: Mapped[str] = mapped_column(String(500))
    ref: Mapped[str] = mapped_column(String(128))
    title: Mapped[dict[str, str]] = mapped_column(Json)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    kind: Mapped[str | None] = mapped_column(String(20))
    url: Mapped[str | None] = mapped_column(String(2000))
    audiences: Mapped[list[str] | None] = mapped_column(ARRAY(String(30)))
    announced_at: Mapped[datetime] = mapped_column(Instant)
    field_times: Mapped[dict[str, str]] = mapped_column(Json)
    version: Mapped[int] = mapped_column(Integer, default=0)
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    cancel_reason: Mapped[str | None] = mapped_column(String(500))
    # How many readers its notice was made for, sent or not; None: announced before that was kept.
    invited: Mapped[int | None] = mapped_column(Integer)

    @property
    def known_end(self) -> datetime | None:
        """The planned end; None for that of a day from which the event was moved away."""
        return self.ends_at if self.ends_at and self.ends_at > self.starts_at else None


class Participation(Base):
    """A client who registered for an online event, or attended it, or both."""

    __tablename__ = "participations"

    event_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    client_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    registered_at: Mapped[datetime | None] = mapped_column(Instant)
    attended_at: Mapped[datetime | None] = mapped_column(Instant)
