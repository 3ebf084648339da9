"""What one monthly report says: the only thing that crosses from the figures to the documents.

The figures fill a `ReportData`; the documents print it in three languages and never look anywhere
else. It carries codes, numbers, refs, organisations and the plan's own sentences, and no personal
field (architecture.md section 3). Words for codes live in `locale/`, the known codes in
`vocabulary.py`. All times are aware UTC, all dates and months are those of Asia/Bishkek. A value
of None means "not measured" (or, for a target, "the Terms of Reference set none"), never zero.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Literal

from services.reporting.documents.vocabulary import (
    DEFAULT_READINGS,
    ActionCode,
    AwaitedType,
    CauseCode,
    CompanionCode,
    EvidenceCode,
    ReadingCode,
)

Kind = Literal["monthly_min", "cumulative", "share", "document", "every", "proxy"]
State = Literal["met", "on_track", "at_risk", "missed", "not_measured"]
Unit = Literal["count", "percent"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """One text in three languages; an empty one is replaced by ru, ky or en, in this order."""

    ru: str = ""
    ky: str = ""
    en: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanHeader:
    """The plan that the month is measured against.

    `readings` are the readings in force of the open wording of the Terms of Reference (product.md
    section 2); a switch of the plan that is turned changes the code here.
    """

    code: str
    title: Words
    customer: Words
    contractor: Words
    starts_on: dt.date
    ends_on: dt.date
    readings: tuple[ReadingCode, ...] = DEFAULT_READINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRow:
    """One row of Table 1: the official Russian sentences and their ky/en translations."""

    number: int
    activity: Words
    terms: Words
    indicators: Words


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A figure shown beside the official one; its unit stands in `vocabulary.COMPANIONS`."""

    code: CompanionCode
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Where the pace leads (product.md section 3, golden numbers of section 12).

    Cumulative: `base` ÷ `elapsed_days` × `total_days` = `value` (kept unrounded; the documents
    round down), `needed_per_month` = what remains to the target ÷ the months that remain, None when
    nothing remains or no time does. Monthly minimum: only `working_days_left` of the month, `value`
    None.
    """

    due_on: dt.date
    base: float
    value: float | None = None
    needed_per_month: float | None = None
    elapsed_days: int | None = None
    total_days: int | None = None
    remaining_days: int | None = None
    working_days_left: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One row behind a figure.

    `subject` is an organisation, a number or a ref, never a person's name. Each parameter that
    `vocabulary.EVIDENCE` lists for the code stands in `params` (as text: codes, ISO dates, plain
    decimals) or, if it is a name that has three languages, in `names`. `counted` False marks a row
    that is shown but not counted ("9 of 10").
    """

    subject: Words
    at: dt.datetime | None
    code: EvidenceCode
    event_source: str
    event_id: str
    params: dict[str, str] = field(default_factory=dict)
    names: dict[str, Words] = field(default_factory=dict)
    counted: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthPoint:
    """One month of an indicator's history, for its chart; None where nothing was measured."""

    month: str
    actual: float | None
    cumulative: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmeasured:
    """Why a row has no figure: none of these event types has come since that day."""

    since: dt.date
    awaited: tuple[AwaitedType, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One of the nineteen codes in this month (contracts.md section 3a).

    `actual` counts this month alone, `cumulative` from the plan's start to the month's end (None
    for monthly minimums). With unit "percent" all values are percents (26.0 means 26.0 %). The
    `target` of a stage that adds to another is the sum (R2.B.bodies: 130). `restated` says that an
    already reported month has changed; `earlier` is `cumulative` (or `actual`) as then reported.
    """

    code: str
    row: int
    title: Words
    kind: Kind
    unit: Unit = "count"
    stage: str | None = None
    target: float | None = None
    due_on: dt.date | None = None
    actual: float | None = None
    cumulative: float | None = None
    previous_actual: float | None = None
    previous_cumulative: float | None = None
    state: State | None = None
    previous_state: State | None = None
    restated: bool = False
    earlier: float | None = None
    beside: tuple[Companion, ...] = ()
    forecast: Forecast | None = None
    unmeasured: Unmeasured | None = None
    series: tuple[MonthPoint, ...] = ()
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AudienceLine:
    """People and organisations of one audience in the base at the month's end and a month ago."""

    audience: str
    people: int
    organisations: int
    previous_people: int | None = None
    previous_organisations: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TerritoryLine:
    """Counted bodies and staff of one oblast or city at the month's end (ISO 3166-2:KG code)."""

    territory: str
    name: Words
    bodies: int
    municipalities: int
    staff: int
    new_bodies: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InquiryMonth:
    """Inquiries of a month: received, resolved with an answer sent, of these in time."""

    month: str
    received: int
    resolved: int
    on_time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeCount:
    """A count under a code, e.g. inquiries of a kind."""

    code: str
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Inquiries:
    """The month's inquiries. `open_at_end` and `overdue_at_end` are the state at the month's end.

    `months` runs from the plan's first month to this one; `kinds` counts the received.
    """

    received: int
    answered: int
    resolved: int
    on_time: int
    reopened: int
    open_at_end: int
    overdue_at_end: int
    median_working_days: float | None
    kinds: tuple[CodeCount, ...] = ()
    months: tuple[InquiryMonth, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OnlineEvent:
    """One online event held in the month; `counts` as the plan's rule for ToR row 9 decided."""

    ref: str
    title: Words
    starts_at: dt.datetime
    participants: int
    lsg_participants: int
    counts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Restatement:
    """A figure of an already reported month that has changed, and the event that changed it.

    `at` is when that event was recorded.
    """

    code: str
    month: str
    before: float | None
    after: float | None
    cause: CauseCode
    event_source: str
    event_id: str
    at: dt.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NextAction:
    """What to do next; `code` and `params` as `vocabulary.ACTIONS` lists them."""

    code: ActionCode
    indicator: str
    params: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """The whole report; None in place of a list or of `inquiries` means that it is not measured.

    `indicators` come in the order of the Terms of Reference, `actions` the most urgent first.
    `made_at` is the moment that the documents print and carry as their creation date (UTC).
    """

    month: str
    starts_on: dt.date
    ends_on: dt.date
    previous_month: str | None
    plan: PlanHeader
    made_at: dt.datetime
    journal_position: int
    rows: tuple[PlanRow, ...]
    indicators: tuple[Indicator, ...]
    audiences: tuple[AudienceLine, ...] | None = None
    territories: tuple[TerritoryLine, ...] | None = None
    inquiries: Inquiries | None = None
    events: tuple[OnlineEvent, ...] | None = None
    restatements: tuple[Restatement, ...] = ()
    actions: tuple[NextAction, ...] = ()

    def indicator(self, code: str) -> Indicator:
        """The indicator of that code; LookupError if the report has none."""
        for indicator in self.indicators:
            if indicator.code == code:
                return indicator
        raise LookupError(f"report {self.month} has no indicator {code}")
