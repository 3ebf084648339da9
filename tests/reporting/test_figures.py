"""The figures of a month, from facts heard as the real listener hears them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from chassis.db import Database
from contracts.clients import PostHeld
from services.reporting import report_data
from services.reporting.documents.codec import canonical
from services.reporting.documents.model import Indicator, ReportData
from services.reporting.documents.vocabulary import ReadingCode
from services.reporting.plan import Plan, covering
from tests.factories import instant
from tests.reporting.cast import (
    accepted,
    announced,
    answered,
    body,
    closed,
    end_of,
    hear,
    moved,
    notices,
    person,
    reopened,
    resolved,
    uid,
)


def month(db: Database, name: str, *, now: datetime | None = None) -> ReportData:
    """The month's report data as seen some days after it (or at `now`)."""
    with db.begin() as session:
        return report_data.compute(session, covering(name), name, made_at=now or end_of(name))


def beside(indicator: Indicator) -> dict[str, float | None]:
    """The figures beside, by code."""
    return {item.code: item.value for item in indicator.beside}


def test_it_says_not_measured_in_an_empty_journal(reporting_db: Database) -> None:
    data = month(reporting_db, "2022-01")
    states = {item.code: item.state for item in data.indicators}
    assert states.pop("R2.f") is None and states.pop("R3") is None
    assert len(states) == 17 and set(states.values()) == {"not_measured"}
    assert all(item.actual is None and item.cumulative is None for item in data.indicators)
    assert data.audiences is data.territories is data.inquiries is data.events is None
    assert data.indicator("R2.B.bodies").target == 130
    assert data.indicator("R10").due_on == date(2022, 2, 28)
    assert data.indicator("R4").due_on == date(2022, 1, 31)


def test_it_counts_bodies_by_type_registration_and_dates(reporting_db: Database) -> None:
    hear(
        reporting_db,
        body("A", "2022-01-10"),
        body("B", "2022-01-31", municipality="A"),
        body("C", "2022-02-01"),
        body("kenesh", "2022-02-02", body_type="aiyl_kenesh"),
        body("rayon", "2022-01-10", body_type="rayon_administration"),
        body("unregistered", None, at="2022-01-05"),
        body("merged", "2022-01-10", status="merged", merged_at=instant("2022-02-10 10:00")),
        body("gone", "2022-01-10", status="dissolved", dissolved_at=instant("2022-02-28 10:00")),
    )
    january, february = month(reporting_db, "2022-01"), month(reporting_db, "2022-02")
    assert january.indicator("R2.A.bodies").cumulative == 4
    assert january.indicator("R2.A.bodies").actual == 4
    bodies = february.indicator("R2.B.bodies")
    assert (bodies.actual, bodies.cumulative, bodies.previous_cumulative) == (0, 4, 4)
    assert beside(bodies) == {"municipalities": 3, "in_base_not_registered": 1}
    assert [item.subject.ru for item in bodies.evidence] == [
        f"Айыл окмоту {name}" for name in ("A", "B", "C", "kenesh")
    ]
    assert [line.bodies for line in february.territories or ()] == [4]


def test_it_counts_the_minute_before_midnight_of_bishkek_in_the_month(
    reporting_db: Database,
) -> None:
    """31 May 23:30 Bishkek is 17:30 UTC of May; 1 June 02:00 Bishkek is still 31 May in UTC."""
    hear(
        reporting_db,
        body("May", "2022-05-31", portal_registered_at=instant("2022-05-31 23:30")),
        body("June", "2022-06-01", portal_registered_at=instant("2022-06-01 02:00")),
    )
    assert month(reporting_db, "2022-05").indicator("R2.A.bodies").cumulative == 1
    assert month(reporting_db, "2022-06").indicator("R2.A.bodies").actual == 1


def test_it_counts_staff_with_a_current_post_deputies_apart(reporting_db: Database) -> None:
    hear(
        reporting_db,
        body("A", "2022-01-10"),
        body("late", "2022-03-10"),
        person("specialist", "2022-01-11", of="A"),
        person("head", "2022-01-11", of="A", role="head"),
        person("deputy", "2022-01-11", of="A", role="kenesh_deputy"),
        person("chair", "2022-01-11", of="A", role="kenesh_chair"),
        person("former", "2022-01-11", of="A", until=date(2022, 1, 31)),
        person("future", "2022-01-11", of="A", since=date(2022, 2, 1)),
        person("elsewhere", "2022-01-11", of="late"),
        person("unregistered", None, at="2022-01-11", of="A"),
        person("citizen", "2022-01-11"),
    )
    january = month(reporting_db, "2022-01").indicator("R2.A.staff")
    assert january.cumulative == 2
    assert beside(january) == {"deputies": 2, "in_base_not_registered": 1}
    assert month(reporting_db, "2022-02").indicator("R2.A.staff").cumulative == 3
    assert month(reporting_db, "2022-03").indicator("R2.B.staff").cumulative == 4


def test_it_counts_a_person_with_two_posts_once(reporting_db: Database) -> None:
    posts = [
        PostHeld(organisation_id=uid("A"), role="head", since=date(2022, 1, 1)),
        PostHeld(organisation_id=uid("B"), role="specialist", since=date(2022, 1, 2)),
    ]
    both = person("both", "2022-01-11", posts=posts)
    hear(reporting_db, both, body("A", "2022-01-10"), body("B", "2022-01-10"))
    staff = month(reporting_db, "2022-01").indicator("R2.A.staff")
    assert (staff.cumulative, len(staff.evidence)) == (1, 1)
    assert staff.evidence[0].params["role"] == "specialist"


def test_it_prints_no_personal_field_in_a_report(reporting_db: Database) -> None:
    hear(reporting_db, body("A", "2022-01-10"), person("ref-7", "2022-01-11", of="A"))
    text = canonical(month(reporting_db, "2022-01")).decode()
    assert "ref-7" in text
    assert not any(word in text for word in ("Асанов", "Бакыт", "bakyt@", "996555"))


def test_it_lets_the_newest_snapshot_decide(reporting_db: Database) -> None:
    newer = body("A", "2022-01-10", sequence=3, changed=True, body_type="business")
    hear(reporting_db, newer, body("A", "2022-01-10", sequence=1))
    assert month(reporting_db, "2022-01").indicator("R2.A.bodies").cumulative == 0


def test_it_measures_freshness_with_the_confirmations_of_its_time(reporting_db: Database) -> None:
    hear(
        reporting_db,
        body("A", "2022-01-10"),
        body("B", "2022-01-10"),
        body("A", "2022-01-10", at="2022-08-01", sequence=2, changed=True),
    )
    assert month(reporting_db, "2022-06").indicator("R2.f").actual == 100
    july = month(reporting_db, "2022-07").indicator("R2.f")
    assert (july.actual, july.state, beside(july)) == (
        0,
        None,
        {"records": 2, "records_confirmed": 0},
    )
    august = month(reporting_db, "2022-08").indicator("R2.f")
    assert august.actual == 50
    assert [(item.code, item.counted) for item in august.evidence] == [
        ("record_confirmed", True),
        ("record_stale", False),
    ]


def test_it_measures_how_early_notices_were_sent(reporting_db: Database) -> None:
    """Thursday 10 March: the notice of Monday the 7th is 2 working days ahead (8 March is off)."""
    hear(
        reporting_db,
        notices("w1", "2022-03-04 23:59", "2022-03-05 00:10", "2022-03-07 10:00"),
        announced("w1", "2022-03-10 14:00", at="2022-03-01 10:00"),
        announced("w2", "2022-03-30 14:00", at="2022-03-01 10:00"),
        moved("w2", "2022-04-15 14:00", at="2022-03-02 10:00"),
        notices("w2", "2022-03-03 10:00"),
        notices("w1", "2022-03-10 10:00", notice="event_changed"),
    )
    march = month(reporting_db, "2022-03").indicator("R3")
    assert beside(march) == {"notices": 3, "notices_on_time": 2}
    assert march.actual is not None and round(march.actual, 1) == 66.7
    assert [(item.params["count"], item.counted) for item in march.evidence] == [
        ("3", True),
        ("3", True),
        ("2", False),
    ]
    assert month(reporting_db, "2022-04").indicator("R3").actual == 100


def test_it_counts_failed_notices_not_at_all(reporting_db: Database) -> None:
    hear(
        reporting_db,
        announced("w1", "2022-03-10 14:00", at="2022-03-01 10:00"),
        notices("w1", "2022-03-01 11:00"),
        notices("w1", "2022-03-01 12:00", states="failed"),
    )
    march = month(reporting_db, "2022-03").indicator("R3")
    assert (march.actual, beside(march)["notices"]) == (None, 0)


def test_it_counts_an_inquiry_in_the_month_of_its_last_resolution(reporting_db: Database) -> None:
    took = ("2022-03-04 10:00", "2022-03-26")
    hear(
        reporting_db,
        resolved("О-1", "2022-03-20 10:00", took=took),
        accepted("О-1", "2022-03-04 10:00", due="2022-03-26"),
        accepted("О-2", "2022-03-05 10:00", due="2022-03-26"),
        answered("О-2", "2022-03-21 10:00"),
        resolved("О-2", "2022-03-21 10:00", took=took),
        resolved("О-3", "2022-03-21 10:00", outcome="spam", took=took),
        accepted("О-4", "2022-03-06 10:00", due="2022-03-26"),
    )
    march = month(reporting_db, "2022-03")
    assert march.indicator("R4").actual == 2
    assert march.indicator("R4").state == "met"
    assert march.indicator("R4").cumulative is None
    assert march.inquiries is not None
    assert (march.inquiries.received, march.inquiries.answered) == (3, 1)
    assert (march.inquiries.open_at_end, march.inquiries.overdue_at_end) == (1, 1)
    hear(reporting_db, reopened("О-1", "2022-04-02 10:00"))
    march = month(reporting_db, "2022-03")
    assert (march.indicator("R4").actual, march.indicator("R4").state) == (1, "missed")
    assert [item.subject.ru for item in march.indicator("R4").evidence] == ["О-2"]
    again = resolved("О-1", "2022-04-05 10:00", sequence=5, took=took)
    hear(reporting_db, again)
    april = month(reporting_db, "2022-04").indicator("R4")
    assert (april.actual, april.evidence[0].code) == (1, "inquiry_late")


def test_it_gives_a_reopened_inquiry_its_term_anew(reporting_db: Database) -> None:
    """Reopened on 25 February: 14 working days more, to 18 March; overdue from the 19th on."""
    took = ("2022-01-10 10:00", "2022-01-28")
    hear(
        reporting_db,
        accepted("О-1", "2022-01-10 10:00", due="2022-01-28"),
        answered("О-1", "2022-01-20 09:00"),
        resolved("О-1", "2022-01-20 10:00", took=took),
        reopened("О-1", "2022-02-25 10:00"),
    )
    assert month(reporting_db, "2022-02").indicator("R4").state == "missed"
    for name, day, overdue in (
        ("2022-02", "2022-03-03", 0),
        ("2022-03", "2022-03-18", 0),
        ("2022-03", "2022-03-19", 1),
        ("2022-03", "2022-04-05", 1),
    ):
        seen = month(reporting_db, name, now=instant(f"{day} 09:00"))
        assert beside(seen.indicator("R4"))["overdue"] == overdue
        assert seen.inquiries is not None and seen.inquiries.overdue_at_end == overdue


def test_it_orders_steps_of_one_instant_by_their_sequence(reporting_db: Database) -> None:
    """The demo clock stands still: a resolution and a reopening may have the same time."""
    took = ("2022-03-04 10:00", "2022-03-26")
    hear(
        reporting_db,
        reopened("О-1", "2022-03-20 10:00", sequence=4),
        resolved("О-1", "2022-03-20 10:00", sequence=3, took=took),
    )
    march = month(reporting_db, "2022-03").indicator("R4")
    assert march.actual == 0


def test_it_counts_events_with_ten_participants_inside_the_window(reporting_db: Database) -> None:
    hear(
        reporting_db,
        closed("e1", "2022-11-30 18:00", 10, lsg=3),
        closed("e2", "2022-11-15 10:00", 9, lsg=9),
        closed("e3", "2022-12-01 00:30", 40, lsg=12),
        closed("e4", "2022-10-15 10:00", 12, sequence=2),
        closed("e4", "2022-10-15 10:00", 9, sequence=1),
    )
    november = month(reporting_db, "2022-11")
    nine = november.indicator("R9")
    assert (nine.actual, nine.cumulative, nine.state) == (1, 2, "missed")
    assert [item.counted for item in nine.evidence] == [True, True, False]
    assert beside(nine)["events_short"] == 1 and beside(nine)["events_after_window"] == 0
    december = month(reporting_db, "2022-12").indicator("R9")
    assert (december.actual, december.cumulative) == (0, 2)
    assert beside(december)["events_after_window"] == 1
    assert [(item.ref, item.counts) for item in november.events or ()] == [
        ("e2", False),
        ("e1", True),
    ]


def test_it_does_not_list_an_event_that_was_cancelled_after_all(reporting_db: Database) -> None:
    there, gone = closed("e1", "2022-11-15 10:00", 9), closed("e2", "2022-11-16 10:00", 12)
    hear(reporting_db, there, gone)
    hear(reporting_db, closed("e2", "2022-11-16 10:00", None, sequence=2))
    november = month(reporting_db, "2022-11")
    nine = november.indicator("R9")
    assert (nine.actual, beside(nine)["events_held"], beside(nine)["events_short"]) == (0, 1, 1)
    assert [item.ref for item in november.events or ()] == ["e1"]


def test_it_measures_the_month_of_an_event_that_ends_after_midnight(
    reporting_db: Database,
) -> None:
    """It started on 31 January; the fact that it was held lies in February."""
    hear(reporting_db, closed("e1", "2022-01-31 23:00", 12))
    january, february = month(reporting_db, "2022-01"), month(reporting_db, "2022-02")
    nine = january.indicator("R9")
    assert (nine.actual, nine.cumulative, len(nine.evidence)) == (1, 1, 1)
    assert [event.ref for event in january.events or ()] == ["e1"]
    assert (february.indicator("R9").actual, february.indicator("R9").cumulative) == (0, 1)


def test_it_says_zero_after_the_first_event_and_not_measured_before(
    reporting_db: Database,
) -> None:
    hear(reporting_db, closed("e1", "2022-03-15 10:00", 12))
    nine = month(reporting_db, "2022-05").indicator("R9")
    assert [(point.month, point.actual, point.cumulative) for point in nine.series] == [
        ("2022-01", None, None),
        ("2022-02", None, None),
        ("2022-03", 1, 1),
        ("2022-04", 0, 1),
        ("2022-05", 0, 1),
    ]
    assert month(reporting_db, "2022-02").indicator("R9").state == "not_measured"


def test_it_forecasts_the_golden_numbers(reporting_db: Database) -> None:
    """Product.md section 12: 46 bodies and 21 events on 30 June."""
    hear(reporting_db, *[body(f"B{n}", "2022-03-10") for n in range(46)])
    hear(reporting_db, *[closed(f"e{n}", "2022-04-10 10:00", 12) for n in range(21)])
    june = month(reporting_db, "2022-06", now=instant("2022-06-30 18:00"))
    bodies, events = june.indicator("R2.B.bodies"), june.indicator("R9")
    assert bodies.forecast is not None and events.forecast is not None
    assert int(bodies.forecast.value or 0) == 92
    assert round(bodies.forecast.needed_per_month or 0, 1) == 14.0
    assert round(events.forecast.value or 0, 2) == 38.75
    assert round(events.forecast.needed_per_month or 0, 1) == 5.8
    assert (bodies.state, events.state) == ("at_risk", "at_risk")
    assert june.indicator("R2.A.bodies").state == "met"
    assert month(reporting_db, "2022-06").indicator("R9").forecast == events.forecast
    wanted = {action.code: action.params for action in june.actions}
    assert wanted["register_bodies"] == {"count": "84", "needed": "14.0", "due_on": "2022-12-30"}
    assert wanted["hold_events"] == {"count": "29", "needed": "5.8", "due_on": "2022-11-30"}


def switched(name: str, reading: ReadingCode) -> Plan:
    """The plan with one switch turned."""
    found = covering("2022-01")
    switches = tuple(
        replace(each, reading=reading) if each.id == name else each for each in found.switches
    )
    return replace(found, switches=switches)


def test_it_follows_the_switches_of_the_plan(reporting_db: Database) -> None:
    hear(
        reporting_db,
        body("A", "2022-01-10"),
        person("specialist", "2022-01-11", of="A"),
        person("deputy", "2022-01-11", of="A", role="kenesh_deputy"),
        closed("any", "2022-01-12 10:00", 12, lsg=9),
        closed("lsg", "2022-01-13 10:00", 12, lsg=10),
    )
    found = {}
    for plan in (
        covering("2022-01"),
        switched("A4", "A4.deputies_counted"),
        switched("A8", "A8.lsg_ten"),
    ):
        with reporting_db.begin() as session:
            data = report_data.compute(session, plan, "2022-01", made_at=end_of("2022-01"))
        figures = (data.indicator("R2.A.staff").cumulative, data.indicator("R9").actual)
        found[plan.readings[3], plan.readings[7]] = figures
    assert found == {
        ("A4.deputies_apart", "A8.any_ten"): (1, 2),
        ("A4.deputies_counted", "A8.any_ten"): (2, 2),
        ("A4.deputies_apart", "A8.lsg_ten"): (1, 1),
    }
