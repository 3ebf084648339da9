"""Consents: each one given or withdrawn is a row of proof (law 58 of 2008, decree 759 of 2017).

Which consent holds per purpose is computed from the proofs (``proofs``), never stored.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.db import new_id
from chassis.outbox import emit
from contracts.clients import ConsentRecordedV1
from contracts.envelope import Event
from contracts.notifications import ClientUnsubscribedV1
from contracts.parts import Consent
from contracts.portal import ConsentChangedV1
from services.clients import keys, snapshots
from services.clients.blanks import Card
from services.clients.models import Client, ConsentRow
from services.clients.rules.consenting import purposes_of


def change(session: Session, event: Event[ConsentChangedV1]) -> None:
    """Record a consent that was given or withdrawn; waits for the registration."""
    data = event.data
    client = keys.known(session, event.source, data.client_ref)
    proof = record(session, client, data.consent, event=event, given=data.given)
    snapshots.announce(session, client, at=event.time)
    tell(session, proof, at=event.time)


def unsubscribe(session: Session, event: Event[ClientUnsubscribedV1]) -> None:
    """Note in the card that a client wants no more mail on a topic (RFC 8058).

    A topic is narrower than a purpose of consent, so no purpose is withdrawn and nothing is
    emitted: notifications already obeys. The card has a new version, because it reads otherwise.
    """
    data = event.data
    client = keys.by_id(session, data.client_id)
    _keep(session, client, event, topic=data.topic, given=False, channel=data.channel, at=data.at)
    client.version += 1


def record(
    session: Session,
    client: Client,
    consent: Consent,
    *,
    event: Event[Any],
    given: bool = True,
) -> ConsentRow | None:
    """Keep a consent as a proof; None when the very same one is kept already.

    A portal repeats the consent with every registration; that is one consent, not many.
    """
    fields = _fields(consent, given=given)
    same = select(ConsentRow.id).filter_by(client_id=client.id, **fields)
    if session.scalar(same.limit(1)) is not None:
        return None
    return _keep(session, client, event, **fields)


def proof(client: Card, consent: Consent, *, event: Event[Any]) -> ConsentRow:
    """Return the proof of a consent that a new client gave."""
    return _row(client, event, **_fields(consent, given=True))


def _fields(consent: Consent, *, given: bool) -> dict[str, Any]:
    return {
        "purposes": list(purposes_of(consent.purposes)),
        "given": given,
        "text_version": consent.text_version,
        "channel": consent.channel,
        "at": consent.at,
    }


def tell(session: Session, proof: ConsentRow | None, *, at: datetime) -> None:
    """Emit ``consent_recorded`` for a new proof; ``at`` is the time of the fact that brought it."""
    if proof is None or proof.text_version is None:
        return
    recorded = ConsentRecordedV1(
        client_id=proof.client_id,
        purposes=proof.purposes,
        given=proof.given,
        text_version=proof.text_version,
        channel=proof.channel,
        at=proof.at,
    )
    emit(session, recorded, at=at, subject=str(proof.client_id))


def _keep(session: Session, client: Client, event: Event[Any], **fields: Any) -> ConsentRow:
    row = _row(client, event, **fields)
    session.add(row)
    session.flush()
    return row


def _row(client: Card, event: Event[Any], **fields: Any) -> ConsentRow:
    return ConsentRow(
        id=new_id(),
        client_id=client.id,
        event_source=event.source,
        event_id=event.id,
        **{"purposes": [], **fields},
    )
