"""The pure rules: due days, forecast, states, next actions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import calendar_kg
from services.reporting.documents.model import Companion, Forecast, Indicator, Unmeasured, Words
from services.reporting.documents.vocabulary import ACTIONS
from services.reporting.figures import WORKDAYS
from services.reporting.rules import due, forecast, states
from services.reporting.rules.actions import Moment, next_actions
from services.reporting.rules.forecast import Span
from services.reporting.rules.states import Standing

YEAR = Span(starts_on=date(2022, 1, 1), due_on=date(2022, 12, 30), through=date(2022, 6, 30))
EVENTS = replace(YEAR, due_on=date(2022, 11, 30))


def test_it_computes_the_golden_forecasts() -> None:
    """Product.md section 12."""
    assert (YEAR.elapsed, YEAR.total, YEAR.remaining) == (181, 364, 183)
    assert forecast.whole(forecast.pace(46, YEAR) or 0) == 92
    assert round(forecast.pace(46, YEAR) or 0, 1) == 92.5
    assert round(forecast.needed_per_month(46, 130, YEAR) or 0, 2) == 13.95
    assert round(forecast.pace(21, EVENTS) or 0, 2) == 38.75
    assert round(forecast.needed_per_month(21, 50, EVENTS) or 0, 2) == 5.76


def test_it_forecasts_nothing_before_the_plan_and_after_the_due_day() -> None:
    assert forecast.pace(3, replace(YEAR, through=date(2021, 12, 31))) is None
    assert forecast.pace(3, replace(YEAR, through=date(2022, 12, 31))) is None
    assert forecast.pace(3, replace(YEAR, through=date(2022, 12, 30))) == 3


def test_it_needs_nothing_when_nothing_or_no_time_remains() -> None:
    assert forecast.needed_per_month(130, 130, YEAR) is None
    assert forecast.needed_per_month(1, 130, replace(YEAR, through=YEAR.due_on)) is None


@given(
    reached=st.integers(0, 1000),
    target=st.integers(1, 1000),
    day=st.dates(date(2022, 1, 1), date(2022, 12, 29)),
)
def test_it_agrees_with_itself(reached: int, target: int, day: date) -> None:
    """Keeping the needed pace to the due day reaches the target; a forecast never shrinks."""
    span = replace(YEAR, through=day)
    needed = forecast.needed_per_month(reached, target, span)
    if needed is None:
        assert reached >= target
    else:
        months = span.remaining / forecast.DAYS_PER_MONTH
        assert reached + needed * months == pytest.approx(target)
    assert (forecast.pace(reached, span) or 0) >= reached
    assert (forecast.pace(reached + 1, span) or 0) > (forecast.pace(reached, span) or 0)


STANDING = Standing(
    kind="monthly_min", target=2, measured=True, reached=1, through=date(2022, 3, 10)
)
TWENTIETH = date(2022, 3, 20)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kind": "proxy", "target": None}, None),
        ({"measured": False}, "not_measured"),
        ({"kind": "every", "target": None}, None),
        ({"reached": 2}, "met"),
        ({"reached": 2, "over": True}, "met"),
        ({"over": True}, "missed"),
        ({"reached": None, "over": True}, "missed"),
        ({"risky_on": TWENTIETH, "through": date(2022, 3, 19)}, "on_track"),
        ({"risky_on": TWENTIETH, "through": TWENTIETH}, "at_risk"),
        ({"risky_on": None, "through": date(2022, 3, 31)}, "on_track"),
        ({"kind": "cumulative", "target": 50, "forecast": 50.0}, "on_track"),
        ({"kind": "cumulative", "target": 50, "forecast": 49.99}, "at_risk"),
        ({"kind": "cumulative", "target": 50, "forecast": None}, "at_risk"),
        ({"kind": "cumulative", "target": 50, "forecast": 90.0, "over": True}, "missed"),
        ({"kind": "document", "reached": 0, "working_days_left": 6}, "on_track"),
        ({"kind": "document", "reached": 0, "working_days_left": 5}, "at_risk"),
        ({"kind": "share", "reached": 24.9, "target": 25, "working_days_left": 9}, "on_track"),
    ],
)
def test_it_judges_a_row(changes: dict[str, object], expected: str | None) -> None:
    assert states.state(replace(STANDING, **changes)) == expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("month", "expected"),
    [("2022-01", "2022-02-28"), ("2022-02", "2022-02-28"), ("2022-11", "2022-12-30")],
)
def test_it_ends_a_window_on_its_last_working_day(month: str, expected: str) -> None:
    assert due.window_end(month, date(2022, 1, 1), WORKDAYS).isoformat() == expected


def test_it_pairs_the_months() -> None:
    start = date(2022, 1, 1)
    assert due.window("2022-03", start) == due.window("2022-04", start) == ("2022-03", "2022-04")
    assert due.window("2022-12", start) == ("2022-11", "2022-12")


def test_it_ends_a_year_of_months() -> None:
    assert due.month_end("2022-12") == date(2022, 12, 31)
    assert due.month_end("2024-02") == date(2024, 2, 29)


@given(st.dates(date(2021, 12, 1), date(2022, 11, 30)))
def test_it_reports_a_month_on_a_working_day_of_the_next_one(day: date) -> None:
    month = f"{day:%Y-%m}"
    found = due.report_day(month, date(2022, 12, 31), WORKDAYS)
    end = due.month_end(month)
    assert calendar_kg.is_working_day(found)
    assert calendar_kg.working_days_between(end, found) == 3
    assert timedelta() < found - end < timedelta(days=15)


def indicator(code: str, **values: object) -> Indicator:
    """A figure of the Terms of Reference with what matters to the actions."""
    return Indicator(code=code, row=1, title=Words(ru=code), kind="cumulative", **values)  # type: ignore[arg-type]


MOMENT = Moment(
    through=date(2022, 6, 30), window="2022-05/2022-06", measurable=frozenset({"R4", "R9"})
)


def test_it_puts_the_most_urgent_action_first() -> None:
    seen = Forecast(due_on=date(2022, 11, 30), base=21, value=38.75, needed_per_month=5.76)
    found = next_actions(
        [
            indicator("R2.f", beside=(_beside("records", 9), _beside("records_confirmed", 7))),
            indicator("R4", state="missed", target=2, actual=0, beside=(_beside("overdue", 3),)),
            indicator("R9", state="at_risk", target=50, forecast=seen),
            indicator("R10", state="not_measured", due_on=date(2022, 6, 30)),
        ],
        MOMENT,
    )
    assert [(action.code, action.indicator) for action in found] == [
        ("resolve_inquiries", "R4"),
        ("answer_overdue", "R4"),
        ("hold_events", "R9"),
        ("send_note", "R10"),
        ("confirm_records", "R2.f"),
    ]
    assert found[2].params == {"count": "29", "needed": "5.8", "due_on": "2022-11-30"}
    assert found[3].params == {"due_on": "2022-06-30", "window": "2022-05/2022-06"}
    assert all(set(action.params) == set(ACTIONS[action.code]) for action in found)


def _beside(code: str, value: float) -> Companion:
    return Companion(code=code, value=value)  # type: ignore[arg-type]


def test_it_asks_for_events_that_nobody_sends() -> None:
    silent = Unmeasured(since=date(2022, 1, 1), awaited=("inquiry_resolved",))
    rows = [
        indicator("R4", state="not_measured", unmeasured=silent),
        indicator("R5", state="not_measured", unmeasured=silent),
    ]
    assert [action.indicator for action in next_actions(rows, MOMENT)] == ["R4"]


def test_it_wants_nothing_of_what_is_reached() -> None:
    done = Forecast(due_on=date(2022, 11, 30), base=50, value=90)
    rows = [
        indicator("R4", state="met", target=2, actual=3, beside=(_beside("overdue", 0),)),
        indicator("R9", state="met", target=50, forecast=done),
        indicator("R13", state="not_measured", due_on=date(2022, 12, 31)),
    ]
    assert next_actions(rows, MOMENT) == ()
