"""What the figures of each month must be, computed from the story alone.

This is the demo's own arithmetic, by the rules of contracts.md §3a and nothing of the services:
the test holds the product's figures against it. All months are calendar months in Bishkek.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from chassis.calendar_kg import working_days_between
from chassis.clock import BISHKEK
from contracts.codes import DEPUTY_ROLES, LSG_BODY_TYPES
from contracts.portal import ClientRegisteredV1, ClientUpdatedV1
from launch.demo import YEAR, gatherings, threads
from launch.demo.acts import Fact
from launch.demo.letters import invitations
from launch.demo.story import REPORT_TIME, Story, report_days

ENOUGH = 10
LEAD = 3
EVENTS_UNTIL = datetime(YEAR, 12, 1, tzinfo=BISHKEK)
Figures = dict[str, dict[str, Any]]


@dataclass(slots=True)
class Standing:
    """A client at some moment: what the newest word on each field says."""

    kind: str
    body_type: str | None
    municipality: str | None
    employer: str | None
    role: str


def expected(story: Story, until: datetime) -> dict[str, Figures]:
    """Return month → code → {"actual", "cumulative", "beside"} as they stand at ``until``.

    Only what was posted and done before ``until`` is known; months that have not begun are absent.
    """
    facts = [one for one in story.facts if one.posted < until]
    acts = [one for one in story.acts if one.at < until]
    resolved = threads.resolutions(facts, acts)
    held = gatherings.held(facts)
    found = {}
    for number in range(1, 13):
        start, end = bounds(number)
        if start < until:
            found[f"{YEAR}-{number:02}"] = {
                **_base(facts, start, end),
                "R3": _notices(facts, start, end),
                "R4": _figure(sum(start <= at < end for at in resolved)),
                "R8": _figure(_mailed(number, until)),
                "R9": _events(held, start, end),
            }
    return found


def bounds(number: int) -> tuple[datetime, datetime]:
    """Return when a month of the year begins and is over."""
    following = date(YEAR + number // 12, number % 12 + 1, 1)
    start = datetime(YEAR, number, 1, tzinfo=BISHKEK)
    return start, datetime(following.year, following.month, 1, tzinfo=BISHKEK)


def _figure(actual: float | None, cumulative: int | None = None, **beside: int) -> dict[str, Any]:
    return {"actual": actual, "cumulative": cumulative, "beside": beside}


def _base(facts: Sequence[Fact], start: datetime, end: datetime) -> Figures:
    """Rows R2.A and R2.B: both stages are measured against one and the same count."""
    before, now = clients(facts, start), clients(facts, end)
    bodies = bodies_of(now)
    places = {one.municipality for one in bodies.values()}
    of_bodies = _figure(
        len(bodies) - len(bodies_of(before)), len(bodies), municipalities=len(places)
    )
    staff, deputies = staff_of(now)
    of_staff = _figure(len(staff) - len(staff_of(before)[0]), len(staff), deputies=len(deputies))
    return {
        "R2.A.bodies": of_bodies,
        "R2.B.bodies": of_bodies,
        "R2.A.staff": of_staff,
        "R2.B.staff": of_staff,
    }


def clients(facts: Iterable[Fact], end: datetime) -> dict[str, Standing]:
    """Return all registered clients as they stand at ``end``, by reference."""
    found: dict[str, Standing] = {}
    for one in sorted(facts, key=lambda fact: fact.at):
        data = one.data
        if one.at >= end:
            break
        if isinstance(data, ClientRegisteredV1):
            role = (data.post and data.post.role) or "other"
            found[data.client_ref] = Standing(
                data.kind, data.body_type, data.municipality, data.organisation_ref, role
            )
        elif isinstance(data, ClientUpdatedV1):
            standing = found[data.client_ref]
            standing.employer = data.organisation_ref or standing.employer
            standing.role = (data.post and data.post.role) or standing.role
    return found


def bodies_of(known: dict[str, Standing]) -> dict[str, Standing]:
    """Return the local self-government bodies among clients."""
    return {ref: one for ref, one in known.items() if one.body_type in LSG_BODY_TYPES}


def staff_of(known: dict[str, Standing]) -> tuple[set[str], set[str]]:
    """Return the people with a post in a body: staff, and deputies apart (switch A4)."""
    bodies = bodies_of(known)
    there = {ref: one for ref, one in known.items() if one.employer in bodies}
    deputies = {ref for ref, one in there.items() if one.role in DEPUTY_ROLES}
    return there.keys() - deputies, deputies


def _events(held: Sequence[gatherings.Held], start: datetime, end: datetime) -> dict[str, Any]:
    """Row R9: events of ten distinct people or more, within the window to 30 November (A7)."""
    counting = [one for one in held if len(one.people) >= ENOUGH and one.starts < EVENTS_UNTIL]
    here = [one for one in held if start <= one.starts < end]
    return _figure(
        sum(start <= one.starts < end for one in counting),
        sum(one.starts < end for one in counting),
        events_held=len(here),
        events_short=sum(len(one.people) < ENOUGH for one in here),
        events_lsg=sum(len(one.of_bodies) >= ENOUGH for one in here),
        participants=sum(len(one.people) for one in here),
        participants_lsg=sum(len(one.of_bodies) for one in here),
    )


def _notices(facts: Sequence[Fact], start: datetime, end: datetime) -> dict[str, Any]:
    """Row R3: share of invitations three working days ahead, by the start that holds now."""
    early = everything = 0
    starts = gatherings.starts(facts)
    for ref, (sent_on, readers) in invitations(facts).items():
        if start <= starts[ref] < end:
            everything += len(readers)
            ahead = working_days_between(sent_on, starts[ref].date())
            early += len(readers) * (ahead >= LEAD)
    share = 100 * early / everything if everything else None
    return _figure(share, notices=everything, notices_on_time=early)


def _mailed(number: int, until: datetime) -> int:
    day = next(day for day, month in report_days().items() if month.endswith(f"-{number:02}"))
    due = datetime.combine(day, REPORT_TIME, BISHKEK)
    return int(due + timedelta(minutes=1) < until)
