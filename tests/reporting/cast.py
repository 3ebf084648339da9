"""The fixed cast of reporting's tests, and the facts that the other services would tell of them.

Ids are made from names, so that two tests, or two orders of one story, speak of the same things.
"""

from __future__ import annotations

import uuid
from datetime import date, datetime, timedelta
from typing import Any

from chassis.db import Database
from contracts.clients import (
    ClientAddedV1,
    ClientChangedV1,
    EventClosedV1,
    Municipality,
    PostHeld,
)
from contracts.envelope import Event
from contracts.feedback import (
    InquiryAcceptedV1,
    InquiryAnsweredV1,
    InquiryReopenedV1,
    InquiryResolvedV1,
)
from contracts.notifications import DeliveriesSettledV1, DeliveryRow
from contracts.parts import ClientKey, ClientName, Words
from contracts.portal import EventAnnouncedV1, EventChangedV1
from services.reporting.service import ReportingService
from tests.factories import PORTAL, deliver, event, instant

SPACE = uuid.UUID("5f3a0000-0000-4000-8000-000000000000")


def uid(name: str) -> uuid.UUID:
    """The id of a thing, from its name."""
    return uuid.uuid5(SPACE, name)


def hear(db: Database, *events: Event[Any]) -> None:
    """Deliver events to reporting in this order."""
    for each in events:
        assert deliver(db, ReportingService, each) == "applied"


def body(
    ref: str, registered: str | None, *, at: str | None = None, **overrides: Any
) -> Event[Any]:
    """An ayil okmotu of the municipality of the same name, registered on that day at noon."""
    since = instant(f"{registered} 12:00") if registered else None
    when = instant(f"{at} 12:00") if at else since
    assert when is not None
    changed = overrides.pop("changed", False)
    envelope = {"id": overrides.pop("id", f"e-{ref}-{overrides.get('sequence', 1)}")}
    envelope["sequence"] = overrides.pop("sequence", 1)
    place = overrides.pop("municipality", ref)
    facts: dict[str, Any] = {
        "client_id": uid(ref),
        "kind": "organisation",
        "name": ClientName(ru=f"Айыл окмоту {ref}", ky=f"{ref} айыл өкмөтү"),
        "audiences": ["lsg_bodies"],
        "status": "active",
        "keys": [ClientKey(source=PORTAL, ref=ref)],
        "body_type": "ayil_okmotu",
        "municipality": Municipality(id=uid(f"place {place}"), ru=place),
        "territory": "KG-C",
        "portal_registered_at": since,
        "confirmed_at": when,
        **overrides,
    }
    contract = ClientChangedV1 if changed else ClientAddedV1
    return event(contract(**facts), at=when, **envelope)


def person(
    ref: str, registered: str | None, *, at: str | None = None, **overrides: Any
) -> Event[Any]:
    """A specialist of the body `overrides['of']`, or a citizen without a post."""
    since = instant(f"{registered} 12:00") if registered else None
    when = instant(f"{at} 12:00") if at else since
    assert when is not None
    of, role = overrides.pop("of", None), overrides.pop("role", "specialist")
    sequence = overrides.pop("sequence", 1)
    changed = overrides.pop("changed", False)
    posts = []
    if of:
        start = overrides.pop("since", None) or date(2021, 1, 1)
        until = overrides.pop("until", None)
        posts = [PostHeld(organisation_id=uid(of), role=role, since=start, until=until)]
    facts: dict[str, Any] = {
        "client_id": uid(ref),
        "kind": "person",
        "name": ClientName(surname="Асанов", name="Бакыт", patronymic="Эркинович"),
        "audiences": ["lsg_bodies" if of else "citizens"],
        "status": "active",
        "keys": [ClientKey(source=PORTAL, ref=ref)],
        "emails": ["bakyt@example.kg"],
        "phones": ["+996555123456"],
        "posts": posts,
        "portal_registered_at": since,
        "confirmed_at": when,
        **overrides,
    }
    contract = ClientChangedV1 if changed else ClientAddedV1
    return event(contract(**facts), at=when, id=f"e-{ref}-{sequence}", sequence=sequence)


def closed(
    ref: str, starts: str, participants: int | None, *, lsg: int = 0, sequence: int = 1
) -> Event[Any]:
    """An online event that was held and counted; participants None: it was not held after all."""
    at = instant(starts)
    data = EventClosedV1(
        event_id=uid(ref),
        event_ref=ref,
        title=Words(ru=f"Вебинар {ref}"),
        starts_at=at,
        participants=participants or 0,
        lsg_participants=lsg,
        counts=(participants or 0) >= 10,
        held=participants is not None,
    )
    return event(
        data, at=at + timedelta(hours=2), id=f"e-{ref}-closed-{sequence}", sequence=sequence
    )


def announced(ref: str, starts: str, *, at: str) -> Event[Any]:
    """The announcement of an online event."""
    data = EventAnnouncedV1(
        event_ref=ref, title=Words(ru=f"Вебинар {ref}"), starts_at=instant(starts)
    )
    return event(data, at=at, id=f"e-{ref}-announced")


def moved(ref: str, starts: str, *, at: str) -> Event[Any]:
    """An online event gets another start."""
    data = EventChangedV1(event_ref=ref, starts_at=instant(starts))
    return event(data, at=at, id=f"e-{ref}-moved-{at}")


def notices(
    ref: str, *sent: str, states: str = "delivered", notice: str = "event_notice"
) -> Event[Any]:
    """Notices about an event, one for each instant."""
    rows = [
        DeliveryRow(
            delivery_id=uid(f"{ref} {notice} {index}"),
            language="ru",
            state=states,
            at=instant(when),
            client_id=uid(f"reader {index}"),
        )
        for index, when in enumerate(sent)
    ]
    data = DeliveriesSettledV1(
        purpose="event_notice", channel="email", notice=notice, rows=rows, about_ref=ref
    )
    return event(data, at=sent[-1], id=f"e-{ref}-{notice}-{states}")


def accepted(
    number: str, received: str, *, due: str, kind: str = "question", client: str | None = None
) -> Event[Any]:
    """An inquiry that got its number and its last day."""
    data = InquiryAcceptedV1(
        inquiry_id=uid(number),
        number=number,
        inquiry_ref=number,
        kind=kind,
        subject="Кызыл-Тууда суу",
        language="ky",
        channel="portal",
        received_at=instant(received),
        registration_due_on=date.fromisoformat(due),
        first_response_due_on=date.fromisoformat(due),
        answer_due_on=date.fromisoformat(due),
        client=ClientKey(source=PORTAL, ref=client or f"asker of {number}"),
    )
    return event(data, at=received, id=f"e-{number}-accepted", sequence=1)


def answered(number: str, at: str, *, sequence: int = 2) -> Event[Any]:
    """An answer to an inquiry."""
    data = InquiryAnsweredV1(
        inquiry_id=uid(number),
        number=number,
        answer_id=uid(f"answer {number} {sequence}"),
        subject="Кызыл-Тууда суу",
        text="Ответ",
        language="ky",
        answered_at=instant(at),
        on_time=True,
    )
    return event(data, at=at, id=f"e-{number}-{sequence}", sequence=sequence)


def resolved(
    number: str, at: str, *, took: tuple[str, str], sequence: int = 3, outcome: str = "answered"
) -> Event[Any]:
    """A resolution of an inquiry; `took` is when it was received and its last day."""
    received, due = took
    data = InquiryResolvedV1(
        inquiry_id=uid(number),
        number=number,
        outcome=outcome,
        received_at=instant(received),
        answer_due_on=date.fromisoformat(due),
        resolved_at=instant(at),
        on_time=instant(at).date() <= date.fromisoformat(due),
    )
    return event(data, at=at, id=f"e-{number}-{sequence}", sequence=sequence)


def reopened(number: str, at: str, *, sequence: int = 4) -> Event[Any]:
    """An inquiry is open again."""
    data = InquiryReopenedV1(inquiry_id=uid(number), number=number, reopened_at=instant(at))
    return event(data, at=at, id=f"e-{number}-{sequence}", sequence=sequence)


def end_of(month: str) -> datetime:
    """A moment after the month: noon of the tenth day of the next one."""
    year, number = int(month[:4]), int(month[5:])
    following = date(year + number // 12, number % 12 + 1, 10)
    return instant(f"{following} 12:00")
