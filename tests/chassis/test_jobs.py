"""Scheduled work: one result per job and period for any number of instances and after crashes."""

import random
import threading
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text, update

from chassis import clock, jobs
from chassis.errors import Conflict
from tests.factories import instant

NOW = instant("2022-03-03 09:00")
ONE_AT_A_TIME = threading.Lock()


def plan(db: Any, period: str = "2022-02", due: str = "2022-03-03 09:00") -> None:
    with db.begin() as session:
        jobs.plan(session, "report", period, instant(due))


def claim(db: Any) -> jobs.JobRun | None:
    with db.begin() as session:
        return jobs.claim(session, "report")


def end_leases(db: Any) -> None:
    # Two such updates of all rows at a time would wait for each other.
    with ONE_AT_A_TIME, db.begin() as session:
        session.execute(update(jobs.JobRun).values(lease_until=text("now() - interval '1 s'")))


def test_it_is_not_due_before_its_time(chassis_db):
    plan(chassis_db)
    with clock.freeze(NOW - timedelta(seconds=1)):
        assert claim(chassis_db) is None
    with clock.freeze(NOW):
        assert claim(chassis_db).period == "2022-02"


def test_it_plans_a_period_once(chassis_db):
    plan(chassis_db)
    plan(chassis_db, due="2023-01-01 09:00")
    with chassis_db.begin() as session:
        assert [run.due_at for run in session.scalars(select(jobs.JobRun))] == [NOW]


def test_it_is_claimed_by_one_instance_at_a_time(chassis_db):
    plan(chassis_db)
    with clock.freeze(NOW):
        assert claim(chassis_db) is not None
        assert claim(chassis_db) is None


def test_it_is_taken_over_when_the_lease_is_over_and_the_first_can_no_longer_finish(chassis_db):
    plan(chassis_db)
    with clock.freeze(NOW):
        first = claim(chassis_db)
        end_leases(chassis_db)
        second = claim(chassis_db)
        with pytest.raises(Conflict), chassis_db.begin() as session:
            jobs.finish(session, first)
        with chassis_db.begin() as session:
            jobs.finish(session, second)
        end_leases(chassis_db)
        assert claim(chassis_db) is None


def test_it_takes_missed_periods_oldest_first(chassis_db):
    plan(chassis_db, "2022-03", "2022-04-05 09:00")
    plan(chassis_db, "2022-02", "2022-03-03 09:00")
    with clock.freeze(instant("2022-06-01 12:00")):
        assert [claim(chassis_db).period, claim(chassis_db).period] == ["2022-02", "2022-03"]


def test_it_gives_a_failed_run_back_with_its_error(chassis_db):
    plan(chassis_db)
    with clock.freeze(NOW):
        run = claim(chassis_db)
        with chassis_db.begin() as session:
            jobs.fail(session, run, "no paper", retry_seconds=-1)
        again = claim(chassis_db)
    assert (again.last_error, again.fence) == ("no paper", 2)


def test_it_does_the_work_once_with_four_schedulers_that_crash_at_random(chassis_db):
    """Fault row 21 in small: effects and ``done_at`` are one transaction."""
    dice = random.Random(21)
    for month in range(1, 7):
        plan(chassis_db, f"2022-{month:02}", f"2022-{month:02}-10 09:00")

    def scheduler() -> None:
        for _ in range(30):
            with clock.freeze(instant("2022-12-01 09:00")):
                run = claim(chassis_db)
                if run is None or dice.random() < 0.4:
                    end_leases(chassis_db)
                    continue
                try:
                    with chassis_db.begin() as session:
                        session.execute(
                            text("INSERT INTO heard (ref) VALUES (:ref)"), {"ref": run.period}
                        )
                        jobs.finish(session, run)
                except Conflict:
                    continue

    threads = [threading.Thread(target=scheduler) for _ in range(4)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    from tests.chassis.conftest import heard

    assert sorted(heard(chassis_db)) == [f"2022-{month:02}" for month in range(1, 7)]
