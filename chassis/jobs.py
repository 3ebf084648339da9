"""Scheduled work: one row per job and period, whoever notices that it is due.

A tick only asks "what is due now?": it plans the periods that are due (also missed ones), claims
one with a lease and a fence, and finishes it in the transaction of its effects. Ticks that are
missed, doubled or run by three instances at once give one result (quality.md §2, rule 11).
"""

from datetime import datetime, timedelta

from sqlalchemy import Integer, String, Text, func, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis import clock
from chassis.db import Base, Instant
from chassis.errors import Conflict

LEASE_SECONDS = 300


class JobRun(Base):
    """One job of one period; ``due_at``, ``done_at`` are domain time, the lease the database's."""

    __tablename__ = "job_run"

    job: Mapped[str] = mapped_column(String(100), primary_key=True)
    period: Mapped[str] = mapped_column(String(40), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    fence: Mapped[int] = mapped_column(Integer, server_default="0")
    done_at: Mapped[datetime | None] = mapped_column(Instant)
    last_error: Mapped[str | None] = mapped_column(Text)


def plan(session: Session, job: str, period: str, due_at: datetime) -> None:
    """Note that ``job`` is to run for ``period`` at ``due_at``; a second time changes nothing.

    ``period`` is calendar text in Bishkek time, ``2022-03``.
    """
    values = {"job": job, "period": period, "due_at": due_at}
    session.execute(insert(JobRun).values(values).on_conflict_do_nothing())


def claim(session: Session, job: str, *, lease_seconds: int = LEASE_SECONDS) -> JobRun | None:
    """Take the oldest due run of ``job`` for ``lease_seconds``; None when nothing is due or free.

    Commit the claim before the work. The returned row's ``fence`` proves the claim in ``finish``.
    """
    query = (
        select(JobRun)
        .where(
            JobRun.job == job,
            JobRun.done_at.is_(None),
            JobRun.due_at <= clock.now(),
            or_(JobRun.lease_until.is_(None), JobRun.lease_until < func.now()),
        )
        .order_by(JobRun.due_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    run = session.scalars(query).one_or_none()
    if run is not None:
        run.fence += 1
        run.lease_until = func.now() + timedelta(seconds=lease_seconds)
        session.flush()
        session.refresh(run)
    return run


def finish(session: Session, run: JobRun) -> None:
    """Mark a claimed run as done in the transaction of its effects.

    Raises ``Conflict`` when another instance has taken the run since: then nothing is committed.
    """
    done = session.execute(
        update(JobRun)
        .where(
            JobRun.job == run.job,
            JobRun.period == run.period,
            JobRun.fence == run.fence,
            JobRun.done_at.is_(None),
        )
        .values(done_at=clock.now(), lease_until=None, last_error=None)
    )
    if done.rowcount != 1:  # type: ignore[attr-defined]
        raise Conflict("lost_claim", f"{run.job} {run.period} was taken by another instance")


def fail(session: Session, run: JobRun, error: str, *, retry_seconds: int = 60) -> None:
    """Give a claimed run back after an error; it is tried again after ``retry_seconds``."""
    session.execute(
        update(JobRun)
        .where(JobRun.job == run.job, JobRun.period == run.period, JobRun.fence == run.fence)
        .values(lease_until=func.now() + timedelta(seconds=retry_seconds), last_error=error)
    )


def count_due(session: Session) -> int:
    """Return how many runs are due and not done."""
    query = select(func.count()).select_from(JobRun)
    return session.scalar(query.where(JobRun.done_at.is_(None), JobRun.due_at <= clock.now())) or 0
