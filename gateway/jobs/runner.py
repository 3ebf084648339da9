"""The runner of jobs: does them step by step on behalf of their owners, and writes how far."""

import tempfile
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import eventlet
import structlog
from sqlalchemy import select

from chassis.errors import AymakError, Forbidden, Unavailable
from chassis.problems import describe
from chassis.ticks import every
from gateway import drafts, inside, off_hub, policy
from gateway.console import words
from gateway.desk import Caller, Desk
from gateway.inside import Ask, Asker, Values
from gateway.jobs import book
from gateway.jobs.book import Lost
from gateway.jobs.kinds import KINDS, MOST_CHOSEN, Bulk, Export, screen_of
from gateway.jobs.sheets import FORMATS
from gateway.models import Account
from gateway.models_own import BackgroundJob
from gateway.routes import WORDS

log = structlog.get_logger()
PAGE = 200
# So many acts pass between two notes of progress.
STEP = 20
PATIENCE = (1.0, 5.0, 15.0)


class JobRunner(Desk):
    """The ticks of jobs; the truth of what is to be done lies in the database."""

    @every(1)
    def tick_jobs(self) -> None:
        """Do the jobs that wait, one after the other."""
        while run_one(self):
            pass

    @every(600)
    def tick_old(self) -> None:
        """Forget old drafts, jobs and their files."""
        with self.db.begin() as session:
            drafts.drop_old(session)
            book.drop_old(session)


def run_one(desk: Desk) -> bool:
    """Do one job; return whether there was any."""
    with desk.db.begin() as session:
        job = book.claim(session)
    if job is None:
        return False
    try:
        _run(desk, job)
    except Lost:
        log.info("job_lost", job=str(job.id))
    except AymakError as problem:
        _fail(desk, job, problem.code)
    except Exception:
        log.exception("job_failed", job=str(job.id))
        _fail(desk, job, "internal")
    return True


def _run(desk: Desk, job: BackgroundJob) -> None:
    kind, asker = KINDS[job.what], _owner(desk, job)
    if policy.sight(asker.caller.role, kind.access) is None:
        raise Forbidden()
    if isinstance(kind, Export):
        _export(desk, job, kind, asker)
    else:
        _bulk(desk, job, kind, asker)


def _fail(desk: Desk, job: BackgroundJob, code: str) -> None:
    try:
        with desk.db.begin() as session:
            book.finish(session, job, book.FAILED, error=code)
    except Lost:
        log.info("job_lost", job=str(job.id))


def _owner(desk: Desk, job: BackgroundJob) -> Asker:
    """Return the owner as they are now; raises ``Forbidden`` for one who is out."""
    with desk.db.begin() as session:
        query = select(Account).where(Account.login == job.owner, Account.disabled_at.is_(None))
        account = session.scalars(query).one_or_none()
        if account is None:
            raise Forbidden()
        caller = Caller(account.login, account.role, "")
    return Asker(caller=caller, language=job.language, address="job")


# --- exports -------------------------------------------------------------------------------------


def _export(desk: Desk, job: BackgroundJob, kind: Export, asker: Asker) -> None:
    fmt = FORMATS[job.params.get("format", "xlsx")]
    with tempfile.TemporaryDirectory() as folder, words.speaking(job.language):
        path = Path(folder) / f"export.{fmt.suffix}"
        name = words.t(f"nav.{screen_of(job.what)}")
        sheet = fmt(path, kind.table.headings(), name)
        done = 0
        for page in _pages(desk, job, kind, asker):
            for item in page:
                sheet.add(kind.table.row(item))
            done += len(page)
            with desk.db.begin() as session:
                book.note(session, job, done=done)
        # The pieces of a workbook are packed when it is closed: seconds for a long one.
        off_hub.run(sheet.close)
        with desk.db.begin() as session:
            size = book.keep_file(session, job, path)
            file_name = f"{name} {date.today().isoformat()}.{fmt.suffix}"
            book.finish(
                session,
                job,
                book.DONE,
                total=done,
                file_name=file_name,
                file_media=fmt.media,
                file_size=size,
            )


def _pages(
    desk: Desk, job: BackgroundJob, kind: Export, asker: Asker
) -> Iterator[list[dict[str, Any]]]:
    if job.things is not None:
        for thing in job.things:
            ask = Ask(values={kind.table.value: thing})
            yield [_patiently(desk, asker, kind.table.one, ask)]
        return
    yield from _walk(desk, job, kind.table.listed, asker)


def _walk(
    desk: Desk, job: BackgroundJob, route: str, asker: Asker
) -> Iterator[list[dict[str, Any]]]:
    """Return the pages of a list under the job's filter; the first one says how long it is."""
    query: Values = {**dict(parse_qsl(job.query or "")), "limit": PAGE}
    while True:
        page = _patiently(desk, asker, route, Ask(query=query))
        if job.total is None and page.get("total") is not None:
            with desk.db.begin() as session:
                book.note(session, job, total=page["total"])
        yield page["items"]
        cursor = inside.cursor_of(page)
        if cursor is None:
            return
        query["cursor"] = cursor


# --- acts on many things -------------------------------------------------------------------------


def _bulk(desk: Desk, job: BackgroundJob, kind: Bulk, asker: Asker) -> None:
    if job.things is None:
        # Found first and kept: the act changes what the filter finds.
        found = [str(item["id"]) for page in _walk(desk, job, kind.listed, asker) for item in page]
        with desk.db.begin() as session:
            book.note(session, job, things=found[:MOST_CHOSEN], total=len(found[:MOST_CHOSEN]))
    things = job.things or []
    for start in range(job.done, len(things), STEP):
        problems, refused = list(job.problems), job.refused
        for thing in things[start : start + STEP]:
            if problem := _act(desk, job, kind, asker, thing):
                refused += 1
                problems.append(problem)
        with desk.db.begin() as session:
            done = min(start + STEP, len(things))
            kept = problems[: book.MOST_PROBLEMS]
            book.note(session, job, done=done, refused=refused, problems=kept)
    with desk.db.begin() as session:
        book.finish(session, job, book.DONE)


def _act(
    desk: Desk, job: BackgroundJob, kind: Bulk, asker: Asker, thing: str
) -> dict[str, Any] | None:
    """Do the act on one thing, once whoever does the job; return what it was refused for."""
    headers = {"Idempotency-Key": f"{job.id}:{thing}"}
    if kind.any_version:
        headers["If-Match"] = "*"
    ask = Ask(values={kind.value: thing}, body=kind.body(job.params), headers=headers)
    try:
        _patiently(desk, asker, kind.act, ask)
    except Unavailable:
        raise
    except AymakError as problem:
        described = describe(problem, WORDS, job.language)
        return {"thing": thing, "code": problem.code, "title": described["detail"]}
    return None


def _patiently(desk: Desk, asker: Asker, route: str, ask: Ask) -> Any:
    """Ask a route; a service that is away for a moment is asked again."""
    for pause in PATIENCE:
        try:
            return inside.read(inside.call(desk, asker, route, ask))
        except Unavailable:
            eventlet.sleep(pause)
    return inside.read(inside.call(desk, asker, route, ask))
