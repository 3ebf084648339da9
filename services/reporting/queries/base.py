"""What every figure's queries share: the month that is asked about, and the shape of an answer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, func, select
from sqlalchemy.orm import Session

from chassis import clock
from services.reporting.documents.model import Companion, Evidence, Words
from services.reporting.documents.vocabulary import CompanionCode
from services.reporting.models import FirstSeen
from services.reporting.plan import FigureRow, Plan

Rows: TypeAlias = Select[*tuple[Any, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """One month of one plan, seen at `now` (aware UTC)."""

    plan: Plan
    month: str
    now: dt.datetime

    @property
    def start(self) -> dt.datetime:
        """The instant at which the month begins in Bishkek."""
        return clock.month_bounds(self.month)[0]

    @property
    def end(self) -> dt.datetime:
        """The instant at which the month is over in Bishkek, exclusive."""
        return clock.month_bounds(self.month)[1]

    @property
    def plan_start(self) -> dt.datetime:
        """The instant at which the plan begins."""
        return clock.start_of_day(self.plan.starts_on)

    @property
    def last_day(self) -> dt.date:
        """The month's last day."""
        return clock.last_day(self.month)

    @property
    def as_of(self) -> dt.datetime:
        """The moment that states are judged at: now, or the month's end if it has passed."""
        return min(self.now, self.end)

    @property
    def through(self) -> dt.date:
        """The last Bishkek day that has begun at `as_of`."""
        return clock.day_of(self.as_of - dt.timedelta(microseconds=1))

    @property
    def previous_month(self) -> str | None:
        """The plan's month before this one; None for its first."""
        return None if self.month == self.plan.months[0] else clock.previous_month(self.month)

    def at_month(self, month: str) -> Scope:
        """The same view of another month."""
        return Scope(plan=self.plan, month=month, now=self.now)


@dataclass(frozen=True, slots=True)
class Value:
    """A figure of a month: `actual` of this month alone, `cumulative` to its end."""

    actual: float | None
    cumulative: float | None = None


Beside = Callable[[Session, Scope, FigureRow], tuple[Companion, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """How one code is measured.

    `proofs` selects the counted rows with at least `at` and `key` (text, unique), which order and
    page them; `show` turns one such row into evidence. `others` are rows that are shown in the
    report beside the counted ones. `touching` selects the (source, event_id, position) of facts
    that can have moved the figure of that month, for the cause of a restatement, each with the
    `key` of the counted row that it speaks of. `thing` is the field that holds this key in the
    data of the event behind a row; None where one event speaks of many rows. `by_the_hour` says
    that the companions depend on the hour of asking, as what is overdue does.
    """

    value: Callable[[Session, Scope, FigureRow], Value]
    beside: Beside
    proofs: Callable[[Scope, FigureRow], Rows]
    show: Callable[[Any], Evidence]
    touching: Callable[[Scope, FigureRow], Rows]
    thing: str | None = None
    by_the_hour: bool = False
    others: Callable[[Session, Scope, FigureRow], tuple[Evidence, ...]] = lambda *_: ()


def companions(values: Mapping[CompanionCode, float | None]) -> tuple[Companion, ...]:
    """The figures beside, in their order."""
    return tuple(Companion(code=code, value=value) for code, value in values.items())


def count(session: Session, query: Rows) -> int:
    """How many rows a select has."""
    return session.scalar(select(func.count()).select_from(query.subquery())) or 0


def words(raw: Mapping[str, str] | None, fallback: str = "") -> Words:
    """Stored words; a thing without a name is called by its ref."""
    found = Words(**raw) if raw else Words()
    return found if found.ru or found.ky or found.en else Words(ru=fallback)


def day(at: dt.datetime | dt.date | None) -> str:
    """An ISO date of Bishkek for a document's parameter; empty for None."""
    if at is None:
        return ""
    return (clock.day_of(at) if isinstance(at, dt.datetime) else at).isoformat()


def within(
    column: SQLColumnExpression[Any], start: dt.datetime, end: dt.datetime
) -> ColumnElement[bool]:
    """Whether an instant lies in [start, end)."""
    return (column >= start) & (column < end)


def first_seen(session: Session) -> dict[str, dt.datetime]:
    """For each event type (and `type:purpose`) since when it is known."""
    return {name: at for name, at in session.execute(select(FirstSeen.type, FirstSeen.at))}
