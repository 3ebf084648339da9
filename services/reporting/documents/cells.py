"""Small makers of cells that all tables share: column heads, numbers, changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

from services.reporting.documents.phrases import DASH, Phrases
from services.reporting.documents.view import Cell


def head(phrases: Phrases, *keys: str) -> tuple[str, ...]:
    """The heads of the columns of these keys."""
    return tuple(phrases.text(f"label.{key}") for key in keys)


def number(phrases: Phrases, value: float | None) -> Cell:
    """A count; a dash for None."""
    return Cell(phrases.plain(value), value)


def moment(phrases: Phrases, at: dt.datetime | None) -> Cell:
    """A moment by the clock of Bishkek; a dash for None."""
    return Cell(phrases.moment(at) if at else DASH, at=at)


def change(phrases: Phrases, now: int, before: int | None) -> Cell:
    """The difference with its sign; a dash if there is nothing to compare with."""
    delta = None if before is None else now - before
    return Cell(phrases.signed(delta), delta)


def total(values: Iterable[int | None]) -> int | None:
    """The sum, or None as soon as one value is not known."""
    known = list(values)
    return None if None in known else sum(value for value in known if value is not None)


def capital(text: str) -> str:
    """The text with a capital at its start."""
    return text[:1].upper() + text[1:]
