"""Newcomers: clients whom nobody knows yet, written together.

Registrations come in thousands, and nearly all of them are of a client who depends on nobody
else: its card, key, statement, consent and snapshots follow from the fact alone, so that nothing
has to be read. All others go the way of ``clients.register``, with the same result.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy.orm import Session

from chassis import bulk, context, inbox
from chassis.db import new_id
from contracts.envelope import Event
from contracts.parts import ClientKey
from contracts.portal import ClientRegisteredV1
from services.clients import blanks, cards, consents, keys, posts, proofs, snapshots
from services.clients.blanks import Blank
from services.clients.models import ConsentRow, Key, StatementRow
from services.clients.rules import merging

KEYS = bulk.insertion(Key, [column.name for column in Key.__table__.columns])
STATEMENTS = bulk.insertion(
    StatementRow, [column.name for column in StatementRow.__table__.columns]
)


@dataclass(frozen=True, slots=True)
class Rows:
    """What is to be written of some newcomers, by table."""

    clients: list[Blank] = field(default_factory=list)
    keys: list[dict[str, Any]] = field(default_factory=list)
    statements: list[dict[str, Any]] = field(default_factory=list)
    proofs: list[ConsentRow] = field(default_factory=list)


def stands_alone(data: ClientRegisteredV1) -> bool:
    """Return whether a registration speaks of nobody but the client."""
    return data.organisation_ref is None and data.post is None


def add(session: Session, events: Sequence[Event[ClientRegisteredV1]]) -> None:
    """Add clients by registrations that stand alone; each names another, unknown client.

    The caller holds the locks of their names.
    """
    rows = Rows()
    waited_for: list[str] = []
    for event in events:
        with context.caused_by(event):
            client = _add(session, event, rows)
        waited_for += keys.waited_for(client.id, event.source, event.data.client_ref)
    write(session, rows.clients, rows.keys)
    session.execute(STATEMENTS, bulk.packed(rows.statements))
    session.add_all(rows.proofs)
    session.flush()
    inbox.release(session, *waited_for)


def write(session: Session, clients: Sequence[Blank], names: Sequence[dict[str, Any]]) -> None:
    """Write new clients and their keys."""
    session.execute(blanks.INSERT, bulk.packed([vars(client) for client in clients]))
    session.execute(KEYS, bulk.packed(names))


def _add(session: Session, event: Event[ClientRegisteredV1], rows: Rows) -> Blank:
    data = event.data
    client = blank(session, event)
    client.portal_registered_at = merging.earliest(None, event.time)
    cards.confirm(client, event.time)
    if data.verified:
        cards.verify(client, event.time)
    statement = posts.said(client, event, organisation=None)
    proof = consents.proof(client, data.consent, event=event) if data.consent else None
    around = snapshots.Around(
        keys=[ClientKey(source=event.source, ref=data.client_ref)],
        municipality=snapshots.municipality(session, client),
        posts=[],
        consents=proofs.holding([proof] if proof else []),
    )
    snapshots.tell(session, client, around, at=event.time)
    consents.tell(session, proof, at=event.time)
    rows.clients.append(client)
    rows.keys.append(key_of(client, event))
    if statement:
        rows.statements.append(statement)
    if proof:
        rows.proofs.append(proof)
    return client


def blank(session: Session, event: Event[ClientRegisteredV1]) -> Blank:
    """Return a new client with the fields that its registration speaks of."""
    data = event.data
    client = blanks.KINDS[data.kind](id=new_id(), kind=data.kind, audience=data.audience)
    mark = merging.mark(event.time, event.id)
    cards.write(session, client, cards.fields(client, data), mark=mark)
    return client


def key_of(client: Blank, event: Event[ClientRegisteredV1]) -> dict[str, Any]:
    """Return the key by which the portal names a new client."""
    return {"source": event.source, "ref": event.data.client_ref, "client_id": client.id}
