"""The working calendar as an argument: rules count working days and never look a calendar up."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WorkDays:
    """Four questions to a working calendar; `chassis.calendar_kg` answers them for Kyrgyzstan.

    `between(a, b)` counts the working days after a up to and including b, `nth(year, month, n)`
    and `last(year, month)` name a working day of a month.
    """

    between: Callable[[dt.date, dt.date], int]
    nth: Callable[[int, int, int], dt.date]
    last: Callable[[int, int], dt.date]
