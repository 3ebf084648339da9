"""Who registers for a meeting and who comes: the facts that the portal reports of them.

Those who come leave and come back, some stay too short to count, some register and stay away, and
some have no account: the count of ten must see through all of it (product.md U7).
"""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from contracts.portal import (
    Attendee,
    EventAnnouncedV1,
    EventAttendedV1,
    EventCancelledV1,
    EventChangedV1,
    EventHeldV1,
    EventRegisteredV1,
)
from launch.demo import YEAR
from launch.demo.acts import Fact, fact, instant
from launch.demo.data import load
from launch.demo.meetings import LATE_LIST, Meeting
from launch.demo.registrations import Joined

# How the attendees of a meeting for others are mixed with people of local self-government.
SHARE_OF_BODIES = 0.6
# The list of the late meeting comes on the day after the month's report was mailed.
LATE_LIST_COMES = instant(date(YEAR, LATE_LIST + 1, 6), time(11, 20))


def facts(
    meetings: Sequence[Meeting], joined: Sequence[Joined], leaving: frozenset[str], seed: int
) -> list[Fact]:
    """Return all facts about the meetings; who is ``leaving`` does not come."""
    people = [one for one in joined if one.ref.startswith("person") and one.ref not in leaving]
    found: list[Fact] = []
    for meeting in meetings:
        random = Random(f"{seed}:{meeting.ref}")
        found += _notices(meeting, random, seed)
        if meeting.cancelled is None:
            found += Gathering(meeting, people, random, seed).facts()
    return found


def _notices(meeting: Meeting, random: Random, seed: int) -> list[Fact]:
    url = f"https://portal.example/events/{meeting.ref}"
    announced = EventAnnouncedV1(
        event_ref=meeting.ref,
        title=meeting.title,
        starts_at=meeting.starts,
        ends_at=meeting.starts + timedelta(hours=meeting.hours),
        kind=meeting.kind,
        topic=meeting.topic,
        url=url,
        audiences=meeting.audiences,
        min_minutes=meeting.min_minutes,
    )
    found = [fact(seed, announced, at=meeting.announced)]
    if meeting.changed is not None:
        changed = EventChangedV1(
            event_ref=meeting.ref, starts_at=meeting.begins, ends_at=meeting.ends
        )
        found.append(fact(seed, changed, at=meeting.changed))
    if meeting.cancelled is not None:
        reason = random.choice(load("others")["cancellations"])
        cancelled = EventCancelledV1(event_ref=meeting.ref, reason=reason)
        found.append(fact(seed, cancelled, at=meeting.cancelled))
    return found


class Gathering:
    """One meeting that takes place, and the people who could come to it."""

    def __init__(
        self, meeting: Meeting, people: Sequence[Joined], random: Random, seed: int
    ) -> None:
        self.meeting, self.random, self.seed = meeting, random, seed
        day = meeting.begins.date()
        self.there = [one for one in people if one.at < meeting.begins - timedelta(hours=1)]
        # They come as a guest of a colleague and register when they have seen it.
        self.register_afterwards = [
            one for one in people if one.at > meeting.ends and one.at.date() == day
        ]

    def facts(self) -> list[Fact]:
        """Return registrations, stays and the end of the meeting."""
        coming, short, absent = self._cast()
        found = self._registrations([*coming, *short, *absent])
        stays = [self._stays(client_ref=one.ref) for one in coming]
        stays += [self._stays(attendee=guest) for guest in self._guests()]
        for one in short:
            stays.append([self._short_stay(one)])
        held = EventHeldV1(
            event_ref=self.meeting.ref,
            started_at=self.meeting.begins,
            ended_at=self.meeting.ends,
        )
        found.append(fact(self.seed, held, at=self.meeting.ends + timedelta(minutes=4)))
        return found + self._reported(stays)

    def _cast(self) -> tuple[list[Joined], list[Joined], list[Joined]]:
        """Draw who comes for long enough, who looks in, and who registers and stays away."""
        count = self.meeting.participants - self.meeting.guests
        coming = self.random.sample(self.register_afterwards, min(2, len(self.register_afterwards)))
        coming += self._draw(count - len(coming), coming)
        looks_in = self.random.randint(0, 2) if self.meeting.min_minutes else 0
        short = self._draw(looks_in, coming)
        absent = self._draw(self.random.randint(1, 5), [*coming, *short])
        return coming[:count], short, absent

    def _draw(self, count: int, taken: list[Joined]) -> list[Joined]:
        refs = {one.ref for one in taken}
        free = [one for one in self.there if one.ref not in refs]
        addressed = [one for one in free if one.client.audience in self.meeting.audiences]
        of_bodies = [one for one in free if one.client.audience == "lsg_bodies"]
        first = self._some(addressed, round(count * (1 - SHARE_OF_BODIES)))
        rest = [one for one in of_bodies if one not in first]
        found = first + self._some(rest, count - len(first))
        others = [one for one in free if one not in found]
        return found + self._some(others, count - len(found))

    def _some(self, people: list[Joined], count: int) -> list[Joined]:
        return self.random.sample(people, max(0, min(count, len(people))))

    def _guests(self) -> list[Attendee]:
        guests = self.random.sample(load("meetings")["guests"], self.meeting.guests)
        return [self._guest(name, number) for number, name in enumerate(guests)]

    def _guest(self, name: str, number: int) -> Attendee:
        if self.random.random() < 0.4:
            email = f"guest{number}.{self.meeting.ref}@mail.example.org"
            return Attendee(display_name=name, email=email)
        return Attendee(display_name=name)

    def _registrations(self, people: list[Joined]) -> list[Fact]:
        found = []
        for one in people:
            first = max(one.at, self.meeting.announced) + timedelta(minutes=7)
            last = self.meeting.begins - timedelta(minutes=15)
            if first < last and self.random.random() < 0.8:
                at = self._between(first, last)
                data = EventRegisteredV1(event_ref=self.meeting.ref, client_ref=one.ref)
                found.append(fact(self.seed, data, at=at))
        return found

    def _between(self, first: datetime, last: datetime) -> datetime:
        """Draw an instant of a waking hour; nobody registers at night."""
        at = first + (last - first) * self.random.random()
        asleep = at.hour < 8 or at.hour >= 22
        return (first if asleep else at).replace(microsecond=0)

    def _stays(self, **who: Any) -> list[EventAttendedV1]:
        """Return one to three stays that together are long enough to count."""
        count = self.random.choice((1, 1, 1, 1, 2, 2, 3))
        length = (self.meeting.ends - self.meeting.begins) / count
        found = []
        for number in range(count):
            joined = self.meeting.begins + length * number + self._minutes(0, 3)
            left = self.meeting.begins + length * (number + 1) - self._minutes(0, 3)
            is_open = number == count - 1 and self.random.random() < 0.2
            found.append(
                EventAttendedV1(
                    event_ref=self.meeting.ref,
                    joined_at=joined,
                    left_at=None if is_open else left,
                    **(who if number == 0 else self._seen_again(who)),
                )
            )
        return found

    def _seen_again(self, who: dict[str, Any]) -> dict[str, Any]:
        """Let a guest without an address come back with the name in other letters."""
        guest = who.get("attendee")
        if guest is None or guest.email or self.random.random() < 0.5:
            return who
        return {"attendee": Attendee(display_name=guest.display_name.upper())}

    def _short_stay(self, one: Joined) -> EventAttendedV1:
        joined = self.meeting.begins + self._minutes(5, 20)
        return EventAttendedV1(
            event_ref=self.meeting.ref,
            joined_at=joined,
            left_at=joined + self._minutes(1, 6),
            client_ref=one.ref,
        )

    def _minutes(self, least: int, most: int) -> timedelta:
        return timedelta(minutes=self.random.randint(least, most))

    def _reported(self, stays: list[list[EventAttendedV1]]) -> list[Fact]:
        """Report each stay when it ended; of the late meeting the last attendee's days after."""
        found = []
        for number, each in enumerate(stays):
            is_late = self.meeting.late_list and number == self.meeting.participants - 1
            for stay in each:
                at = stay.left_at or self.meeting.ends
                posted = LATE_LIST_COMES if is_late else None
                found.append(fact(self.seed, stay, at=at, posted=posted))
        return found
