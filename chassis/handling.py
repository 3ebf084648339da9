"""What happens to one fact at one listener: check, inbox mark, effect, verdict (quality.md §2, 5).

The effect, the outbox rows and the inbox mark are one transaction; the effect has a savepoint of
its own, so that a refused fact leaves only its mark. Plain Python: ``listen`` calls it for real
deliveries, tests call it without a broker.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sqlalchemy.orm import Session

from chassis import context, inbox, logs, metrics, stopping
from chassis.db import Database, is_away
from chassis.errors import AymakError, Ignored, Waiting
from chassis.failpoints import failpoint
from contracts.envelope import Contract, EnvelopeError, Event, fingerprint, parse

log = structlog.get_logger()

REPEATED, CONFLICT = "repeated", "conflict"


@dataclass(frozen=True, slots=True)
class ListenerSpec:
    """A listener: its service, durable name, contract (None = every one) and work.

    ``work_many`` does the work of several facts at once, where a listener has such a way.
    """

    service: str
    name: str
    contract: Contract | None
    work: Callable[[Session, Event[Any]], None]
    work_many: Callable[[Session, Sequence[Event[Any]]], None] | None = None


def handle(db: Database, listener: ListenerSpec, wire: dict[str, Any]) -> str:
    """Apply one fact once; return what became of it (an outcome, "repeated" or "conflict").

    Raises only when the database is away or gave up: then nothing was stored and the caller holds
    the delivery and tries again.
    """
    mark = fingerprint(wire)
    with db.begin() as session:
        row = inbox.claim(session, wire, listener.name, mark)
        if row is not None:
            return attempt(session, listener, row, wire)
        row = inbox.seen(session, wire, listener.name)
        if row.fingerprint == mark:
            metrics.handled(listener.name, REPEATED)
            return REPEATED
        reason = "same_id_other_content"
        inbox.bury(session, row, reason=reason, wire=wire, fingerprint=mark)
    metrics.handled(listener.name, CONFLICT)
    with logs.about_event(wire, listener.name):
        log.warning("dead_letter", reason=reason)
    return CONFLICT


def attempt(
    session: Session, listener: ListenerSpec, row: inbox.InboxRow, wire: dict[str, Any]
) -> str:
    """Try the effect of a claimed fact in a savepoint and write the verdict into its mark."""
    began = time.monotonic()
    with logs.about_event(wire, listener.name):
        outcome = _attempt(session, listener, row, wire)
        log.debug("handled", outcome=outcome)
    metrics.handled(listener.name, outcome, time.monotonic() - began)
    return outcome


def _attempt(
    session: Session, listener: ListenerSpec, row: inbox.InboxRow, wire: dict[str, Any]
) -> str:
    try:
        with session.begin_nested():
            event = checked(listener, wire)
            with context.flowing(listener.service, cause=event):
                listener.work(session, event)
        inbox.settle(row, inbox.APPLIED)
        failpoint("listen.before_commit")
    except Waiting as missing:
        inbox.keep_waiting(row, missing.key, wire)
    except Ignored:
        inbox.settle(row, inbox.IGNORED)
    except EnvelopeError as problem:
        # No retry can mend what the contract refuses.
        row.outcome, row.error, row.wire, row.next_at = inbox.DEAD, str(problem), wire, None
        inbox.bury(session, row, reason="invalid", wire=wire, fingerprint=row.fingerprint)
        log.warning("dead_letter", reason="invalid")
    except Exception as problem:
        if is_away(problem):
            raise
        inbox.keep_failed(session, row, describe(problem), wire)
        log.exception("listener_failed")
    return row.outcome


def checked(listener: ListenerSpec, wire: dict[str, Any]) -> Event[Any]:
    """Return the event, validated again (S20); raises ``EnvelopeError``."""
    event = parse(wire)
    expected = listener.contract
    if expected is not None and event.contract is not expected:
        raise EnvelopeError("unexpected_type", {"type": ["Not what this queue is for."]})
    emitter = event.contract.emitter
    if emitter != "portal" and event.source != emitter:
        raise EnvelopeError("forged_source", {"source": [f"Only {emitter} emits this type."]})
    return event


def retry_due(db: Database, listeners: dict[str, ListenerSpec]) -> int:
    """Try kept facts whose next attempt is due, each in its own transaction; return how many."""
    return stopping.work_off(lambda: _retry_one(db, listeners))


def _retry_one(db: Database, listeners: dict[str, ListenerSpec]) -> bool:
    with db.begin() as session:
        row = inbox.due(session)
        if row is None:
            return False
        listener = listeners.get(row.listener)
        if listener is None or row.wire is None:
            inbox.keep_failed(session, row, f"no listener {row.listener}", row.wire or {})
        else:
            attempt(session, listener, row, row.wire)
            failpoint("retry.before_commit")
    failpoint("retry.after_commit")
    return True


def describe(problem: Exception) -> str:
    """Return an error for the inbox row: our own with its words, another by class and place.

    What others write into an error may be anything that was at hand, personal data included.
    """
    if isinstance(problem, AymakError):
        return f"{problem.code}: {problem} {problem.fields or ''}".strip()
    return f"{logs.name_of(problem)} at {logs.place_of(problem)}"
