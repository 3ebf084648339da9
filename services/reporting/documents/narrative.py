"""The summary: three to six sentences that are true of the month's data, most important first.

Nothing is weighed that the figures do not say. The sentences name the size of the base and its
growth, whether the pace is enough, how many targets stand well and which call for attention, how
inquiries were handled, what the events brought, and either restated figures or the change of pace.
"""

from __future__ import annotations

import math

from services.reporting.documents.model import Forecast, Indicator, ReportData
from services.reporting.documents.phrases import BISHKEK, Phrases
from services.reporting.documents.view import Tone

STATES: tuple[Tone, ...] = ("met", "on_track", "at_risk", "missed", "not_measured")
_GOALS = (("bodies", "R2.B.bodies"), ("staff", "R2.B.staff"), ("events", "R9"))
_NAMED = 3


def summary(phrases: Phrases, data: ReportData) -> tuple[str, ...]:
    """The sentences of the summary, at most six; each is whole and stands by itself."""
    if is_unmeasured(data):
        sentences = [_nothing(phrases, data), _tally(phrases, data)]
        sentences += [_inquiries(phrases, data), _events(phrases, data)]
    else:
        sentences = [_base(phrases, data), _pace(phrases, data), _tally(phrases, data)]
        sentences += [_inquiries(phrases, data), _events(phrases, data)]
        sentences.append(_restated(phrases, data) or _growth(phrases, data))
    return tuple(sentence for sentence in sentences if sentence)


def is_unmeasured(data: ReportData) -> bool:
    """True if no figure has a value: the month is reported all the same, in words."""
    return all(item.actual is None and item.cumulative is None for item in data.indicators)


def _nothing(phrases: Phrases, data: ReportData) -> str:
    return phrases.text("summary.nothing", month=phrases.month(data.month))


def _base(phrases: Phrases, data: ReportData) -> str:
    bodies, staff = data.indicator("R2.B.bodies"), data.indicator("R2.B.staff")
    if bodies.cumulative is None or staff.cumulative is None:
        return phrases.text("summary.base_unmeasured")
    return phrases.text(
        "summary.base",
        day=phrases.long_date(min(data.ends_on, data.made_at.astimezone(BISHKEK).date())),
        bodies=phrases.count("n.bodies", bodies.cumulative),
        bodies_change=phrases.signed(bodies.actual),
        bodies_target=phrases.plain(bodies.target),
        staff=phrases.count("n.staff", staff.cumulative),
        staff_change=phrases.signed(staff.actual),
        staff_target=phrases.plain(staff.target),
    )


def _pace(phrases: Phrases, data: ReportData) -> str:
    """The three yearly goals: those that fall short if any does, else those that will do."""
    groups: dict[str, list[str]] = {"short": [], "enough": [], "reached": []}
    for what, code in _GOALS:
        group, words = _goal(phrases, data.indicator(code))
        if group:
            name = phrases.text(f"what.{what}")
            groups[group].append(phrases.text(f"summary.pace_{group}_item", what=name, **words))
    for group, items in groups.items():
        if items:
            return phrases.text(f"summary.pace_{group}", items="; ".join(items))
    return ""


def _goal(phrases: Phrases, indicator: Indicator) -> tuple[str, dict[str, str]]:
    ahead, target = indicator.forecast, indicator.target
    if ahead is None or ahead.value is None or target is None:
        return "", {}
    if ahead.base >= target:
        return "reached", {"actual": phrases.plain(ahead.base), "target": phrases.plain(target)}
    if not ahead.remaining_days:
        return "", {}
    return _promise(phrases, ahead, target)


def _promise(phrases: Phrases, ahead: Forecast, target: float) -> tuple[str, dict[str, str]]:
    whole = math.floor(ahead.value or 0)
    words = {
        "value": phrases.number(whole),
        "target": phrases.plain(target),
        "due": phrases.long_date(ahead.due_on),
    }
    if whole >= target:
        return "enough", words
    return "short", words | {"needed": phrases.number(ahead.needed_per_month, 1)}


def _tally(phrases: Phrases, data: ReportData) -> str:
    counts = tally(data)
    parts = ", ".join(
        phrases.text(
            "summary.tally_part",
            state=phrases.text(f"state.{state}"),
            number=phrases.number(count),
        )
        for state, count in counts.items()
        if count
    )
    sentence = phrases.count("summary.tally", sum(counts.values()), parts=parts)
    attention = _attention(phrases, data)
    return f"{sentence} {attention}" if attention else sentence


def tally(data: ReportData) -> dict[Tone, int]:
    """How many figures with a target are in each state, in the order of `STATES`."""
    return {state: sum(item.state == state for item in data.indicators) for state in STATES}


def _attention(phrases: Phrases, data: ReportData) -> str:
    """Missed figures first, then those at risk; three or four by name, the rest by number."""
    missed = [item for item in data.indicators if item.state == "missed"]
    risky = missed + [item for item in data.indicators if item.state == "at_risk"]
    if not risky:
        return ""
    named = risky if len(risky) == _NAMED + 1 else risky[:_NAMED]
    names = [phrases.text("summary.quoted", title=phrases.words(item.title)) for item in named]
    titles = ", ".join(names)
    if len(risky) > len(named):
        titles += " " + phrases.count("summary.and_more", len(risky) - len(named))
    return phrases.text("summary.attention", titles=titles)


def _inquiries(phrases: Phrases, data: ReportData) -> str:
    facts = data.inquiries
    if facts is None:
        return phrases.text("summary.inquiries_unmeasured")
    words = {
        "received": phrases.count("n.inquiries", facts.received),
        "resolved": phrases.number(facts.resolved),
        "on_time": phrases.number(facts.on_time),
    }
    sentence = phrases.text(f"summary.inquiries_{_handling(data)}", **words)
    if not facts.overdue_at_end:
        return sentence
    return f"{sentence} {phrases.count('summary.overdue', facts.overdue_at_end)}"


def _handling(data: ReportData) -> str:
    facts = data.inquiries
    assert facts is not None
    if not facts.resolved:
        return "unresolved" if facts.received else "none"
    return "all" if facts.on_time == facts.resolved else "some"


def _events(phrases: Phrases, data: ReportData) -> str:
    goal = data.indicator("R9")
    if data.events is None or goal.cumulative is None:
        return phrases.text("summary.events_unmeasured")
    words = {"total": phrases.plain(goal.cumulative), "target": phrases.plain(goal.target)}
    if not data.events:
        return phrases.text("summary.events_none", **words)
    held = phrases.count("n.events", len(data.events))
    counted = phrases.number(sum(event.counts for event in data.events))
    return phrases.text("summary.events", events=held, counted=counted, **words)


def _restated(phrases: Phrases, data: ReportData) -> str:
    changed = {(item.code, item.month) for item in data.restatements}
    return phrases.count("summary.restated", len(changed)) if changed else ""


def _growth(phrases: Phrases, data: ReportData) -> str:
    bodies = data.indicator("R2.B.bodies")
    now, before = bodies.actual, bodies.previous_actual
    if now is None or before is None:
        return ""
    how = "same" if now == before else "faster" if now > before else "slower"
    if now < 0:
        how = "shrank"
    elif now == before == 0:
        how = "none"
    words = {"now": phrases.signed(now), "before": phrases.signed(before)}
    if how != "shrank":
        words = {"now": phrases.plain(now), "before": phrases.plain(before)}
    return phrases.text(f"summary.growth_{how}", **words)
