"""Whether this process was asked to end, for everything that would otherwise go on (plain Python).

What is in hand is finished; what has not begun is left to the next process (quality.md rule 7).
"""

import threading
import time
from collections.abc import Callable

# Deliveries in hand are begun for so long; what is left goes back to the broker.
BEGIN_SECONDS = 12

_asked = threading.Event()
_since: list[float] = []


def ask() -> None:
    """Ask everything in this process to end."""
    _since.append(time.monotonic())
    _asked.set()


def asked() -> bool:
    """Return whether the process is asked to end."""
    return _asked.is_set()


def is_late() -> bool:
    """Return whether it was asked so long ago that nothing more should be begun."""
    return asked() and time.monotonic() - _since[0] > BEGIN_SECONDS


def pause(seconds: float) -> bool:
    """Wait so long, or until the process is asked to end; return whether it was."""
    return _asked.wait(seconds)


def work_off(step: Callable[[], object]) -> int:
    """Repeat ``step`` while it returns something true and nobody asks to end; return how often."""
    done = 0
    while not asked() and step():
        done += 1
    return done
