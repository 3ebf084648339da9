"""When the world is quiet: everything that was posted has had all its effects.

Each service must have received all that the others emitted to it, its outbox must be empty, no
mail and no job may be due, and its timers must have run since the clock was moved. All of it is
read from ``GET /v1/status?counts=1``; nothing is guessed from a pause.
"""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from contracts.catalogue import SERVICES, contracts, listened_to_by
from launch.demo.administrator import Administrator
from launch.errors import LaunchError

JOURNAL = "reporting"
SETTLE_SECONDS = 300.0
WORRY_SECONDS = 20.0
# A fact that crossed with what it waits for is tried again by itself after 1, 2, 5, 15 and 60 s.
CROSSED_SECONDS = 90.0
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 0.5
Services = Mapping[str, Mapping[str, Any]]


@dataclass(slots=True)
class Watch:
    """Somebody who looks until it is quiet.

    ``orphans`` counts the facts of each service that wait for something nobody will report: the
    story leaves none for good, but a person who tries the product meanwhile may.
    """

    administrator: Administrator
    seconds: float = SETTLE_SECONDS
    crossed_seconds: float = CROSSED_SECONDS
    orphans: Counter[str] = field(default_factory=Counter)

    def wait(
        self, posted: Counter[str], *, at: datetime, early: Counter[str] | None = None
    ) -> Services:
        """Return the services' status once all is quiet at the demo's instant ``at``.

        ``posted`` counts the portal's facts by type, each id once; ``early`` those, by service,
        that have come before the client they are about. Raises LaunchError that says what has not
        settled in time.
        """
        begun = time.monotonic()
        worry, pause = WORRY_SECONDS, FIRST_PAUSE
        while True:
            services: Services = self.administrator.get("/v1/status", counts="1")["services"]
            left = unsettled(services, posted, at=at)
            spent = time.monotonic() - begun
            if not left and self._is_nobody_waiting(services, early or Counter(), spent):
                return services
            words = "; ".join(left) or "facts wait for others that have not come"
            if spent > self.seconds:
                raise LaunchError(
                    f"The product did not settle within {self.seconds:.0f} s at "
                    f"{at:%d %B %Y, %H:%M}: {words}. See ./aymak logs; the demo goes on when it "
                    "is run again."
                )
            if spent > worry:
                self.administrator.wire.say(f"waiting at {at:%d %B %Y, %H:%M}: {words}")
                worry += WORRY_SECONDS
            time.sleep(pause)
            pause = min(1.5 * pause, LONGEST_PAUSE)

    def _is_nobody_waiting(self, services: Services, early: Counter[str], spent: float) -> bool:
        waiting = Counter(
            {name: services[name]["inbox"]["waiting"] - early[name] for name in SERVICES}
        )
        if spent > self.crossed_seconds:
            self.orphans = waiting
        return all(waiting[name] <= self.orphans[name] for name in SERVICES)


def unsettled(services: Services, posted: Counter[str], *, at: datetime) -> list[str]:
    """Return what is still moving, in words."""
    away = [name for name in SERVICES if _is_away(services.get(name))]
    if away:
        return [f"{name} is away" for name in away]
    return [
        words
        for name in SERVICES
        for words in (
            *_unheard(name, services, posted),
            *_waiting(name, services[name]),
            *_behind(name, services[name], at),
        )
    ]


def dead(services: Services) -> int:
    """Return how many facts lie in the lists of dead letters."""
    return sum(int(services[name]["inbox"]["dead"]) for name in SERVICES)


def _is_away(status: Mapping[str, Any] | None) -> bool:
    return status is None or bool(status.get("away"))


def _unheard(name: str, services: Services, posted: Counter[str]) -> list[str]:
    """Facts that are on their way to a service; the journal hears all of them."""
    heard = contracts() if name == JOURNAL else listened_to_by(name)
    found = []
    for contract in heard:
        key = f"{contract.emitter}.{contract.type}"
        sent = (
            posted[contract.type]
            if contract.emitter == "portal"
            else int(services[contract.emitter]["emitted"].get(key, 0))
        )
        received = int(services[name]["received"].get(key, 0))
        # Somebody may try the product by hand meanwhile: more than ours is no trouble.
        if received < sent:
            found.append(f"{name} has received {received} of {sent} {key}")
    return found


def _waiting(name: str, status: Mapping[str, Any]) -> list[str]:
    counts = {
        "facts to send": status["outbox"],
        "facts to try again": status["inbox"]["failed"] + status["inbox"].get("due", 0),
        "mails to send": status["mail"]["queued"],
        "jobs to do": status["jobs_due"],
    }
    return [f"{name} has {count} {what}" for what, count in counts.items() if count]


def _behind(name: str, status: Mapping[str, Any], at: datetime) -> list[str]:
    ticked = status["ticked_for"]
    if ticked is None or datetime.fromisoformat(ticked) < at:
        return [f"the timers of {name} have not seen this hour"]
    return []
