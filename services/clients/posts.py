"""Posts of people in organisations: a history that follows from all statements (rules/standing).

A change of organisation or role ends the old post on that day (Asia/Bishkek) and starts a new
one; nothing is forgotten, and a statement that comes late takes its place in the past.
"""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import clock
from chassis.db import new_id
from contracts.envelope import Event
from contracts.portal import ClientRegisteredV1, ClientUpdatedV1
from services.clients.blanks import Card
from services.clients.models import Client, Organisation, Person, Post, StatementRow
from services.clients.rules import merging
from services.clients.rules.standing import Statement, Tenure, tenures

Described = Event[ClientRegisteredV1] | Event[ClientUpdatedV1]


def state(
    session: Session, client: Client, event: Described, *, organisation: Organisation | None
) -> bool:
    """Keep what a fact says of audience, organisation and post; return whether it says any.

    ``organisation`` is the one that the fact names, already found.
    """
    row = said(client, event, organisation=organisation)
    if row is None:
        return False
    session.add(StatementRow(**row))
    session.flush()
    if organisation or (isinstance(client, Person) and event.data.post):
        _lay_out(session, client, tenures(statements(session, [client.id])[client.id]))
    return True


def said(
    client: Card, event: Described, *, organisation: Organisation | None
) -> dict[str, Any] | None:
    """Return the statement of a fact on audience, organisation and post; None = it says nothing."""
    data = event.data
    post = data.post if client.kind == "person" else None
    if not (data.audience or organisation or post):
        return None
    return {
        "id": new_id(),
        "client_id": client.id,
        "mark": merging.mark(event.time, event.id),
        "at": event.time,
        "audience": data.audience,
        "organisation_id": organisation.id if organisation else None,
        "role": post.role if post else None,
        "title": post.title if post else None,
    }


def statements(session: Session, client_ids: Iterable[UUID]) -> dict[UUID, list[Statement]]:
    """Return all that was said of clients, by client; every asked-for id has an entry."""
    found: dict[UUID, list[Statement]] = {client_id: [] for client_id in client_ids}
    query = select(StatementRow).where(StatementRow.client_id.in_(found))
    for row in session.scalars(query):
        found[row.client_id].append(
            Statement(
                id=row.id,
                mark=row.mark,
                at=row.at,
                audience=row.audience,
                organisation_id=row.organisation_id,
                role=row.role,
                title=row.title,
            )
        )
    return found


def held_by(session: Session, person_id: UUID) -> list[Post]:
    """Return a person's posts, newest first."""
    query = (
        select(Post)
        .join(StatementRow, StatementRow.id == Post.id)
        .where(Post.person_id == person_id)
        .order_by(StatementRow.mark.desc())
    )
    return list(session.scalars(query))


def holders(session: Session, organisation_id: UUID) -> list[UUID]:
    """Return the people who hold or held a post in an organisation."""
    query = select(Post.person_id).where(Post.organisation_id == organisation_id).distinct()
    return list(session.scalars(query))


def _lay_out(session: Session, person: Client, wanted: list[Tenure]) -> None:
    """Make the rows say what the history says."""
    rows = {post.id: post for post in held_by(session, person.id)}
    for tenure in wanted:
        post = rows.pop(tenure.id, None)
        if post is None:
            post = Post(id=tenure.id, person_id=person.id)
            session.add(post)
        post.organisation_id = tenure.organisation_id
        post.role, post.title = tenure.role, tenure.title
        post.since = clock.day_of(tenure.since)
        post.until = clock.day_of(tenure.until) if tenure.until else None
    for orphan in rows.values():
        session.delete(orphan)
    session.flush()
