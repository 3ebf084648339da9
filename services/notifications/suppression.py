"""Unsubscribing: one click, no sign-in, effective for the very next mail, by topic (RFC 8058)."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import clock
from chassis.errors import NotFound
from chassis.outbox import emit
from chassis.settings import settings
from contracts.notifications import ClientUnsubscribedV1
from services.notifications import recipients
from services.notifications.letters import Unsubscribing
from services.notifications.models import Recipient, Unsubscription
from services.notifications.notices import mail_domain
from services.notifications.rules.unsubscribe_tokens import BadToken, make_token, read_token

CHANNEL = "link"


def way_out(client_id: UUID, topic: str) -> Unsubscribing:
    """The unsubscribe address of a reader and a topic."""
    told = settings()
    token = make_token(told.secret, client_id, topic)
    list_id = f"{topic.replace('_', '-')}.{mail_domain()}"
    return Unsubscribing(url=f"{told.public_url}/v1/unsubscribe/{token}", list_id=list_id)


def describe(session: Session, token: str) -> dict[str, Any]:
    """What the link is about: topic, language of the page, and whether it was used; no name.

    Raises ``NotFound`` for a token that is not ours.
    """
    client_id, topic = _read(token)
    client = session.get(Recipient, client_id)
    return {
        "topic": topic,
        "language": client.language if client else recipients.DEFAULT_LANGUAGE,
        "unsubscribed": session.get(Unsubscription, (client_id, topic)) is not None,
    }


def unsubscribe(session: Session, token: str) -> dict[str, Any]:
    """Note the wish once; any repetition changes nothing and answers the same."""
    client_id, topic = _read(token)
    at = clock.now()
    statement = insert(Unsubscription).values(
        client_id=client_id, topic=topic, channel=CHANNEL, at=at
    )
    new = session.scalar(statement.on_conflict_do_nothing().returning(Unsubscription.client_id))
    if new is not None:
        data = ClientUnsubscribedV1(client_id=client_id, topic=topic, channel=CHANNEL, at=at)
        emit(session, data, at=at, subject=str(client_id))
    return describe(session, token)


def _read(token: str) -> tuple[UUID, str]:
    told = settings()
    for secret in filter(None, (told.secret, told.previous_secret)):
        with suppress(BadToken):
            return read_token(secret, token)
    raise NotFound("unsubscribe_link")
