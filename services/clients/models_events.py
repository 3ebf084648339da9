"""Tables of participation: online events, who registered, who attended and when they were there."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    literal_column,
)
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Instant, Json, new_id
from services.clients.models import Base
from services.clients.rules.attending import ANNOUNCED


class OnlineEvent(Base):
    """An online event, one per (source, ref); ``started_at``/``ended_at`` as it really was.

    ``version`` is the sequence of its last ``event_closed`` and ``closed`` the fingerprint of it.
    """

    __tablename__ = "online_event"
    __table_args__ = (
        UniqueConstraint("source", "ref"),
        Index("ix_online_event_starts_at", "starts_at", "id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    source: Mapped[str] = mapped_column(String(500))
    ref: Mapped[str] = mapped_column(String(128))
    state: Mapped[str] = mapped_column(String(20), default=ANNOUNCED)
    title_ru: Mapped[str | None] = mapped_column(String(500))
    title_ky: Mapped[str | None] = mapped_column(String(500))
    title_en: Mapped[str | None] = mapped_column(String(500))
    kind: Mapped[str | None] = mapped_column(String(20))
    topic: Mapped[str | None] = mapped_column(String(500))
    url: Mapped[str | None] = mapped_column(Text)
    audiences: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant)
    min_minutes: Mapped[int | None] = mapped_column(Integer)
    started_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    held_at: Mapped[datetime | None] = mapped_column(Instant)
    cancel_reason: Mapped[str | None] = mapped_column(String(500))
    field_times: Mapped[dict[str, str]] = mapped_column(Json, default=dict)
    search_text: Mapped[str] = mapped_column(Text, default="", server_default="")
    version: Mapped[int] = mapped_column(Integer, default=0)
    closed: Mapped[str | None] = mapped_column(String(64))


class EventRegistration(Base):
    """A client who means to come to an online event."""

    __tablename__ = "event_registration"

    event_id: Mapped[UUID] = mapped_column(ForeignKey("online_event.id"), primary_key=True)
    client_id: Mapped[UUID] = mapped_column(ForeignKey("client.id"), primary_key=True, index=True)
    registered_at: Mapped[datetime] = mapped_column(Instant)


class Attendance(Base):
    """One distinct attendee of an event, all stays merged; what it counts for is kept with it.

    ``announced`` is the fingerprint of the last ``attendance_counted``, ``version`` its sequence.
    """

    __tablename__ = "attendance"
    __table_args__ = (UniqueConstraint("event_id", "attendee"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    event_id: Mapped[UUID] = mapped_column(ForeignKey("online_event.id"))
    attendee: Mapped[str] = mapped_column(String(64))
    client_id: Mapped[UUID | None] = mapped_column(ForeignKey("client.id"), index=True)
    display_name: Mapped[str | None] = mapped_column(String(500))
    email: Mapped[str | None] = mapped_column(String(254))
    minutes: Mapped[int] = mapped_column(Integer, default=0)
    counts: Mapped[bool] = mapped_column(Boolean, default=False)
    stays: Mapped[int] = mapped_column(Integer, default=0)
    audience: Mapped[str | None] = mapped_column(String(30))
    lsg: Mapped[bool] = mapped_column(Boolean, default=False)
    version: Mapped[int] = mapped_column(Integer, default=0)
    announced: Mapped[str | None] = mapped_column(String(64))


class StayRow(Base):
    """One stay as it was reported; the same stay reported twice is one row."""

    __tablename__ = "stay"
    __table_args__ = (
        Index(
            "uq_stay_same",
            "attendance_id",
            func.coalesce(
                literal_column("joined_at"), literal_column("'-infinity'::timestamp with time zone")
            ),
            func.coalesce(
                literal_column("left_at"), literal_column("'infinity'::timestamp with time zone")
            ),
            unique=True,
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    attendance_id: Mapped[UUID] = mapped_column(ForeignKey("attendance.id"))
    joined_at: Mapped[datetime | None] = mapped_column(Instant)
    left_at: Mapped[datetime | None] = mapped_column(Instant)
