"""The cast: Aigul reads Kyrgyz, Boris Russian, Clara English; Dana refused, Emil has no address."""

from __future__ import annotations

import email
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from email import policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import select, update

from chassis import context
from chassis.db import Database
from chassis.mail import FakeMailer
from chassis.outgoing import OutgoingMail
from contracts.clients import ClientAddedV1, ClientSnapshot, ConsentHeld, PostHeld
from contracts.notifications import DeliveriesSettledV1, DeliveryRow
from contracts.parts import ClientKey, ClientName, Words
from contracts.portal import EventAnnouncedV1
from services.notifications import delivery
from services.notifications.service import NotificationsService
from tests.factories import PORTAL, as_service, deliver, emitted, event, instant

NAMES = UUID("5f0f0c1e-0000-4000-8000-000000000000")
BODY = uuid5(NAMES, "body")
REGISTERED = "2022-03-04 09:00"
NOW = "2022-03-04 10:00"


def person(name: str, language: str = "ru", **changes: Any) -> ClientAddedV1:
    """A member of an LSG body who registered, consented and has an address."""
    registered = instant(REGISTERED)
    made = ClientAddedV1(
        client_id=uuid5(NAMES, name),
        kind="person",
        name=ClientName(surname=f"{name}ов", name=name),
        audiences=["lsg_bodies"],
        status="active",
        keys=[ClientKey(source=PORTAL, ref=name)],
        language=language,
        emails=[f"{name.lower()}@example.kg"],
        posts=[PostHeld(organisation_id=BODY, role="head", since=date(2022, 1, 10))],
        consents=[ConsentHeld(purpose="service", given=True, at=registered)],
        portal_registered_at=registered,
    )
    return replace(made, **changes)


def organisation(name: str, **changes: Any) -> ClientAddedV1:
    """An ayil okmotu with an address; organisations give no consent and need none."""
    plain = person(name, posts=[], consents=[])
    named = ClientName(ru=f"Айыл окмоту {name}")
    return replace(plain, kind="organisation", name=named, **changes)


AIGUL, BORIS, CLARA = person("Aigul", "ky"), person("Boris"), person("Clara", "en")
DANA = person("Dana", consents=[])
EMIL = person("Emil", emails=[])
OKMOTU = organisation("Okmotu", language="ky")

WEBINAR = EventAnnouncedV1(
    event_ref="e-9",
    title=Words(ru="Земля в аренду", ky="Жер ижарага", en="Leasing land"),
    starts_at=instant("2022-03-15 14:00"),
    ends_at=instant("2022-03-15 15:30"),
    kind="webinar",
    url="https://portal.example/events/9",
    audiences=["lsg_bodies"],
)


@dataclass
class House:
    """Notifications at work: ``hear`` facts, ``post`` the mail, look at what came of it."""

    db: Database
    now: datetime = field(default_factory=lambda: instant(NOW))
    mailer: FakeMailer = field(default_factory=FakeMailer)

    def hear(self, data: Any, at: datetime | str | None = None, **envelope: Any) -> str:
        """Deliver a fact twice, as a broker may; return what became of it."""
        if isinstance(data, ClientSnapshot):
            envelope = {"sequence": 1, **envelope}
        happened = event(data, at=at or self.now, **envelope)
        outcome = deliver(self.db, NotificationsService, happened)
        assert deliver(self.db, NotificationsService, happened) == "repeated"
        return outcome

    def know(self, *clients: ClientAddedV1) -> None:
        """Clients of the base who came by import: known, but not greeted."""
        for client in clients:
            self.hear(replace(client, portal_registered_at=None))

    def at(self, text: str) -> None:
        """Set the clock, Bishkek time."""
        self.now = instant(text)

    def post(self) -> list[EmailMessage]:
        """Send what is due; return what left just now, by address."""
        before = len(self.mailer.sent)
        with context.flowing("notifications"):
            delivery.send_due(self.db, self.mailer)
        return sorted((read(raw) for raw, _ in self.mailer.sent[before:]), key=to)

    def readers(self) -> list[str]:
        """Who got mail in this post, by address."""
        return [to(mail) for mail in self.post()]

    def ledger(self, notice: str) -> dict[str, str]:
        """State, or reason, of a notice's rows by the reader's address or id."""
        with self.db.begin() as session:
            rows = session.scalars(
                select(OutgoingMail).where(OutgoingMail.meta["notice"].as_string() == notice)
            )
            return {row.address.partition("@")[0]: row.reason or row.state for row in rows}

    def settled(self, notice: str | None = None) -> list[DeliveryRow]:
        """What was told of deliveries, all chunks in one."""
        chunks = [item.data for item in emitted(self.db, "deliveries_settled")]
        assert all(isinstance(chunk, DeliveriesSettledV1) for chunk in chunks)
        return [row for chunk in chunks if notice in (None, chunk.notice) for row in chunk.rows]

    def call(self, method: str, *args: Any) -> Any:
        """Call an RPC as the gateway does; return its result, or its error as a dict."""
        reply = getattr(as_service(self.db, NotificationsService), method)(*args)
        return reply.get("ok", reply.get("error"))

    def let_pass(self) -> None:
        """Let leases and waits of the ledger run out."""
        with self.db.begin() as session:
            past = instant("2020-01-01 00:00")
            session.execute(update(OutgoingMail).values(next_at=past, lease_until=past))


def read(raw: bytes) -> EmailMessage:
    """A mail as a mail program reads it."""
    found = email.message_from_bytes(raw, policy=policy.default)
    assert isinstance(found, EmailMessage)
    return found


def words(mail: EmailMessage, kind: str = "plain") -> str:
    """The text of a mail, plain or html."""
    part = mail.get_body((kind,))
    assert part is not None
    return str(part.get_content())


def to(mail: EmailMessage) -> str:
    """The reader's address."""
    return str(mail["To"].addresses[0].addr_spec)
