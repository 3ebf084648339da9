"""The report in the words of one language, before any format: what each document lays out.

A view holds finished text. A cell also keeps its number, so that the workbook can store a number
where the page prints one. The builders are `lines.py` (the nineteen figures), `tables.py` (the
lists) and `pages.py` (the whole).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

from services.reporting.documents.model import Unit

Tone = Literal["met", "on_track", "at_risk", "missed", "not_measured", "none"]
# A mark beside the word and the colour: a state is never told by colour alone.
MARKS: dict[Tone, str] = {
    "met": "●",
    "on_track": "▲",
    "at_risk": "◆",
    "missed": "■",
    "not_measured": "○",
    "none": "·",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One cell: its text, and beside it the number, moment (UTC) or state that the text tells."""

    text: str
    value: float | None = None
    unit: Unit = "count"
    tone: Tone | None = None
    at: dt.datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table; `right` are the columns of numbers, `wide` those that take the room that is left."""

    key: str
    title: str
    head: tuple[str, ...]
    body: tuple[tuple[Cell, ...], ...]
    right: tuple[int, ...] = ()
    wide: tuple[int, ...] = (0,)
    total: tuple[Cell, ...] = ()
    empty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A label and what stands behind it."""

    label: str
    text: str
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One figure of the plan, written out. `formula` and `beside` may be empty."""

    code: str
    row: int
    title: str
    tone: Tone
    state: str
    mark: str
    plan: str
    due: str
    target: Cell
    month: Cell
    total: Cell
    main: Cell
    previous: Cell
    change: Cell
    pace: str
    forecast: str
    formula: tuple[str, ...]
    beside: tuple[Pair, ...]
    restated: str
    reason: str
    progress: int | None
    evidence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One row of the Terms of Reference with its figures; `notes` number the readings it rests on.

    `official` is the Russian sentence where the document itself is not in Russian, else empty.
    """

    number: int
    activity: str
    terms: str
    indicators: str
    official: str
    lines: tuple[Line, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many figures are in a state."""

    tone: Tone
    mark: str
    state: str
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The whole report in one language."""

    language: str
    title: str
    subject: str
    about: str
    month: str
    period: str
    header: tuple[Pair, ...]
    fingerprint: str
    summary: tuple[str, ...]
    tally: tuple[Tally, ...]
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...]
    tables: dict[str, Table]
    inquiries: tuple[Pair, ...]
    actions: tuple[str, ...]
    notes: tuple[Pair, ...]
    evidence: tuple[Table, ...]
    how: str
    labels: dict[str, str]
