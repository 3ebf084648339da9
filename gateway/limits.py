"""How much anybody may ask: token buckets per key, account or address (quality.md S9).

A bucket holds ``burst`` requests and fills with ``rate`` a second. They live in the process:
several gateways let through as many times more. `AYMAK_RATE_SCALE` multiplies them all.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from cachetools import LRUCache

from chassis.errors import TooMany

Pace = Literal["events", "normal", "dear", "sign_in", "stranger"]


@dataclass(frozen=True, slots=True)
class Allowance:
    """Requests a second in the long run, and how many at once."""

    rate: float
    burst: float


# events: a portal that catches up. dear: what renders, downloads, sends or searches. stranger:
# whoever shows no token or a wrong one, by address.
PACES: dict[Pace, Allowance] = {
    "events": Allowance(5_000, 10_000),
    "normal": Allowance(100, 1_000),
    "dear": Allowance(5, 100),
    # Each costs a comparison of passwords, 40 ms of a processor.
    "sign_in": Allowance(2, 60),
    "stranger": Allowance(20, 200),
}


class Buckets:
    """The buckets of one process; the least used are forgotten, which fills them."""

    def __init__(self, scale: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._scale, self._clock = scale, clock
        self._left: LRUCache[tuple[Pace, str], tuple[float, float]] = LRUCache(maxsize=10_000)

    def spend(self, pace: Pace, who: str) -> None:
        """Take one request out of a bucket; raises ``TooMany`` when there is none."""
        allowed, now = PACES[pace], self._clock()
        burst, rate = allowed.burst * self._scale, allowed.rate * self._scale
        left, at = self._left.get((pace, who), (burst, now))
        left = min(burst, left + (now - at) * rate)
        if left < 1:
            wait = (1 - left) / rate if rate else 3600
            raise TooMany("too_many", retry_after=wait)
        self._left[pace, who] = (left - 1, now)
