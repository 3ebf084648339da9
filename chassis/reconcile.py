"""Reconcilers: every ten minutes a service compares what should agree (quality.md §2, rule 13).

A check yields what it found; the run writes that into ``differences``, keeps since when each is
known, and takes away those that are gone. What can be repaired without harm is repaired by its
check and said. All times are the database's clock: a demo clock stands still between its steps.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import ColumnElement, Integer, String, and_, delete, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis import inbox
from chassis.db import Base, Instant, Json
from chassis.inbox import DeadLetter, InboxRow
from chassis.jobs import JobRun
from chassis.outbox import OutboxRow
from chassis.outgoing import OPEN, OutgoingMail, its_hour_has_come

EVERY = timedelta(minutes=10)
# What is younger is on its way, not lost.
GRACE = timedelta(minutes=10)
BATCH = 1000

log = structlog.get_logger()


class Difference(Base):
    """Something that should agree and does not; gone when it agrees again."""

    __tablename__ = "differences"

    kind: Mapped[str] = mapped_column(String(50), primary_key=True)
    subject: Mapped[str] = mapped_column(String(1000), primary_key=True)
    count: Mapped[int] = mapped_column(Integer)
    detail: Mapped[dict[str, Any]] = mapped_column(Json)
    repaired: Mapped[int] = mapped_column(Integer, server_default="0")
    first_seen_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())
    seen_at: Mapped[datetime] = mapped_column(Instant, server_default=func.now())


class Reconciliation(Base):
    """When the reconcilers of this database ran last, and how far they have read."""

    __tablename__ = "reconciliation"

    name: Mapped[str] = mapped_column(String(50), primary_key=True)
    ran_at: Mapped[datetime] = mapped_column(Instant)
    cursor: Mapped[dict[str, Any]] = mapped_column(Json)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One difference: how many of what; ``repaired`` of them were put right by the check."""

    kind: str
    subject: str
    count: int
    detail: dict[str, Any] = field(default_factory=dict)
    repaired: int = 0


Check = Callable[[Session], Iterable[Found]]
NAME = "all"


def is_due(session: Session) -> bool:
    """Whether ten minutes have passed since the last run; who is told so is the one to run."""
    fresh = select(Reconciliation.name).where(Reconciliation.ran_at >= func.now() - EVERY)
    if session.scalar(fresh) is not None:
        return False
    statement = insert(Reconciliation).values(name=NAME, ran_at=func.now(), cursor={})
    taken = statement.on_conflict_do_update(
        index_elements=["name"],
        set_={"ran_at": func.now()},
        where=Reconciliation.ran_at < func.now() - EVERY,
    ).returning(Reconciliation.name)
    return session.scalar(taken) is not None


def note_run(session: Session) -> None:
    """Note that a run began now, whenever the last one was."""
    statement = insert(Reconciliation).values(name=NAME, ran_at=func.now(), cursor={})
    session.execute(
        statement.on_conflict_do_update(index_elements=["name"], set_={"ran_at": func.now()})
    )


def run(session: Session, checks: Iterable[Check]) -> None:
    """Run the checks and store what they found in place of what stood there."""
    found = {(item.kind, item.subject): item for check in checks for item in check(session)}
    names = session.execute(select(Difference.kind, Difference.subject))
    known = {(kind, subject) for kind, subject in names}
    store(session, list(found.values()))
    gone = known - found.keys()
    if gone:
        key = tuple_(Difference.kind, Difference.subject)
        session.execute(delete(Difference).where(key.in_(gone)))
    for kind, subject in found.keys() - known:
        log.warning("difference", kind=kind, count=found[kind, subject].count)


def store(session: Session, found: list[Found]) -> None:
    """Write differences; one that is known already keeps the time at which it was first seen."""
    if not found:
        return
    statement = insert(Difference)
    values = [
        {
            "kind": item.kind,
            "subject": item.subject,
            "count": item.count,
            "detail": item.detail,
            "repaired": item.repaired,
        }
        for item in found
    ]
    taken = {name: statement.excluded[name] for name in ("count", "detail", "repaired")}
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["kind", "subject"], set_={**taken, "seen_at": func.now()}
        ),
        values,
    )


def listed(session: Session) -> dict[str, Any]:
    """Return the differences, the oldest first, and when they were looked for last."""
    rows = session.scalars(select(Difference).order_by(Difference.first_seen_at, Difference.kind))
    checked_at = session.scalar(select(Reconciliation.ran_at).where(Reconciliation.name == NAME))
    return {
        "checked_at": checked_at and checked_at.isoformat(),
        "items": [
            {
                "kind": row.kind,
                "subject": row.subject,
                "count": row.count,
                "repaired": row.repaired,
                "detail": row.detail,
                "first_seen_at": row.first_seen_at.isoformat(),
                "seen_at": row.seen_at.isoformat(),
            }
            for row in rows
        ],
    }


def counts(session: Session) -> dict[str, int]:
    """Return how many differences of each kind stand now."""
    query = select(Difference.kind, func.count()).group_by(Difference.kind)
    return {kind: count for kind, count in session.execute(query)}


def long_ago(column: Any) -> ColumnElement[bool]:
    """Whether an instant lies further back than what is still on its way."""
    is_old: ColumnElement[bool] = column < func.now() - GRACE
    return is_old


def old_outbox(session: Session) -> Iterator[Found]:
    """Facts that no broker has confirmed for too long."""
    unsent = and_(OutboxRow.sent_at.is_(None), long_ago(OutboxRow.created_at))
    yield from _grouped(session, "outbox_unsent", OutboxRow.type, OutboxRow, unsent)


def stuck_inbox(session: Session) -> Iterator[Found]:
    """Kept facts that nobody tries: their time has passed, or they were given none."""
    late = and_(InboxRow.outcome.in_((inbox.WAITING, inbox.FAILED)), long_ago(InboxRow.next_at))
    yield from _grouped(session, "inbox_stuck", InboxRow.listener, InboxRow, late)
    lost = select(InboxRow).where(
        InboxRow.outcome.in_((inbox.WAITING, inbox.FAILED)),
        InboxRow.next_at.is_(None),
        long_ago(InboxRow.received_at),
    )
    rows = list(session.scalars(lost.limit(BATCH).with_for_update(skip_locked=True)))
    for row in rows:
        row.next_at = func.now()
    if rows:
        yield Found(kind="inbox_untimed", subject="inbox", count=len(rows), repaired=len(rows))


def dead_without_letter(session: Session) -> Iterator[Found]:
    """Facts that are dead and stand in no letter: a letter is written."""
    letter = select(DeadLetter.id).where(
        DeadLetter.source == InboxRow.source,
        DeadLetter.event_id == InboxRow.event_id,
        DeadLetter.listener == InboxRow.listener,
    )
    unseen = select(InboxRow).where(InboxRow.outcome == inbox.DEAD, ~letter.exists())
    rows = list(session.scalars(unseen.limit(BATCH).with_for_update(skip_locked=True)))
    for row in rows:
        inbox.bury(session, row, reason="failed", wire=row.wire or {}, fingerprint=row.fingerprint)
    if rows:
        yield Found(kind="dead_unlisted", subject="inbox", count=len(rows), repaired=len(rows))


def expired_jobs(session: Session) -> Iterator[Found]:
    """Runs of jobs whose lease is over and that nobody has taken up."""
    left = and_(JobRun.done_at.is_(None), long_ago(JobRun.lease_until))
    yield from _grouped(session, "job_lease_expired", JobRun.job, JobRun, left)


def stuck_mail(session: Session) -> Iterator[Found]:
    """Mails whose moment has come and that nobody sends, leases of dead senders included."""
    free = or_(OutgoingMail.lease_until.is_(None), long_ago(OutgoingMail.lease_until))
    due = and_(OutgoingMail.state.in_(OPEN), long_ago(OutgoingMail.next_at), free)
    notice = func.split_part(OutgoingMail.run, ":", 1)
    yield from _grouped(session, "mail_stuck", notice, OutgoingMail, and_(due, its_hour_has_come()))


CHECKS: tuple[Check, ...] = (
    old_outbox,
    stuck_inbox,
    dead_without_letter,
    expired_jobs,
    stuck_mail,
)


def _grouped(
    session: Session, kind: str, subject: Any, table: Any, where: ColumnElement[bool]
) -> Iterator[Found]:
    query = select(subject, func.count()).select_from(table).where(where).group_by(subject)
    for name, count in session.execute(query):
        yield Found(kind=kind, subject=str(name), count=count)
