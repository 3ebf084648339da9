"""Working days of the Kyrgyz Republic, moved working Saturdays included.

Every deadline, reminder and schedule of the house asks here. The national holidays and the days
that the cabinet moved come from the ``holidays`` library; a decree that the library does not know
yet is written into a small local file, named by the environment variable ``AYMAK_CALENDAR``:
one day a line, ``2022-05-04 off`` or ``2022-05-14 work``, and ``#`` begins a comment.
"""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path

import holidays

from chassis.clock import BISHKEK

FILE_VARIABLE = "AYMAK_CALENDAR"
WORDS = {"off": False, "work": True}
ONE_DAY = timedelta(days=1)
NATIONAL = holidays.country_holidays("KG")


class CalendarError(ValueError):
    """The local calendar file cannot be read; the message names the file and the line."""


def is_working_day(day: date) -> bool:
    """Say whether people work on ``day`` in Kyrgyzstan; the local file has the last word."""
    return _is_working(day, os.environ.get(FILE_VARIABLE, ""))


def add_working_days(day: date, n: int) -> date:
    """Return the ``n``-th working day after ``day``, which is itself not counted.

    A negative ``n`` goes back in time; 0 returns ``day`` as it is, working or not.
    """
    step = ONE_DAY if n >= 0 else -ONE_DAY
    left = abs(n)
    while left:
        day += step
        left -= is_working_day(day)
    return day


def working_days_between(first: date, last: date) -> int:
    """Count the working days after ``first`` up to and including ``last``.

    Negative when ``last`` lies before ``first``: ``between(a, b) == -between(b, a)``.
    """
    if last < first:
        return -working_days_between(last, first)
    return _working_between(first, last, os.environ.get(FILE_VARIABLE, ""))


def nth_working_day(year: int, month: int, n: int) -> date:
    """Return the ``n``-th working day (1, 2, …) of a month; ``ValueError`` if it has fewer."""
    working = [day for day in _days(*_month(year, month)) if is_working_day(day)]
    if not 1 <= n <= len(working):
        raise ValueError(f"{year}-{month:02} has {len(working)} working days, not {n}")
    return working[n - 1]


def last_working_day(year: int, month: int) -> date:
    """Return the last working day of a month."""
    first, last = _month(year, month)
    return next(day for day in reversed(list(_days(first, last))) if is_working_day(day))


def at_local(day: date, hour: int, minute: int = 0) -> datetime:
    """Return the instant, in UTC, when the clocks of Bishkek show ``hour:minute`` on ``day``."""
    return datetime.combine(day, time(hour, minute), BISHKEK).astimezone(UTC)


def read_local_days(path: str) -> dict[date, bool]:
    """Read a local calendar file: day → whether people work. No path gives no days.

    Raises :class:`CalendarError` that names the file and the line: a deadline must never rest on
    a calendar that was half read.
    """
    if not path:
        return {}
    try:
        lines = Path(path).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as problem:
        raise CalendarError(f"{FILE_VARIABLE}={path} cannot be read: {problem}") from problem
    days = {}
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].split()
        if words:
            day, works = _local_day(words, f"{path}, line {number}")
            days[day] = works
    return days


def _local_day(words: list[str], place: str) -> tuple[date, bool]:
    try:
        day, word = words
        return date.fromisoformat(day), WORDS[word]
    except (ValueError, KeyError) as problem:
        example = '"2022-05-04 off" or "2022-05-14 work"'
        raise CalendarError(f"{FILE_VARIABLE}={place}: expected {example}") from problem


@lru_cache(maxsize=16_384)
def _is_working(day: date, path: str) -> bool:
    local = _local_days(path).get(day)
    return NATIONAL.is_working_day(day) if local is None else local


@lru_cache(maxsize=4_096)
def _working_between(first: date, last: date, path: str) -> int:
    # One look at the figures of a month asks this hundreds of times, of the same few days.
    return sum(_is_working(day, path) for day in _days(first + ONE_DAY, last))


@lru_cache(maxsize=8)
def _local_days(path: str) -> dict[date, bool]:
    # Read once per process: a deadline that was computed twice is the same deadline.
    return read_local_days(path)


def _days(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=n) for n in range((last - first).days + 1))


def _month(year: int, month: int) -> tuple[date, date]:
    following = date(year + month // 12, month % 12 + 1, 1)
    return date(year, month, 1), following - ONE_DAY
