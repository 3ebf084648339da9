"""The only domain clock, and the arithmetic of months in Bishkek.

``now()`` is the real instant, unless the state was started as a demo: then it is the instant in
the state's ``clock`` file, which only the demo moves. Leases, retries and back-off use the
database's clock instead, because they must run while a demo clock stands still.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

BISHKEK = ZoneInfo("Asia/Bishkek")

_frozen: ContextVar[datetime | None] = ContextVar("frozen", default=None)
_override: list[Callable[[], datetime]] = []


def now() -> datetime:
    """Return this instant, aware, in UTC."""
    if (instant := _frozen.get()) is not None:
        return instant
    if _override:
        return _override[-1]()
    clock_file = os.environ.get("AYMAK_CLOCK_FILE")
    return read_clock(Path(clock_file)) if clock_file else datetime.now(UTC)


def read_clock(path: Path) -> datetime:
    """Return the instant in a demo's clock file (one RFC 3339 line), in UTC."""
    return datetime.fromisoformat(path.read_text().strip()).astimezone(UTC)


def is_demo() -> bool:
    """Return whether this process runs on a demo clock."""
    return bool(os.environ.get("AYMAK_CLOCK_FILE"))


@contextmanager
def freeze(at: datetime) -> Iterator[None]:
    """Let ``now()`` be ``at`` inside the block, in this context only; for tests."""
    token = _frozen.set(at.astimezone(UTC))
    try:
        yield
    finally:
        _frozen.reset(token)


@contextmanager
def use(source: Callable[[], datetime]) -> Iterator[None]:
    """Let ``now()`` ask ``source`` inside the block, in all threads; for tests."""
    _override.append(source)
    try:
        yield
    finally:
        _override.remove(source)


def local(at: datetime) -> datetime:
    """Return the same instant in Bishkek time."""
    return at.astimezone(BISHKEK)


def day_of(at: datetime) -> date:
    """Return the Bishkek day of an instant."""
    return local(at).date()


def month_of(at: datetime | date) -> str:
    """Return the Bishkek month of an instant (or of a day), ``2022-03``."""
    return f"{local(at) if isinstance(at, datetime) else at:%Y-%m}"


def start_of_day(day: date) -> datetime:
    """Return the instant at which a day begins in Bishkek, in UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=BISHKEK).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """Return the instant at which a day is over in Bishkek (the next one begins), in UTC."""
    return start_of_day(day + timedelta(days=1))


def first_day(month: str) -> date:
    """Return the first day of ``2022-03``; raises ``ValueError`` for anything else."""
    return date.fromisoformat(f"{month}-01")


def last_day(month: str) -> date:
    """Return the last day of ``2022-03``."""
    return first_day(next_month(month)) - timedelta(days=1)


def month_bounds(month: str) -> tuple[datetime, datetime]:
    """Return the instants in UTC at which a month begins and is over (exclusive) in Bishkek."""
    return start_of_day(first_day(month)), start_of_day(first_day(next_month(month)))


def next_month(month: str) -> str:
    """Return the month after ``2022-12``: ``2023-01``."""
    return month_of(first_day(month) + timedelta(days=31))


def previous_month(month: str) -> str:
    """Return the month before ``2022-01``: ``2021-12``."""
    return month_of(first_day(month) - timedelta(days=1))


def months_between(first: str, last: str) -> list[str]:
    """Return all months from ``first`` to ``last``, both included."""
    months = []
    while first <= last:
        months.append(first)
        first = next_month(first)
    return months
