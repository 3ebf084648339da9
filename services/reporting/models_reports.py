"""Tables of the monthly reports: what was made, its files, the runs of mails, the schedule."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Instant, Json, new_id
from services.reporting.models import Base


class ScheduleStart(Base):
    """The instant (domain clock) at which this state's schedule began; one row, written once."""

    __tablename__ = "schedule_start"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    first_started_at: Mapped[datetime] = mapped_column(Instant)


class Report(Base):
    """A monthly report as it was made: its figures stay as they were then.

    `told` is what it told its readers, [code, month, figure]: its own month and restatements.
    `subjects` are those of its mails, by language.
    """

    __tablename__ = "report"
    __table_args__ = (UniqueConstraint("plan", "month"),)

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    plan: Mapped[str] = mapped_column(String(50))
    month: Mapped[str] = mapped_column(String(7))
    made_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    position: Mapped[int] = mapped_column(BigInteger)
    fingerprint: Mapped[str] = mapped_column(String(64))
    told: Mapped[list[Any]] = mapped_column(Json)
    subjects: Mapped[dict[str, str]] = mapped_column(Json)
    figures: Mapped[dict[str, Any]] = mapped_column(Json, deferred=True)
    mailed_at: Mapped[datetime | None] = mapped_column(Instant)


class ReportDocument(Base):
    """One file of a report: its bytes stay and are what is sent again or downloaded."""

    __tablename__ = "report_document"

    report_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("report.id"), primary_key=True)
    language: Mapped[str] = mapped_column(String(2), primary_key=True)
    format: Mapped[str] = mapped_column(String(100), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    media_type: Mapped[str] = mapped_column(String(100))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(LargeBinary, deferred=True)


class Sending(Base):
    """One run of mails that carries a report: by schedule, or again on request."""

    __tablename__ = "sending"

    run: Mapped[str] = mapped_column(String(300), primary_key=True)
    report_id: Mapped[UUID] = mapped_column(Uuid, ForeignKey("report.id"), index=True)
    recipients: Mapped[int] = mapped_column(Integer)
    queued_at: Mapped[datetime] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
