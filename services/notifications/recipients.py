"""Recipients: the client base's snapshots reduced to what a mail needs; the newer one wins.

Consents are kept apart, the newest word per purpose, because ``consent_recorded`` and the
snapshots tell of them in any order.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import inbox
from contracts.clients import ClientAddedV1, ClientChangedV1, ClientSnapshot, ConsentRecordedV1
from contracts.envelope import Event
from contracts.parts import ClientName
from services.notifications.models import ConsentHeld, Recipient, RecipientKey, Unsubscription
from services.notifications.rules.notices import Notice
from services.notifications.rules.reasons import GONE_STATUSES, Reader

DEFAULT_LANGUAGE = "ru"


@dataclass(frozen=True, slots=True)
class Known:
    """A recipient with the answers of consent and unsubscription for one notice."""

    client: Recipient
    consented: bool
    unsubscribed: bool

    def reader_at(self, address: str | None) -> Reader:
        """The same for the rules, written to at ``address``."""
        return Reader(
            is_person=self.client.kind == "person",
            has_address=bool(address),
            consented=self.consented,
            unsubscribed=self.unsubscribed,
            status=self.client.status,
        )


def note(session: Session, event: Event[ClientAddedV1] | Event[ClientChangedV1]) -> bool:
    """Keep a snapshot; False when a newer one is here already. Consents are kept either way."""
    snapshot = event.data
    for held in snapshot.consents:
        _note_consent(session, snapshot.client_id, held.purpose, given=held.given, at=held.at)
    values = {"sequence": event.sequence or 0, **_reduced(snapshot)}
    statement = insert(Recipient).values(id=snapshot.client_id, **values)
    statement = statement.on_conflict_do_update(
        index_elements=[Recipient.id],
        set_=values,
        where=Recipient.sequence < statement.excluded.sequence,
    )
    if session.scalar(statement.returning(Recipient.id)) is None:
        return False
    _note_keys(session, snapshot)
    return True


def record_consent(session: Session, event: Event[ConsentRecordedV1]) -> None:
    """A consent was given or withdrawn; effective for the very next mail."""
    data = event.data
    for purpose in data.purposes:
        _note_consent(session, data.client_id, purpose, given=data.given, at=data.at)


def client_id_of(session: Session, source: str, ref: str) -> UUID:
    """The client whom a portal names so; raises ``Waiting`` until its snapshot is here."""
    found = session.get(RecipientKey, (source, ref))
    if found is None:
        raise inbox.waiting(f"client:{source}:{ref}")
    return found.client_id


def is_known(session: Session, source: str, ref: str) -> bool:
    """Whether the client whom a portal names so is here."""
    return session.get(RecipientKey, (source, ref)) is not None


def client_id_by_email(session: Session, email: str) -> UUID | None:
    """A client with that address, or None; the comparison ignores case."""
    query = select(Recipient.id).where(
        Recipient.email_key == email.casefold(), Recipient.status.not_in(GONE_STATUSES)
    )
    return session.scalar(query.order_by(Recipient.id).limit(1))


def known(session: Session, client_id: UUID, notice: Notice) -> Known | None:
    """One recipient and what the notice asks about them, or None."""
    rows = known_all(session, notice, Recipient.id == client_id)
    return rows[0] if rows else None


def known_all(session: Session, notice: Notice, *where: Any) -> Sequence[Known]:
    """The recipients that fit ``where``, in the order of their ids."""
    consented = select(ConsentHeld.given).where(
        ConsentHeld.client_id == Recipient.id,
        ConsentHeld.purpose == (notice.consent or "service"),
    )
    unsubscribed = select(Unsubscription.at).where(
        Unsubscription.client_id == Recipient.id, Unsubscription.topic == notice.purpose
    )
    query = select(Recipient, consented.scalar_subquery(), unsubscribed.exists()).where(*where)
    rows = session.execute(query.order_by(Recipient.id))
    return [
        Known(client, bool(consent), bool(unsubscribed)) for client, consent, unsubscribed in rows
    ]


def in_audiences(audiences: Sequence[str] | None) -> Any:
    """The condition "a client of one of these audiences who still exists"; None means all."""
    exists = Recipient.status.not_in(GONE_STATUSES)
    return and_(exists, Recipient.audiences.overlap(list(audiences))) if audiences else exists


def full_name(client: Recipient, language: str) -> str:
    """The name for the To line."""
    return ClientName(**client.name).full(language)


def organisation_of(client: Recipient) -> str | None:
    """Where a person works now, or the organisation itself, as text; ``posts``: newest first."""
    if client.kind == "organisation":
        return str(client.id)
    current = (post["organisation_id"] for post in client.posts if not post["until"])
    return next(current, None)


def _reduced(snapshot: ClientSnapshot) -> dict[str, Any]:
    name = snapshot.name
    parts = ("surname", "name", "patronymic", "ru", "ky", "en")
    email = snapshot.emails[0] if snapshot.emails else None
    return {
        "kind": snapshot.kind,
        "status": snapshot.status,
        "name": {part: value for part in parts if (value := getattr(name, part))},
        "language": snapshot.language or DEFAULT_LANGUAGE,
        "email": email,
        "email_key": email.casefold() if email else None,
        "audiences": list(snapshot.audiences),
        "posts": [_post(post.organisation_id, post.until) for post in snapshot.posts],
    }


def _post(organisation_id: UUID, until: Any) -> dict[str, Any]:
    return {"organisation_id": str(organisation_id), "until": until and until.isoformat()}


def _note_keys(session: Session, snapshot: ClientSnapshot) -> None:
    # A merged client's keys belong to the one it was merged into, whichever snapshot comes last.
    if snapshot.status == "merged":
        return
    for key in snapshot.keys:
        statement = insert(RecipientKey).values(
            source=key.source, ref=key.ref, client_id=snapshot.client_id
        )
        session.execute(
            statement.on_conflict_do_update(
                index_elements=[RecipientKey.source, RecipientKey.ref],
                set_={"client_id": snapshot.client_id},
            )
        )
        inbox.release(session, f"client:{key.source}:{key.ref}")


def _note_consent(
    session: Session, client_id: UUID, purpose: str, *, given: bool, at: datetime
) -> None:
    """Keep the newest word; of two at the same instant the refusal counts."""
    values = {"given": given, "at": at}
    statement = insert(ConsentHeld).values(client_id=client_id, purpose=purpose, **values)
    new = statement.excluded
    refusal = and_(new.at == ConsentHeld.at, new.given.is_(False))
    session.execute(
        statement.on_conflict_do_update(
            index_elements=[ConsentHeld.client_id, ConsentHeld.purpose],
            set_=values,
            where=or_(new.at > ConsentHeld.at, refusal),
        )
    )
