"""Due days of an inquiry, which of them are missed, and whether an answer was on time.

A deadline is a last day in Bishkek: it is missed when that day is over, not before.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

AddWorkingDays = Callable[[date, int], date]


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Working days for each deadline, and calendar days in which a comment reopens."""

    registration: int
    first_response: int
    answer: int
    reopening: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dues:
    """The last days of the three terms."""

    registration: date
    first_response: date
    answer: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """One deadline as it stands: its last day, and the day on which it was met, if it was."""

    name: str
    due_on: date
    met_on: date | None = None

    def is_missed(self, today: date) -> bool:
        """Return whether the due day is over and nothing was done."""
        return self.met_on is None and self.due_on < today


def dues(day: date, terms: Terms, add_working_days: AddWorkingDays) -> Dues:
    """Return the last days of the terms that begin on ``day``, which is itself not counted."""
    return Dues(
        registration=add_working_days(day, terms.registration),
        first_response=add_working_days(day, terms.first_response),
        answer=add_working_days(day, terms.answer),
    )


def missed(deadlines: Collection[Deadline], today: date, told: Collection[str]) -> list[Deadline]:
    """Return the deadlines that are missed and were not ``told`` yet."""
    return [one for one in deadlines if one.is_missed(today) and one.name not in told]


def next_due(deadlines: Collection[Deadline], told: Collection[str] = ()) -> date | None:
    """Return the earliest due day that is not met, leaving out the deadlines ``told``."""
    pending = [one.due_on for one in deadlines if one.met_on is None and one.name not in told]
    return min(pending, default=None)


def is_on_time(due_on: date, done_on: date | None, today: date) -> bool | None:
    """Return whether the deed was in time; None while it is neither done nor late."""
    if done_on is not None:
        return done_on <= due_on
    return False if due_on < today else None
