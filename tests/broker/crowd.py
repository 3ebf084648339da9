"""A crowd of facts whose figures follow from their number by plain arithmetic.

Bodies with their staff, experts who attend online events and ask, repeats of a tenth, all in
windows shuffled by a seed, so that facts also come before what they name.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from chassis import clock
from contracts.envelope import Event
from contracts.parts import ClientName, Consent, Post, Words
from contracts.portal import (
    ClientRegisteredV1,
    ClientUpdatedV1,
    EventAnnouncedV1,
    EventAttendedV1,
    EventHeldV1,
    InquiryOpenedV1,
)
from tests.factories import event, instant

MONTH = "2022-03"
LONG_AGO = instant("2022-03-04 10:00")
STARTS = instant("2022-03-10 15:00")
# The figure counts an event with ten participants and more.
ATTENDEES = 12
WINDOW = 40
NEWEST_PHONE = "0700 999 999"


@dataclass(frozen=True, slots=True)
class Crowd:
    """How many of each there are; ``facts`` are to be sent, ``figures`` are to be found."""

    bodies: int = 90
    staff_of_each: int = 3
    experts: int = 60
    events: int = 10
    inquiries_now: int = 100
    inquiries_long_ago: int = 60

    @property
    def staff(self) -> int:
        """How many people have a post in a body."""
        return self.bodies * self.staff_of_each

    @property
    def clients(self) -> int:
        """How many clients there are of all kinds."""
        return self.bodies + self.staff + self.experts

    @property
    def inquiries(self) -> int:
        """How many inquiries there are, met and missed."""
        return self.inquiries_now + self.inquiries_long_ago

    @property
    def figures(self) -> dict[str, int]:
        """The cumulative figures of the month in which all of this happened."""
        return {"R2.B.bodies": self.bodies, "R2.B.staff": self.staff, "R9": self.events}

    def facts(self, seed: int) -> list[dict[str, Any]]:
        """Return the facts as the portal sends them, a tenth of them twice."""
        dice = random.Random(seed)
        wires = [_wire(happened) for happened in self._all()]
        wires += dice.sample(wires, len(wires) // 10)
        mixed: list[dict[str, Any]] = []
        for start in range(0, len(wires), WINDOW):
            window = wires[start : start + WINDOW]
            dice.shuffle(window)
            mixed += window
        return mixed

    def _all(self) -> Iterator[Event[Any]]:
        for number in range(self.experts):
            yield event(_expert(number), at=LONG_AGO)
        for number in range(self.bodies):
            yield event(_body(number), at=LONG_AGO)
            for other in range(self.staff_of_each):
                yield from _official(f"s-{number}-{other}", f"o-{number}")
        for number in range(self.events):
            yield from _online_event(number, self.experts)
        now = clock.now() - timedelta(minutes=1)
        for number in range(self.inquiries):
            at = now if number < self.inquiries_now else LONG_AGO
            yield event(_inquiry(number, f"e-{number % self.experts}"), at=at)


def _wire(happened: Event[Any]) -> dict[str, Any]:
    wire = happened.to_wire()
    wire.pop("recordedtime", None)
    return wire


def _expert(number: int) -> ClientRegisteredV1:
    return ClientRegisteredV1(
        client_ref=f"e-{number}",
        kind="person",
        audience="experts",
        name=ClientName(surname=f"Экспертов {number}", name="Бакыт"),
        email=f"expert{number}@example.org",
        language="ru",
        consent=Consent(text_version="2021-11", at=LONG_AGO, channel="portal"),
    )


def _body(number: int) -> ClientRegisteredV1:
    return ClientRegisteredV1(
        client_ref=f"o-{number}",
        kind="organisation",
        audience="lsg_bodies",
        body_type="ayil_okmotu",
        municipality=f"Айыл {number}",
        territory="KG-C",
        name=ClientName(ru=f"Айыл окмоту {number}"),
    )


def _official(ref: str, organisation: str) -> Iterator[Event[Any]]:
    joined = ClientRegisteredV1(
        client_ref=ref,
        kind="person",
        audience="lsg_bodies",
        name=ClientName(surname=f"Асанов {ref}", name="Азамат"),
        organisation_ref=organisation,
        post=Post(title="Ведущий специалист", role="specialist"),
    )
    yield event(joined, at=LONG_AGO)
    phones = ((NEWEST_PHONE, 2), ("0700 111 111", 1))
    for phone, days in phones:
        changed = ClientUpdatedV1(client_ref=ref, phone=phone)
        yield event(changed, at=LONG_AGO + timedelta(days=days))


def _online_event(number: int, experts: int) -> Iterator[Event[Any]]:
    ref, start = f"v-{number}", STARTS + timedelta(hours=number)
    title = Words(ru=f"Вебинар {number}")
    announced = EventAnnouncedV1(
        event_ref=ref, title=title, starts_at=start, min_minutes=30, audiences=["experts"]
    )
    yield event(announced, at=LONG_AGO)
    end: datetime = start + timedelta(minutes=60)
    for place in range(ATTENDEES):
        who = f"e-{(number * ATTENDEES + place) % experts}"
        stay = EventAttendedV1(event_ref=ref, client_ref=who, joined_at=start, left_at=end)
        yield event(stay, at=end)
    yield event(EventHeldV1(event_ref=ref, started_at=start, ended_at=end), at=end)


def _inquiry(number: int, client: str) -> InquiryOpenedV1:
    return InquiryOpenedV1(
        inquiry_ref=f"i-{number}",
        kind="question",
        subject=f"Вопрос {number}",
        text="Когда будет семинар?",
        language="ru",
        channel="portal",
        client_ref=client,
    )
