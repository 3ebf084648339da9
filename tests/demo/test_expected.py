"""The expected figures, checked by a second and simpler count over the same story."""

import math
from collections import Counter
from datetime import date, datetime, timedelta

from chassis.clock import BISHKEK
from contracts.portal import (
    ClientRegisteredV1,
    ClientUpdatedV1,
    EventAnnouncedV1,
    EventAttendedV1,
    EventHeldV1,
)
from launch.demo import threads
from launch.demo.acts import Act, Fact, fact
from launch.demo.expected import bounds, expected
from launch.demo.story import Story

BODIES = {"ayil_okmotu", "aiyl_kenesh", "city_hall", "city_kenesh"}


def month(number: int) -> str:
    return f"2022-{number:02}"


def test_it_counts_bodies_as_a_plain_count_does(story, figures):
    joined = Counter(
        f"{one.at:%Y-%m}"
        for one in story.facts
        if isinstance(one.data, ClientRegisteredV1) and one.data.body_type in BODIES
    )
    for number in range(1, 13):
        found = figures[month(number)]["R2.A.bodies"]
        assert found["actual"] == joined[month(number)]
        assert found["cumulative"] == sum(joined[month(n)] for n in range(1, number + 1))
        assert figures[month(number)]["R2.B.bodies"] == found


def test_it_counts_staff_as_a_plain_count_does(story, figures):
    facts = [one.data for one in story.facts]
    joined = [one for one in facts if isinstance(one, ClientRegisteredV1)]
    at_bodies = [one for one in joined if one.audience == "lsg_bodies" and one.kind == "person"]
    deputies = sum(one.post.role.startswith("kenesh_") for one in at_bodies)
    updates = [one for one in facts if isinstance(one, ClientUpdatedV1)]
    left = sum(one.audience == "consulting_ngo" for one in updates)
    hired = sum(bool(one.post) and one.post.title == "Ведущий специалист" for one in updates)
    december = figures["2022-12"]["R2.B.staff"]
    assert december["cumulative"] == len(at_bodies) - deputies - left + hired
    assert december["beside"]["deputies"] == deputies - hired


def test_it_counts_a_body_of_23_41_in_may_and_a_person_of_0_17_in_june(story):
    night = [one for one in story.facts if isinstance(one.data, ClientRegisteredV1)]
    late = next(
        one for one in night if (one.at.hour, one.at.minute) == (23, 41) and one.data.body_type
    )
    early = next(one for one in night if (one.at.hour, one.at.minute) == (0, 17))
    assert bounds(5)[0] <= late.at < bounds(5)[1] <= early.at
    utc = [one.at - one.at.utcoffset() for one in (late, early)]
    assert [at.day for at in utc] == [31, 31]


def test_it_counts_events_as_a_plain_count_does(story, figures):
    least = {
        one.data.event_ref: one.data.min_minutes or 0
        for one in story.facts
        if isinstance(one.data, EventAnnouncedV1)
    }
    held = {
        one.data.event_ref: one.data for one in story.facts if isinstance(one.data, EventHeldV1)
    }
    minutes = Counter()
    for one in story.facts:
        if isinstance(one.data, EventAttendedV1):
            stay = one.data
            left = stay.left_at or held[stay.event_ref].ended_at
            name = stay.client_ref or stay.attendee.email or stay.attendee.display_name.upper()
            minutes[stay.event_ref, name] += (left - stay.joined_at) // timedelta(minutes=1)
    people = Counter(ref for (ref, _), stayed in minutes.items() if stayed >= least[ref])
    counting = {ref for ref, count in people.items() if count >= 10}
    by_month = Counter(f"{held[ref].started_at:%Y-%m}" for ref in counting)
    for number in range(1, 12):
        assert figures[month(number)]["R9"]["actual"] == by_month[month(number)]
    assert sum(by_month[month(n)] for n in range(1, 12)) == figures["2022-11"]["R9"]["cumulative"]
    assert figures["2022-12"]["R9"]["actual"] == 0
    assert by_month["2022-12"] == figures["2022-12"]["R9"]["beside"]["events_held"]
    assert sorted(people.values())[:3] == [6, 9, 9]


def test_it_meets_the_plan_at_the_end_of_the_year(figures):
    december = figures["2022-12"]
    assert december["R2.B.bodies"]["cumulative"] >= 130
    assert december["R2.B.staff"]["cumulative"] >= 500
    assert figures["2022-11"]["R9"]["cumulative"] >= 50
    assert all(figures[month(number)]["R8"]["actual"] == 1 for number in range(1, 13))


def test_it_misses_july_and_shows_the_golden_numbers_of_june(figures):
    processed = {number: figures[month(number)]["R4"]["actual"] for number in range(1, 13)}
    assert [number for number, count in processed.items() if count < 2] == [7]
    june = figures["2022-06"]
    assert june["R2.B.bodies"]["cumulative"] == 46
    assert june["R9"]["cumulative"] == 21


def test_it_passes_through_all_states_of_a_forecast(figures):
    def states(code: str, target: int) -> set[str]:
        found = set()
        for number in range(1, 12):
            count = figures[month(number)][code]["cumulative"]
            elapsed = (bounds(number)[1].date() - date(2022, 1, 1)).days
            forecast = math.floor(count * 364 / elapsed)
            on_way = "on_track" if forecast >= target else "at_risk"
            found.add("met" if count >= target else on_way)
        return found

    assert states("R2.A.bodies", 40) == {"at_risk", "on_track", "met"}
    assert states("R2.B.bodies", 130) == {"at_risk", "on_track"}
    assert states("R2.B.staff", 500) == {"at_risk", "on_track"}


def test_it_restates_june_when_the_tenth_of_30_june_is_reported(story):
    before = expected(story, datetime(2022, 7, 5, 9, 10, tzinfo=BISHKEK))
    after = expected(story, datetime(2022, 7, 7, tzinfo=BISHKEK))
    assert before["2022-06"]["R9"]["actual"] == 4
    assert after["2022-06"]["R9"]["actual"] == 5


def test_it_knows_only_what_was_told_by_then(story):
    found = expected(story, datetime(2022, 3, 3, 23, 59, tzinfo=BISHKEK))
    assert list(found) == ["2022-01", "2022-02", "2022-03"]
    assert found["2022-02"]["R8"]["actual"] == 1
    assert found["2022-03"]["R8"]["actual"] == 0


def test_it_takes_a_reopened_inquiry_out_until_it_is_resolved_again(story):
    at = {day: datetime(2022, 3, day, 10, tzinfo=BISHKEK) for day in range(1, 31)}
    later = datetime(2022, 4, 20, 10, tzinfo=BISHKEK)
    opened = next(one for one in story.facts if one.type == "inquiry_opened").data
    comment = next(one for one in story.facts if one.type == "inquiry_commented").data
    ref = opened.inquiry_ref

    def resolved(*more: Fact | Act) -> list[datetime]:
        facts = [fact(1, opened, at=at[1]), *(one for one in more if isinstance(one, Fact))]
        return threads.resolutions(facts, [one for one in more if isinstance(one, Act)])

    def done(day: int, deed: str = "resolve") -> Act:
        outcome = "answered" if deed == "resolve" else None
        return Act(key=f"{day}", at=at[day], deed=deed, inquiry_ref=ref, outcome=outcome)

    again = type(comment)(inquiry_ref=ref, text="…")
    assert resolved(done(5)) == [at[5]]
    assert resolved(done(5), done(7, "reopen")) == []
    assert resolved(done(5), fact(1, again, at=at[9])) == []
    assert resolved(done(5), fact(1, again, at=at[9]), done(12)) == [at[12]]
    assert resolved(done(5), fact(1, again, at=later)) == [at[5]]


def test_it_leaves_the_story_as_it_was(story):
    copy = Story(seed=story.seed, facts=tuple(story.facts), acts=tuple(story.acts))
    expected(story, datetime(2022, 6, 1, tzinfo=BISHKEK))
    assert story == copy
