"""API keys: who sends, what it may send, and a cache that outlives a database that is away.

A key is read again after 5 seconds, so that a revoked one ends at once; while the accounts
database is away a known key is good for 10 minutes, so that events go on (quality.md fault row 10).
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import eventlet
from cachetools import LRUCache
from sqlalchemy import func, select

from chassis.db import Database, is_away
from chassis.errors import Forbidden, Unavailable
from gateway.models import ApiKey
from gateway.secrets_kept import digest

log = logging.getLogger(__name__)

FRESH_SECONDS = 5.0
STALE_SECONDS = 600.0
LOOKUP_SECONDS = 2.0
# While the database is away it is not asked for each event again.
AWAY_SECONDS = 3.0
NOTED = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Key:
    """A key that is in force; ``sources`` and ``types`` None mean what models.ApiKey says."""

    name: str
    role: str
    sources: tuple[str, ...] | None
    types: tuple[str, ...] | None

    def check_source(self, source: str, *, portal_source: str | None) -> None:
        """Raise ``Forbidden`` for a source outside the key's scope.

        ``portal_source`` is the only source of keys that name none; None lets any.
        """
        sources = self.sources or ((portal_source,) if portal_source else None)
        if sources is not None and source not in sources:
            raise Forbidden("foreign_source", source=source)


class KeyRing:
    """The keys of one process; only keys that were found are remembered."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: LRUCache[bytes, tuple[Key, float]] = LRUCache(maxsize=1024)
        self._away_until = 0.0
        self._being_read: set[bytes] = set()

    def find(self, db: Database, secret: str) -> Key | None:
        """Return the key behind ``secret``, or None when there is none in force.

        Raises ``Unavailable`` when the database is away and the key was not seen in 10 minutes.
        """
        hashed, now = digest(secret), self._clock()
        key, read_at = self._known.get(hashed, (None, 0.0))
        if key and now - read_at < FRESH_SECONDS:
            return key
        if key and hashed in self._being_read:
            # One look is enough for all who come meanwhile.
            return key
        if now < self._away_until:
            return self._stale(key, now - read_at)
        self._being_read.add(hashed)
        try:
            with eventlet.Timeout(LOOKUP_SECONDS, TimeoutError("accounts database")):
                found = _read(db, hashed)
        except Exception as problem:
            if not isinstance(problem, TimeoutError) and not is_away(problem):
                raise
            log.warning("accounts database away: %s", type(problem).__name__)
            self._away_until = self._clock() + AWAY_SECONDS
            return self._stale(key, now - read_at)
        finally:
            self._being_read.discard(hashed)
        if found is None:
            self._known.pop(hashed, None)
        else:
            self._known[hashed] = (found, now)
        return found

    def forget(self) -> None:
        """Read every key again: one was revoked through this process."""
        self._known.clear()

    def _stale(self, key: Key | None, age: float) -> Key:
        if key is None or age > STALE_SECONDS:
            raise Unavailable("database_away", "keys cannot be read", retry_after=AWAY_SECONDS)
        return key


def _read(db: Database, hashed: bytes) -> Key | None:
    with db.begin() as session:
        found = session.execute(
            select(ApiKey, func.now().label("now")).where(
                ApiKey.key_hash == hashed, ApiKey.revoked_at.is_(None)
            )
        ).one_or_none()
        if found is None:
            return None
        row = found.ApiKey
        # Written at most once a minute: a portal sends all the time.
        if row.last_used_at is None or found.now - row.last_used_at > NOTED:
            row.last_used_at = found.now
        return Key(row.name, row.role, _tuple(row.sources), _tuple(row.types))


def _tuple(values: list[str] | None) -> tuple[str, ...] | None:
    return None if values is None else tuple(values)
