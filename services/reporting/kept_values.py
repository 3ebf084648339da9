"""What was measured of each month, kept while the journal stands still.

A value follows from the month and the facts alone, never from the hour of asking (``figures``
measures each month as seen from its end): as long as no event has come since, it cannot be another.
The stamp of the newest event tells that, also where another process wrote it. What does depend on
the hour, states and what is overdue, is not kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, TypeVar

from cachetools import TTLCache
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.reporting.models import Journal
from services.reporting.plan import Plan
from services.reporting.queries.base import Scope

Stamp = tuple[int, dt.datetime]
T = TypeVar("T")
# A year of a few plans. A rebuild by another process changes no stamp: hence the minutes.
_kept: TTLCache[Any, tuple[Plan, Any]] = TTLCache(maxsize=512, ttl=300)


def stamp(session: Session) -> Stamp | None:
    """Return position and time of arrival of the newest event; None for an empty journal.

    It is taken before anything else is read: an event that comes in between changes it.
    """
    newest = select(Journal.position, Journal.received_at).order_by(Journal.position.desc())
    found = session.execute(newest.limit(1)).first()
    return None if found is None else (found.position, found.received_at)


def once(
    session: Session, scope: Scope, at: Stamp | None, *, what: str, measure: Callable[[], T]
) -> T:
    """Return what ``measure`` returns, measured once a month and state ``at`` of the journal.

    ``what`` names it. It is not kept when an event came while it was measured.
    """
    key = (scope.plan.code, scope.month, what, at)
    entry = _kept.get(key)
    if entry is not None and entry[0] is scope.plan:
        kept: T = entry[1]
        return kept
    found = measure()
    if at is not None and stamp(session) == at:
        _kept[key] = (scope.plan, found)
    return found


def forget() -> None:
    """Forget all: the projections were made anew."""
    _kept.clear()
