"""The journal: every event of every source, in the order in which it was taken in.

Append-only. An event is kept without its personal fields; those lie in `journal_personal`, which
an erasure empties (architecture.md section 3). The projections are updated in the same
transaction, and `rebuild` makes them anew from position 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from chassis import bulk
from chassis.db import take_turn
from contracts.envelope import Event, dump
from services.reporting import facts
from services.reporting.facts import Entry
from services.reporting.models import FACTS, Journal, JournalPersonal

# One writer at a time: positions are given out in the order of commit, so that no reader ever
# sees position 8 before position 7, and two batches cannot wait for each other's facts.
LOCK = 7_021_985
CHUNK = 1000
COLUMNS = [
    column.name for column in Journal.__table__.c if column.name not in ("position", "received_at")
]
APPEND = (
    bulk.insertion(Journal, COLUMNS)
    .on_conflict_do_nothing(index_elements=["source", "event_id"])
    .returning(Journal.position, Journal.source, Journal.event_id)
)
# What an entry has beside its position.
_ENTRY = itemgetter(*Entry._fields[1:])
HIDE = bulk.insertion(JournalPersonal, ("position", "personal"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a rebuild did."""

    entries: int
    position: int


def record(session: Session, events: Sequence[Event[Any]]) -> None:
    """Append events in their order and update the facts; one that is there changes nothing."""
    personal: dict[tuple[str, str], dict[str, Any]] = {}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for event in events:
        public, personal[event.source, event.id] = split(dump(event.data), event.contract.personal)
        rows[event.source, event.id] = {**_columns(event), "data": public}
    appended = bulk.packed(list(rows.values()))
    # As late as may be: meanwhile another batch is at work.
    take_turn(session, LOCK)
    # What was written need not be read back: of each row only its position is new.
    kept = [
        Entry(position, *_ENTRY(rows[source, event_id]))
        for position, source, event_id in session.execute(APPEND, appended)
    ]
    hidden = [
        {"position": entry.position, "personal": personal[entry.source, entry.event_id]}
        for entry in kept
        if personal[entry.source, entry.event_id]
    ]
    if hidden:
        session.execute(HIDE, bulk.packed(hidden))
    facts.apply(session, kept)


def _columns(event: Event[Any]) -> dict[str, Any]:
    contract = event.contract
    return {
        "source": event.source,
        "event_id": event.id,
        "emitter": contract.emitter,
        "type": contract.type,
        "version": contract.version,
        "time": event.time,
        "recorded_at": event.recorded_at,
        "sequence": event.sequence,
        "subject": event.subject,
        "actor": event.actor,
        "correlation": event.correlation_id,
        "causation": event.causation_id,
    }


def split(data: dict[str, Any], paths: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Part `data` into what may be kept and the personal fields, by dotted path."""
    personal: dict[str, Any] = {}
    for path in paths:
        data, taken = _without(data, path.split("."))
        if taken is not None:
            personal[path] = taken
    return data, personal


def _without(data: dict[str, Any], path: list[str]) -> tuple[dict[str, Any], Any]:
    head, *rest = path
    if head not in data:
        return data, None
    if not rest:
        return {key: value for key, value in data.items() if key != head}, data[head]
    if not isinstance(data[head], dict):
        return data, None
    inner, taken = _without(data[head], rest)
    return {**data, head: inner}, taken


def position(session: Session) -> int:
    """The newest position, 0 for an empty journal."""
    return session.scalar(select(func.max(Journal.position))) or 0


def rebuild(session: Session) -> Replay:
    """Empty the projections and replay the journal from position 1, in one transaction."""
    take_turn(session, LOCK)
    for table in FACTS:
        session.execute(delete(table))
    done, last = 0, 0
    while chunk := _after(session, last):
        facts.apply(session, chunk)
        done, last = done + len(chunk), chunk[-1].position
    return Replay(entries=done, position=last)


def _after(session: Session, last: int) -> list[Entry]:
    columns = [Journal.__table__.c[name] for name in Entry._fields]
    query = select(*columns).where(Journal.position > last).order_by(Journal.position)
    return [Entry(*row) for row in session.execute(query.limit(CHUNK))]
