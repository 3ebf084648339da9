"""The mail ledger: first a row, then a send; one row per run and recipient, whatever happens.

A service queues entries in its own transaction; the ``Dispatcher`` (dispatch.py) claims, sends
and settles them. Operational times (next attempt, lease, giving up) are the database's clock,
because a demo clock stands still; ``not_before``, ``queued_at`` and ``settled_at`` are domain time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    and_,
    case,
    func,
    or_,
    select,
    text,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis import clock, context
from chassis.db import Base, Instant, Json

QUEUED, SENDING = "queued", "sending"
SENT, FAILED, EXPIRED, SKIPPED = "sent", "failed", "expired", "skipped"
OPEN, FINAL = (QUEUED, SENDING), (SENT, FAILED, EXPIRED, SKIPPED)
# Deferred mail is tried for two days, then no more (quality.md rule 10).
GIVE_UP = timedelta(hours=48)
# The reason of rows that wait because the relay refuses the whole session (quality.md rule 10).
STOPPED = "stopped"


class OutgoingMail(Base):
    """One mail to one recipient of one run, and what became of it.

    ``attempts`` counts hand-overs that were tried; ``fence`` grows with each claim, so that a
    sender whose lease ran out cannot overwrite the next one's result; ``announced`` is set in the
    transaction in which the service settled the final state.
    """

    __tablename__ = "outgoing_mail"
    __table_args__ = (
        UniqueConstraint("run", "recipient"),
        Index(
            "ix_outgoing_mail_due",
            "next_at",
            postgresql_where=text("state IN ('queued', 'sending')"),
        ),
        Index(
            "ix_outgoing_mail_unannounced",
            "queued_at",
            postgresql_where=text("NOT announced"),
        ),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    run: Mapped[str] = mapped_column(String(300))
    recipient: Mapped[str] = mapped_column(String(300))
    address: Mapped[str] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(2))
    state: Mapped[str] = mapped_column(String(10))
    message_id: Mapped[str] = mapped_column(String(300))
    meta: Mapped[dict[str, Any]] = mapped_column(Json)
    reason: Mapped[str | None] = mapped_column(String(50))
    last_error: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    fence: Mapped[int] = mapped_column(Integer, server_default="0")
    next_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    give_up_at: Mapped[datetime | None] = mapped_column(Instant)
    not_before: Mapped[datetime | None] = mapped_column(Instant)
    queued_at: Mapped[datetime] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    announced: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    @property
    def dated(self) -> datetime:
        """The mail's Date: when it was due to leave; the same for each attempt."""
        return max(self.queued_at, self.not_before or self.queued_at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A mail to queue: ``run`` and ``recipient`` together are its identity.

    ``domain`` ends its Message-ID. ``not_before`` (domain time) holds it back; ``skip`` is a
    reason code: such a row is final at once, so that the ledger also says who got nothing.
    """

    run: str
    recipient: str
    address: str
    language: str
    domain: str
    meta: dict[str, Any] = field(default_factory=dict)
    not_before: datetime | None = None
    skip: str | None = None


@dataclass(frozen=True, slots=True)
class Skip:
    """Compose's answer where the mail is not to be sent any more; ``reason`` is a code."""

    reason: str


@dataclass(frozen=True, slots=True)
class Later:
    """Compose's answer where the mail has to wait until ``at`` (domain time)."""

    at: datetime


def queue(session: Session, entry: Entry) -> OutgoingMail | None:
    """Write one row; None when this run already has this recipient (a redelivery)."""
    rows = queue_all(session, [entry])
    return rows[0] if rows else None


def queue_all(session: Session, entries: Sequence[Entry]) -> list[OutgoingMail]:
    """Write the rows of many recipients at once; returns those that are new."""
    if not entries:
        return []
    at = clock.now()
    statement = (
        insert(OutgoingMail)
        .on_conflict_do_nothing(index_elements=["run", "recipient"])
        .returning(OutgoingMail)
    )
    return list(session.scalars(statement, [_row(entry, at) for entry in entries]))


def _row(entry: Entry, at: datetime) -> dict[str, Any]:
    # By the reader, not by their place in a list whose order nobody promised.
    row_id = context.id_of(f"mail {entry.run} {entry.recipient}")
    return {
        "id": row_id,
        "run": entry.run,
        "recipient": entry.recipient,
        "address": entry.address,
        "language": entry.language,
        "message_id": f"<{row_id}@{entry.domain}>",
        "meta": entry.meta,
        "not_before": entry.not_before,
        "state": SKIPPED if entry.skip else QUEUED,
        "reason": entry.skip,
        "queued_at": at,
        "settled_at": at if entry.skip else None,
    }


def its_hour_has_come() -> ColumnElement[bool]:
    """Whether a row is not held back any more by the domain clock."""
    return or_(OutgoingMail.not_before.is_(None), OutgoingMail.not_before <= clock.now())


def count_due(session: Session) -> int:
    """Return how many mails are unsettled though their moment has come.

    Mail that waits for a later hour of the domain clock is not counted; mail whose final state
    was not announced yet is.
    """
    to_send = and_(OutgoingMail.state.in_(OPEN), its_hour_has_come())
    to_announce = and_(OutgoingMail.state.in_(FINAL), OutgoingMail.announced.is_(False))
    query = select(func.count()).select_from(OutgoingMail)
    # ``NOT announced`` holds for all of them and lets the partial index answer.
    return session.scalar(query.where(~OutgoingMail.announced, or_(to_send, to_announce))) or 0


def trouble(session: Session) -> str | None:
    """Return why the relay takes nothing at all (wrong password, sender refused), else None."""
    query = select(OutgoingMail.last_error).where(
        OutgoingMail.state == QUEUED, OutgoingMail.reason == STOPPED
    )
    return session.scalar(query.order_by(OutgoingMail.next_at.desc()).limit(1))


def claim(session: Session, limit: int, lease: timedelta) -> list[OutgoingMail]:
    """Take up to ``limit`` due mails for the time of the lease, also those of a dead sender."""
    due = (
        select(OutgoingMail.id)
        .where(
            OutgoingMail.state.in_(OPEN),
            OutgoingMail.next_at <= func.now(),
            or_(OutgoingMail.lease_until.is_(None), OutgoingMail.lease_until <= func.now()),
            its_hour_has_come(),
        )
        .order_by(OutgoingMail.next_at, OutgoingMail.queued_at, OutgoingMail.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    statement = (
        update(OutgoingMail)
        .where(OutgoingMail.id.in_(due.scalar_subquery()))
        .values(
            state=SENDING,
            lease_until=func.now() + lease,
            fence=OutgoingMail.fence + 1,
            attempts=OutgoingMail.attempts + 1,
            give_up_at=func.coalesce(OutgoingMail.give_up_at, func.now() + GIVE_UP),
        )
        .returning(OutgoingMail)
        .execution_options(synchronize_session=False)
    )
    mails = list(session.scalars(statement))
    return sorted(mails, key=lambda mail: (mail.queued_at, mail.id))


def give_back(session: Session, mails: Sequence[OutgoingMail]) -> None:
    """Return claimed mails that were not tried; their two days begin with the first attempt."""
    mine = [(mail.id, mail.fence) for mail in mails]
    session.execute(
        update(OutgoingMail)
        .where(tuple_(OutgoingMail.id, OutgoingMail.fence).in_(mine), OutgoingMail.state == SENDING)
        .values(
            state=QUEUED,
            lease_until=None,
            attempts=OutgoingMail.attempts - 1,
            give_up_at=case((OutgoingMail.attempts > 1, OutgoingMail.give_up_at)),
        )
        .execution_options(synchronize_session=False)
    )


def hold_all(session: Session, rest: timedelta) -> None:
    """Let the whole queue rest; mail that is queued meanwhile probes whether it is over."""
    until = func.now() + rest
    session.execute(
        update(OutgoingMail)
        .where(OutgoingMail.state == QUEUED, OutgoingMail.next_at < until)
        .values(next_at=until)
        .execution_options(synchronize_session=False)
    )
