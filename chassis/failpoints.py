"""Named points between two durable steps at which a test may end the process.

``FAILPOINTS=relay.after_confirm`` kills at the first pass, ``relay.after_confirm:3`` at the third;
without the variable a point costs one dict look-up. The names in use are listed by
``tests/project``.
"""

import os

_hits: dict[str, int] = {}


def _parse(text: str) -> dict[str, int]:
    points = {}
    for part in filter(None, text.split(",")):
        name, _, count = part.partition(":")
        points[name] = int(count or 1)
    return points


_armed = _parse(os.environ.get("FAILPOINTS", ""))


def failpoint(name: str) -> None:
    """End the process as ``kill -9`` would, if ``name`` is armed and its turn has come."""
    if name in _armed:
        _hits[name] = _hits.get(name, 0) + 1
        if _hits[name] == _armed[name]:
            os._exit(9)
