"""The state of a row of the plan: met, on_track, at_risk, missed, not_measured (product.md 3).

`met`: the target is reached. `missed`: the due day or the month is over without it. Otherwise a
cumulative row follows its forecast, a monthly minimum is at risk from the 20th, a document (and a
share) from five working days before its due day. A row without a target has no state.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from services.reporting.documents.model import Kind, State
from services.reporting.rules.forecast import whole

RISKY_DAY = 20
RISKY_WORKING_DAYS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One row at one moment.

    `through` is the last Bishkek day that has begun, `over` says that the due day has passed,
    `risky_on` is the 20th of a monthly minimum's month, `working_days_left` those to the due day.
    """

    kind: Kind
    target: float | None
    measured: bool
    reached: float | None
    through: dt.date
    over: bool = False
    forecast: float | None = None
    risky_on: dt.date | None = None
    working_days_left: int | None = None


def state(standing: Standing) -> State | None:
    """The state of a row; None for one that has no target."""
    if standing.kind == "proxy":
        return None
    if not standing.measured:
        return "not_measured"
    if standing.target is None:
        return None
    if standing.reached is not None and standing.reached >= standing.target:
        return "met"
    if standing.over:
        return "missed"
    return "at_risk" if _is_risky(standing, standing.target) else "on_track"


def _is_risky(standing: Standing, target: float) -> bool:
    if standing.kind == "cumulative":
        return standing.forecast is None or whole(standing.forecast) < target
    if standing.kind == "monthly_min":
        return standing.risky_on is not None and standing.through >= standing.risky_on
    left = standing.working_days_left
    return left is not None and left <= RISKY_WORKING_DAYS
