"""Who the attendees of an event were at its time: their audience, and if they stand for LSG."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.clients import posts
from services.clients.models import Organisation, StatementRow
from services.clients.rules.standing import audience_at, is_lsg, tenure_at, tenures


def hold_bodies(session: Session, client_id: UUID) -> None:
    """Lock the organisations of a client against a change while an attendance is counted.

    A change of a body type counts anew the attendance that it can see; one that is just being
    written would be missed.
    """
    bodies = select(StatementRow.organisation_id).where(StatementRow.client_id == client_id)
    query = select(Organisation.id).where(Organisation.id.in_(bodies)).order_by(Organisation.id)
    session.execute(query.with_for_update(read=True))


def standing(
    session: Session, client_ids: Iterable[UUID | None], *, at: datetime
) -> dict[UUID, tuple[str | None, bool]]:
    """Return each client's audience at an instant and whether they stood for an LSG body.

    An LSG representative is of audience lsg_bodies or holds a post in an LSG body (switch A8).
    """
    said = posts.statements(session, {client_id for client_id in client_ids if client_id})
    held = {client_id: tenure_at(tenures(facts), at) for client_id, facts in said.items()}
    bodies = _body_types(session, {post.organisation_id for post in held.values() if post})
    return {
        client_id: (
            audience := audience_at(facts, at),
            is_lsg(audience, bodies.get(post.organisation_id) if post else None),
        )
        for client_id, facts in said.items()
        for post in [held[client_id]]
    }


def _body_types(session: Session, ids: Iterable[UUID]) -> dict[UUID, str | None]:
    query = select(Organisation.id, Organisation.body_type).where(Organisation.id.in_(list(ids)))
    return {found_id: body_type for found_id, body_type in session.execute(query)}
