"""Months are measured once, and again as soon as anything has come."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event, text

from chassis.db import Database
from services.reporting import answers, kept_values
from services.reporting.plan import month_or_default
from services.reporting.queries.base import Scope
from services.reporting.service import ReportingService
from tests.factories import as_service, instant
from tests.reporting.cast import accepted, body, closed, hear, resolved

NOW = instant("2022-06-30 18:00")


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    kept_values.forget()


def series(db: Database, now: datetime = NOW) -> dict[str, Any]:
    """How many bodies were in the base, by month."""
    with db.begin() as session:
        found = answers.indicators(session, "2022-06", "en", now=now)
    item = next(one for one in found["items"] if one["code"] == "R2.B.bodies")
    return {point["month"]: point["cumulative"] for point in item["series"]}


def statements(db: Database) -> int:
    """How many statements one more look needs."""
    seen: list[str] = []

    def note(*told: Any) -> None:
        seen.append(told[2])

    with db.begin() as session:
        engine = session.get_bind()
        event.listen(engine, "before_cursor_execute", note)
        try:
            answers.indicators(session, "2022-06", "en", now=NOW)
        finally:
            event.remove(engine, "before_cursor_execute", note)
    return len(seen)


def test_a_second_look_measures_nothing_again(reporting_db: Database) -> None:
    hear(reporting_db, body("B1", "2022-03-10"), closed("e1", "2022-02-01 10:00", 12))
    first, second = statements(reporting_db), statements(reporting_db)
    # What stays are the companions of the present month.
    assert second < first / 2


def test_what_comes_late_into_a_closed_month_is_seen_at_once(reporting_db: Database) -> None:
    hear(reporting_db, body("B1", "2022-03-10"))
    before = series(reporting_db)
    assert (before["2022-03"], before["2022-05"]) == (1, 1)
    hear(reporting_db, body("B2", "2022-03-11"))
    after = series(reporting_db)
    assert (after["2022-03"], after["2022-05"], after["2022-06"]) == (2, 2, 2)


def test_what_depends_on_the_hour_is_looked_at_each_time(reporting_db: Database) -> None:
    asked = accepted("О-1", "2022-06-01 10:00", due="2022-06-20")
    took = ("2022-06-01 10:00", "2022-06-22")
    hear(reporting_db, asked, resolved("О-2", "2022-06-02 10:00", took=took))

    def overdue(now: str) -> int:
        with reporting_db.begin() as session:
            found = answers.indicators(session, "2022-06", "en", now=instant(now))
        item = next(one for one in found["items"] if one["code"] == "R4")
        return next(one["value"] for one in item["beside"] if one["code"] == "overdue")

    assert (overdue("2022-06-01 12:00"), overdue("2022-06-29 12:00")) == (0, 1)


def test_it_keeps_nothing_that_an_event_came_into(reporting_db: Database) -> None:
    hear(reporting_db, body("B1", "2022-03-10"))
    plan, month = month_or_default("2022-03", NOW)
    scope, measured = Scope(plan=plan, month=month, now=NOW), []

    def measure() -> int:
        measured.append(1)
        if len(measured) == 1:
            hear(reporting_db, body("B2", "2022-03-11"))
        return len(measured)

    with reporting_db.begin() as session:
        at = kept_values.stamp(session)
        found = [kept_values.once(session, scope, at, what="R", measure=measure) for _ in range(2)]
        at = kept_values.stamp(session)
        found += [kept_values.once(session, scope, at, what="R", measure=measure) for _ in range(2)]
    assert found == [1, 2, 3, 3]


def test_a_rebuild_forgets(reporting_db: Database) -> None:
    hear(reporting_db, body("B1", "2022-03-10"))
    with reporting_db.begin() as session:
        session.execute(text("UPDATE client_fact SET portal_registered_at = '2022-04-02'"))
    assert series(reporting_db)["2022-04"] == 1 and series(reporting_db)["2022-03"] == 0
    ReportingService.rebuild.__wrapped__(as_service(reporting_db, ReportingService))
    assert series(reporting_db)["2022-03"] == 1
