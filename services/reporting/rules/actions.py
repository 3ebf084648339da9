"""What to do next, computed from the month's figures: the most urgent first (ToR row 8, prospects).

An action names its indicator and what is missing; rows that no event can prove yet only remind
of their due day. Parameters are text, as `documents.vocabulary.ACTIONS` lists them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from services.reporting.documents.model import Indicator, NextAction
from services.reporting.documents.vocabulary import ActionCode, CompanionCode

REMIND_DAYS = 45
URGENCY = {"missed": 0, "at_risk": 1, "on_track": 2, "not_measured": 3, "met": 4, None: 4}
# Codes that remind of a document by its due day, while no event proves it.
DOCUMENTS: dict[str, ActionCode] = {"R2.0": "study_base", "R10": "send_note", "R13": "sign_act"}
GROWING: dict[str, ActionCode] = {
    "R2.B.bodies": "register_bodies",
    "R2.B.staff": "register_staff",
    "R9": "hold_events",
}
# Figures beside, and what to do about them when they are not zero.
BESIDE: tuple[tuple[str, CompanionCode, ActionCode], ...] = (
    ("R2.B.bodies", "in_base_not_registered", "invite_registered"),
    ("R4", "overdue", "answer_overdue"),
    ("R9", "events_short", "fill_events"),
)
SHARES: tuple[tuple[str, CompanionCode, CompanionCode, ActionCode], ...] = (
    ("R2.f", "records", "records_confirmed", "confirm_records"),
    ("R3", "notices", "notices_on_time", "notify_earlier"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When the actions are asked for; `measurable` are the codes that events could prove now."""

    through: dt.date
    window: str
    measurable: frozenset[str]


def next_actions(indicators: Iterable[Indicator], moment: Moment) -> tuple[NextAction, ...]:
    """All actions, the most urgent first; ties stay in the order of the Terms of Reference."""
    known = {item.code: item for item in indicators}
    found = [*_growing(known), *_monthly(known), *_beside(known), *_shares(known)]
    found += [*_documents(known, moment), *_silent(known, moment)]
    order = list(known)
    return tuple(
        sorted(
            found,
            key=lambda action: (
                URGENCY[known[action.indicator].state],
                order.index(action.indicator),
            ),
        )
    )


def _growing(known: dict[str, Indicator]) -> Iterator[NextAction]:
    for code, action in GROWING.items():
        item = known.get(code)
        if item is None or item.forecast is None or item.forecast.needed_per_month is None:
            continue
        missing = (item.target or 0) - item.forecast.base
        params = {
            "count": f"{missing:.0f}",
            "needed": f"{item.forecast.needed_per_month:.1f}",
            "due_on": item.forecast.due_on.isoformat(),
        }
        yield NextAction(code=action, indicator=code, params=params)


def _monthly(known: dict[str, Indicator]) -> Iterator[NextAction]:
    item = known.get("R4")
    if item is not None and item.actual is not None and item.target is not None:
        missing = item.target - item.actual
        if missing > 0:
            params = {"count": f"{missing:.0f}"}
            yield NextAction(code="resolve_inquiries", indicator="R4", params=params)


def _beside(known: dict[str, Indicator]) -> Iterator[NextAction]:
    for code, companion, action in BESIDE:
        value = _companion(known.get(code), companion)
        if value:
            yield NextAction(code=action, indicator=code, params={"count": f"{value:.0f}"})


def _shares(known: dict[str, Indicator]) -> Iterator[NextAction]:
    for code, whole, part, action in SHARES:
        missing = _companion(known.get(code), whole) - _companion(known.get(code), part)
        if missing > 0:
            yield NextAction(code=action, indicator=code, params={"count": f"{missing:.0f}"})


def _companion(item: Indicator | None, code: CompanionCode) -> float:
    if item is None:
        return 0
    return next((each.value or 0 for each in item.beside if each.code == code), 0)


def _documents(known: dict[str, Indicator], moment: Moment) -> Iterator[NextAction]:
    for code, action in DOCUMENTS.items():
        item = known.get(code)
        if item is None or item.due_on is None or item.state == "met":
            continue
        if 0 <= (item.due_on - moment.through).days <= REMIND_DAYS:
            params = {"due_on": item.due_on.isoformat()}
            if action == "send_note":
                params["window"] = moment.window
            yield NextAction(code=action, indicator=code, params=params)


def _silent(known: dict[str, Indicator], moment: Moment) -> Iterator[NextAction]:
    """Rows whose events could come already, and none has: nobody sends them."""
    for code, item in known.items():
        if item.unmeasured is not None and code in moment.measurable:
            yield NextAction(code="start_measuring", indicator=code)
