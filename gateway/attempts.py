"""Guessing gets slower: attempts of one kind from one address (quality.md S8).

Five are free; then a quarter of an hour passes before the next five, then half an hour, and so on
up to four hours. The right answer forgets them, and so does a quiet day.
"""

import hashlib
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from chassis.errors import TooMany
from gateway.models import SignInAttempt

FREE = 5
FIRST_WAIT = timedelta(minutes=15)
LONGEST_WAIT = timedelta(hours=4)
REMEMBERED = timedelta(hours=24)


def guesser(what: str, address: str) -> bytes:
    """Return what is kept of who guesses at what: a hash."""
    return hashlib.sha256(f"{what}\n{address}".encode()).digest()


def note(session: Session, who: bytes) -> None:
    """Count an attempt that begins; raises ``TooMany`` with the time that is left to wait."""
    # The lock makes attempts of one kind count one after the other, not past each other.
    session.execute(select(func.pg_advisory_xact_lock(int.from_bytes(who[:8], signed=True))))
    now = session.scalars(select(func.now())).one()
    session.execute(delete(SignInAttempt).where(SignInAttempt.at < now - REMEMBERED))
    count, last = session.execute(
        select(func.count(), func.max(SignInAttempt.at)).where(SignInAttempt.who == who)
    ).one()
    if count and count % FREE == 0:
        # Another transaction may have begun a little later than this one.
        left = min(last - now, timedelta()) + wait_after(count)
        if left > timedelta():
            raise TooMany("too_many_attempts", retry_after=left.total_seconds())
    session.add(SignInAttempt(who=who))


def wait_after(count: int) -> timedelta:
    """Return how long the attempt after ``count`` others waits, counted from the last one."""
    # Bounded first: a time that doubles for ever overflows.
    doublings = min(count // FREE - 1, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def forget(session: Session, who: bytes) -> None:
    """Forget the attempts of somebody who knew it."""
    session.execute(delete(SignInAttempt).where(SignInAttempt.who == who))
