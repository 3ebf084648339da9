"""The nineteen figures of a month: measured values, states, forecasts, what changed since mailed.

Everything is computed from the facts at the moment of asking; nothing is stored as a figure but
what a report said when it was made. Codes without a measure here stand in the plan with target
and due date and are `not_measured` until their events come.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import calendar_kg, clock
from services.reporting import kept_values
from services.reporting.documents.model import (
    Companion,
    Evidence,
    Forecast,
    Indicator,
    MonthPoint,
    State,
    Unmeasured,
)
from services.reporting.plan import FigureRow
from services.reporting.queries.base import Figure, Scope, Value, first_seen
from services.reporting.queries.bodies import BODIES, STAFF
from services.reporting.queries.events import EVENTS
from services.reporting.queries.freshness import FRESHNESS
from services.reporting.queries.inquiries import RESOLVED
from services.reporting.queries.mailings import MAILINGS
from services.reporting.queries.notices import NOTICES
from services.reporting.rules import due, forecast, states
from services.reporting.rules.workdays import WorkDays

FIGURES: Mapping[str, Figure] = {
    "R2.A.bodies": BODIES,
    "R2.A.staff": STAFF,
    "R2.B.bodies": BODIES,
    "R2.B.staff": STAFF,
    "R2.f": FRESHNESS,
    "R3": NOTICES,
    "R4": RESOLVED,
    "R8": MAILINGS,
    "R9": EVENTS,
}
WORKDAYS = WorkDays(
    between=calendar_kg.working_days_between,
    nth=calendar_kg.nth_working_day,
    last=calendar_kg.last_working_day,
)
NOTHING = Value(actual=None)


@dataclass(frozen=True, slots=True)
class History:
    """The measured values of every code, month by month, from the plan's first month on.

    A month in which a code was not measured yet has no entry. `stamp` is the state of the journal
    before anything was measured.
    """

    values: Mapping[tuple[str, str], Value]
    stamp: kept_values.Stamp | None

    def at(self, code: str, month: str | None) -> Value | None:
        """The value of a month; None where it was not measured (or there is no such month)."""
        return self.values.get((code, month)) if month else None

    def series(self, code: str, months: list[str]) -> tuple[MonthPoint, ...]:
        """The points of a chart; empty for a code that was never measured."""
        found = [(month, self.at(code, month)) for month in months]
        if not any(value for _, value in found):
            return ()
        return tuple(
            MonthPoint(month=month, actual=value.actual, cumulative=value.cumulative)
            for month, value in ((month, value or NOTHING) for month, value in found)
        )


def history(session: Session, scope: Scope) -> History:
    """Measure every code in every month of the plan up to the scope's."""
    stamp = kept_values.stamp(session)
    seen = first_seen(session)
    values: dict[tuple[str, str], Value] = {}
    for month in clock.months_between(scope.plan.months[0], scope.month):
        there = _ended(scope, month)
        measure = partial(_measured, session, there, seen)
        found = kept_values.once(session, there, stamp, what="values", measure=measure)
        values |= {(code, month): value for code, value in found.items()}
    return History(values, stamp)


def _ended(scope: Scope, month: str) -> Scope:
    """A month as seen from its end, so that nothing depends on the hour of asking."""
    return Scope(plan=scope.plan, month=month, now=clock.month_bounds(month)[1])


def _measured(session: Session, scope: Scope, seen: Mapping[str, dt.datetime]) -> dict[str, Value]:
    """Measure every code in one month; one that is not measured yet has no entry."""
    found: dict[str, Value] = {}
    for family in _families(scope):
        if is_measured(family[0], scope, seen):
            value = FIGURES[family[0].code].value(session, scope, family[0])
            found |= {row.code: value for row in family}
    return found


def _families(scope: Scope) -> list[list[FigureRow]]:
    """The plan's measured rows; stages that add to each other share one figure."""
    families: dict[int, list[FigureRow]] = {}
    for row in scope.plan.figures:
        if row.code in FIGURES:
            families.setdefault(id(FIGURES[row.code]), []).append(row)
    return list(families.values())


def is_measured(row: FigureRow, scope: Scope, seen: Mapping[str, dt.datetime]) -> bool:
    """Whether an event of the row's types has come by the month's end (product.md section 3).

    A code without a measure here is never measured, whatever comes.
    """
    return row.code in FIGURES and any(
        name in seen and seen[name] < scope.end for name in row.events
    )


def indicators(session: Session, scope: Scope, measured: History) -> tuple[Indicator, ...]:
    """All codes of the plan in this month, with companions; evidence is added by `proven`."""
    return tuple(_indicator(session, scope, row, measured) for row in scope.plan.figures)


def _indicator(session: Session, scope: Scope, row: FigureRow, measured: History) -> Indicator:
    value = measured.at(row.code, scope.month)
    before = measured.at(row.code, scope.previous_month)
    months = clock.months_between(scope.plan.months[0], scope.month)
    judged = _judged(scope, row, value)
    indicator = Indicator(
        code=row.code,
        row=row.row,
        title=row.title,
        kind=row.kind,
        unit=row.unit,
        stage=row.stage,
        target=scope.plan.target(row),
        due_on=due_on(scope, row),
        state=judged[0],
        forecast=judged[1],
        previous_state=_previous_state(scope, row, before),
        previous_actual=before.actual if before else None,
        previous_cumulative=before.cumulative if before else None,
        series=measured.series(row.code, months),
    )
    if value is None:
        since = Unmeasured(since=scope.plan.starts_on, awaited=row.awaited)
        return dataclasses.replace(indicator, unmeasured=since)
    return dataclasses.replace(
        indicator,
        actual=value.actual,
        cumulative=value.cumulative,
        beside=_beside(session, scope, row, measured),
    )


def _beside(
    session: Session, scope: Scope, row: FigureRow, measured: History
) -> tuple[Companion, ...]:
    """The companions of a figure, those kept that do not depend on the hour of asking."""
    figure = FIGURES[row.code]
    if figure.by_the_hour:
        return figure.beside(session, scope, row)
    there = _ended(scope, scope.month)
    measure = partial(figure.beside, session, there, row)
    return kept_values.once(session, there, measured.stamp, what=row.code, measure=measure)


def _previous_state(scope: Scope, row: FigureRow, before: Value | None) -> State | None:
    if scope.previous_month is None:
        return None
    return _judged(scope.at_month(scope.previous_month), row, before)[0]


def due_on(scope: Scope, row: FigureRow) -> dt.date | None:
    """The Bishkek day by which the row is due, as seen from this month."""
    match row.due_rule:
        case "fixed":
            return row.due_on
        case "month_end":
            return scope.last_day
        case "window_end":
            return due.window_end(scope.month, scope.plan.starts_on, WORKDAYS)
        case "report_day":
            return due.report_day(scope.month, scope.plan.ends_on, WORKDAYS)
        case _:
            return None


def _judged(
    scope: Scope, row: FigureRow, value: Value | None
) -> tuple[State | None, Forecast | None]:
    """State and forecast of a row in this month."""
    day = due_on(scope, row)
    as_of, through = scope.as_of, scope.through
    if row.due_rule == "report_day" and day is not None:
        # The report of a month is written after it: it is missed when its own day is over.
        as_of = min(scope.now, clock.end_of_day(day))
    target = scope.plan.target(row)
    reached = headline(value)
    seen = _forecast(scope, row, reached)
    standing = states.Standing(
        kind=row.kind,
        target=target,
        measured=value is not None,
        reached=reached,
        through=through,
        over=day is not None and as_of >= clock.end_of_day(day),
        forecast=seen.value if seen else None,
        risky_on=_risky_on(scope, row),
        working_days_left=None if day is None else WORKDAYS.between(through, day),
    )
    return states.state(standing), seen


def _risky_on(scope: Scope, row: FigureRow) -> dt.date | None:
    """The 20th of the month; a report cannot be late before its month is over."""
    if row.due_rule == "report_day":
        return None
    return clock.first_day(scope.month).replace(day=states.RISKY_DAY)


def headline(value: Value | None) -> float | None:
    """The figure that is held against the target: cumulative where there is one, else actual."""
    if value is None:
        return None
    return value.actual if value.cumulative is None else value.cumulative


def _forecast(scope: Scope, row: FigureRow, reached: float | None) -> Forecast | None:
    if reached is None:
        return None
    if row.kind == "cumulative" and row.due_on is not None:
        return _cumulative_forecast(scope, row, reached)
    left = WORKDAYS.between(scope.through, scope.last_day)
    if row.kind == "monthly_min" and row.due_rule == "month_end" and scope.now < scope.end:
        return Forecast(due_on=scope.last_day, base=reached, working_days_left=left)
    return None


def _cumulative_forecast(scope: Scope, row: FigureRow, reached: float) -> Forecast | None:
    assert row.due_on is not None
    span = forecast.Span(starts_on=scope.plan.starts_on, due_on=row.due_on, through=scope.through)
    value = forecast.pace(reached, span)
    if value is None:
        return None
    return Forecast(
        due_on=row.due_on,
        base=reached,
        value=value,
        needed_per_month=forecast.needed_per_month(reached, scope.plan.target(row) or 0, span),
        elapsed_days=span.elapsed,
        total_days=span.total,
        remaining_days=span.remaining,
    )


def proven(session: Session, scope: Scope, indicator: Indicator) -> Indicator:
    """The indicator with every row behind it, the earliest first, then those shown only."""
    if indicator.unmeasured is not None or indicator.code not in FIGURES:
        return indicator
    row, figure = scope.plan.figure(indicator.code), FIGURES[indicator.code]
    found = figure.proofs(scope, row).subquery()
    ordered = select(found).order_by(found.c.at, found.c.key)
    rows: tuple[Evidence, ...] = tuple(figure.show(item) for item in session.execute(ordered))
    return dataclasses.replace(indicator, evidence=rows + figure.others(session, scope, row))
