"""Newcomers: clients whom nobody knows yet, written together.

Registrations come in thousands, and nearly all of them are of a client who depends on nobody
else: its card, key, statement, consent and snapshots follow from the fact alone, so that nothing
has to be read. All others go the way of ``clients.register``, with the same result.
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chassis import context, inbox
from chassis.db import new_id
from contracts.envelope import Event
from contracts.parts import ClientKey
from contracts.portal import ClientRegisteredV1
from services.clients import cards, consents, keys, posts, proofs, snapshots
from services.clients.models import Client, Key, Organisation, Person
from services.clients.rules import merging

KINDS: dict[str, type[Client]] = {"organisation": Organisation, "person": Person}


def stands_alone(data: ClientRegisteredV1) -> bool:
    """Return whether a registration speaks of nobody but the client."""
    return data.organisation_ref is None and data.post is None


def add(session: Session, events: Sequence[Event[ClientRegisteredV1]]) -> None:
    """Add clients by registrations that stand alone; each names another, unknown client.

    The caller holds the locks of their names.
    """
    waited_for: list[str] = []
    for event in events:
        with context.caused_by(event):
            client = _add(session, event)
        waited_for += keys.waited_for(client, event.source, event.data.client_ref)
    session.flush()
    inbox.release(session, *waited_for)


def _add(session: Session, event: Event[ClientRegisteredV1]) -> Client:
    data = event.data
    client = blank(session, event)
    client.portal_registered_at = merging.earliest(None, event.time)
    cards.confirm(client, event.time)
    if data.verified:
        cards.verify(client, event.time)
    proof = consents.proof(client, data.consent, event=event) if data.consent else None
    around = snapshots.Around(
        keys=[ClientKey(source=event.source, ref=data.client_ref)],
        municipality=snapshots.municipality(session, client),
        posts=[],
        consents=proofs.holding([proof] if proof else []),
    )
    snapshots.tell(session, client, around, at=event.time)
    consents.tell(session, proof, at=event.time)
    rows = (client, key_of(client, event), posts.said(client, event, organisation=None), proof)
    session.add_all(row for row in rows if row is not None)
    return client


def blank(session: Session, event: Event[ClientRegisteredV1]) -> Client:
    """Return a new client with the fields that its registration speaks of."""
    data = event.data
    client = KINDS[data.kind](
        id=new_id(),
        status="active",
        audience=data.audience,
        emails=[],
        phones=[],
        field_times={},
        sort_name="",
        search_text="",
        version=0,
    )
    mark = merging.mark(event.time, event.id)
    cards.write(session, client, cards.fields(client, data), mark=mark)
    return client


def key_of(client: Client, event: Event[ClientRegisteredV1]) -> Key:
    """Return the key by which the portal names a new client."""
    return Key(source=event.source, ref=event.data.client_ref, client_id=client.id)
