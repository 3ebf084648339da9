"""Facts as the journal keeps them, made whole again, in the order in which a service met them."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from chassis.db import Database
from chassis.inbox import InboxRow
from chassis.outbox import OutboxRow
from contracts.envelope import SCHEMA_BASE, SPEC_VERSION, find_contract, fingerprint
from services.reporting.journal import split
from services.reporting.models import Journal, JournalPersonal

CHUNK = 1000
EVERYTHING = "everything"


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One fact of the journal; ``at`` is when it was recorded, ``wire`` its structured form."""

    position: int
    emitter: str
    type: str
    event_id: str
    causation: str | None
    at: datetime
    fingerprint: str
    wire: dict[str, Any]

    @property
    def listener(self) -> str:
        """The durable name of the listener that hears it."""
        return f"{self.emitter}.{self.type}"


def missing(journal: Database, db: Database, service: str, listeners: set[str]) -> list[Told]:
    """Return what a service has missed: heard facts that its inbox lacks, told ones its outbox.

    The order is the journal's, but for heard facts that led to facts of the service itself: those
    stand in the order in which the service handled them, which is that of what it told.
    """
    found = []
    with journal.begin() as session:
        for chunk in _chunks(session, service, listeners):
            with db.begin() as own:
                known = _known(own, service, chunk)
            found += [fact for fact in chunk if (fact.listener, fact.event_id) not in known]
        first = _first_told(session, service)
    return _in_order(found, first)


def data_of(journal: Database, service: str, ids: set[str]) -> dict[str, dict[str, Any]]:
    """Return the public data of those facts of a service that the journal knows, by their ids."""
    query = select(Journal.event_id, Journal.data).where(
        Journal.source == service, Journal.event_id.in_(ids)
    )
    with journal.begin() as session:
        return {event_id: data for event_id, data in session.execute(query)}


def public_data(wire: dict[str, Any]) -> dict[str, Any]:
    """Return the data of a fact as the journal keeps it, without personal fields."""
    contract = find_contract(wire, {})
    assert contract is not None
    return split(wire["data"], contract.personal)[0]


def _chunks(session: Session, service: str, listeners: set[str]) -> Iterator[list[Told]]:
    last = 0
    concerns = (Journal.emitter == service) | (
        func.concat(Journal.emitter, ".", Journal.type).in_(listeners)
    )
    query = (
        select(Journal, JournalPersonal.personal, InboxRow.fingerprint)
        .outerjoin(JournalPersonal, JournalPersonal.position == Journal.position)
        .outerjoin(
            InboxRow,
            and_(
                InboxRow.source == Journal.source,
                InboxRow.event_id == Journal.event_id,
                InboxRow.listener == EVERYTHING,
            ),
        )
        .where(concerns)
        .order_by(Journal.position)
        .limit(CHUNK)
    )
    while rows := session.execute(query.where(Journal.position > last)).all():
        yield [_told(*row) for row in rows]
        last = rows[-1][0].position
        session.expunge_all()


def _told(entry: Journal, personal: dict[str, Any] | None, mark: str | None) -> Told:
    wire = _wire(entry, personal or {})
    return Told(
        position=entry.position,
        emitter=entry.emitter,
        type=entry.type,
        event_id=entry.event_id,
        causation=entry.causation,
        at=entry.recorded_at or entry.received_at,
        # That of the bytes that were sent: ours are the same fact, written otherwise.
        fingerprint=mark or fingerprint(wire),
        wire=wire,
    )


def _wire(entry: Journal, personal: dict[str, Any]) -> dict[str, Any]:
    data = entry.data
    for path, value in personal.items():
        data = _with(data, path.split("."), value)
    wire = {
        "specversion": SPEC_VERSION,
        "id": entry.event_id,
        "source": entry.source,
        "type": entry.type,
        "time": entry.time.astimezone(UTC).isoformat(),
        "subject": entry.subject,
        "dataschema": f"{SCHEMA_BASE}/{entry.type}/{entry.version}",
        "datacontenttype": "application/json",
        "recordedtime": entry.recorded_at and entry.recorded_at.astimezone(UTC).isoformat(),
        "sequence": None if entry.sequence is None else str(entry.sequence),
        "actor": entry.actor,
        "correlationid": entry.correlation,
        "causationid": entry.causation,
        "data": data,
    }
    return {key: value for key, value in wire.items() if value is not None}


def _with(data: dict[str, Any], path: list[str], value: Any) -> dict[str, Any]:
    head, *rest = path
    return {**data, head: _with(data.get(head) or {}, rest, value) if rest else value}


def _known(session: Session, service: str, chunk: list[Told]) -> set[tuple[str, str]]:
    ids = [fact.event_id for fact in chunk]
    heard = select(InboxRow.listener, InboxRow.event_id, InboxRow.source)
    sources = {(fact.event_id, fact.wire["source"]) for fact in chunk}
    known = {
        (listener, event_id)
        for listener, event_id, source in session.execute(heard.where(InboxRow.event_id.in_(ids)))
        if (event_id, source) in sources
    }
    own = session.execute(
        select(OutboxRow.type, OutboxRow.event_id).where(OutboxRow.event_id.in_(ids))
    )
    return known | {(f"{service}.{name}", event_id) for name, event_id in own}


def _first_told(session: Session, service: str) -> dict[str, int]:
    """Return the position of the first fact that a service told of a cause, by the cause's id."""
    query = select(Journal.causation, func.min(Journal.position)).where(
        Journal.emitter == service, Journal.causation.is_not(None)
    )
    return {
        str(cause): place for cause, place in session.execute(query.group_by(Journal.causation))
    }


def _in_order(found: list[Told], first: dict[str, int]) -> list[Told]:
    telling = [fact for fact in found if fact.event_id in first]
    # They keep the places that such facts have in the journal, and change them among themselves.
    places = sorted(fact.position for fact in telling)
    telling.sort(key=lambda fact: first[fact.event_id])
    place_of = {id(fact): place for fact, place in zip(telling, places, strict=True)}
    return sorted(found, key=lambda fact: place_of.get(id(fact), fact.position))
