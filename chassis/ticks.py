"""``@every``: a method that wakes up now and then and asks the database what is due.

A tick is only a wake-up (quality.md F22): the truth is in the database. In a demo state every
tick runs at least each quarter of a second, because the demo's days are short.
"""

import functools
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import eventlet
import structlog
from eventlet.event import Event
from nameko.extensions import Entrypoint

from chassis import clock, context
from chassis.db import is_away

DEMO_INTERVAL = 0.25
F = TypeVar("F", bound=Callable[..., Any])

log = structlog.get_logger()
# When each tick of this process last began a run that ended well (domain time).
ticked: dict[str, datetime | None] = {}


class Tick(Entrypoint):
    """Run the method each ``seconds``, never twice at a time in one process."""

    def __init__(self, seconds: float, **options: Any) -> None:
        self.seconds = seconds
        self.stopping = False
        super().__init__(**options)

    def setup(self) -> None:
        """Register the tick as not yet run."""
        ticked[self.method_name] = None

    def start(self) -> None:
        """Begin to tick."""
        self.container.spawn_managed_thread(self._run, identifier=f"tick {self.method_name}")

    def stop(self) -> None:
        """Begin no further run."""
        self.stopping = True

    def _run(self) -> None:
        pause = min(self.seconds, DEMO_INTERVAL) if clock.is_demo() else self.seconds
        while not self.stopping:
            done = Event()
            began = clock.now()
            self.container.spawn_worker(
                self, (), {}, handle_result=functools.partial(self._settle, done)
            )
            if done.wait():
                ticked[self.method_name] = began
            eventlet.sleep(pause)

    @staticmethod
    def _settle(done: Event, _: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        done.send(exc_info is None and result)
        return result, exc_info


def every(seconds: float) -> Callable[[F], F]:
    """Run ``def tick_x(self)`` each ``seconds``; it opens its own transactions."""

    def decorate(method: F) -> F:
        @functools.wraps(method)
        def worker(service: Any) -> bool:
            try:
                with context.flowing(service.name):
                    method(service)
            except Exception as problem:
                if not is_away(problem):
                    raise
                # One line, not a traceback at every tick; the next one tries again.
                log.warning("database_away", tick=method.__name__, error=type(problem).__name__)
                return False
            return True

        return Tick.decorator(seconds)(worker)  # type: ignore[no-any-return]

    return decorate


def ticked_for() -> datetime | None:
    """Return the domain instant for which every tick of this process has run, or None."""
    instants = list(ticked.values())
    if not instants or None in instants:
        return None
    return min(instant for instant in instants if instant is not None)
