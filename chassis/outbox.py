"""The outbox: a derived fact is a row born in the transaction of the change it tells of.

``relay`` publishes the rows later; nobody publishes after a commit or inside a transaction.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Identity,
    Index,
    String,
    Text,
    any_,
    cast,
    func,
    select,
    text,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis import bulk, clock, context
from chassis.db import Base, Instant, Json
from contracts.envelope import REGISTRY, Event, parse

# Wakes the relay of this process after a commit; without it the relay would look soon anyway.
NEWS = threading.Event()
# Where a session keeps what it gathers.
GATHERED = "outbox"
# The advisory lock of the one active relay of a database.
RELAY_LOCK = 2_021_123


class OutboxRow(Base):
    """One derived fact; ``sent_at`` (database clock) is set after the broker's confirm."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index("ix_outbox_unsent", "position", postgresql_where=text("sent_at IS NULL")),
    )

    position: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(128), unique=True)
    type: Mapped[str] = mapped_column(String(100))
    wire: Mapped[dict[str, Any]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)


BORN = bulk.insertion(OutboxRow, ("event_id", "type", "wire"))


def emit(
    session: Session,
    data: Any,
    *,
    at: datetime,
    subject: str | None = None,
    sequence: int | None = None,
) -> Event[Any]:
    """Write a derived fact into the outbox of the running transaction and return it.

    ``data`` is a contract object of this service, ``at`` the instant of the fact (aware; that of
    the cause where it only restates one, contracts.md §3). The actor, the correlation and the
    cause come from the flow at hand. Raises ``ValueError`` for another service's contract and for
    data that its own contract refuses.
    """
    flow = context.current()
    contract = REGISTRY[type(data)]
    if contract.emitter != flow.service:
        raise ValueError(f"{flow.service} may not emit {contract.emitter}.{contract.type}")
    cause = flow.cause
    new_id = str(context.id_of(f"fact {contract.type}"))
    event = Event(
        id=new_id,
        source=flow.service,
        time=at,
        data=data,
        subject=subject,
        recorded_at=clock.now(),
        sequence=sequence,
        actor=flow.actor or (cause.actor if cause else None),
        correlation_id=(cause.correlation_id or cause.id) if cause else new_id,
        causation_id=cause.id if cause else None,
        traceparent=cause.traceparent if cause else None,
    )
    wire = event.to_wire()
    # What we refuse from others we do not send: a wrong snapshot fails here, in its own
    # transaction, not as a dead letter of every listener.
    parse(wire)
    session.info["after_commit"] = {NEWS.set}
    row = {"event_id": new_id, "type": contract.type, "wire": wire}
    if GATHERED in session.info:
        session.info[GATHERED].append(row)
    else:
        session.execute(BORN, bulk.packed([row]))
    return event


@contextmanager
def gathering(session: Session) -> Iterator[None]:
    """Write what is emitted in the block at its end, with one statement, in the same order."""
    rows = session.info[GATHERED] = []
    try:
        yield
    finally:
        del session.info[GATHERED]
    if rows:
        session.execute(BORN, bulk.packed(rows))


class Unsent(NamedTuple):
    """What the relay needs of a row; ``body`` is its wire in UTF-8."""

    position: int
    type: str
    body: bytes


def unsent(session: Session, limit: int) -> list[Unsent]:
    """Return the oldest rows that are not confirmed yet, in the order of their birth."""
    query = select(OutboxRow.position, OutboxRow.type, cast(OutboxRow.wire, Text))
    waiting = query.where(OutboxRow.sent_at.is_(None)).order_by(OutboxRow.position)
    found = session.execute(waiting.limit(limit))
    return [Unsent(position, name, wire.encode()) for position, name, wire in found]


def mark_sent(session: Session, positions: list[int]) -> None:
    """Mark rows as confirmed by the broker."""
    these = OutboxRow.position == any_(bulk.listed(positions, BigInteger))
    session.execute(update(OutboxRow).where(these).values(sent_at=func.now()))


def count_unsent(session: Session) -> int:
    """Return how many facts wait for the broker."""
    query = select(func.count()).where(OutboxRow.sent_at.is_(None))
    return session.scalar(query) or 0


def lag_seconds(session: Session) -> float:
    """Return for how long the oldest fact has waited for the broker; 0 when none waits."""
    waited = func.extract("epoch", func.now() - func.min(OutboxRow.created_at))
    return float(session.scalar(select(waited).where(OutboxRow.sent_at.is_(None))) or 0)


def count_by_type(session: Session) -> dict[str, int]:
    """Return how many facts of each type were emitted, sent or not."""
    rows = session.execute(select(OutboxRow.type, func.count()).group_by(OutboxRow.type))
    return {name: count for name, count in rows}
