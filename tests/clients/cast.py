"""The cast of these tests: short ways to say what the portal reports of clients and events."""

from typing import Any

from sqlalchemy import select

from chassis.db import Database
from contracts.envelope import Event
from contracts.parts import ClientName, Consent, Post, Words
from contracts.portal import (
    Attendee,
    ClientRegisteredV1,
    ClientUpdatedV1,
    EventAnnouncedV1,
    EventAttendedV1,
    EventHeldV1,
)
from services.clients.models import Client, Key
from services.clients.service import ClientsService
from tests import factories
from tests.factories import PORTAL, event, instant

ATA_BEYIT = "org-ata-beyit"
START = "2022-03-10 10:00"
END = "2022-03-10 12:00"


def deliver(db: Database, *happened: Event[Any]) -> list[str]:
    """Let the service hear events, each twice; return the outcomes of the first hearing."""
    outcomes = []
    for one in happened:
        outcomes.append(factories.deliver(db, ClientsService, one))
        assert factories.deliver(db, ClientsService, one) == "repeated"
    return outcomes


def body(ref: str = ATA_BEYIT, *, at: str = "2022-01-10 09:00", **fields: Any) -> Event[Any]:
    """Return the registration of an ayil okmotu."""
    given = {
        "kind": "organisation",
        "audience": "lsg_bodies",
        "name": ClientName(ru="Айыл окмоту Ата-Бейит", ky="Ата-Бейит айыл өкмөтү"),
        "body_type": "ayil_okmotu",
        "municipality": "Ата-Бейит",
        "territory": "KG-C-ALAMEDIN",
        **fields,
    }
    return event(ClientRegisteredV1(client_ref=ref, **given), at=at)


def person(ref: str, *, at: str = "2022-02-01 09:00", **fields: Any) -> Event[Any]:
    """Return the registration of a citizen."""
    given = {
        "kind": "person",
        "audience": "citizens",
        "name": ClientName(surname="Осмонов", name="Айбек"),
        **fields,
    }
    return event(ClientRegisteredV1(client_ref=ref, **given), at=at)


def staff(
    ref: str, *, role: str = "specialist", at: str = "2022-02-01 09:00", **fields: Any
) -> Any:
    """Return the registration of somebody who works in the ayil okmotu."""
    given = {"audience": "lsg_bodies", "organisation_ref": ATA_BEYIT, "post": Post(role=role)}
    return person(ref, at=at, **{**given, **fields})


def updated(ref: str, *, at: str, **fields: Any) -> Event[Any]:
    """Return a change of a registration."""
    return event(ClientUpdatedV1(client_ref=ref, **fields), at=at)


def consent(at: str, *, purposes: list[str] | None = None, channel: str = "portal") -> Consent:
    """Return a consent given at an instant."""
    return Consent(text_version="2021-1", at=instant(at), channel=channel, purposes=purposes)


def announced(ref: str = "ev-1", *, at: str = "2022-03-01 09:00", **fields: Any) -> Event[Any]:
    """Return the announcement of a webinar of two hours with a minimum of 20 minutes."""
    given = {
        "title": Words(ru="Земельные споры", ky="Жер талаштары"),
        "starts_at": instant(START),
        "ends_at": instant(END),
        "min_minutes": 20,
        **fields,
    }
    return event(EventAnnouncedV1(event_ref=ref, **given), at=at)


def held(ref: str = "ev-1", *, at: str = "2022-03-10 12:05", **fields: Any) -> Event[Any]:
    """Return the word that the event is over."""
    return event(EventHeldV1(event_ref=ref, **fields), at=at)


def attended(
    who: str | Attendee, joined: str | None = None, left: str | None = None, **fields: Any
) -> Event[Any]:
    """Return a stay (times of 10 March 2022) of a client ref or of a named attendee."""
    day = START[:10]
    named = {"attendee": who} if isinstance(who, Attendee) else {"client_ref": who}
    data = EventAttendedV1(
        event_ref=fields.pop("ref", "ev-1"),
        joined_at=instant(f"{day} {joined}") if joined else None,
        left_at=instant(f"{day} {left}") if left else None,
        **named,
    )
    return event(data, at=fields.pop("at", f"{day} {left or joined or '12:00'}"), **fields)


def client_id(db: Database, ref: str) -> str:
    """Return our id of the client that the portal's ref means."""
    with db.begin() as session:
        found = session.scalars(
            select(Client).join(Key).where(Key.source == PORTAL, Key.ref == ref)
        ).one()
        return str(found.id)
