"""The nineteen figures of the plan in words: plan, fact, state, pace and the formula beneath it.

The wording of pace and forecast is that of product.md section 3 and user story U18: "at this pace
92 by 30 December, 38 short; needed 14.0 a month". Forecasts of things are rounded down and shown
whole, only the need of a month has one decimal.
"""

from __future__ import annotations

import math

from services.reporting.documents.model import Forecast, Indicator, ReportData
from services.reporting.documents.phrases import DASH, Phrases
from services.reporting.documents.view import MARKS, Cell, Line, Pair, Tone
from services.reporting.documents.vocabulary import COMPANIONS


def line(phrases: Phrases, data: ReportData, indicator: Indicator) -> Line:
    """One figure written out in the language of `phrases`."""
    tone: Tone = indicator.state or "none"
    return Line(
        code=indicator.code,
        row=indicator.row,
        title=phrases.words(indicator.title),
        tone=tone,
        state=phrases.text(f"state.{tone}"),
        mark=MARKS[tone],
        plan=plan(phrases, indicator),
        due=phrases.short_date(indicator.due_on) if indicator.due_on else "",
        target=Cell(
            phrases.goal(indicator.target, indicator.unit), indicator.target, indicator.unit
        ),
        month=cell(phrases, indicator, indicator.actual),
        total=cell(phrases, indicator, indicator.cumulative),
        main=cell(phrases, indicator, main(indicator)),
        previous=cell(phrases, indicator, previous(indicator)),
        change=change(phrases, indicator),
        pace=pace(phrases, data, indicator),
        forecast=forecast(phrases, indicator),
        formula=formula(phrases, indicator),
        beside=beside(phrases, indicator),
        restated=restated(phrases, indicator),
        reason=reason(phrases, indicator),
        progress=progress(indicator),
        evidence=len(indicator.evidence),
    )


def main(indicator: Indicator) -> float | None:
    """The figure that the target is compared with: cumulative where there is one."""
    return indicator.actual if indicator.cumulative is None else indicator.cumulative


def previous(indicator: Indicator) -> float | None:
    """The same figure a month earlier."""
    if indicator.cumulative is None and indicator.previous_cumulative is None:
        return indicator.previous_actual
    return indicator.previous_cumulative


def cell(phrases: Phrases, indicator: Indicator, value: float | None) -> Cell:
    """A figure in the unit of its indicator."""
    return Cell(phrases.value(value, indicator.unit), value, indicator.unit)


def change(phrases: Phrases, indicator: Indicator) -> Cell:
    """The difference to the month before, with its sign."""
    now, before = main(indicator), previous(indicator)
    if now is None or before is None:
        return Cell(phrases.signed(None))
    text = phrases.signed(now - before, indicator.unit)
    if indicator.unit == "percent":
        text = phrases.text("points", value=text)
    return Cell(text, now - before, indicator.unit)


def plan(phrases: Phrases, indicator: Indicator) -> str:
    """The target and its due date in words."""
    if indicator.kind == "every":
        return phrases.text("plan.every")
    if indicator.target is None:
        return phrases.text("plan.none")
    target = phrases.goal(indicator.target, indicator.unit)
    if indicator.kind == "monthly_min":
        return phrases.text("plan.monthly_min", target=target)
    if indicator.due_on is None:
        return target
    key = "plan.document" if _is_single_document(indicator) else "plan.by"
    return phrases.text(key, target=target, due=phrases.short_date(indicator.due_on))


def progress(indicator: Indicator) -> int | None:
    """Percent of the target that is reached, 0 to 100; None without a target or a figure."""
    reached = main(indicator)
    if reached is None or not indicator.target:
        return None
    # Multiplied first: 29 of 50 are 58 percent, but 0.58 times 100 falls below it by rounding.
    return max(0, min(100, math.floor(reached * 100 / indicator.target)))


def pace(phrases: Phrases, data: ReportData, indicator: Indicator) -> str:
    """The short sentence of the overview table."""
    reached = main(indicator)
    if indicator.state == "not_measured" or reached is None:
        return phrases.text("pace.unmeasured")
    if indicator.target is None:
        return phrases.text("pace.own") if indicator.kind == "proxy" else DASH
    if reached >= indicator.target:
        return phrases.text(
            "pace.document_done" if _is_single_document(indicator) else "pace.reached"
        )
    if _is_single_document(indicator) and indicator.due_on:
        over = indicator.due_on <= data.ends_on
        due = phrases.short_date(indicator.due_on)
        return phrases.text("pace.document_over" if over else "pace.document_due", due=due)
    return _pace_to(phrases, indicator, reached, indicator.target)


def _pace_to(phrases: Phrases, indicator: Indicator, reached: float, target: float) -> str:
    ahead = indicator.forecast
    actual = phrases.value(reached, indicator.unit)
    goal = phrases.goal(target, indicator.unit)
    if indicator.kind != "monthly_min" and indicator.state == "missed":
        short = phrases.value(target - reached, indicator.unit)
        return phrases.text("pace.over", short=short)
    if ahead is not None and ahead.value is not None and ahead.remaining_days:
        return _pace_ahead(phrases, ahead, target)
    if ahead is not None and ahead.working_days_left:
        return phrases.count("pace.left", ahead.working_days_left, actual=actual, target=goal)
    return phrases.text("pace.monthly", actual=actual, target=goal)


def _pace_ahead(phrases: Phrases, ahead: Forecast, target: float) -> str:
    whole = math.floor(ahead.value or 0)
    value = phrases.number(whole)
    if whole >= target:
        return phrases.text("pace.enough", value=value)
    needed = phrases.number(ahead.needed_per_month, 1)
    return phrases.text(
        "pace.short", value=value, short=phrases.plain(target - whole), needed=needed
    )


def forecast(phrases: Phrases, indicator: Indicator) -> str:
    """The whole sentence of the forecast (U18); empty where nothing is forecast."""
    ahead, target = indicator.forecast, indicator.target
    if ahead is None or ahead.value is None or target is None:
        return ""
    whole = math.floor(ahead.value)
    words = {"value": phrases.number(whole), "due": phrases.long_date(ahead.due_on)}
    if ahead.base >= target or not ahead.remaining_days:
        return _outcome(phrases, ahead, target, words)
    if whole >= target:
        return phrases.text("forecast.enough", **words)
    short = phrases.plain(target - whole)
    needed = phrases.number(ahead.needed_per_month, 1)
    return phrases.text("forecast.short", **words, short=short, needed=needed)


def _outcome(phrases: Phrases, ahead: Forecast, target: float, words: dict[str, str]) -> str:
    known = {"actual": phrases.plain(ahead.base), "target": phrases.plain(target)}
    if ahead.base < target:
        short = phrases.plain(target - ahead.base)
        return phrases.text("forecast.over", **known, due=words["due"], short=short)
    if not ahead.remaining_days:
        return phrases.text("forecast.reached", **known)
    return phrases.text("forecast.reached_more", **known, **words)


def formula(phrases: Phrases, indicator: Indicator) -> tuple[str, ...]:
    """The sums behind the forecast, with the numbers put in."""
    ahead, target = indicator.forecast, indicator.target
    if ahead is None or ahead.value is None or not ahead.elapsed_days:
        return ()
    base = phrases.plain(ahead.base)
    sums = [
        phrases.text(
            "formula.pace",
            base=base,
            elapsed=phrases.number(ahead.elapsed_days),
            total=phrases.number(ahead.total_days),
            raw=phrases.number(ahead.value, 1),
            value=phrases.number(math.floor(ahead.value)),
        )
    ]
    if ahead.needed_per_month is not None and target is not None:
        remaining = phrases.number(ahead.remaining_days)
        needed = phrases.number(ahead.needed_per_month, 1)
        goal = phrases.plain(target)
        words = {"target": goal, "base": base, "remaining": remaining, "needed": needed}
        sums.append(phrases.text("formula.needed", **words))
    return tuple(sums)


def beside(phrases: Phrases, indicator: Indicator) -> tuple[Pair, ...]:
    """The companion figures with their labels."""
    return tuple(
        Pair(
            label=phrases.text(f"beside.{companion.code}"),
            text=_companion(phrases, COMPANIONS[companion.code], companion.value),
            value=companion.value,
        )
        for companion in indicator.beside
    )


def _companion(phrases: Phrases, unit: str, value: float | None) -> str:
    if value is None:
        return phrases.text("empty.value")
    if unit == "amount":
        return phrases.money(value)
    return phrases.value(value, "percent" if unit == "percent" else "count")


def restated(phrases: Phrases, indicator: Indicator) -> str:
    """The flag of a figure that differs from the one once reported; empty without it."""
    if not indicator.restated:
        return ""
    if indicator.earlier is None:
        return phrases.text("restated.bare")
    return phrases.text("restated.flag", earlier=phrases.value(indicator.earlier, indicator.unit))


def reason(phrases: Phrases, indicator: Indicator) -> str:
    """Why a figure is not measured, and since when; empty for a measured one."""
    missing = indicator.unmeasured
    if missing is None:
        unmeasured = indicator.state == "not_measured"
        return phrases.text("unmeasured.bare") if unmeasured else ""
    awaited = ", ".join(phrases.text(f"awaited.{name}") for name in missing.awaited)
    since = phrases.long_date(missing.since)
    return phrases.text("unmeasured.reason", since=since, awaited=awaited)


def _is_single_document(indicator: Indicator) -> bool:
    return indicator.kind == "document" and indicator.target == 1
