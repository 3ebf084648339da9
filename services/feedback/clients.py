"""Who the clients are, as far as lists and cards of inquiries show it: a projection."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis.errors import Ignored
from contracts.clients import ClientAddedV1, ClientChangedV1, ClientSnapshot
from contracts.envelope import Event
from contracts.parts import ClientKey as Key
from contracts.parts import Contact
from services.feedback.models import Client, ClientKey, Inquiry
from services.feedback.rules.folding import fold


@dataclass(frozen=True, slots=True)
class Asker:
    """Who is to be answered: a client of a portal, a contact, or both."""

    client: Key | None
    contact: Contact | None


def asker_of(inquiry: Inquiry) -> Asker:
    """Return who asked; whether the client base knows them already makes no difference."""
    key = Key(source=inquiry.source, ref=inquiry.client_ref) if inquiry.client_ref else None
    return Asker(key, Contact(**inquiry.contact) if inquiry.contact else None)


def note(session: Session, event: Event[ClientAddedV1] | Event[ClientChangedV1]) -> None:
    """Keep a client's snapshot; the one with the higher ``sequence`` is the newer one.

    Raises ``Ignored`` for an older snapshot than the one at hand (contracts.md §1).
    """
    snapshot = event.data
    values = {"sequence": event.sequence or 0, **_shown(snapshot)}
    statement = insert(Client).values(client_id=snapshot.client_id, **values)
    statement = statement.on_conflict_do_update(
        index_elements=[Client.client_id],
        set_=values,
        where=Client.sequence < statement.excluded.sequence,
    )
    if session.scalar(statement.returning(Client.client_id)) is None:
        raise Ignored("older_snapshot", f"client {snapshot.client_id}")
    _note_keys(session, snapshot)


def _shown(snapshot: ClientSnapshot) -> dict[str, Any]:
    name = snapshot.name
    return {
        "kind": snapshot.kind,
        "display_name": name.full(),
        "organisation_id": _organisation_of(snapshot),
        "language": snapshot.language,
        "search_text": fold(name.surname, name.name, name.patronymic, name.ru, name.ky, name.en),
    }


def _organisation_of(snapshot: ClientSnapshot) -> UUID | None:
    """Return where a person works now; ``posts`` stand newest first."""
    return next((post.organisation_id for post in snapshot.posts if post.until is None), None)


def _note_keys(session: Session, snapshot: ClientSnapshot) -> None:
    session.execute(delete(ClientKey).where(ClientKey.client_id == snapshot.client_id))
    for key in snapshot.keys:
        statement = insert(ClientKey).values(
            source=key.source, ref=key.ref, client_id=snapshot.client_id
        )
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[ClientKey.source, ClientKey.ref],
                set_={"client_id": snapshot.client_id},
            )
        )
