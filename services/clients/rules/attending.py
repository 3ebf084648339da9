"""Attendance: distinct people, minutes without doubling, and when an event counts (ToR row 9).

Distinct person (contracts.md §2): the client, else the folded e-mail, else the folded display
name. Their stays are united as intervals of time, so that two devices are not two hours.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from contracts.spelling import plain
from services.clients.rules.folding import fold

# "No fewer than 10 participants at each event": ToR row 9, literally (switch A8).
ENOUGH = 10
ANNOUNCED, CANCELLED, HELD = "announced", "cancelled", "held"


@dataclass(frozen=True, slots=True)
class Stay:
    """One stay in the room; ``joined_at`` None = from its start, ``left_at`` None = to its end."""

    joined_at: datetime | None
    left_at: datetime | None


def attendee_key(client_id: UUID | None, email: str | None, display_name: str | None) -> str:
    """Return the key of the distinct person; no personal field can be read from it."""
    if client_id is not None:
        return str(client_id)
    if email:
        text = f"email:{email.casefold()}"
    else:
        # A name of signs only folds to nothing and stands for itself.
        text = f"name:{fold(display_name or '') or plain(display_name or '')}"
    return hashlib.sha256(text.encode()).hexdigest()


def effective(stays: Iterable[Stay]) -> list[Stay]:
    """Return the stays without the open ones whose end was reported later.

    A room may report a join at once and the same join again when the person has left.
    """
    known = list(stays)
    ended = {stay.joined_at for stay in known if stay.left_at is not None}
    return [stay for stay in known if stay.left_at is not None or stay.joined_at not in ended]


def minutes(stays: Iterable[Stay], end: datetime | None, *, start: datetime) -> int:
    """Return the whole minutes of the united stays; an open one lasts from ``start`` to ``end``.

    While the end of the event is not known, an open stay has no length yet.
    """
    total, reached = timedelta(), None
    joined = [(stay.joined_at or start, stay.left_at or end) for stay in stays]
    for came, stop in sorted((came, left or came) for came, left in joined):
        begin = came if reached is None else max(came, reached)
        if stop > begin:
            total += stop - begin
            reached = stop
    return int(total.total_seconds()) // 60


def counts(stayed: int, min_minutes: int | None) -> bool:
    """Return whether an attendance of ``stayed`` minutes counts; no minimum means any does."""
    return stayed >= (min_minutes or 0)


def end_of(
    ended_at: datetime | None,
    planned: datetime | None,
    held_at: datetime | None,
    *,
    started: datetime,
) -> datetime | None:
    """Return when an event ended: as reported, as planned, or when it was said to be over.

    A plan that ends before the start is that of a day from which the event was moved away.
    """
    return ended_at or (planned if planned and planned >= started else held_at)


def state(announced: str | None, cancelled: str | None, held: str | None) -> str:
    """Return an event's state from the marks of the newest fact of each kind.

    The newest of them wins; being held leaves the announcement behind whatever its time.
    """
    if cancelled and cancelled > (held or "") and cancelled > (announced or ""):
        return CANCELLED
    return HELD if held else ANNOUNCED


def qualifies(participants: Sequence[object]) -> bool:
    """Return whether an event counts towards ToR row 9."""
    return len(participants) >= ENOUGH
