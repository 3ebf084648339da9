"""Proofs of consent, read: all of them, and the one that holds for each purpose."""

from collections.abc import Iterable
from datetime import UTC
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from contracts.clients import ConsentHeld
from services.clients.models import ConsentRow
from services.clients.rules.consenting import Proof, held


def of(session: Session, client_id: UUID) -> list[ConsentRow]:
    """Return all proofs of a client, newest first."""
    query = select(ConsentRow).where(ConsentRow.client_id == client_id)
    return list(session.scalars(query.order_by(ConsentRow.at.desc(), ConsentRow.event_id)))


def held_by(session: Session, client_id: UUID) -> list[ConsentHeld]:
    """Return the consent that holds for each purpose that was ever spoken of."""
    return holding(of(session, client_id))


def holding(rows: Iterable[ConsentRow]) -> list[ConsentHeld]:
    """Return what the proofs of one client, newest first, say for each purpose."""
    proofs = (Proof(tuple(row.purposes), row.given, row.at) for row in rows)
    return [
        ConsentHeld(purpose=purpose, given=proof.given, at=proof.at.astimezone(UTC))
        for purpose, proof in held(proofs).items()
    ]
