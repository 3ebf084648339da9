"""Reports made up for the tests of the documents: a full month, an empty first month, odd values.

June 2022 carries the golden numbers of product.md section 12: 46 bodies of 130 on 30 June lead to
92 by 30 December and 13.95 a month are needed; 21 events lead to 38 by 30 November.
"""

from __future__ import annotations

import calendar
import dataclasses
import datetime as dt
import itertools
from typing import Any

from services.reporting import plan as plans
from services.reporting.documents.model import (
    AudienceLine,
    CodeCount,
    Companion,
    Evidence,
    Forecast,
    Indicator,
    Inquiries,
    InquiryMonth,
    MonthPoint,
    NextAction,
    OnlineEvent,
    PlanHeader,
    ReportData,
    Restatement,
    TerritoryLine,
    Unmeasured,
    Words,
)

PORTAL = "https://portal.example.kg"
HOSTILE = '#import "x" *жирно* _курсив_ $x^2$ <script>alert(1)</script> @ref \\ [a](b) =1+1 {month}'

OBLASTS = (
    ("KG-B", "Баткенская область", "Баткен облусу", "Batken oblast", 5),
    ("KG-C", "Чуйская область", "Чүй облусу", "Chüy oblast", 9),
    ("KG-GB", "город Бишкек", "Бишкек шаары", "Bishkek city", 1),
    ("KG-J", "Джалал-Абадская область", "Жалал-Абад облусу", "Jalal-Abad oblast", 7),
    ("KG-N", "Нарынская область", "Нарын облусу", "Naryn oblast", 4),
    ("KG-GO", "город Ош", "Ош шаары", "Osh city", 1),
    ("KG-O", "Ошская область", "Ош облусу", "Osh oblast", 11),
    ("KG-T", "Таласская область", "Талас облусу", "Talas oblast", 3),
    ("KG-Y", "Иссык-Кульская область", "Ысык-Көл облусу", "Issyk-Kul oblast", 5),
)
AUDIENCES = {
    "lsg_bodies": (201, 46, 166, 38), "universities": (24, 6, 20, 5),
    "state_executive": (17, 4, 17, 4), "experts": (31, 0, 28, 0),
    "consulting_ngo": (19, 9, 15, 8), "communities": (44, 12, 37, 11),
    "donors_projects": (13, 7, 13, 7), "business": (8, 5, 9, 5), "citizens": (96, 0, 71, 0),
}  # fmt: skip
BODIES = (6, 13, 22, 30, 38, 46)
STAFF = (20, 51, 88, 127, 166, 201)
EVENTS = (2, 5, 9, 13, 17, 21)
MONTHS = tuple(f"2022-{n:02}" for n in range(1, 7))


def at(month: str, day: int, hour: int = 4) -> dt.datetime:
    """A moment of a month, aware UTC."""
    year, number = map(int, month.split("-"))
    return dt.datetime(year, number, day, hour, tzinfo=dt.UTC)


def header() -> PlanHeader:
    """The shipped plan's header."""
    plan = plans.plans()[0]
    return PlanHeader(
        code=plan.code, title=plan.title, customer=plan.customer, contractor=plan.contractor,
        starts_on=plan.starts_on, ends_on=plan.ends_on, readings=plan.readings,
    )  # fmt: skip


def blank(month: str, **changes: Any) -> ReportData:
    """A report of a month in which nothing has been measured."""
    plan = plans.plans()[0]
    year, number = map(int, month.split("-"))
    last = calendar.monthrange(year, number)[1]
    base = ReportData(
        month=month,
        starts_on=dt.date(year, number, 1),
        ends_on=dt.date(year, number, last),
        previous_month=None if number == 1 else f"{year}-{number - 1:02}",
        plan=header(),
        made_at=dt.datetime(year, number, last, 3, tzinfo=dt.UTC) + dt.timedelta(days=4),
        journal_position=0,
        rows=plan.rows,
        indicators=tuple(unmeasured(row.code) for row in plan.figures),
        actions=(NextAction(code="start_measuring", indicator="R1"),),
    )
    return dataclasses.replace(base, **changes)


def unmeasured(code: str, **changes: Any) -> Indicator:
    """An indicator of the shipped plan that no event has reached."""
    plan = plans.plans()[0]
    row = plan.figure(code)
    base = Indicator(
        code=code, row=row.row, title=row.title, kind=row.kind, unit=row.unit, stage=row.stage,
        target=plan.target(row),
        due_on=row.due_on or (dt.date(2022, 6, 30) if row.due_rule == "window_end" else None),
        state=None if row.kind == "proxy" else "not_measured",
        unmeasured=Unmeasured(since=plan.starts_on, awaited=row.awaited or ("report_mailed",)),
    )  # fmt: skip
    return dataclasses.replace(base, **changes)


def measured(code: str, **changes: Any) -> Indicator:
    """An indicator of the shipped plan with a figure."""
    return unmeasured(code, **{"unmeasured": None, "state": None} | changes)


def full(**changes: Any) -> ReportData:
    """June 2022 with everything that a report may hold."""
    figures = {item.code: item for item in (*_base(), *_work())}
    data = blank("2022-06")
    indicators = tuple(figures.get(item.code, item) for item in data.indicators)
    whole = dataclasses.replace(
        data,
        journal_position=48_317,
        indicators=indicators,
        audiences=tuple(
            AudienceLine(audience=code, people=n[0], organisations=n[1], previous_people=n[2],
                         previous_organisations=n[3])
            for code, n in AUDIENCES.items()
        ),
        territories=tuple(
            TerritoryLine(territory=iso, name=Words(ru=ru, ky=ky, en=en), bodies=n,
                          municipalities=max(1, n - 2), staff=n * 4, new_bodies=n % 3)
            for iso, ru, ky, en, n in OBLASTS
        ),
        inquiries=_inquiries(),
        events=_events(),
        restatements=_restatements(),
        actions=_actions(),
    )  # fmt: skip
    return dataclasses.replace(whole, **changes)


def _series(values: tuple[int, ...], *, cumulative: bool) -> tuple[MonthPoint, ...]:
    if not cumulative:
        return tuple(
            MonthPoint(month=month, actual=value, cumulative=None)
            for month, value in zip(MONTHS, values, strict=True)
        )
    steps = (values[0], *(b - a for a, b in itertools.pairwise(values)))
    return tuple(
        MonthPoint(month=month, actual=step, cumulative=value)
        for month, step, value in zip(MONTHS, steps, values, strict=True)
    )


def _grown(code: str, values: tuple[int, ...], **changes: Any) -> Indicator:
    series = _series(values, cumulative=True)
    return measured(
        code,
        actual=series[-1].actual, cumulative=values[-1], series=series,
        previous_actual=series[-2].actual, previous_cumulative=values[-2],
        previous_state="at_risk", **changes,
    )  # fmt: skip


def ahead(value: int, target: int, **changes: Any) -> Forecast:
    """The forecast of product.md section 3 on 30 June for a date of the plan."""
    days = {"elapsed_days": 181, "total_days": 364, "remaining_days": 183} | changes
    months = days["remaining_days"] / 30.4
    need = (target - value) / months if value < target and months else None
    return Forecast(
        due_on=dt.date(2021, 12, 31) + dt.timedelta(days=days["total_days"]), base=value,
        value=value * days["total_days"] / days["elapsed_days"], needed_per_month=need, **days,
    )  # fmt: skip


def _base() -> tuple[Indicator, ...]:
    bodies = tuple(
        Evidence(
            subject=Words(ru=f"Айыл окмоту Кызыл-Туу № {n}", ky=f"Кызыл-Туу айыл өкмөтү № {n}",
                          en=f"Kyzyl-Tuu aiyl okmotu No. {n}"),
            at=at(MONTHS[n % 6], 1 + n % 28), code="body", event_source=PORTAL,
            event_id=f"e-{n:05}", names={"municipality": Words(ru="Кызыл-Туу", ky="Кызыл-Туу")},
            params={"body_type": "ayil_okmotu",
                    "registered_on": f"2022-{1 + n % 6:02}-{1 + n % 28:02}"},
        )
        for n in range(46)
    )  # fmt: skip
    beside = (
        Companion(code="municipalities", value=38),
        Companion(code="in_base_not_registered", value=7),
    )
    deputies = (Companion(code="deputies", value=64), Companion(code="waiting", value=None))
    return (
        measured("R2.f", actual=87.4, previous_actual=91.0,
                 beside=(Companion(code="records", value=453),)),
        _grown("R2.A.bodies", BODIES, state="met", forecast=ahead(46, 40), beside=beside,
               evidence=bodies),
        _grown("R2.B.bodies", BODIES, state="at_risk", forecast=ahead(46, 130), beside=beside,
               evidence=bodies),
        _grown("R2.A.staff", STAFF, state="met", forecast=ahead(201, 50), beside=deputies),
        _grown("R2.B.staff", STAFF, state="at_risk", forecast=ahead(201, 500), beside=deputies),
    )  # fmt: skip


def _work() -> tuple[Indicator, ...]:
    events = tuple(
        Evidence(
            subject=event.title, at=event.starts_at, event_source="clients",
            code="event_counted" if event.counts else "event_short",
            event_id=f"c-{event.ref}", counted=event.counts,
            params={"starts_on": event.starts_at.date().isoformat(),
                    "count": str(event.participants), "lsg": str(event.lsg_participants)},
        )
        for event in _events()
    )  # fmt: skip
    solved = Evidence(
        subject=Words(ru="О-2022-0041"), at=at("2022-06", 21), code="inquiry_on_time",
        event_source="feedback", event_id="f-41",
        params={"received_on": "2022-06-02", "due_on": "2022-06-22", "resolved_on": "2022-06-21",
                "count": "13"},
    )  # fmt: skip
    late = dataclasses.replace(
        solved, subject=Words(ru="О-2022-0042"), code="inquiry_late", event_id="f-42"
    )
    inquiries = _series((0, 3, 5, 4, 6, 9), cumulative=False)
    shares = (
        Companion(code="on_time_share", value=88.9),
        Companion(code="unique_clients", value=8),
    )
    money = (
        Companion(code="national_amount", value=312000),
        Companion(code="costs_amount", value=1200000),
    )
    return (
        measured("R1", actual=1, previous_actual=2, state="missed", previous_state="met",
                 beside=(Companion(code="people_informed", value=33),),
                 series=_series((2, 2, 3, 2, 2, 1), cumulative=False)),
        measured("R3", actual=83.3, previous_actual=75.0),
        measured("R4", actual=9, previous_actual=6, state="met", previous_state="met",
                 beside=shares, series=inquiries, evidence=(solved, late)),
        measured("R7.s", actual=None, cumulative=26.0, previous_cumulative=24.1, state="met",
                 previous_state="missed", beside=money),
        measured("R8", actual=1, previous_actual=1, state="met", previous_state="met"),
        _grown("R9", EVENTS, state="at_risk", restated=True, earlier=20, evidence=events,
               forecast=ahead(21, 50, total_days=334, remaining_days=153),
               beside=(Companion(code="events_lsg", value=17),
                       Companion(code="events_short", value=3))),
    )  # fmt: skip


def _inquiries() -> Inquiries:
    received, resolved, on_time = (1, 4, 6, 5, 8, 12), (0, 3, 5, 4, 6, 9), (0, 3, 4, 4, 6, 8)
    return Inquiries(
        received=12, answered=10, resolved=9, on_time=8, reopened=1, open_at_end=4,
        overdue_at_end=1, median_working_days=7.5,
        kinds=(CodeCount(code="question", count=7), CodeCount(code="wish", count=2),
               CodeCount(code="complaint", count=3)),
        months=tuple(
            InquiryMonth(month=month, received=a, resolved=b, on_time=c)
            for month, a, b, c in zip(MONTHS, received, resolved, on_time, strict=True)
        ),
    )  # fmt: skip


def _events() -> tuple[OnlineEvent, ...]:
    titles = (
        ("Земля муниципальной собственности: аренда", "Муниципалдык менчиктеги жерди ижарага берүү",
         "Leasing municipal land", 24, 17),
        ("Питьевая вода: тарифы и долги", "Таза суу: тарифтер жана карыздар",
         "Water tariffs", 11, 8),
        ("Бюджет 2023: первые шаги", "2023-жылдын бюджети: алгачкы кадамдар",
         "Budget 2023", 18, 15),
        ("Вывоз мусора", "Таштанды чыгаруу", "Waste collection", 9, 9),
        ("Местный кенеш и граждане", "Жергиликтүү кеңеш жана жарандар",
         "Kenesh and citizens", 10, 4),
    )  # fmt: skip
    return tuple(
        OnlineEvent(
            ref=f"ev-{n}", title=Words(ru=ru, ky=ky, en=en), starts_at=at("2022-06", 3 + 5 * n, 8),
            participants=count, lsg_participants=lsg, counts=count >= 10,
        )
        for n, (ru, ky, en, count, lsg) in enumerate(titles)
    )  # fmt: skip


def _restatements() -> tuple[Restatement, ...]:
    return (
        Restatement(
            code="R9", month="2022-05", before=16, after=17, cause="late_fact",
            event_source=PORTAL, event_id="e-09931", at=at("2022-06", 5),
        ),
        Restatement(
            code="R2.B.bodies", month="2022-04", before=31, after=30, cause="merge",
            event_source="clients", event_id="9f2c6a0e-5a55-4a55-b3ee-0d1a7f1fd001",
            at=at("2022-06", 9),
        ),
    )  # fmt: skip


def _actions() -> tuple[NextAction, ...]:
    bodies = {"count": "84", "needed": "13.95", "due_on": "2022-12-30"}
    events = {"count": "29", "needed": "5.76", "due_on": "2022-11-30"}
    silent = {"count": "1", "audiences": "universities,business"}
    return (
        NextAction(code="answer_overdue", indicator="R4", params={"count": "1"}),
        NextAction(code="inform_audiences", indicator="R1", params=silent),
        NextAction(code="register_bodies", indicator="R2.B.bodies", params=bodies),
        NextAction(code="hold_events", indicator="R9", params=events),
        NextAction(code="invite_registered", indicator="R2.B.bodies", params={"count": "7"}),
        NextAction(code="start_measuring", indicator="R5"),
    )


def odd() -> ReportData:
    """Names that are too long or full of markup, a target missing, a share, a negative growth."""
    data = full()
    name = Words(ru=HOSTILE + " Очень" + "длинное" * 40, ky=HOSTILE, en=HOSTILE)
    row = Evidence(
        subject=name, at=None, code="correction", event_source=HOSTILE, event_id="x" * 128,
        params={"reason": HOSTILE},
    )  # fmt: skip
    bodies = dataclasses.replace(
        data.indicator("R2.B.bodies"), title=name, target=None, actual=-3, forecast=None,
        evidence=(row,) * 30,
    )  # fmt: skip
    events = tuple(dataclasses.replace(event, title=name) for event in data.events or ())
    territories = tuple(dataclasses.replace(line, name=name) for line in data.territories or ())
    indicators = tuple(bodies if item.code == bodies.code else item for item in data.indicators)
    return dataclasses.replace(
        data, indicators=indicators, events=events, territories=territories,
        plan=dataclasses.replace(data.plan, title=name),
    )  # fmt: skip
