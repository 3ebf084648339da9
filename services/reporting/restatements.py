"""What has changed since it was mailed: figures of closed months against the reports about them.

A report keeps what it said then; the figures now may differ, because a fact came late or was taken
back. Each change is told once, in the next report, with the event that made it (ToR row 8; the
mailed file itself never changes).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from services.reporting.documents.model import Indicator, ReportData, Restatement
from services.reporting.documents.vocabulary import CauseCode
from services.reporting.figures import FIGURES, History, headline
from services.reporting.models import Journal
from services.reporting.models_reports import Report
from services.reporting.plan import FigureRow, Plan
from services.reporting.queries.base import Scope, Value

# A report cannot hold its own mailing: that this figure is one later is no restatement.
OWN_MAILING = "R8"
TINY = 1e-9
CAUSES: dict[str, CauseCode] = {
    "client_changed": "client_changed",
    "inquiry_reopened": "inquiry_reopened",
    "clients_merged": "merge",
    "merge_undone": "merge_undone",
    "import_rolled_back": "import_rolled_back",
    "fact_corrected": "correction",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What readers were told of a code and month: by a report at `position` of the journal."""

    value: float | None
    position: int


def telling(data: ReportData) -> list[tuple[str, str, float | None]]:
    """What a report tells its readers: the figures of its own month and what it restates."""
    own = [(item.code, data.month, _figure(item)) for item in data.indicators]
    return own + [(item.code, item.month, item.after) for item in data.restatements]


def _figure(item: Indicator) -> float | None:
    return headline(Value(actual=item.actual, cumulative=item.cumulative))


def mailed(session: Session, plan: Plan) -> list[Report]:
    """The plan's reports, the earliest month first."""
    query = select(Report).where(Report.plan == plan.code).order_by(Report.month)
    return list(session.scalars(query))


def own_words(reports: Iterable[Report], month: str) -> dict[str, float | None]:
    """What the report of `month` itself said, by code; empty when there is none."""
    for report in reports:
        if report.month == month:
            return {code: value for code, about, value in report.told if about == month}
    return {}


def last_words(reports: Iterable[Report], before: str) -> dict[tuple[str, str], Told]:
    """For each code and month before `before` the last that readers were told of it."""
    return {
        (code, month): Told(value, report.position)
        for report in reports
        if report.month < before
        for code, month, value in report.told
    }


def differs(before: float | None, after: float | None) -> bool:
    """Whether two figures are not the same; not measured and zero are two things."""
    if before is None or after is None:
        return before is not after
    return abs(before - after) > TINY


def changed_since(
    scope: Scope, indicators: Iterable[Indicator], reports: Iterable[Report]
) -> tuple[Indicator, ...]:
    """The month's indicators, those marked that differ from what its own report said."""
    words = own_words(reports, scope.month)
    return tuple(
        dataclasses.replace(item, restated=True, earlier=words[item.code])
        if item.code in words
        and item.code != OWN_MAILING
        and differs(words[item.code], _figure(item))
        else item
        for item in indicators
    )


def changes(
    session: Session, scope: Scope, measured: History, reports: Iterable[Report]
) -> tuple[Restatement, ...]:
    """Every figure of an earlier mailed month that is not what readers were last told."""
    own = {report.month: report for report in reports}
    found = []
    for (code, month), before in last_words(own.values(), scope.month).items():
        after = headline(measured.at(code, month))
        if code in FIGURES and code != OWN_MAILING and differs(before.value, after):
            there = scope.at_month(month)
            event = _cause(session, there, code, (own[month], before.position))
            found.append(_restatement(code, month, (before.value, after), event))
    order = [row.code for row in scope.plan.figures]
    return tuple(sorted(found, key=lambda item: (item.month, order.index(item.code))))


def _restatement(
    code: str, month: str, values: tuple[float | None, float | None], event: Any
) -> Restatement:
    return Restatement(
        code=code,
        month=month,
        before=values[0],
        after=values[1],
        cause=CAUSES.get(event.type, "late_fact"),
        event_source=event.source,
        event_id=event.event_id,
        at=event.at,
    )


def _cause(session: Session, scope: Scope, code: str, told: tuple[Report, int]) -> Any:
    """The newest event since the last telling that speaks of what came in or dropped out.

    Where that is not known, the newest that touched the figure; else the newest of its types.
    `told` is the month's own report and the journal's position at the last telling.
    """
    own, since = told
    row = scope.plan.figure(code)
    newest = select(
        Journal.type,
        Journal.source,
        Journal.event_id,
        func.coalesce(Journal.recorded_at, Journal.received_at).label("at"),
    ).order_by(Journal.position.desc())
    facts = FIGURES[code].touching(scope, row).subquery().c
    moved = select(facts.position).where(facts.key.in_(_moved(session, scope, row, own)))
    for which in (
        (Journal.position.in_(moved), Journal.position > since),
        (Journal.position.in_(select(facts.position)), Journal.position > since),
        (Journal.type.in_(row.types), Journal.position > since),
        (Journal.type.in_(row.types),),
    ):
        found = session.execute(newest.where(*which).limit(1)).one_or_none()
        if found is not None:
            return found
    return session.execute(newest.limit(1)).one()


def _moved(session: Session, scope: Scope, row: FigureRow, own: Report) -> set[str]:
    """The keys that count now and did not when the month's own report was made, or the reverse."""
    figure = FIGURES[row.code]
    if figure.thing is None:
        return set()
    behind = [
        (item["event_source"], item["event_id"])
        for shown in own.figures["indicators"]
        for item in shown["evidence"]
        if shown["code"] == row.code and item["counted"]
    ]
    key = Journal.data[figure.thing].as_string()
    then = select(key).where(tuple_(Journal.source, Journal.event_id).in_(behind))
    now = select(figure.proofs(scope, row).subquery().c.key)
    return set(session.scalars(then)) ^ set(session.scalars(now))
