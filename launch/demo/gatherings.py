"""The demo's own count of the online events: when they began and who was there for long enough."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from contracts.portal import (
    ClientRegisteredV1,
    EventAnnouncedV1,
    EventAttendedV1,
    EventChangedV1,
    EventHeldV1,
)
from launch.demo.acts import Fact

Stays = dict[str, timedelta]


@dataclass(slots=True)
class Held:
    """An event that took place: distinct people who count, and those of local self-government."""

    ref: str
    starts: datetime
    people: set[str] = field(default_factory=set)
    of_bodies: set[str] = field(default_factory=set)


def held(facts: Sequence[Fact]) -> list[Held]:
    """Return the events that were reported as held, with whom they count."""
    of_bodies = {
        one.data.client_ref
        for one in facts
        if isinstance(one.data, ClientRegisteredV1) and one.data.audience == "lsg_bodies"
    }
    least = _least_minutes(facts)
    present = _present(facts)
    found = []
    for one in facts:
        if isinstance(one.data, EventHeldV1) and one.data.started_at:
            stays = present.get(one.data.event_ref, {})
            enough = timedelta(minutes=least[one.data.event_ref])
            people = {who for who, stay in stays.items() if stay >= enough}
            found.append(Held(one.data.event_ref, one.data.started_at, people, people & of_bodies))
    return found


def starts(facts: Iterable[Fact]) -> dict[str, datetime]:
    """Return when each announced event begins, by the newest word on it."""
    found: dict[str, datetime] = {}
    for one in sorted(facts, key=lambda fact: fact.at):
        if isinstance(one.data, EventAnnouncedV1 | EventChangedV1) and one.data.starts_at:
            found[one.data.event_ref] = one.data.starts_at
    return found


def _least_minutes(facts: Iterable[Fact]) -> dict[str, int]:
    return {
        one.data.event_ref: one.data.min_minutes or 0
        for one in facts
        if isinstance(one.data, EventAnnouncedV1)
    }


def _present(facts: Sequence[Fact]) -> dict[str, Stays]:
    """Return who was how long at which event; an open stay lasts until the event's end."""
    ends = {
        one.data.event_ref: one.data.ended_at for one in facts if isinstance(one.data, EventHeldV1)
    }
    found: dict[str, Stays] = {}
    for one in facts:
        if isinstance(one.data, EventAttendedV1):
            stay = one.data
            assert stay.joined_at is not None
            left = stay.left_at or ends.get(stay.event_ref) or stay.joined_at
            stays = found.setdefault(stay.event_ref, {})
            who = person(stay)
            stays[who] = stays.get(who, timedelta()) + (left - stay.joined_at)
    return found


def person(stay: EventAttendedV1) -> str:
    """Return the distinct person: the client, else the address, else the name, in small letters."""
    if stay.client_ref:
        return stay.client_ref
    assert stay.attendee is not None
    return (stay.attendee.email or stay.attendee.display_name or "").casefold()
