"""Newer wins, field by field: the rule that makes the order of arrival irrelevant.

Every field keeps the mark of the fact that set it. Marks compare as text: first the time of the
fact, then its id, so that two facts of one instant also give one state in any order.
"""

from collections.abc import Mapping
from datetime import UTC, datetime


def mark(at: datetime, event_id: str) -> str:
    """Return the mark of a fact that happened ``at`` (aware)."""
    return f"{at.astimezone(UTC).isoformat(timespec='microseconds')} {event_id}"


def newer(marks: Mapping[str, str], values: Mapping[str, object], this: str) -> dict[str, object]:
    """Return the given values (None = not said) that are newer than what the fields hold."""
    return {
        name: value
        for name, value in values.items()
        if value is not None and this > marks.get(name, "")
    }


def earliest(known: datetime | None, at: datetime) -> datetime:
    """Return the earlier of two instants, in UTC."""
    return at.astimezone(UTC) if known is None else min(known, at).astimezone(UTC)


def latest(known: datetime | None, at: datetime) -> datetime:
    """Return the later of two instants, in UTC."""
    return at.astimezone(UTC) if known is None else max(known, at).astimezone(UTC)
