"""The inbox: a fact takes effect once per listener, whatever is redelivered or fails.

One row per (source, id, listener). Retries live here, in SQL, not in queues: a fact that failed
is tried again after 5 s, 1 min, 10 min, 1 h and 6 h and is then dead: listed with its reason,
kept with its body, replayable. A fact that waits for a missing thing is never dead for that.
Times of this table are the database's clock.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Index, Integer, String, Text, Uuid, any_, func, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis import bulk
from chassis.db import Base, Instant, Json, new_id
from chassis.errors import Waiting
from contracts.envelope import BY_NAME, LONGEST

Name = tuple[str, str]
BACK_OFF = (5, 60, 600, 3600, 6 * 3600)
# A waiting fact is released by what it waits for; the growing re-check closes the race in which
# both arrive in the same instant.
RE_CHECK = (1, 2, 5, 15, 60, 600, 3600)
APPLIED, IGNORED, WAITING, FAILED, DEAD = "applied", "ignored", "waiting", "failed", "dead"


class InboxRow(Base):
    """What one listener made of one fact; ``wire`` is kept only until it is applied."""

    __tablename__ = "inbox"
    __table_args__ = (
        Index("ix_inbox_due", "next_at", postgresql_where=text("next_at IS NOT NULL")),
        Index("ix_inbox_waits_for", "waits_for", postgresql_where=text("waits_for IS NOT NULL")),
        Index("ix_inbox_received_at", "received_at", postgresql_using="brin"),
    )

    source: Mapped[str] = mapped_column(String(LONGEST["source"]), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(LONGEST["id"]), primary_key=True)
    listener: Mapped[str] = mapped_column(String(100), primary_key=True)
    type: Mapped[str] = mapped_column(String(LONGEST["type"]))
    fingerprint: Mapped[str] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(20))
    attempts: Mapped[int] = mapped_column(Integer, server_default="0")
    next_at: Mapped[datetime | None] = mapped_column(Instant)
    waits_for: Mapped[str | None] = mapped_column(String(700))
    error: Mapped[str | None] = mapped_column(Text)
    wire: Mapped[dict[str, Any] | None] = mapped_column(Json)
    received_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    handled_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())


CLAIM = insert(InboxRow).on_conflict_do_nothing()
MARK = ("source", "event_id", "listener", "type", "fingerprint", "outcome")
CLAIM_NAMES = bulk.insertion(InboxRow, MARK).on_conflict_do_nothing()


class DeadLetter(Base):
    """A fact that cannot be applied, with its reason and its body, until a person settles it.

    ``raw`` (base64) and ``headers`` are kept of bytes that the broker gave up; then ``wire`` is
    empty where they are no event at all. What was replayed in place of it is ``replayed_wire``.
    """

    __tablename__ = "dead_letters"
    __table_args__ = (
        Index("ix_dead_letters_created_at", "created_at", "id"),
        Index("ix_dead_letters_fact", "source", "event_id"),
    )

    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True, default=new_id)
    source: Mapped[str] = mapped_column(String(500))
    event_id: Mapped[str] = mapped_column(String(128))
    listener: Mapped[str] = mapped_column(String(100))
    type: Mapped[str] = mapped_column(String(100))
    reason: Mapped[str] = mapped_column(String(50))
    error: Mapped[str | None] = mapped_column(Text)
    wire: Mapped[dict[str, Any]] = mapped_column(Json)
    fingerprint: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    state: Mapped[str] = mapped_column(String(10), server_default="open")
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_by: Mapped[str | None] = mapped_column(String(500))
    settled_key: Mapped[str | None] = mapped_column(String(128))
    settled_reason: Mapped[str | None] = mapped_column(Text)
    replayed_wire: Mapped[dict[str, Any] | None] = mapped_column(Json)
    outcome: Mapped[str | None] = mapped_column(String(20))
    raw: Mapped[str | None] = mapped_column(Text)
    headers: Mapped[dict[str, Any] | None] = mapped_column(Json)


def waiting(key: str) -> Waiting:
    """Return the exception that keeps the fact at hand until ``release(session, key)``."""
    return Waiting(key)


def release(session: Session, *keys: str) -> None:
    """Let the facts that wait for ``keys`` be tried at once; call it when the things are there."""
    session.execute(
        update(InboxRow)
        .where(InboxRow.waits_for == any_(bulk.listed(keys)), InboxRow.outcome == WAITING)
        .values(next_at=func.now())
        .execution_options(synchronize_session=False)
    )


def claim(
    session: Session, wire: dict[str, Any], listener: str, fingerprint: str
) -> InboxRow | None:
    """Insert the mark of a fact seen for the first time; None when it was seen before.

    A second instance that handles the same fact at this moment waits here for the first one.
    """
    return claim_rows(session, [(wire, fingerprint)], listener).get(name_of(wire))


def claim_rows(
    session: Session, facts: Sequence[tuple[dict[str, Any], str]], listener: str
) -> dict[Name, InboxRow]:
    """Insert the marks of several facts (each with its fingerprint) at once; return the new ones.

    No two facts may have the same name.
    """
    rows = session.scalars(CLAIM.returning(InboxRow), _marks(listener, facts))
    return {(row.source, row.event_id): row for row in rows}


def claim_names(
    session: Session, facts: Sequence[tuple[dict[str, Any], str]], listener: str
) -> set[Name]:
    """As ``claim_rows`` for facts that are to be applied or rolled back: only the names return."""
    claiming = CLAIM_NAMES.returning(InboxRow.source, InboxRow.event_id)
    names = session.execute(claiming, bulk.packed(_marks(listener, facts)))
    return {(source, event_id) for source, event_id in names}


def _marks(listener: str, facts: Sequence[tuple[dict[str, Any], str]]) -> list[dict[str, Any]]:
    # One order for everybody: two instances that hold some of each other's facts wait in turn.
    return [
        {
            "source": wire["source"],
            "event_id": wire["id"],
            "listener": listener,
            "type": wire["type"],
            "fingerprint": fingerprint,
            "outcome": APPLIED,
        }
        for wire, fingerprint in sorted(facts, key=lambda fact: name_of(fact[0]))
    ]


def name_of(wire: dict[str, Any]) -> Name:
    """Return what names a fact: its source and id."""
    return wire["source"], wire["id"]


def seen(session: Session, wire: dict[str, Any], listener: str) -> InboxRow:
    """Return the mark of a fact that was seen before."""
    return session.get_one(InboxRow, (wire["source"], wire["id"], listener))


def bury(
    session: Session, row: InboxRow, *, reason: str, wire: dict[str, Any], fingerprint: str
) -> None:
    """Write a dead letter, once per listener, fact, body and reason."""
    known = select(DeadLetter.id).where(
        DeadLetter.source == row.source,
        DeadLetter.event_id == row.event_id,
        DeadLetter.listener == row.listener,
        DeadLetter.fingerprint == fingerprint,
        DeadLetter.reason == reason,
    )
    if session.scalar(known) is None:
        session.add(
            DeadLetter(
                source=row.source,
                event_id=row.event_id,
                listener=row.listener,
                type=row.type,
                reason=reason,
                error=row.error,
                wire=wire,
                fingerprint=fingerprint,
            )
        )


def keep_waiting(row: InboxRow, key: str, wire: dict[str, Any]) -> None:
    """Keep a fact until ``key`` arrives."""
    # What has arrived and waits for the next thing begins anew with the short pauses.
    row.attempts = row.attempts + 1 if row.waits_for == key else 1
    row.outcome, row.waits_for, row.wire = WAITING, key, wire
    row.next_at = _in_seconds(RE_CHECK[min(row.attempts, len(RE_CHECK)) - 1])


def keep_failed(session: Session, row: InboxRow, error: str, wire: dict[str, Any]) -> None:
    """Keep a fact that failed for its next attempt, or bury it after the last one."""
    row.attempts = 1 if row.outcome == WAITING else row.attempts + 1
    row.waits_for, row.wire, row.error = None, wire, error
    if row.attempts <= len(BACK_OFF):
        row.outcome, row.next_at = FAILED, _in_seconds(BACK_OFF[row.attempts - 1])
    else:
        row.outcome, row.next_at = DEAD, None
        bury(session, row, reason="failed", wire=wire, fingerprint=row.fingerprint)


def settle(row: InboxRow, outcome: str) -> None:
    """Mark a fact as applied or ignored; its body is not needed any more."""
    row.outcome, row.next_at, row.waits_for, row.wire = outcome, None, None, None
    row.handled_at = func.now()


def due(session: Session) -> InboxRow | None:
    """Return one fact whose next attempt is due, locked for this transaction."""
    query = (
        select(InboxRow)
        .where(InboxRow.next_at <= func.now())
        .order_by(InboxRow.next_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    return session.scalars(query).one_or_none()


def counts(session: Session) -> dict[str, int]:
    """Return how many facts are waiting, failed and dead."""
    kept = InboxRow.outcome.in_((WAITING, FAILED, DEAD))
    query = select(InboxRow.outcome, func.count()).where(kept).group_by(InboxRow.outcome)
    found = {name: count for name, count in session.execute(query)}
    return {name: found.get(name, 0) for name in (WAITING, FAILED, DEAD)}


def count_due(session: Session) -> int:
    """Return how many kept facts could be tried right now."""
    released = or_(InboxRow.next_at <= func.now(), InboxRow.outcome == FAILED)
    return session.scalar(select(func.count()).select_from(InboxRow).where(released)) or 0


def received(session: Session) -> dict[str, int]:
    """Return how many facts came in, by ``emitter.type``, each once whatever its listeners."""
    distinct = select(InboxRow.source, InboxRow.event_id, InboxRow.type).distinct().subquery()
    rows = session.execute(select(distinct.c.type, func.count()).group_by(distinct.c.type))
    return {f"{BY_NAME[name, 1].emitter}.{name}": count for name, count in rows}


def _in_seconds(seconds: int) -> Any:
    return func.now() + timedelta(seconds=seconds)
