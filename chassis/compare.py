"""What two services must both have heard of: the facts of one inbox, looked up in another.

Every fact goes to the journal and to each listener of its type, so what one of them has and the
other has not was lost between them. Plain halves of a comparison that the gateway makes.
"""

from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from chassis.inbox import InboxRow
from chassis.paging import encode_cursor, keyset, page
from chassis.reconcile import GRACE
from contracts import catalogue
from contracts.envelope import BY_NAME

CHUNK = 1000
KEYS = ("received_at", "source", "event_id", "listener")
COLUMNS = [getattr(InboxRow, key) for key in KEYS]


def heard(session: Session, cursor: str | None) -> dict[str, Any]:
    """Return the next facts in the order of their arrival, as ``[source, id, type, day]``.

    Those of the last ten minutes are left for the next time. ``cursor`` continues after the last
    one told; without it the facts of the last two days are told.
    """
    query = select(*COLUMNS, InboxRow.type).where(InboxRow.received_at < func.now() - GRACE)
    if cursor is None:
        query = query.where(InboxRow.received_at > func.now() - func.make_interval(0, 0, 0, 2))
    rows = session.execute(keyset(query, COLUMNS, cursor=cursor, limit=CHUNK)).all()
    shown, following = page(rows, CHUNK, KEYS)
    last = encode_cursor([getattr(shown[-1], key) for key in KEYS]) if shown else cursor
    return {
        "facts": [
            [row.source, row.event_id, row.type, row.received_at.date().isoformat()]
            for row in shown
        ],
        "cursor": last,
        "more": following is not None,
    }


def lacking(session: Session, service: str, facts: list[list[str]]) -> list[list[str]]:
    """Return those of the facts that ``service`` listens to and has not heard of."""
    mine = [fact for fact in facts if hears(service, fact[2])]
    key = tuple_(InboxRow.source, InboxRow.event_id)
    query = select(InboxRow.source, InboxRow.event_id)
    rows = session.execute(query.where(key.in_([tuple(fact[:2]) for fact in mine])))
    known = {(source, event_id) for source, event_id in rows}
    return [fact for fact in mine if (fact[0], fact[1]) not in known]


def hears(service: str, event_type: str) -> bool:
    """Whether ``service`` listens to a type; the journal hears every one."""
    contract = BY_NAME.get((event_type, 1))
    return service == catalogue.JOURNAL or (contract is not None and service in contract.listeners)
