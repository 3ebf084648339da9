"""When a monthly report is made: on the third working day, 09:00 Bishkek, once per period.

A tick asks which periods are due and not reported, plans them as jobs and works them off: claim,
compute, render, and then one transaction that stores the report, queues its mails and ends the
job. Whatever is killed in between leaves the job to the next tick. The schedule begins at the
state's first start: a period that ended before is never mailed by itself (architecture.md 2).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import calendar_kg, clock, jobs
from chassis.db import Database, is_away
from chassis.errors import Conflict
from chassis.failpoints import failpoint
from chassis.jobs import JobRun
from chassis.settings import Settings
from services.reporting import report_data, reports
from services.reporting.figures import WORKDAYS
from services.reporting.models_reports import Report, ScheduleStart
from services.reporting.plan import Plan, covering, plans
from services.reporting.rendering import Render
from services.reporting.rules import due

JOB = "monthly_report"
HOUR = 9
# A report takes seconds; after a crash the next instance may take the job over this soon.
LEASE_SECONDS = 120

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Desk:
    """What making a report needs: the database, the settings, and the renderer."""

    db: Database
    settings: Settings
    render: Render


def due_at(plan: Plan, month: str) -> datetime:
    """The instant (UTC) at which the report of a month is due."""
    return calendar_kg.at_local(due.report_day(month, plan.ends_on, WORKDAYS), HOUR)


def coming(session: Session, now: datetime) -> dict[str, str] | None:
    """The next report that the schedule will make, `month` and `due_at`; None after the last."""
    made = set(session.scalars(select(Report.month)))
    ahead = [
        (due_at(plan, month), month)
        for plan in plans()
        for month in plan.months
        if month not in made and due_at(plan, month) > now
    ]
    if not ahead:
        return None
    at, month = min(ahead)
    return {"month": month, "due_at": at.isoformat()}


def tick(desk: Desk) -> int:
    """Make every report that is due; how many were made by this call."""
    with desk.db.begin() as session:
        plan_due(session, clock.now())
        reports.send_waiting(session, desk.settings)
    made = 0
    while (run := _claim(desk)) is not None:
        made += _attempt(desk, run)
    return made


def first_start(session: Session, now: datetime) -> datetime:
    """When this state's schedule began: at the first tick ever, `now` if this is it."""
    query = select(ScheduleStart.first_started_at)
    known = session.scalar(query)
    if known is None:
        values = {"id": 1, "first_started_at": now}
        session.execute(insert(ScheduleStart).values(values).on_conflict_do_nothing())
        known = session.scalars(query).one()
    return known


def plan_due(session: Session, now: datetime) -> None:
    """Plan a job for every period that is due and has no report yet."""
    started = first_start(session, now)
    reported = {(plan, month) for plan, month in session.execute(select(Report.plan, Report.month))}
    for plan, month in _periods(started, now):
        if (plan.code, month) not in reported:
            jobs.plan(session, JOB, month, due_at(plan, month))


def _periods(started: datetime, now: datetime) -> Iterator[tuple[Plan, str]]:
    for plan in plans():
        for month in plan.months:
            ended_before = clock.month_bounds(month)[1] <= started
            if not ended_before and due_at(plan, month) <= now:
                yield plan, month


def _claim(desk: Desk) -> JobRun | None:
    with desk.db.begin() as session:
        run = jobs.claim(session, JOB, lease_seconds=LEASE_SECONDS)
    failpoint("report.after_claim")
    return run


def _attempt(desk: Desk, run: JobRun) -> bool:
    try:
        make(desk, run)
        return True
    except Conflict as lost:
        # Another instance has taken the run over and made the report: ours is thrown away.
        log.info("report_lost_claim", month=run.period, reason=str(lost))
    except Exception as problem:
        if is_away(problem):
            raise
        log.exception("report_failed", month=run.period)
        with desk.db.begin() as session:
            jobs.fail(session, run, f"{type(problem).__name__}: {str(problem)[:300]}")
    return False


def make(desk: Desk, run: JobRun) -> None:
    """Make the report of a claimed run; raises `Conflict` when the claim was lost meanwhile."""
    plan = covering(run.period)
    with desk.db.begin() as session:
        report_data.one_moment(session)
        data = report_data.compute(session, plan, run.period, made_at=clock.now())
    failpoint("report.after_compute")
    editions = [desk.render(data, language) for language in desk.settings.report_languages]
    failpoint("report.after_render")
    with desk.db.begin() as session:
        jobs.finish(session, run)
        report = reports.store(session, data, editions, due_at=run.due_at)
        reports.send(session, report, desk.settings, run=reports.first_run(report))
        failpoint("report.before_commit")
    failpoint("report.after_commit")
    log.info("report_made", month=run.period, report=str(report.id), position=report.position)
