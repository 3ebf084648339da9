"""How the client base grows: who registers when, and what changes afterwards.

The pace is set by hand so that the plan's rows pass through their states: few bodies in winter
(at risk), 46 by the end of June, 131 of the 130 by the end of the year.
"""

from dataclasses import dataclass
from datetime import date, datetime, time
from random import Random
from typing import Any

from contracts.parts import Consent
from contracts.portal import (
    ClientRegisteredV1,
)
from launch.demo import YEAR
from launch.demo.acts import Fact, fact, instant, month_days, sometime
from launch.demo.world import Organisation, Person, World

# New clients month by month, January to December.
BODIES = (3, 4, 5, 8, 12, 14, 12, 12, 14, 17, 19, 11)
STAFF = (6, 8, 16, 34, 48, 55, 40, 45, 60, 75, 76, 48)
DEPUTIES = (1, 1, 2, 4, 6, 8, 6, 7, 9, 10, 12, 6)
OUTSIDERS = (26, 18, 13, 11, 10, 9, 5, 6, 8, 7, 5, 3)
# After this day of December nobody registers: the year's last report is mailed on the 30th.
LAST_DAY = date(YEAR, 12, 27)
# Clients and invitations keep apart: who is invited must not depend on a race between two facts.
INVITATION_WEEKDAY = 2
TEXT_VERSION = "2021-11"
# Whose share of luck ends where; beyond the last, the consent is to everything.
CONSENTS = ((0.22, ["magazine"]), (0.70, ["service"]), (0.85, ["service", "magazine"]))
LAPTOP = (time(8, 40), time(18, 30))


@dataclass(frozen=True, slots=True)
class Joined:
    """A client who has registered: the clients who can ask, attend, pay and vote later on."""

    client: Person | Organisation
    at: datetime

    @property
    def ref(self) -> str:
        """The portal's id of the client."""
        return self.client.ref


def plan(world: World, seed: int) -> list[Joined]:
    """Return who joins when in the year of this world, in order of time."""
    random = Random(f"{seed}:registrations")
    joined = _bodies(random, world)
    since = {one.ref: one.at.date() for one in joined}
    joined += _people(random, [one for one in world.people if one.is_staff], STAFF, since)
    joined += _people(random, [one for one in world.people if one.is_deputy], DEPUTIES, since)
    outsiders = [one for one in world.people if one.audience != "lsg_bodies"]
    random.shuffle(outsiders)
    joined += _people(random, outsiders, OUTSIDERS, {})
    joined += _hosts(random, world, joined)
    return sorted(_around_midnight(joined), key=lambda one: (one.at, one.ref))


def facts(joined: list[Joined], seed: int) -> list[Fact]:
    """Return the registrations as the portal reports them."""
    random = Random(f"{seed}:consents")
    return [_registered(random, seed, one) for one in joined]


def client_days(month: int) -> list[date]:
    """Return the days of a month on which clients come and change; few of them on a Saturday."""
    days = [day for day in month_days(month) if day.weekday() != INVITATION_WEEKDAY]
    return [day for day in days if day.weekday() < 5 and day <= LAST_DAY]


def _bodies(random: Random, world: World) -> list[Joined]:
    left = list(world.bodies)
    found = []
    for month, count in enumerate(BODIES, 1):
        # The month's first half, mostly: staff of a body can follow within the month.
        days = client_days(month)[: 12 if month < 12 else 9]
        for body in left[:count]:
            found.append(Joined(body, sometime(random, random.choice(days), LAPTOP)))
        left = left[count:]
    return found


def _people(
    random: Random, people: list[Person], pace: tuple[int, ...], since: dict[str, date]
) -> list[Joined]:
    """Let people join at a pace; those of a body in ``since`` not before that body's day."""
    left = list(people)
    found: list[Joined] = []
    for month in range(1, len(pace) + 1):
        last = client_days(month)[-1]
        ready = [one for one in left if _ready_on(one, since) <= last]
        # What a month of few bodies could not bring, the next one makes up for.
        count = sum(pace[:month]) - len(found)
        chosen = random.sample(ready, min(count, len(ready)))
        for person in chosen:
            days = [day for day in client_days(month) if day >= _ready_on(person, since)]
            found.append(Joined(person, sometime(random, random.choice(days), LAPTOP)))
        taken = {person.ref for person in chosen}
        left = [one for one in left if one.ref not in taken]
    return found


def _ready_on(person: Person, since: dict[str, date]) -> date:
    body = person.organisation.ref if person.organisation else ""
    return since.get(body, date(YEAR, 1, 1))


def _hosts(random: Random, world: World, joined: list[Joined]) -> list[Joined]:
    """Let the other organisations join on the day of the first of their people."""
    first: dict[str, datetime] = {}
    for one in joined:
        employer = one.client.organisation if isinstance(one.client, Person) else None
        if employer is not None and employer.audience != "lsg_bodies":
            first[employer.ref] = min(one.at, first.get(employer.ref, one.at))
    found = [org for org in world.others if org.ref in first]
    return [Joined(org, sometime(random, first[org.ref].date(), LAPTOP)) for org in found]


def _around_midnight(joined: list[Joined]) -> list[Joined]:
    """Move one body to the last minutes of May and one of its later staff to the first of June.

    In UTC both fall on 31 May: the month of a fact is that of Bishkek (contracts.md §3a).
    """
    of_may = {one.ref: one for one in joined if one.ref.startswith("body") and one.at.month == 5}
    new = next(one for one in joined if one.at.month == 6 and _employer(one.client) in of_may)
    body = of_may[_employer(new.client)]
    last_minutes = instant(date(YEAR, 5, 31), time(23, 41))
    moved = {new.ref: instant(date(YEAR, 6, 1), time(0, 17)), body.ref: last_minutes}
    moved |= {
        one.ref: last_minutes
        for one in joined
        if _employer(one.client) == body.ref and one.at < last_minutes
    }
    return [Joined(one.client, moved.get(one.ref, one.at)) for one in joined]


def _employer(client: Person | Organisation) -> str:
    employer = client.organisation if isinstance(client, Person) else None
    return employer.ref if employer else ""


def _registered(random: Random, seed: int, one: Joined) -> Fact:
    client = one.client
    is_person = isinstance(client, Person)
    data = ClientRegisteredV1(
        client_ref=client.ref,
        kind="person" if is_person else "organisation",
        audience=client.audience,
        name=client.name,
        email=client.email,
        phone=client.phone,
        language=client.language if random.random() < 0.96 else None,
        territory=client.territory,
        consent=_consent(random, one.at) if is_person else None,
        verified=True if random.random() < 0.6 else None,
        **_place_of(client),
    )
    return fact(seed, data, at=one.at)


def _place_of(client: Person | Organisation) -> dict[str, Any]:
    if isinstance(client, Organisation):
        return {"body_type": client.body_type, "municipality": client.municipality}
    employer = client.organisation
    return {
        "post": client.post,
        "organisation_ref": employer.ref if employer else None,
        "municipality": employer.municipality if employer else None,
    }


def _consent(random: Random, at: datetime) -> Consent | None:
    """Draw a consent: most people want the service mail, some all mail, every eighth none."""
    luck = random.random()
    if luck < 0.12:
        return None
    purposes = next((each for limit, each in CONSENTS if luck < limit), None)
    return Consent(text_version=TEXT_VERSION, at=at, channel="portal", purposes=purposes)
