"""What happens in the demo year: facts that the portal posts, and acts of the administrator.

Both are values with an instant; their ids come from the seed alone, so that a day can be posted
again by a demo that was killed.
"""

import json
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any, Literal
from uuid import UUID, uuid5

from chassis.clock import BISHKEK
from contracts.envelope import Event, dump
from launch.demo import SOURCE, YEAR

NAMESPACE = UUID("5f0c8a2e-6a44-5b0e-9d0b-2f7d3b1c9e77")
OFFICE = (time(9, 10), time(17, 40))
WAKING = (time(8, 0), time(22, 30))

Deed = Literal["answer", "resolve", "reopen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """An event of the portal: it happened ``at``, is posted at ``posted``, ``copies`` times."""

    id: str
    at: datetime
    posted: datetime
    data: Any
    copies: int = 1

    @property
    def type(self) -> str:
        """The event's name."""
        return self.event().type

    def event(self) -> Event[Any]:
        """Return the fact in its envelope."""
        return Event(id=self.id, source=SOURCE, time=self.at, data=self.data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """Something the administrator does to the open inquiry of a portal's reference.

    ``key`` is its Idempotency-Key. ``text`` is an answer's words or a reason; ``outcome`` belongs
    to a resolution.
    """

    key: str
    at: datetime
    deed: Deed
    inquiry_ref: str
    text: str | None = None
    outcome: str | None = None


def fact_id(seed: int, *parts: object) -> str:
    """Return the id of a fact that these parts name: the same seed, the same id."""
    return str(uuid5(NAMESPACE, ":".join(map(str, (seed, *parts)))))


def fact(seed: int, data: Any, *, at: datetime, posted: datetime | None = None) -> Fact:
    """Return the fact that ``data`` came true ``at``, posted at once unless told otherwise."""
    # As it travels, not as Python shows it: a new optional field of a contract changes no id.
    said = json.dumps(dump(data), sort_keys=True, ensure_ascii=False)
    identity = fact_id(seed, type(data).__name__, at.isoformat(), said)
    return Fact(id=identity, at=at, posted=posted or at, data=data)


def instant(day: date, clock: time) -> datetime:
    """Return the instant at which the clocks of Bishkek show ``clock`` on ``day``."""
    return datetime.combine(day, clock, BISHKEK)


def sometime(random: Random, day: date, hours: tuple[time, time] = OFFICE) -> datetime:
    """Draw a second of ``day`` between two times of day in Bishkek."""
    first, last = (instant(day, each) for each in hours)
    return first + timedelta(seconds=random.randint(0, int((last - first).total_seconds())))


def month_days(month: int) -> list[date]:
    """Return all days of a month of the demo year."""
    first = date(YEAR, month, 1)
    days = [first + timedelta(days=n) for n in range(31)]
    return [day for day in days if day.month == month]
