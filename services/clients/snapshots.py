"""Snapshots: what other services learn of a client, whole and only when it really changed.

``client_added`` comes once per client, ``client_changed`` after it; ``sequence`` is the version
of the client's row, the time is that of the cause (contracts.md §3).
"""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.outbox import emit
from contracts.clients import ClientAddedV1, ClientChangedV1, ConsentHeld, PostHeld
from contracts.clients import Municipality as MunicipalityHeld
from contracts.envelope import dump
from contracts.parts import ClientKey, ClientName
from services.clients import posts, proofs
from services.clients.blanks import AnyOrganisation, AnyPerson, Card
from services.clients.models import Client, Key, Municipality


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a snapshot tells that does not stand in the client's own row."""

    keys: list[ClientKey]
    municipality: MunicipalityHeld | None
    posts: list[PostHeld]
    consents: list[ConsentHeld]


def announce(session: Session, client: Client, *, at: datetime) -> None:
    """Emit the client's snapshot if it differs from the last one; ``at`` is the cause's time."""
    session.flush()
    tell(session, client, _around(session, client), at=at)


def tell(session: Session, client: Card, around: Around, *, at: datetime) -> None:
    """As ``announce`` for a client of whom all is known, and so nothing is read."""
    facts = _facts(client, around)
    # The two differ by their name alone: their fingerprints are the same.
    snapshot = (ClientChangedV1 if client.announced else ClientAddedV1)(**facts)
    print_of = fingerprint(snapshot)
    if print_of == client.announced:
        return
    client.announced = print_of
    client.version += 1
    emit(session, snapshot, at=at, subject=str(client.id), sequence=client.version)


def fingerprint(data: object) -> str:
    """Return the sha256 of contract data, to tell whether it changed."""
    text = json.dumps(dump(data), sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def name_of(client: Card) -> ClientName:
    """Return a client's name as contracts carry it."""
    if isinstance(client, AnyOrganisation):
        return ClientName(ru=client.name_ru, ky=client.name_ky, en=client.name_en)
    assert isinstance(client, AnyPerson)
    return ClientName(surname=client.surname, name=client.given_name, patronymic=client.patronymic)


def _around(session: Session, client: Client) -> Around:
    keys = session.scalars(
        select(Key).where(Key.client_id == client.id).order_by(Key.source, Key.ref)
    )
    return Around(
        keys=[ClientKey(source=key.source, ref=key.ref) for key in keys],
        municipality=municipality(session, client),
        posts=_posts(session, client),
        consents=proofs.held_by(session, client.id),
    )


def _facts(client: Card, around: Around) -> dict[str, Any]:
    return {
        "client_id": client.id,
        "kind": client.kind,
        "name": name_of(client),
        "audiences": [client.audience],
        "status": client.status,
        "keys": around.keys,
        "language": client.language,
        "body_type": client.body_type if isinstance(client, AnyOrganisation) else None,
        "inn": client.inn,
        "municipality": around.municipality,
        "territory": client.territory,
        "emails": client.emails,
        "phones": client.phones,
        "posts": around.posts,
        "consents": around.consents,
        "portal_registered_at": _utc(client.portal_registered_at),
        "verified_at": _utc(client.verified_at),
        "confirmed_at": _utc(client.confirmed_at),
    }


def _posts(session: Session, client: Client) -> list[PostHeld]:
    return [
        PostHeld(
            organisation_id=post.organisation_id,
            role=post.role,
            title=post.title,
            since=post.since,
            until=post.until,
        )
        for post in posts.held_by(session, client.id)
    ]


def municipality(session: Session, client: Card) -> MunicipalityHeld | None:
    """Return the municipality of a client as contracts carry it."""
    if client.municipality_id is None:
        return None
    found = session.get_one(Municipality, client.municipality_id)
    return MunicipalityHeld(id=found.id, ru=found.ru, ky=found.ky)


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None
