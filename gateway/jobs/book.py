"""The book of jobs: asked for, claimed with a lease, their progress, their files."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import Session

from chassis import paging
from chassis.errors import NotFound
from gateway.models_own import BackgroundJob, JobChunk

QUEUED, RUNNING = "queued", "running"
DONE, FAILED, CANCELLED = "done", "failed", "cancelled"
LEASE = timedelta(seconds=60)
KEPT = timedelta(days=7)
MOST_PROBLEMS = 100
CHUNK = 1024 * 1024
Values = dict[str, Any]


class Lost(Exception):
    """The job is somebody else's now, or was cancelled: stop and write nothing."""


@dataclass(frozen=True, slots=True)
class NewJob:
    """What is asked for: a kind of job, on what a filter finds or on chosen things."""

    what: str
    owner: str
    language: str
    query: str | None
    things: list[str] | None
    params: Values


def ask(session: Session, asked: NewJob, *, request_key: bytes) -> Values:
    """Return a new job; the same ``request_key`` again is the same job."""
    known = select(BackgroundJob).where(BackgroundJob.request_key == request_key)
    row = session.scalars(known).one_or_none()
    if row is None:
        row = BackgroundJob(
            what=asked.what,
            owner=asked.owner,
            language=asked.language,
            query=asked.query,
            params=asked.params,
            things=asked.things,
            total=len(asked.things) if asked.things is not None else None,
            problems=[],
            state=QUEUED,
            request_key=request_key,
        )
        session.add(row)
        session.flush()
        session.refresh(row)
    return plain(row)


def get(session: Session, job_id: uuid.UUID, owner: str) -> BackgroundJob:
    """Return a job of ``owner``; raises ``NotFound`` for anybody else's."""
    row = session.get(BackgroundJob, job_id)
    if row is None or row.owner != owner:
        raise NotFound("job", job_id)
    return row


def listed(session: Session, owner: str, query: Values) -> Values:
    """Return a page of one's own jobs, the newest first; ``query``: limit, cursor."""
    limit = paging.page_size(query)
    statement = paging.keyset(
        select(BackgroundJob).where(BackgroundJob.owner == owner),
        [BackgroundJob.created_at, BackgroundJob.id],
        cursor=query.get("cursor"),
        limit=limit,
        descending=True,
    )
    rows, following = paging.page(session.scalars(statement).all(), limit, ["created_at", "id"])
    return {"items": [plain(row) for row in rows], "next": following, "total": None}


def cancel(session: Session, job_id: uuid.UUID, owner: str) -> Values:
    """Return the job, which stops at its next step; one that is over stays as it is."""
    row = get(session, job_id, owner)
    if row.state in (QUEUED, RUNNING):
        row.state, row.finished_at = CANCELLED, session.scalar(select(func.now()))
    return plain(row)


def claim(session: Session) -> BackgroundJob | None:
    """Take the oldest job that waits, or whose worker is gone; None when there is none."""
    free = or_(BackgroundJob.lease_until.is_(None), BackgroundJob.lease_until < func.now())
    query = (
        select(BackgroundJob)
        .where(BackgroundJob.state.in_((QUEUED, RUNNING)), free)
        .order_by(BackgroundJob.created_at)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    row = session.scalars(query).one_or_none()
    if row is not None:
        row.state, row.fence = RUNNING, row.fence + 1
        row.lease_until = session.scalars(select(func.now())).one() + LEASE
        session.flush()
        session.expunge(row)
    return row


def note(session: Session, job: BackgroundJob, **values: Any) -> None:
    """Write how far a job is and keep it for another minute; raises ``Lost``."""
    mine = update(BackgroundJob).where(
        BackgroundJob.id == job.id,
        BackgroundJob.fence == job.fence,
        BackgroundJob.state == RUNNING,
    )
    done = session.execute(mine.values(lease_until=func.now() + LEASE, **values))
    if not done.rowcount:  # type: ignore[attr-defined]
        raise Lost
    for name, value in values.items():
        setattr(job, name, value)


def finish(session: Session, job: BackgroundJob, state: str, **values: Any) -> None:
    """Close a job; raises ``Lost``."""
    note(session, job, state=state, finished_at=func.now(), **values)


def keep_file(session: Session, job: BackgroundJob, path: Path) -> int:
    """Keep the bytes of a job's file in pieces; return how many there are."""
    session.execute(delete(JobChunk).where(JobChunk.job_id == job.id))
    size = 0
    with path.open("rb") as file:
        for number, content in enumerate(iter(lambda: file.read(CHUNK), b"")):
            session.add(JobChunk(job_id=job.id, number=number, content=content))
            session.flush()
            session.expunge_all()
            size += len(content)
    return size


def read_file(session: Session, job_id: uuid.UUID) -> Iterator[bytes]:
    """Return the pieces of a job's file in their order."""
    query = select(JobChunk.content).where(JobChunk.job_id == job_id).order_by(JobChunk.number)
    yield from session.scalars(query)


def drop_old(session: Session) -> None:
    """Forget files after a week, and jobs with them."""
    over = BackgroundJob.finished_at < func.now() - KEPT
    session.execute(delete(BackgroundJob).where(over))


def plain(row: BackgroundJob) -> Values:
    """Return a job as readers get it."""
    file = None
    if row.file_name:
        file = {"name": row.file_name, "media_type": row.file_media, "size": row.file_size}
    return {
        "id": str(row.id),
        "what": row.what,
        "state": row.state,
        "query": row.query,
        "params": row.params,
        "chosen": row.things is not None and row.query is None,
        "done": row.done,
        "total": row.total,
        "refused": row.refused,
        "problems": row.problems,
        "error": row.error,
        "file": file,
        "created_at": row.created_at.isoformat(),
        "finished_at": row.finished_at and row.finished_at.isoformat(),
    }
