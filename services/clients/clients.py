"""Clients as the portal reports them: registered, updated, verified.

Facts of one client may arrive in any order and give the same card: fields by the newest fact,
posts by a fold over all facts, the first registration by its time (contracts.md §1, §2).
"""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from chassis import context, inbox
from chassis.errors import Conflict
from contracts.envelope import Event
from contracts.portal import ClientRegisteredV1, ClientUpdatedV1, ClientVerifiedV1
from services.clients import (
    attendance,
    cards,
    consents,
    keys,
    locks,
    newcomers,
    posts,
    snapshots,
)
from services.clients.models import Client, Organisation, Person
from services.clients.rules import merging

Described = Event[ClientRegisteredV1] | Event[ClientUpdatedV1]


def register_many(session: Session, events: Sequence[Event[ClientRegisteredV1]]) -> None:
    """As ``register`` for each in its order, with what is new and stands alone written at once."""
    names = [(event.source, event.data.client_ref) for event in events]
    locks.hold(session, *{keys.waiting_key(*name) for name in names})
    taken = keys.taken(session, names)
    new: list[Event[ClientRegisteredV1]] = []
    others: list[Event[ClientRegisteredV1]] = []
    for name, event in zip(names, events, strict=True):
        is_first = name not in taken
        taken.add(name)
        (new if is_first and newcomers.stands_alone(event.data) else others).append(event)
    if new:
        newcomers.add(session, new)
    for event in others:
        with context.caused_by(event):
            register(session, event)


def register(session: Session, event: Event[ClientRegisteredV1]) -> None:
    """Add a client, or update the one that the same source and ref already mean.

    A person whose organisation is not known yet waits for it. The kind of a client is for good:
    another one is a ``Conflict``. The caller holds the lock of the client's name.
    """
    data = event.data
    client = keys.find(session, event.source, data.client_ref)
    is_new = client is None
    client = client or _open(session, event)
    if client.kind != data.kind:
        raise Conflict("kind_fixed", f"the client is already a {client.kind}")
    client.portal_registered_at = merging.earliest(client.portal_registered_at, event.time)
    if data.verified:
        cards.verify(client, event.time)
    _describe(session, client, event)
    proof = consents.record(session, client, data.consent, event=event) if data.consent else None
    snapshots.announce(session, client, at=event.time)
    consents.tell(session, proof, at=event.time)
    if is_new:
        inbox.release(session, *keys.waited_for(client.id, event.source, data.client_ref))


def update(session: Session, event: Event[ClientUpdatedV1]) -> None:
    """Change what a fact speaks of; waits for the registration.

    A name of the other kind would change nothing: it is a ``Conflict``.
    """
    client = keys.known(session, event.source, event.data.client_ref)
    if event.data.name and not cards.is_named_so(client, event.data.name):
        raise Conflict("kind_fixed", f"the client is a {client.kind}, which has no such name")
    _describe(session, client, event)
    snapshots.announce(session, client, at=event.time)


def verify(session: Session, event: Event[ClientVerifiedV1]) -> None:
    """Note that the portal made sure who the client is; waits for the registration."""
    client = keys.known(session, event.source, event.data.client_ref)
    cards.verify(client, event.time)
    cards.confirm(client, event.time)
    method = {"verified_method": event.data.method}
    cards.write(session, client, method, mark=merging.mark(event.time, event.id))
    snapshots.announce(session, client, at=event.time)


def _open(session: Session, event: Event[ClientRegisteredV1]) -> Client:
    """Make the client and its key."""
    blank = newcomers.blank(session, event)
    newcomers.write(session, [blank], [newcomers.key_of(blank, event)])
    return session.get_one(Client, blank.id, with_for_update=True)


def _describe(session: Session, client: Client, event: Described) -> None:
    """Bring a portal's words into card, posts and what depends on them."""
    mark = merging.mark(event.time, event.id)
    changed = cards.write(session, client, cards.fields(client, event.data), mark=mark)
    cards.confirm(client, event.time)
    organisation = _organisation_of(session, client, event)
    if posts.state(session, client, event, organisation=organisation):
        attendance.recount_people(session, [client.id], at=event.time)
    if "body_type" in changed:
        attendance.recount_people(session, posts.holders(session, client.id), at=event.time)


def _organisation_of(session: Session, client: Client, event: Described) -> Organisation | None:
    """Return the organisation that a person is said to belong to; raises ``Waiting``."""
    ref = event.data.organisation_ref
    if ref is None or not isinstance(client, Person):
        return None
    found = keys.looked_up(session, event.source, ref)
    if not isinstance(found, Organisation):
        raise Conflict("not_an_organisation", "organisation_ref names a person")
    return found
