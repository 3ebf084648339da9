"""A restored journal: filled with what the other services told, and which facts still lack.

Derived facts stand in their emitters' outboxes. A portal's facts stand nowhere else whole: the
portal sends them again with the same ids, which every other service knows already.
"""

from typing import Any

from sqlalchemy import select

from chassis.db import Database
from chassis.handling import REPEATED, handle
from chassis.inbox import InboxRow
from chassis.listen import listeners_of
from chassis.outbox import OutboxRow
from services.reporting import journal
from services.reporting.models import Journal

CHUNK = 1000


def refill(service: Any, others: dict[str, Database]) -> list[str]:
    """Hear every fact of the others' outboxes, make the projections anew; return words on it."""
    everything = listeners_of(service)["everything"]
    heard = 0
    for db in others.values():
        last = 0
        while rows := _told(db, last):
            heard += sum(handle(service.db, everything, wire) != REPEATED for _, wire in rows)
            last = rows[-1][0]
    with service.db.begin() as session:
        done = journal.rebuild(session)
        known = {(source, event_id) for source, event_id in session.execute(_keys())}
    lines = [f"{heard} facts came from the others' outboxes, {done.entries} are in the journal"]
    lacking = {key: at for db in others.values() for key, at in _received(db) if key not in known}
    if lacking:
        since = min(lacking.values())
        lines.append(
            f"{len(lacking)} facts of the portal are missing: let it repeat all that it sent since "
            f"{since.isoformat(timespec='seconds')}, with the same ids"
        )
    return lines


def _told(db: Database, last: int) -> list[tuple[int, dict[str, Any]]]:
    query = select(OutboxRow.position, OutboxRow.wire).where(
        OutboxRow.position > last, OutboxRow.sent_at.is_not(None)
    )
    with db.begin() as session:
        rows = session.execute(query.order_by(OutboxRow.position).limit(CHUNK))
        return [(position, wire) for position, wire in rows]


def _keys() -> Any:
    return select(Journal.source, Journal.event_id)


def _received(db: Database) -> list[tuple[tuple[str, str], Any]]:
    query = select(InboxRow.source, InboxRow.event_id, InboxRow.received_at)
    with db.begin() as session:
        return [((source, event_id), at) for source, event_id, at in session.execute(query)]
