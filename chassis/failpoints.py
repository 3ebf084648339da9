"""Named points between two durable steps at which a test may end or stall the process.

``FAILPOINTS=relay.after_confirm`` kills at the first pass, ``relay.after_confirm:3`` at the third,
``listen.before_commit:3:25`` lets the whole process stand still for 25 seconds at the third: every
greenlet waits, as in a call that blocks the hub (quality.md F18). Without the variable a point
costs one dict look-up. The names in use are listed by ``tests/project``.
"""

import os
import signal

_hits: dict[str, int] = {}


def _parse(text: str) -> dict[str, tuple[int, float]]:
    points = {}
    for part in filter(None, text.split(",")):
        name, _, rest = part.partition(":")
        count, _, stall = rest.partition(":")
        points[name] = int(count or 1), float(stall or 0)
    return points


_armed = _parse(os.environ.get("FAILPOINTS", ""))


def failpoint(name: str) -> None:
    """End the process as ``kill -9`` would, or stall it, if ``name`` is armed and its turn came."""
    if name not in _armed:
        return
    _hits[name] = _hits.get(name, 0) + 1
    turn, stall = _armed[name]
    if _hits[name] != turn:
        return
    if not stall:
        os._exit(9)
    # eventlet patches ``time.sleep``; this wait is one that it leaves alone.
    signal.sigtimedwait((), stall)
