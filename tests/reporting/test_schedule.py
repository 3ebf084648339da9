"""One report per period, none missing, none early: fault row 21, and the calendar's edges."""

from __future__ import annotations

import random
import threading
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from chassis import clock, context
from chassis.db import Database
from chassis.jobs import JobRun
from contracts.reporting import ReportMailedV1
from services.reporting import schedule
from services.reporting.models_reports import Report
from services.reporting.plan import covering
from tests.factories import emitted, instant
from tests.reporting.cast import body, hear
from tests.reporting.desk import desk, end_leases, months, plain_render, post

YEAR = [f"2022-{number:02}" for number in range(1, 13)]


class Killed(BaseException):
    """A process that ends here and now; nothing below may catch it."""


def tick_at(db: Database, at: datetime | str, **overrides: Any) -> int:
    """One tick at an instant of Bishkek."""
    with clock.freeze(instant(at) if isinstance(at, str) else at):
        return schedule.tick(desk(db, **overrides))


def started(db: Database, at: str = "2022-01-01 08:00") -> None:
    """The state's first tick."""
    tick_at(db, at)


@pytest.mark.parametrize(
    ("month", "due"),
    [
        ("2022-01", "2022-02-03 09:00"),
        ("2022-02", "2022-03-03 09:00"),
        ("2022-04", "2022-05-12 09:00"),
        ("2022-11", "2022-12-05 09:00"),
        ("2022-12", "2022-12-30 09:00"),
    ],
)
def test_it_is_due_on_the_third_working_day_and_at_the_plan_s_end(month: str, due: str) -> None:
    assert schedule.due_at(covering(month), month) == instant(due)


def test_it_makes_a_report_at_its_hour_and_not_before(reporting_db: Database) -> None:
    started(reporting_db)
    assert tick_at(reporting_db, "2022-02-03 08:59") == 0
    assert tick_at(reporting_db, "2022-02-03 09:00") == 1
    assert tick_at(reporting_db, "2022-02-03 09:00") == 0
    assert months(reporting_db) == ["2022-01"]


def test_it_begins_with_the_first_start(reporting_db: Database) -> None:
    """A period that ended before the first start is never mailed by itself."""
    started(reporting_db, "2022-04-02 10:00")
    assert tick_at(reporting_db, "2022-04-30 10:00") == 0
    tick_at(reporting_db, "2022-06-01 10:00")
    assert months(reporting_db) == ["2022-04"]


def test_it_makes_the_period_that_the_first_start_lies_in(reporting_db: Database) -> None:
    started(reporting_db, "2022-03-31 23:59")
    tick_at(reporting_db, "2022-04-05 09:00")
    assert months(reporting_db) == ["2022-03"]


def test_it_reports_a_year_twelve_times(reporting_db: Database) -> None:
    day = instant("2022-01-01 09:00")
    made = {}
    while day < instant("2023-02-01 09:00"):
        if tick_at(reporting_db, day):
            made[clock.day_of(day).isoformat()] = months(reporting_db)[-1]
        day += timedelta(days=1)
    assert list(made.values()) == YEAR
    assert list(made)[-2:] == ["2022-12-05", "2022-12-30"]


def test_it_catches_up_after_an_outage_over_three_periods(reporting_db: Database) -> None:
    started(reporting_db)
    assert tick_at(reporting_db, "2022-05-01 10:00") == 3
    with clock.freeze(instant("2022-05-01 10:05")):
        assert len(post(reporting_db).sent) == 3
    assert [event.data.late for event in emitted(reporting_db, "report_mailed")] == [True] * 3
    assert months(reporting_db) == ["2022-01", "2022-02", "2022-03"]


@pytest.mark.parametrize("jump", [timedelta(days=1), timedelta(days=-1)])
def test_it_survives_a_clock_that_jumps_a_day(reporting_db: Database, jump: timedelta) -> None:
    due = instant("2022-02-03 09:00")
    started(reporting_db)
    shown: list[datetime] = []
    for at in (due - timedelta(hours=1), due - timedelta(hours=1) + jump, due, due + jump, due):
        shown.append(at)
        tick_at(reporting_db, at)
        assert months(reporting_db) == (["2022-01"] if max(shown) >= due else [])
    with reporting_db.begin() as session:
        assert session.scalars(select(Report)).one().made_at >= due


def test_it_does_not_work_off_a_job_after_the_clock_went_back(reporting_db: Database) -> None:
    started(reporting_db)
    with clock.freeze(instant("2022-02-03 09:00")), reporting_db.begin() as session:
        schedule.plan_due(session, clock.now())
    assert tick_at(reporting_db, "2022-02-02 09:00") == 0
    assert tick_at(reporting_db, "2022-02-03 09:01") == 1


def run_schedulers(db: Database, count: int) -> None:
    """So many instances tick at once, each in a thread of its own."""

    def instance() -> None:
        with context.flowing("reporting"):
            schedule.tick(desk(db))
            post(db)

    threads = [threading.Thread(target=instance) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_it_makes_one_report_with_four_schedulers(reporting_db: Database) -> None:
    hear(reporting_db, body("A", "2022-01-10"))
    started(reporting_db)
    with clock.use(lambda: instant("2022-04-10 09:00")):
        run_schedulers(reporting_db, 4)
        post(reporting_db)
    assert months(reporting_db) == ["2022-01", "2022-02", "2022-03"]
    mailed = [event.data for event in emitted(reporting_db, "report_mailed")]
    assert sorted(data.month for data in mailed) == ["2022-01", "2022-02", "2022-03"]
    assert all(isinstance(data, ReportMailedV1) and data.recipients == 1 for data in mailed)


POINTS = [
    "report.after_claim",
    "report.after_compute",
    "report.after_render",
    "report.before_commit",
    "report.after_commit",
]


@pytest.mark.parametrize("point", POINTS)
def test_it_makes_one_report_though_killed_between_two_steps(
    reporting_db: Database, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    started(reporting_db)

    def kill(name: str) -> None:
        if name == point:
            raise Killed(name)

    with monkeypatch.context() as patched:
        patched.setattr(schedule, "failpoint", kill)
        with pytest.raises(Killed):
            tick_at(reporting_db, "2022-02-03 09:00")
    assert months(reporting_db) == (["2022-01"] if point == "report.after_commit" else [])
    assert tick_at(reporting_db, "2022-02-03 09:01") == 0
    end_leases(reporting_db)
    tick_at(reporting_db, "2022-02-03 09:05")
    with clock.freeze(instant("2022-02-03 09:06")):
        assert len(post(reporting_db).sent) == 1
    assert months(reporting_db) == ["2022-01"]
    assert len(emitted(reporting_db, "report_mailed")) == 1


def test_it_throws_its_work_away_when_another_instance_was_faster(
    reporting_db: Database,
) -> None:
    """Its lease ran out while it rendered; the fence of the other one wins."""
    started(reporting_db)

    def slow(data: Any, language: str) -> Any:
        end_leases(reporting_db)
        other.append(schedule.tick(desk(reporting_db)))
        return plain_render(data, language)

    other: list[int] = []
    with clock.freeze(instant("2022-02-03 09:00")):
        made = schedule.tick(schedule.Desk(reporting_db, desk(reporting_db).settings, slow))
    assert (made, other) == (0, [1])
    assert months(reporting_db) == ["2022-01"]


def test_it_tries_again_after_an_error_in_rendering(reporting_db: Database) -> None:
    started(reporting_db)

    def broken(data: Any, language: str) -> Any:
        raise RuntimeError("no fonts")

    with clock.freeze(instant("2022-02-03 09:00")):
        assert schedule.tick(schedule.Desk(reporting_db, desk(reporting_db).settings, broken)) == 0
        with reporting_db.begin() as session:
            assert session.scalars(select(JobRun)).one().last_error == "RuntimeError: no fonts"
        assert schedule.tick(desk(reporting_db)) == 0
        end_leases(reporting_db)
        assert schedule.tick(desk(reporting_db)) == 1


def test_it_comes_out_right_for_four_schedulers_that_die_at_random(
    new_database: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fault row 21 over a year: instances die anywhere, the clock jumps, whole weeks are down."""
    chance = random.Random(7)
    db = new_database("reporting")
    started(db)

    def perhaps(name: str) -> None:
        if chance.random() < 0.3:
            raise Killed(name)

    monkeypatch.setattr(schedule, "failpoint", perhaps)
    at = instant("2022-01-20 09:00")
    while at < instant("2023-02-10 09:00"):
        for _ in range(4):
            jumped = at + timedelta(days=chance.choice([-1, 0, 0, 0]))
            try:
                tick_at(db, jumped)
                with clock.freeze(jumped):
                    post(db)
            except Killed:
                continue
        end_leases(db)
        at += timedelta(days=chance.choice([3, 5, 8, 40]))
    monkeypatch.setattr(schedule, "failpoint", lambda name: None)
    tick_at(db, at)
    with clock.freeze(at):
        post(db)
    assert months(db) == YEAR
    with db.begin() as session:
        reports = list(session.scalars(select(Report)))
    assert all(report.made_at >= report.due_at for report in reports)
    assert sorted(event.data.month for event in emitted(db, "report_mailed")) == YEAR
