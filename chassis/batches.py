"""Many facts at one listener in one transaction: under load that is what is fast (plain Python).

What each fact means is as ``handling`` says. First all are tried together, without a savepoint;
when one is refused, waits or fails, all are tried again in one transaction with a savepoint each.
What is not new or not valid goes the way of a fact that comes alone.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from chassis import context, inbox, logs, metrics, outbox
from chassis.db import Database, is_away
from chassis.failpoints import failpoint
from chassis.handling import ListenerSpec, attempt, checked, handle
from contracts.envelope import EnvelopeError, Event, fingerprint

Wire = dict[str, Any]
Fact = tuple[Wire, str]
# Whoever holds a row for longer than this holds up only the fact that needs it, not the others.
LOCK_SECONDS = 2


def handle_many(db: Database, listener: ListenerSpec, wires: Sequence[Wire]) -> None:
    """Apply facts that came one after the other, each once.

    Raises only when the database is away or gave up, be it that another transaction holds what
    these need: then some or all are not stored, and each is to be handled on its own.
    """
    fresh: dict[inbox.Name, tuple[Event[Any], Fact]] = {}
    alone: list[Wire] = []
    for wire in wires:
        event = _valid(listener, wire)
        name = inbox.name_of(wire)
        if event is None or name in fresh:
            alone.append(wire)
        else:
            fresh[name] = event, (wire, fingerprint(wire))
    for wire in [*_apply(db, listener, fresh), *alone]:
        handle(db, listener, wire)


def _valid(listener: ListenerSpec, wire: Wire) -> Event[Any] | None:
    try:
        return checked(listener, wire)
    except EnvelopeError:
        return None


def _apply(
    db: Database, listener: ListenerSpec, fresh: dict[inbox.Name, tuple[Event[Any], Fact]]
) -> list[Wire]:
    """Apply facts in one transaction; return those that were seen before."""
    facts = [fact for _, fact in fresh.values()]
    if not facts:
        return []
    began = time.monotonic()
    try:
        with _impatient(db) as session:
            claimed = inbox.claim_names(session, facts, listener.name)
            if claimed:
                _together(session, listener, [fresh[name] for name in fresh if name in claimed])
        for _ in claimed:
            metrics.handled(listener.name, inbox.APPLIED, (time.monotonic() - began) / len(claimed))
    except Exception as problem:
        if is_away(problem):
            raise
        with _impatient(db) as session:
            rows = inbox.claim_rows(session, facts, listener.name)
            for name, row in ((name, rows[name]) for name in fresh if name in rows):
                attempt(session, listener, row, fresh[name][1][0])
            claimed = set(rows)
    return [wire for wire, _ in facts if inbox.name_of(wire) not in claimed]


@contextmanager
def _impatient(db: Database) -> Iterator[Session]:
    with db.begin() as session:
        session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
        yield session


def _together(
    session: Session, listener: ListenerSpec, facts: Sequence[tuple[Event[Any], Fact]]
) -> None:
    with outbox.gathering(session):
        if listener.work_many is not None:
            with context.flowing(listener.service):
                listener.work_many(session, [event for event, _ in facts])
        for event, (wire, _) in facts:
            if listener.work_many is None:
                flow = context.flowing(listener.service, cause=event)
                with logs.about_event(wire, listener.name), flow:
                    listener.work(session, event)
            failpoint("listen.before_commit")
