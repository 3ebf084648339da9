"""What was measured of each month, kept while the journal stands still.

A value follows from the month and the facts alone, never from the hour of asking (``figures``
measures each month as seen from its end): as long as no event has come since, it cannot be another.
The stamp of the newest event tells that, also where another process wrote it. What does depend on
the hour, states and what is overdue, is not kept.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from cachetools import TTLCache
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.reporting.documents.model import Companion
from services.reporting.models import Journal
from services.reporting.plan import Plan
from services.reporting.queries.base import Scope, Value

Stamp = tuple[int, dt.datetime]
Values = Mapping[str, Value]
VALUES = "values"
# A year of a few plans. A rebuild by another process changes no stamp: hence the minutes.
_kept: TTLCache[Any, tuple[Plan, Any]] = TTLCache(maxsize=512, ttl=300)


def stamp(session: Session) -> Stamp | None:
    """Return position and time of arrival of the newest event; None for an empty journal."""
    newest = select(Journal.position, Journal.received_at).order_by(Journal.position.desc())
    found = session.execute(newest.limit(1)).first()
    return None if found is None else (found.position, found.received_at)


def values(scope: Scope, at: Stamp | None) -> Values | None:
    """Return what was measured by code of this month when the newest event was ``at``."""
    found: Values | None = _known(scope, at, VALUES)
    return found


def companions(scope: Scope, at: Stamp | None, code: str) -> tuple[Companion, ...] | None:
    """Return the companions of a figure in this month when the newest event was ``at``."""
    found: tuple[Companion, ...] | None = _known(scope, at, code)
    return found


def keep_values(scope: Scope, at: Stamp | None, found: Values) -> None:
    """Keep what was measured by code; ``at`` held before and after measuring."""
    _keep(scope, at, VALUES, found)


def keep_companions(
    scope: Scope, at: Stamp | None, code: str, found: tuple[Companion, ...]
) -> None:
    """Keep the companions of a figure; ``at`` held before and after measuring."""
    _keep(scope, at, code, found)


def forget() -> None:
    """Forget all: the projections were made anew."""
    _kept.clear()


def _known(scope: Scope, at: Stamp | None, what: str) -> Any:
    plan, found = _kept.get((scope.plan.code, scope.month, what, at), (None, None))
    return found if plan is scope.plan else None


def _keep(scope: Scope, at: Stamp | None, what: str, found: object) -> None:
    if at is not None:
        _kept[scope.plan.code, scope.month, what, at] = (scope.plan, found)
