"""Tables of what staff keep for themselves: saved views, drafts, jobs in the background."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Instant, Json, new_id
from gateway.models import Base


class SavedView(Base):
    """A list's filters under a name: ``query`` is the query string of its address."""

    __tablename__ = "saved_view"
    __table_args__ = (UniqueConstraint("owner", "screen", "name"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    owner: Mapped[str] = mapped_column(String(100))
    screen: Mapped[str] = mapped_column(String(30), index=True)
    name: Mapped[str] = mapped_column(String(100))
    query: Mapped[str] = mapped_column(String(2000))
    shared: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1, server_default=text("1"))
    request_key: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())


class Draft(Base):
    """What somebody typed into a form and has not sent yet; ``place`` names the form."""

    __tablename__ = "draft"

    login: Mapped[str] = mapped_column(String(100), primary_key=True)
    place: Mapped[str] = mapped_column(String(200), primary_key=True)
    fields: Mapped[dict[str, Any]] = mapped_column(Json)
    saved_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now(), index=True)


class BackgroundJob(Base):
    """Work that outlasts a request: an export, an act on many things.

    ``things`` are the ids that it acts on, null while they are still to be found; ``fence`` grows
    with every claim, so that one who lost the lease writes nothing any more.
    """

    __tablename__ = "background_job"
    __table_args__ = (Index("ix_background_job_owner", "owner", "created_at"),)

    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=new_id)
    what: Mapped[str] = mapped_column(String(60))
    owner: Mapped[str] = mapped_column(String(100))
    language: Mapped[str] = mapped_column(String(2))
    query: Mapped[str | None] = mapped_column(String(2000))
    params: Mapped[dict[str, Any]] = mapped_column(Json)
    things: Mapped[list[str] | None] = mapped_column(Json)
    state: Mapped[str] = mapped_column(String(20), default="queued", index=True)
    done: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    total: Mapped[int | None]
    refused: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    problems: Mapped[list[dict[str, Any]]] = mapped_column(Json, default=list)
    error: Mapped[str | None] = mapped_column(String(60))
    file_name: Mapped[str | None] = mapped_column(String(200))
    file_media: Mapped[str | None] = mapped_column(String(100))
    file_size: Mapped[int | None]
    request_key: Mapped[bytes | None] = mapped_column(LargeBinary(32), unique=True)
    fence: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(Instant)


class JobChunk(Base):
    """A piece of a job's file; together in the order of ``number`` they are its bytes."""

    __tablename__ = "job_chunk"

    job_id: Mapped[uuid.UUID] = mapped_column(
        ForeignKey("background_job.id", ondelete="CASCADE"), primary_key=True
    )
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
