"""What moves and what is missing, as tables: comparison, forecast, restatements, evidence."""

from __future__ import annotations

import math

from services.reporting.documents.cells import head, moment, number
from services.reporting.documents.lines import main
from services.reporting.documents.model import Evidence, Indicator, ReportData, Restatement
from services.reporting.documents.phrases import DASH, Phrases
from services.reporting.documents.view import Cell, Line, Table


def comparison(phrases: Phrases, data: ReportData, lines: tuple[Line, ...]) -> Table:
    """Every figure beside itself a month earlier."""
    known = zip(lines, data.indicators, strict=True) if data.previous_month else ()
    names = ("indicator", "previous", "this_month", "change", "state", "previous_state")
    return Table(
        key="comparison",
        title=phrases.text("label.comparison"),
        head=head(phrases, *names),
        body=tuple(_compared(phrases, line, indicator) for line, indicator in known),
        right=(1, 2, 3),
        empty=phrases.text("empty.comparison"),
    )


def _compared(phrases: Phrases, line: Line, indicator: Indicator) -> tuple[Cell, ...]:
    return (
        Cell(f"{line.code} {line.title}"),
        line.previous,
        line.main,
        line.change,
        Cell(line.state, tone=line.tone),
        _earlier_state(phrases, indicator),
    )


def _earlier_state(phrases: Phrases, indicator: Indicator) -> Cell:
    if indicator.previous_state is None and indicator.state is not None:
        return Cell(DASH)
    tone = indicator.previous_state or "none"
    return Cell(phrases.text(f"state.{tone}"), tone=tone)


def prospects(phrases: Phrases, data: ReportData) -> Table:
    """The forecasts of the figures that grow towards a date."""
    names = ("indicator", "due", "plan", "total", "forecast", "shortfall", "needed")
    return Table(
        key="prospects",
        title=phrases.text("label.prospects"),
        head=head(phrases, *names),
        body=tuple(_prospect(phrases, item) for item in data.indicators if _grows(item)),
        right=(2, 3, 4, 5, 6),
        empty=phrases.text("empty.prospects"),
    )


def _grows(indicator: Indicator) -> bool:
    return indicator.forecast is not None and indicator.forecast.value is not None


def _prospect(phrases: Phrases, indicator: Indicator) -> tuple[Cell, ...]:
    ahead = indicator.forecast
    assert ahead is not None and ahead.value is not None
    whole = math.floor(ahead.value)
    short = max(0, indicator.target - max(whole, ahead.base)) if indicator.target else None
    needed = ahead.needed_per_month
    return (
        Cell(phrases.words(indicator.title)),
        Cell(phrases.short_date(ahead.due_on)),
        number(phrases, indicator.target),
        number(phrases, main(indicator)),
        number(phrases, whole),
        number(phrases, short),
        Cell(phrases.number(needed, 1), needed),
    )


def restatements(phrases: Phrases, data: ReportData) -> Table:
    """Figures of reported months that have changed, each with its cause and event."""
    names = ("indicator", "month", "before", "after", "cause", "source_event", "recorded_at")
    return Table(
        key="restatements",
        title=phrases.text("label.restatements"),
        head=head(phrases, *names),
        body=tuple(_restatement(phrases, data, item) for item in data.restatements),
        right=(2, 3),
        wide=(0, 4, 5),
        empty=phrases.text("empty.restatements"),
    )


def _restatement(phrases: Phrases, data: ReportData, item: Restatement) -> tuple[Cell, ...]:
    indicator = data.indicator(item.code)
    return (
        Cell(f"{item.code} {phrases.words(indicator.title)}"),
        Cell(phrases.short_month(item.month)),
        Cell(phrases.value(item.before, indicator.unit), item.before, indicator.unit),
        Cell(phrases.value(item.after, indicator.unit), item.after, indicator.unit),
        Cell(phrases.text(f"cause.{item.cause}")),
        Cell(f"{item.event_source} {item.event_id}"),
        moment(phrases, item.at),
    )


def unmeasured(phrases: Phrases, data: ReportData) -> Table:
    """The figures that nothing has been reported for, since when and what is awaited."""
    return Table(
        key="unmeasured",
        title=phrases.text("label.unmeasured"),
        head=head(phrases, "code", "indicator", "since", "awaited"),
        body=tuple(
            _missing(phrases, indicator)
            for indicator in data.indicators
            if indicator.unmeasured or indicator.state == "not_measured"
        ),
        wide=(1, 3),
        empty=phrases.text("empty.unmeasured"),
    )


def _missing(phrases: Phrases, indicator: Indicator) -> tuple[Cell, ...]:
    missing = indicator.unmeasured
    awaited = missing.awaited if missing else ()
    return (
        Cell(indicator.code),
        Cell(phrases.words(indicator.title)),
        Cell(phrases.short_date(missing.since) if missing else phrases.text("empty.value")),
        Cell(", ".join(phrases.text(f"awaited.{name}") for name in awaited)),
    )


def history(phrases: Phrases, data: ReportData) -> Table:
    """Each figure month by month: the cumulative value where there is one, else the month's."""
    months = sorted({point.month for item in data.indicators for point in item.series})
    body = []
    for month in months:
        cells = [_point(phrases, indicator, month) for indicator in data.indicators]
        body.append((Cell(phrases.short_month(month)), *cells))
    return Table(
        key="history",
        title=phrases.text("label.history"),
        head=(phrases.text("label.month"), *(item.code for item in data.indicators)),
        body=tuple(body),
        right=tuple(range(1, len(data.indicators) + 1)),
        empty=phrases.text("empty.history"),
    )


def _point(phrases: Phrases, indicator: Indicator, month: str) -> Cell:
    for point in indicator.series:
        if point.month == month:
            value = point.actual if point.cumulative is None else point.cumulative
            return Cell(phrases.value(value, indicator.unit), value, indicator.unit)
    return Cell(phrases.value(None))


def evidence(phrases: Phrases, indicator: Indicator) -> Table:
    """Every row behind a figure, as the journal's events tell it."""
    missing = indicator.unmeasured is not None or indicator.state == "not_measured"
    names = ("subject", "at", "text", "counted", "event_source", "event_id")
    return Table(
        key=indicator.code,
        title=phrases.words(indicator.title),
        head=head(phrases, *names),
        body=tuple(_evidence(phrases, row) for row in indicator.evidence),
        wide=(0, 2),
        empty=phrases.text("empty.evidence_unmeasured" if missing else "empty.evidence"),
    )


def _evidence(phrases: Phrases, row: Evidence) -> tuple[Cell, ...]:
    return (
        Cell(phrases.words(row.subject)),
        moment(phrases, row.at),
        Cell(phrases.filled(f"evidence.{row.code}", row.params, row.names)),
        Cell(phrases.text("label.yes" if row.counted else "label.no")),
        Cell(row.event_source),
        Cell(row.event_id),
    )
