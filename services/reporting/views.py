"""Figures, evidence, plan and reports as plain JSON, in the reader's words (contracts.md 5).

The words are those of the documents (`documents/locale`), so that a page and a mailed report
cannot call one thing by two names.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Mapping
from typing import Any

from services.reporting.documents import lines
from services.reporting.documents.model import Companion, Evidence, Forecast, Indicator, Words
from services.reporting.documents.phrases import Phrases
from services.reporting.documents.vocabulary import COMPANIONS
from services.reporting.figures import WORKDAYS
from services.reporting.plan import FigureRow, Plan, Switch
from services.reporting.rules.forecast import DAYS_PER_MONTH, whole


def indicator(item: Indicator, phrases: Phrases, through: dt.date) -> dict[str, Any]:
    """One figure with its state, as it stood at the end of the day `through` in Bishkek.

    `forecast` with its `formula`, and the `pace` that it follows, stand only where there is one;
    `days_left` only while the due day is ahead.
    """
    found = {
        "code": item.code,
        "row": item.row,
        "title": phrases.words(item.title),
        "kind": item.kind,
        "unit": item.unit,
        "stage": item.stage,
        "target": number(item.target, item.unit),
        "due_on": item.due_on.isoformat() if item.due_on else None,
        "actual": number(item.actual, item.unit),
        "cumulative": number(item.cumulative, item.unit),
        "previous_actual": number(item.previous_actual, item.unit),
        "previous_cumulative": number(item.previous_cumulative, item.unit),
        "state": item.state,
        "previous_state": item.previous_state,
        "restated": item.restated,
        "earlier": number(item.earlier, item.unit),
        "beside": [_companion(each, phrases) for each in item.beside],
        "awaited": _awaited(item, phrases),
        "series": [dataclasses.asdict(point) for point in item.series],
    }
    if item.forecast is not None:
        found["forecast"] = _forecast(item, item.forecast, phrases)
        found["formula"] = list(lines.formula(phrases, item))
        if item.forecast.elapsed_days:
            found["pace"] = _pace(item.forecast)
    if item.due_on is not None and item.due_on >= through:
        found["days_left"] = _days_left(item.due_on, through, phrases)
    return found


def number(value: float | None, unit: str) -> float | int | None:
    """Counts as whole numbers, percents with one decimal."""
    if value is None:
        return None
    if unit == "percent":
        return round(value, 1)
    return int(value) if value == int(value) else value


def _companion(item: Companion, phrases: Phrases) -> dict[str, Any]:
    return {
        "code": item.code,
        "label": phrases.text(f"beside.{item.code}"),
        "value": number(item.value, COMPANIONS[item.code]),
    }


def _awaited(item: Indicator, phrases: Phrases) -> list[str]:
    if item.unmeasured is None:
        return []
    return [phrases.text(f"awaited.{name}") for name in item.unmeasured.awaited]


def _forecast(item: Indicator, seen: Forecast, phrases: Phrases) -> dict[str, Any]:
    needed = seen.needed_per_month
    return {
        "value": None if seen.value is None else whole(seen.value),
        "due_on": seen.due_on.isoformat(),
        "needed_per_month": None if needed is None else round(needed, 1),
        "text": _prospect(item, seen, phrases),
    }


def _pace(seen: Forecast) -> dict[str, Any]:
    """How much of the time is gone (0 to 1), and what each month brought and has to bring."""
    assert seen.elapsed_days and seen.total_days
    needed = seen.needed_per_month
    return {
        "elapsed": round(seen.elapsed_days / seen.total_days, 4),
        "per_month": round(seen.base / seen.elapsed_days * DAYS_PER_MONTH, 1),
        "needed_per_month": None if needed is None else round(needed, 1),
    }


def _days_left(due_on: dt.date, through: dt.date, phrases: Phrases) -> dict[str, Any]:
    left = WORKDAYS.between(through, due_on)
    return {
        "calendar": (due_on - through).days,
        "working": left,
        "text": phrases.count("days_left", left),
    }


def _prospect(item: Indicator, seen: Forecast, phrases: Phrases) -> str:
    """The forecast in words: product.md U18."""
    target = item.target or 0
    written = {"target": phrases.plain(target), "actual": phrases.plain(seen.base)}
    if seen.working_days_left is not None:
        return phrases.count("pace.left", seen.working_days_left, **written)
    return lines.forecast(phrases, item)


def evidence(item: Evidence, phrases: Phrases) -> dict[str, Any]:
    """One row behind a figure, and the event that it comes from."""
    return {
        "subject": phrases.words(item.subject),
        "at": item.at.isoformat() if item.at else None,
        "text": phrases.filled(f"evidence.{item.code}", item.params, item.names),
        "event": {"source": item.event_source, "id": item.event_id},
    }


def plan(found: Plan, phrases: Phrases) -> dict[str, Any]:
    """The plan: its rows in the official Russian and the reader's language, codes, switches."""
    return {
        "code": found.code,
        "title": phrases.words(found.title),
        "customer": phrases.words(found.customer),
        "contractor": phrases.words(found.contractor),
        "starts_on": found.starts_on.isoformat(),
        "ends_on": found.ends_on.isoformat(),
        "months": found.months,
        "rows": [
            {
                "number": row.number,
                **_both("activity", row.activity, phrases),
                **_both("terms", row.terms, phrases),
                **_both("indicators", row.indicators, phrases),
            }
            for row in found.rows
        ],
        "indicators": [_row(found, row, phrases) for row in found.figures],
        "switches": [_switch(switch, phrases) for switch in found.switches],
    }


def _both(name: str, words: Words, phrases: Phrases) -> dict[str, str]:
    return {name: phrases.words(words), f"{name}_official": words.ru}


def _row(found: Plan, row: FigureRow, phrases: Phrases) -> dict[str, Any]:
    return {
        "code": row.code,
        "row": row.row,
        "title": phrases.words(row.title),
        "kind": row.kind,
        "unit": row.unit,
        "stage": row.stage,
        "target": number(found.target(row), row.unit),
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "due_rule": row.due_rule,
        "events": list(row.events),
        "rule": row.rule,
        "switches": list(row.switches),
    }


def _switch(switch: Switch, phrases: Phrases) -> dict[str, Any]:
    return {
        "id": switch.id,
        "wording": switch.wording,
        "reading": switch.reading,
        "text": phrases.text(f"reading.{switch.reading}"),
        "readings": {name: phrases.text(f"reading.{name}") for name in switch.readings},
    }


def report(row: Any, states: Mapping[str, Any]) -> dict[str, Any]:
    """One report of the list; `states` as `queries.reports` found them."""
    return {
        "id": str(row.id),
        "plan": row.plan,
        "month": row.month,
        "made_at": row.made_at.isoformat(),
        "due_at": row.due_at.isoformat(),
        "mailed_at": row.mailed_at.isoformat() if row.mailed_at else None,
        "position": row.position,
        "fingerprint": row.fingerprint,
        "languages": sorted(row.subjects),
        **states,
    }
