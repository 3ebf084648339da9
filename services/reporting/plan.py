"""The Terms of Reference as data: Table 1, the nineteen codes and the switches of open wording.

A plan is a JSON file in `data/`: its Russian sentences are the official text, ky and en are
translations (product.md sections 1 and 2). Kinds, targets, stages, due dates, the event types
behind a figure and every number that a rule needs stand there, never in code.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, cast

import marshmallow

from chassis import clock
from chassis.errors import NotFound
from services.reporting.documents import codec
from services.reporting.documents.model import Kind, PlanRow, Unit, Words
from services.reporting.documents.vocabulary import AwaitedType, ReadingCode

FOLDER = Path(__file__).parent / "data"
DELIVERIES = {
    "deliveries_settled:portal_info": "portal_info_delivered",
    "deliveries_settled:event_notice": "event_notice_delivered",
}
DueRule = Literal["fixed", "month_end", "window_end", "report_day", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """One of the nineteen codes.

    `events` are the types that the figure is computed from, `type` or `type:purpose`; `rule` holds
    its numbers (at least so many participants); `target` is the stage's own, `adds_to` names the
    stage that it comes on top of.
    """

    code: str
    row: int
    title: Words
    kind: Kind
    events: tuple[str, ...]
    unit: Unit = "count"
    target: float | None = None
    due_rule: DueRule = "none"
    due_on: dt.date | None = None
    stage: str | None = None
    adds_to: str | None = None
    rule: dict[str, int] = field(default_factory=dict)
    switches: tuple[str, ...] = ()

    @property
    def types(self) -> tuple[str, ...]:
        """The event types without their purposes."""
        return tuple(name.split(":")[0] for name in self.events)

    @property
    def awaited(self) -> tuple[AwaitedType, ...]:
        """The events as documents name them: other deliveries may have come, these have not."""
        named = (DELIVERIES.get(name, name.split(":")[0]) for name in self.events)
        return cast("tuple[AwaitedType, ...]", tuple(named))


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """An open wording (A1-A16): the Russian sentence, the reading in force, those there are."""

    id: str
    wording: str
    reading: ReadingCode
    readings: tuple[ReadingCode, ...]


@dataclass(frozen=True, kw_only=True)
class Plan:
    """One plan; `starts_on` and `ends_on` are Bishkek days, both included."""

    code: str
    title: Words
    customer: Words
    contractor: Words
    starts_on: dt.date
    ends_on: dt.date
    rows: tuple[PlanRow, ...]
    figures: tuple[FigureRow, ...]
    switches: tuple[Switch, ...]

    @cached_property
    def months(self) -> list[str]:
        """The plan's months, "2022-01" to "2022-12"."""
        return clock.months_between(clock.month_of(self.starts_on), clock.month_of(self.ends_on))

    @property
    def readings(self) -> tuple[ReadingCode, ...]:
        """The readings in force, in the order of the switches."""
        return tuple(switch.reading for switch in self.switches)

    def figure(self, code: str) -> FigureRow:
        """The row of a code; `NotFound` if the plan has none."""
        for row in self.figures:
            if row.code == code:
                return row
        raise NotFound("indicator", code)

    def target(self, row: FigureRow) -> float | None:
        """The target with those of the stages before it (contracts.md section 3a)."""
        if row.target is None or row.adds_to is None:
            return row.target
        return row.target + (self.target(self.figure(row.adds_to)) or 0)


def read(path: Path) -> Plan:
    """Read and check a plan; `marshmallow.ValidationError` names what is wrong with it."""
    return cast(Plan, _schema().load(json.loads(path.read_text(encoding="utf-8"))))


@cache
def plans() -> tuple[Plan, ...]:
    """All shipped plans, the oldest first."""
    return tuple(sorted(map(read, FOLDER.glob("plan_*.json")), key=lambda plan: plan.starts_on))


def covering(month: str) -> Plan:
    """The plan of a month; `NotFound` names the plans that there are (contracts.md section 5)."""
    for plan in plans():
        if month in plan.months:
            return plan
    spans = ", ".join(f"{plan.code} {plan.months[0]}–{plan.months[-1]}" for plan in plans())
    raise NotFound("plan", month, code="no_plan", message=f"no plan covers {month}", plans=spans)


def month_or_default(month: str | None, now: dt.datetime) -> tuple[Plan, str]:
    """The asked-for month; else this one if a plan covers it, else the newest plan's last."""
    if month is not None:
        return covering(month), month
    current = clock.month_of(now)
    for plan in plans():
        if current in plan.months:
            return plan, current
    return plans()[-1], plans()[-1].months[-1]


class _PlanSchema(marshmallow.Schema):
    """What a plan must hold together, beyond the types of its fields."""

    @marshmallow.validates_schema
    def holds_together(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a plan whose rows, codes, stages or switches do not fit each other."""
        if not {"rows", "figures", "switches", "starts_on", "ends_on"} <= data.keys():
            return
        problems = [*_doubled(data), *_loose_ends(data), *_missing_words(data)]
        if data["ends_on"] <= data["starts_on"]:
            problems.append("ends_on lies before starts_on")
        if problems:
            raise marshmallow.ValidationError(problems)


def _doubled(data: dict[str, Any]) -> list[str]:
    names = [row.code for row in data["figures"]] + [switch.id for switch in data["switches"]]
    names += [f"row {row.number}" for row in data["rows"]]
    return [f"{name} stands twice" for name, count in Counter(names).items() if count > 1]


def _loose_ends(data: dict[str, Any]) -> list[str]:
    numbers = {row.number for row in data["rows"]}
    codes = {row.code for row in data["figures"]}
    switches = {switch.id: switch for switch in data["switches"]}
    problems = [
        f"{row.code}: no row {row.row}" for row in data["figures"] if row.row not in numbers
    ]
    for row in data["figures"]:
        problems += [
            f"{row.code}: no switch {name}" for name in row.switches if name not in switches
        ]
        if row.adds_to is not None and row.adds_to not in codes:
            problems.append(f"{row.code}: no stage {row.adds_to}")
        if (row.due_rule == "fixed") != (row.due_on is not None):
            problems.append(f"{row.code}: due_on goes with the due_rule fixed")
    unread = [switch.id for switch in switches.values() if switch.reading not in switch.readings]
    return problems + [f"{name}: its reading is not one of its readings" for name in unread]


def _missing_words(data: dict[str, Any]) -> list[str]:
    texts: dict[str, tuple[Words, ...]] = {row.code: (row.title,) for row in data["figures"]}
    texts |= {
        f"row {row.number}": (row.activity, row.terms, row.indicators) for row in data["rows"]
    }
    return [
        f"{name}: a text is missing in ru, ky or en"
        for name, words in texts.items()
        if not all(text.ru and text.ky and text.en for text in words)
    ]


@cache
def _schema() -> marshmallow.Schema:
    return codec.schema_of(Plan, base_schema=_PlanSchema)
