"""The story of the year: repeatable, within the contracts, and as colourful as it is said to be."""

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise

from chassis.calendar_kg import add_working_days, working_days_between
from chassis.clock import BISHKEK
from contracts.envelope import parse
from contracts.portal import (
    ClientRegisteredV1,
    ConsentChangedV1,
    EventAnnouncedV1,
    EventAttendedV1,
    InquiryCommentedV1,
    InquiryOpenedV1,
)
from launch.demo import story as stories
from launch.demo.letters import expected_mails


def test_it_tells_the_same_story_of_the_same_seed(story):
    again = stories.tell(2022)
    assert again == story
    assert [one.id for one in again.facts] == [one.id for one in story.facts]


def test_it_tells_another_story_of_another_seed(story):
    other = stories.tell(7)
    assert not {one.id for one in other.facts} & {one.id for one in story.facts}
    assert not {act.key for act in other.acts} & {act.key for act in story.acts}


def test_it_keeps_the_contracts(story):
    for one in story.facts:
        event = parse(one.event().to_wire())
        assert event.data == one.data
        assert event.time == one.at


def test_it_names_each_fact_once(story):
    assert len({one.id for one in story.facts}) == len(story.facts)
    assert len({act.key for act in story.acts}) == len(story.acts)


def test_it_tells_nothing_before_it_happened_and_nothing_after_the_year(story):
    assert all(one.posted >= one.at for one in story.facts)
    first, last = (datetime(year, 1, 1, tzinfo=BISHKEK) for year in (2022, 2023))
    assert all(first <= one.at < last and one.posted < last for one in story.facts)
    assert all(first <= act.at < last for act in story.acts)


def test_it_tells_of_all_portal_facts(story):
    found = Counter(one.type for one in story.facts)
    assert set(found) == {
        "client_registered", "client_updated", "client_verified", "consent_changed",
        "inquiry_opened", "inquiry_commented", "inquiry_rated", "event_announced",
        "event_changed", "event_cancelled", "event_registered", "event_attended", "event_held",
        "service_updated", "issue_published", "practice_published", "payment_received",
        "vote_cast", "contest_entry_submitted",
    }  # fmt: skip
    assert 60 <= found["inquiry_opened"] <= 70
    assert found["event_announced"] == 59
    assert found["event_cancelled"] == 2


def test_it_posts_every_fact_on_its_day_and_some_twice(story):
    sent = Counter()
    for day in stories.days(story, months=12):
        for stop in day.stops:
            assert stop.at.date() == day.on
            assert all(one.posted.date() == day.on and one.posted < stop.at for one in stop.facts)
            sent.update(one.id for one in stop.facts)
    assert sent.keys() == {one.id for one in story.facts}
    twice = sum(count == 2 for count in sent.values())
    assert 50 < twice < 250
    assert max(sent.values()) == 2


def test_it_does_every_act_at_its_time_in_office_hours(story):
    done = [
        (stop.at, act)
        for day in stories.days(story, months=12)
        for stop in day.stops
        for act in stop.acts
    ]
    assert [act for _, act in done] == list(story.acts)
    assert all(at == act.at and 9 <= at.hour <= 18 for at, act in done)


def test_it_begins_a_long_demo_as_a_short_one(story):
    short = list(stories.days(story, months=2))
    assert short[-1].on == date(2022, 3, 3)
    assert list(stories.days(story, months=12))[: len(short)] == short


def test_it_wakes_up_on_the_third_working_day_and_on_30_december(story):
    stops = [stop for day in stories.days(story, months=12) for stop in day.stops if stop.report]
    assert [stop.report for stop in stops] == [f"2022-{month:02}" for month in range(1, 13)]
    assert [f"{stop.at:%d.%m %H:%M}" for stop in stops[:3]] == [
        "03.02 09:05", "03.03 09:05", "05.04 09:05",
    ]  # fmt: skip
    assert f"{stops[-1].at:%d.%m %H:%M}" == "30.12 09:05"


def test_it_leaves_no_month_before_it_has_settled(story):
    for day in stories.days(story, months=12):
        ends_month = (day.on + timedelta(days=1)).month != day.on.month
        if ends_month or any(stop.acts for stop in day.stops):
            assert day.stops[-1].settles


def test_it_never_mixes_invitations_with_new_clients(story):
    days = {}
    for one in story.facts:
        days.setdefault(one.posted.date(), set()).add(type(one.data))
    for types in days.values():
        assert not ({EventAnnouncedV1} <= types and types & {ClientRegisteredV1, ConsentChangedV1})


def test_it_announces_in_good_time_but_for_two(story):
    leads = [
        working_days_between(one.at.date(), one.data.starts_at.date())
        for one in story.facts
        if isinstance(one.data, EventAnnouncedV1)
    ]
    assert sorted(leads)[:3] == [1, 1, 5]
    assert max(leads) <= 15


def test_it_sends_attendance_before_the_client_now_and_then(story):
    joined = {
        one.data.client_ref: one.posted
        for one in story.facts
        if isinstance(one.data, ClientRegisteredV1)
    }
    stays = [one for one in story.facts if isinstance(one.data, EventAttendedV1)]
    early = [
        one for one in stays if one.data.client_ref and one.posted < joined[one.data.client_ref]
    ]
    assert early
    assert all(one.posted.date() == joined[one.data.client_ref].date() for one in early)


def test_it_writes_inquiries_of_all_kinds_in_three_languages(story):
    asked = [one.data for one in story.facts if isinstance(one.data, InquiryOpenedV1)]
    assert len({data.kind for data in asked}) == 6
    assert {data.language for data in asked} == {"ru", "ky", "en", None}
    assert any(data.contact for data in asked)
    assert not any("{" in data.text for data in asked)


def test_it_answers_some_late_some_again_and_some_never(story):
    opened = {
        one.data.inquiry_ref: one.at for one in story.facts if isinstance(one.data, InquiryOpenedV1)
    }
    first = {}
    for act in story.acts:
        first.setdefault(act.inquiry_ref, act)
    late = [
        ref
        for ref, act in first.items()
        if act.deed == "answer" and act.at.date() > add_working_days(opened[ref].date(), 14)
    ]
    assert len(late) >= 4
    assert 3 <= len(opened.keys() - first.keys()) <= 8
    assert Counter(act.deed for act in story.acts)["reopen"] == 2
    assert {act.outcome for act in story.acts} == {
        None,
        "answered",
        "spam",
        "duplicate",
        "withdrawn",
    }
    comments = [one for one in story.facts if isinstance(one.data, InquiryCommentedV1)]
    assert len(comments) >= 7


def test_it_stays_below_5000_mails(story):
    mails = expected_mails(story.facts, story.acts)
    assert 3000 < mails.total() < 5000
    assert mails["event_changed"] > 0
    assert mails["event_cancelled"] > 0


def test_it_waits_by_daylight_after_a_day_that_sends_mail(story):
    sending = (ClientRegisteredV1, EventAnnouncedV1, InquiryOpenedV1)
    days = list(stories.days(story, months=12))
    after = [
        today
        for yesterday, today in pairwise(days)
        if any(isinstance(one.data, sending) for stop in yesterday.stops for one in stop.facts)
    ]
    assert len(after) > 100
    for day in after:
        assert day.stops[0].settles
        assert 8 <= day.stops[0].at.hour < 21
