"""The story of the year: all facts and acts of a seed, and how they fall into days and stops.

A stop is an instant to which the demo clock is moved and what is posted and done there. The whole
year is always drawn, so that a demo of two months is the beginning of a demo of twelve.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random

from chassis.calendar_kg import last_working_day, nth_working_day
from contracts.portal import (
    ClientVerifiedV1,
    ContestEntrySubmittedV1,
    EventAnnouncedV1,
    EventCancelledV1,
    EventChangedV1,
    EventRegisteredV1,
    InquiryRatedV1,
    IssuePublishedV1,
    PaymentReceivedV1,
    PracticePublishedV1,
    ServiceUpdatedV1,
    VoteCastV1,
)
from launch.demo import YEAR, changes, inquiries, meetings, participation, publications
from launch.demo import registrations as registry
from launch.demo.acts import Act, Fact, instant
from launch.demo.world import build

# When the portal sends what has happened since its last sending.
SENDINGS = (time(12, 30), time(18, 30), time(23, 55))
REPORT_TIME = time(9, 0)
# The schedule is given five minutes of the demo's time.
AFTER_REPORT = time(9, 5)
REPORT_DAY = 3
TWICE, SHUFFLED = 0.03, 0.25
NOTICES = (EventAnnouncedV1, EventChangedV1, EventCancelledV1)
# What the product does about these does not depend on its clock: a day of them need not settle.
CALM = (
    ClientVerifiedV1,
    ContestEntrySubmittedV1,
    EventRegisteredV1,
    InquiryRatedV1,
    IssuePublishedV1,
    PaymentReceivedV1,
    PracticePublishedV1,
    ServiceUpdatedV1,
    VoteCastV1,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """A year: facts in the order of posting, acts in the order of doing."""

    seed: int
    facts: tuple[Fact, ...]
    acts: tuple[Act, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """The clock moves to ``at``, ``facts`` are posted, ``acts`` done; ``report`` was due before.

    After a stop that ``settles`` the demo waits until the product is quiet.
    """

    at: datetime
    facts: tuple[Fact, ...] = ()
    acts: tuple[Act, ...] = ()
    report: str | None = None
    settles: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day of the year in Bishkek, with its stops in order."""

    on: date
    stops: tuple[Stop, ...]


def tell(seed: int) -> Story:
    """Return the story of a seed."""
    joined = registry.plan(build(seed), seed)
    changed, leaving = changes.facts(joined, seed)
    gatherings = meetings.plan(joined, seed)
    asked, acts = inquiries.plan(joined, seed)
    facts = [
        *registry.facts(joined, seed),
        *changed,
        *participation.facts(gatherings, joined, leaving, seed),
        *asked,
        *publications.facts(joined, seed),
    ]
    random = Random(f"{seed}:sending")
    facts = [_perhaps_twice(random, one) for one in facts if one.posted.year == YEAR]
    facts.sort(key=lambda one: (one.posted, one.id))
    return Story(seed=seed, facts=tuple(facts), acts=tuple(sorted(acts, key=lambda act: act.at)))


def _perhaps_twice(random: Random, one: Fact) -> Fact:
    return replace(one, copies=2) if random.random() < TWICE else one


def last_day(months: int) -> date:
    """Return the day on which the report of the last played month is out, and not before it."""
    if months == 12:
        return date(YEAR, 12, 31)
    return nth_working_day(YEAR, months + 1, REPORT_DAY)


def report_days() -> dict[date, str]:
    """Return the days on which the schedule mails a report, with the month that it is about.

    The last month's report goes out on the plan's last working day (contracts.md §3a).
    """
    days = {
        nth_working_day(YEAR, month + 1, REPORT_DAY): f"{YEAR}-{month:02}" for month in range(1, 12)
    }
    return days | {last_working_day(YEAR, 12): f"{YEAR}-12"}


def days(story: Story, *, months: int) -> Iterator[Day]:
    """Yield the days of the demo, each cut into stops; ``months`` is how much is played."""
    reports = report_days()
    day, was_calm = date(YEAR, 1, 1), True
    while day <= last_day(months):
        facts = [one for one in story.facts if one.posted.date() == day]
        acts = [one for one in story.acts if one.at.date() == day]
        stops = _stops(story.seed, day, facts, acts, reports.get(day))
        yield Day(on=day, stops=tuple(stops if was_calm else _morning(day, stops)))
        day, was_calm = day + timedelta(days=1), _is_calm(facts, acts)


def _morning(day: date, stops: list[Stop]) -> list[Stop]:
    """Wait by daylight first: mail of yesterday's late evening leaves in the morning only.

    A clock that ran from night to night would hold it back until it is too late to send.
    """
    if stops[0].at > instant(day, SENDINGS[1]):
        return [Stop(at=instant(day, SENDINGS[0]), settles=True), *stops]
    return [replace(stops[0], settles=True), *stops[1:]]


def _is_calm(facts: Sequence[Fact], acts: Sequence[Act]) -> bool:
    return not acts and all(isinstance(one.data, CALM) for one in facts)


def _stops(
    seed: int, day: date, facts: Sequence[Fact], acts: Sequence[Act], report: str | None
) -> list[Stop]:
    stops = [Stop(at=instant(day, AFTER_REPORT), report=report, settles=True)] if report else []
    random = Random(f"{seed}:{day}")
    since = instant(day, time(0))
    for sending in SENDINGS:
        until = instant(day, sending)
        stops += [Stop(at=act.at, acts=(act,)) for act in acts if since < act.at <= until]
        sent = [one for one in facts if since <= one.posted < until]
        if sent:
            stops.append(Stop(at=until, facts=_order(random, sent), settles=_tells_readers(sent)))
        since = until
    stops.sort(key=lambda stop: stop.at)
    if not stops:
        stops = [Stop(at=instant(day, SENDINGS[0]))]
    is_last = (day + timedelta(days=1)).month != day.month
    settles = stops[-1].settles or is_last or not _is_calm(facts, acts)
    return [*stops[:-1], replace(stops[-1], settles=settles)]


def _tells_readers(sent: Sequence[Fact]) -> bool:
    """Whether invitations are among them: a correction must find them already mailed."""
    return any(isinstance(one.data, NOTICES) for one in sent)


def _order(random: Random, sent: Sequence[Fact]) -> tuple[Fact, ...]:
    """Let the portal send some days' facts in no order, and some facts twice."""
    copies = [one for one in sent if one.copies > 1]
    order = [*sent, *copies]
    if random.random() < SHUFFLED:
        random.shuffle(order)
    return tuple(order)
