"""Keys: which client a portal's (source, ref) means, found, waited for and locked."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import Select, and_, func, select
from sqlalchemy.orm import Session

from chassis import bulk, inbox
from services.clients.models import Client, Key


def find(session: Session, source: str, ref: str) -> Client | None:
    """Return the client that a portal's ref means, locked for a change; None = unknown."""
    return session.scalars(_query(source, ref).with_for_update(of=Client)).one_or_none()


def taken(session: Session, names: Sequence[tuple[str, str]]) -> set[tuple[str, str]]:
    """Return those of some (source, ref), at least one, that mean a client already."""
    # Two parameters, however many they are.
    sources, refs = zip(*names, strict=True)
    pairs = func.unnest(bulk.listed(sources), bulk.listed(refs))
    these = pairs.table_valued("source", "ref").render_derived()
    same = and_(Key.source == these.c.source, Key.ref == these.c.ref)
    query = select(Key.source, Key.ref).join(these, same)
    return {(source, ref) for source, ref in session.execute(query)}


def known(session: Session, source: str, ref: str, *, shared: bool = False) -> Client:
    """Return the client that a portal's ref means, locked (``shared``: only against a change).

    Raises ``Waiting`` when it is not known yet.
    """
    query = _query(source, ref).with_for_update(of=Client, read=shared)
    client = session.scalars(query).one_or_none()
    if client is None:
        raise inbox.waiting(waiting_key(source, ref))
    return client


def looked_up(session: Session, source: str, ref: str) -> Client:
    """Return the client that a portal's ref means, not locked; raises ``Waiting``."""
    client = session.scalars(_query(source, ref)).one_or_none()
    if client is None:
        raise inbox.waiting(waiting_key(source, ref))
    return client


def by_id(session: Session, client_id: UUID) -> Client:
    """Return a client by our own id, locked for a change; raises ``Waiting`` when unknown."""
    query = select(Client).where(Client.id == client_id).with_for_update()
    client = session.scalars(query).one_or_none()
    if client is None:
        raise inbox.waiting(_id_key(client_id))
    return client


def waiting_key(source: str, ref: str) -> str:
    """Return the name under which facts wait for a client."""
    return f"client:{source}:{ref}"


def waited_for(client_id: UUID, source: str, ref: str) -> tuple[str, str]:
    """Return the names under which facts may wait for a new client."""
    return waiting_key(source, ref), _id_key(client_id)


def _id_key(client_id: UUID) -> str:
    return f"client_id:{client_id}"


def _query(source: str, ref: str) -> Select[Client]:
    return (
        select(Client)
        .join(Key, Key.client_id == Client.id)
        .where(Key.source == source, Key.ref == ref)
    )
