"""What changes after registration: telephones, posts, employers, verification, consent.

Each person is touched by one change of the year, so that no two of them can be mistaken for each
other in the figures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any

from contracts.parts import Consent, Post
from contracts.portal import ClientUpdatedV1, ClientVerifiedV1, ConsentChangedV1
from launch.demo import names
from launch.demo.acts import Fact, fact, sometime
from launch.demo.registrations import LAPTOP, TEXT_VERSION, Joined, client_days
from launch.demo.world import Organisation, Person

Change = Callable[[Random, Person, datetime], Any]
SETTLING_IN = timedelta(days=3)
MOVES, LEAVES, RISES, HIRED, PHONES, VERIFIED, WITHDRAWN = 14, 9, 8, 2, 45, 70, 16


@dataclass(slots=True)
class Year:
    """The changes drawn so far, and the clients they are drawn from, in the order of joining."""

    random: Random
    seed: int
    joined: Sequence[Joined]
    facts: list[Fact] = field(default_factory=list)
    changed: set[str] = field(default_factory=set)

    def draw(self, people: Sequence[Joined], count: int, change: Change) -> list[str]:
        """Change ``count`` of ``people`` in a month after they joined; return their refs."""
        free = [one for one in people if one.ref not in self.changed and one.at.month < 11]
        chosen = self.random.sample(free, min(count, len(free)))
        for one in chosen:
            assert isinstance(one.client, Person)
            at = self._later(one)
            self.facts.append(fact(self.seed, change(self.random, one.client, at), at=at))
        refs = [one.ref for one in chosen]
        self.changed.update(refs)
        return refs

    def _later(self, one: Joined) -> datetime:
        month = self.random.randint(one.at.month + 1, 12)
        days = [day for day in client_days(month) if day > one.at.date() + SETTLING_IN]
        return sometime(self.random, self.random.choice(days), LAPTOP)

    def registered_before(self, at: datetime, audience: str) -> list[Organisation]:
        """Return the organisations of an audience that were there before an instant."""
        found = (one.client for one in self.joined if one.at < at)
        return [one for one in found if isinstance(one, Organisation) and one.audience == audience]


def facts(joined: Sequence[Joined], seed: int) -> tuple[list[Fact], frozenset[str]]:
    """Return the year's changes, and who will leave local self-government."""
    year = Year(Random(f"{seed}:changes"), seed, joined)
    people = [one for one in joined if isinstance(one.client, Person)]
    staff = [one for one in people if _person(one).is_staff]
    year.draw(staff, MOVES, lambda random, who, at: _moves(year, who, at))
    # Nobody can leave for an organisation that the portal does not know yet.
    first = next(one.at for one in joined if one.ref.startswith("org") and _is_ngo(one))
    later = [one for one in staff if one.at > first]
    leaving = year.draw(later, LEAVES, lambda random, who, at: _leaves(year, who, at))
    year.draw(staff, RISES, _rises)
    year.draw([one for one in people if _person(one).is_deputy], HIRED, _is_hired)
    year.draw(people, PHONES, _changes_phone)
    year.draw(people, VERIFIED, _is_verified)
    year.draw(people, WITHDRAWN, _withdraws)
    return year.facts, frozenset(leaving)


def _person(one: Joined) -> Person:
    assert isinstance(one.client, Person)
    return one.client


def _is_ngo(one: Joined) -> bool:
    return one.client.audience == "consulting_ngo"


def _moves(year: Year, who: Person, at: datetime) -> ClientUpdatedV1:
    own = who.organisation.ref if who.organisation else None
    bodies = year.registered_before(at - SETTLING_IN, "lsg_bodies")
    body = year.random.choice([one for one in bodies if one.ref != own])
    return ClientUpdatedV1(
        client_ref=who.ref,
        organisation_ref=body.ref,
        post=Post(role="specialist", title="Башкы адис"),
        municipality=body.municipality,
    )


def _leaves(year: Year, who: Person, at: datetime) -> ClientUpdatedV1:
    ngos = year.registered_before(at - SETTLING_IN, "consulting_ngo")
    return ClientUpdatedV1(
        client_ref=who.ref,
        audience="consulting_ngo",
        organisation_ref=year.random.choice(ngos).ref,
        post=Post(role="other", title="Координатор"),
    )


def _rises(random: Random, who: Person, at: datetime) -> ClientUpdatedV1:
    post = Post(role="deputy_head", title="И. о. заместителя главы")
    return ClientUpdatedV1(client_ref=who.ref, post=post)


def _is_hired(random: Random, who: Person, at: datetime) -> ClientUpdatedV1:
    post = Post(role="specialist", title="Ведущий специалист")
    return ClientUpdatedV1(client_ref=who.ref, post=post)


def _changes_phone(random: Random, who: Person, at: datetime) -> ClientUpdatedV1:
    return ClientUpdatedV1(client_ref=who.ref, phone=names.phone(20_000 + int(who.ref[-5:])))


def _is_verified(random: Random, who: Person, at: datetime) -> ClientVerifiedV1:
    method = random.choice(("whatsapp", "whatsapp", "e-mail", "document"))
    return ClientVerifiedV1(client_ref=who.ref, method=method)


def _withdraws(random: Random, who: Person, at: datetime) -> ConsentChangedV1:
    consent = Consent(text_version=TEXT_VERSION, at=at, channel="portal")
    return ConsentChangedV1(client_ref=who.ref, consent=consent, given=False)
