"""Where the pace leads (product.md sections 3 and 12): one plain formula, printed under the figure.

pace = reached ÷ elapsed days; forecast = pace × all days; needed a month = remaining ÷ remaining
months of 30.4 days. 46 bodies on 30 June give 46 ÷ 181 × 364 = 92.5 and 84 ÷ (183 ÷ 30.4) = 13.95.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

DAYS_PER_MONTH = 30.4


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A plan's days from `starts_on` to `due_on`, of which those to `through` have passed."""

    starts_on: dt.date
    due_on: dt.date
    through: dt.date

    @property
    def elapsed(self) -> int:
        """Days that have passed, the first and `through` included."""
        return (self.through - self.starts_on).days + 1

    @property
    def total(self) -> int:
        """All days, the first and the due one included."""
        return (self.due_on - self.starts_on).days + 1

    @property
    def remaining(self) -> int:
        """Days after `through` up to the due one."""
        return self.total - self.elapsed


def pace(reached: float, span: Span) -> float | None:
    """The forecast for the due day, unrounded; None before the first day and after the due one."""
    if span.elapsed < 1 or span.remaining < 0:
        return None
    # Multiplied first: a forecast that is exactly the target must not fall below it by rounding.
    return reached * span.total / span.elapsed


def needed_per_month(reached: float, target: float, span: Span) -> float | None:
    """What each remaining month has to bring; None when nothing or no time remains."""
    if reached >= target or span.remaining < 1:
        return None
    return (target - reached) / (span.remaining / DAYS_PER_MONTH)


def whole(value: float) -> int:
    """A forecast of things is rounded down: 92.5 bodies are 92."""
    return math.floor(value)
