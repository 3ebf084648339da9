"""Dead letters as a person works them off: list, inspect, replay, discard (contracts.md §5).

A letter is open until somebody settles it. Its first body stays as it was; what was replayed in
place of it, by whom and when is kept beside it. A replay runs the listener in the same transaction
that settles the letter, through the same inbox mark as a delivery: it takes effect once.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis import context, inbox
from chassis.decoding import can_keep
from chassis.errors import Conflict, Invalid, NotFound
from chassis.handling import REPEATED, ListenerSpec, attempt, checked
from chassis.inbox import DeadLetter, InboxRow
from chassis.paging import keyset, page, page_size
from contracts.envelope import EnvelopeError, fingerprint

OPEN, REPLAYED, DISCARDED = "open", "replayed", "discarded"
STATES = (OPEN, REPLAYED, DISCARDED)
SAME_ID, UNDECODABLE, GIVEN_UP = "same_id_other_content", "undecodable", "delivery_limit"
FILTERS = ("source", "type", "reason")
REQUIRED = "Missing data for required field."


@dataclass(frozen=True, slots=True, kw_only=True)
class Mend:
    """What is replayed in place of a letter's body: other ``data``, or a whole ``event``."""

    data: dict[str, Any] | None = None
    event: dict[str, Any] | None = None


def listed(session: Session, query: dict[str, Any]) -> dict[str, Any]:
    """Return a page of letters, the newest first, without their bodies.

    ``query``: ``state`` (open when absent), ``type``, ``reason``, ``source``, ``limit``,
    ``cursor``. ``total`` counts all that the filters let through.
    """
    limit = page_size(query)
    found = select(DeadLetter).where(DeadLetter.state == (query.get("state") or OPEN))
    for name in FILTERS:
        if query.get(name):
            found = found.where(getattr(DeadLetter, name) == query[name])
    total = session.scalar(select(func.count()).select_from(found.subquery())) or 0
    columns = [DeadLetter.created_at, DeadLetter.id]
    paged = keyset(found, columns, cursor=query.get("cursor"), limit=limit, descending=True)
    rows, following = page(session.scalars(paged).all(), limit, ["created_at", "id"])
    return {"items": [line(row) for row in rows], "next": following, "total": total}


def inspected(session: Session, letter_id: str) -> dict[str, Any]:
    """Return one letter with its body as stored, and what else is known of the same fact.

    ``deliveries`` are what each listener of this service made of the fact, ``letters`` its other
    dead letters here. Raises ``NotFound``.
    """
    letter = session.get(DeadLetter, _id(letter_id))
    if letter is None:
        raise NotFound("dead letter", letter_id)
    same_fact = (DeadLetter.source == letter.source, DeadLetter.event_id == letter.event_id)
    others = select(DeadLetter).where(*same_fact, DeadLetter.id != letter.id)
    marks = select(InboxRow).where(
        InboxRow.source == letter.source, InboxRow.event_id == letter.event_id
    )
    is_fact = bool(letter.event_id)
    return {
        **line(letter),
        "event": letter.wire or None,
        "raw": letter.raw,
        "headers": letter.headers,
        "replayed_event": letter.replayed_wire,
        "deliveries": [_delivery(row) for row in session.scalars(marks)] if is_fact else [],
        "letters": [line(row) for row in session.scalars(others.limit(20))] if is_fact else [],
    }


def replay(
    session: Session,
    listeners: dict[str, ListenerSpec],
    letter_id: str,
    *,
    key: str,
    mend: Mend,
) -> dict[str, Any]:
    """Apply an open letter, as it is or mended, and settle it; return it.

    The same ``key`` again changes nothing and is answered the same. Raises ``Invalid`` naming
    what the contract refuses, ``Conflict`` when the letter was settled otherwise
    (``dead_letter_settled``), needs an id of its own (``needs_new_id``), names another fact that
    is known (``id_taken``), or fails again (``replay_failed``): then nothing is changed.
    """
    letter = _to_settle(session, letter_id)
    if _is_repeat(letter, REPLAYED, key):
        return line(letter)
    listener = listeners.get(letter.listener)
    if listener is None:
        raise Conflict("no_listener", letter.listener, listener=letter.listener)
    wire = mended(letter, mend)
    try:
        checked(listener, wire)
    except EnvelopeError as problem:
        raise Invalid(problem.code, fields=problem.fields) from problem
    outcome = _applied(session, letter, listener, wire)
    letter.replayed_wire = wire if wire != letter.wire else None
    return _settle(session, letter, state=REPLAYED, key=key, outcome=outcome)


def discard(session: Session, letter_id: str, *, key: str, reason: str) -> dict[str, Any]:
    """Put an open letter aside for good, with the reason; return it.

    The same ``key`` again is answered the same; raises ``Conflict`` when it was settled before.
    """
    letter = _to_settle(session, letter_id)
    if _is_repeat(letter, DISCARDED, key):
        return line(letter)
    letter.settled_reason = reason
    return _settle(session, letter, state=DISCARDED, key=key)


def count_open(session: Session) -> dict[str, int]:
    """Return how many letters wait for somebody, by reason."""
    query = select(DeadLetter.reason, func.count()).where(DeadLetter.state == OPEN)
    return {reason: count for reason, count in session.execute(query.group_by(DeadLetter.reason))}


def mended(letter: DeadLetter, mend: Mend) -> dict[str, Any]:
    """Return the event to replay; raises ``Invalid`` or ``Conflict`` when it cannot be this one."""
    if mend.event is not None and mend.data is not None:
        raise Invalid(fields={"event": ["Give either data or event."]})
    if mend.event is None and not letter.wire:
        # Bytes that are no event: somebody has to say what they should have been.
        raise Invalid(fields={"event": [REQUIRED]})
    if mend.event is not None:
        wire = {**mend.event}
        if letter.wire.get("recordedtime"):
            wire.setdefault("recordedtime", letter.wire["recordedtime"])
    else:
        wire = letter.wire if mend.data is None else {**letter.wire, "data": mend.data}
    _check_identity(letter, wire)
    if not can_keep(wire):
        raise Invalid(fields={"event": ["Not an event that can be kept."]})
    return wire


def _check_identity(letter: DeadLetter, wire: dict[str, Any]) -> None:
    names = ("source", "id")
    own = (letter.source, letter.event_id)
    is_same = tuple(wire.get(name) for name in names) == own
    if letter.reason == SAME_ID and is_same:
        raise Conflict("needs_new_id", letter.event_id, id=letter.event_id)
    if letter.reason not in (SAME_ID, UNDECODABLE) and not is_same:
        message = "Must stay as it is: it names the fact."
        raise Invalid(
            fields={
                f"event.{name}": [message]
                for name, value in zip(names, own, strict=True)
                if wire.get(name) != value
            }
        )


def _applied(
    session: Session, letter: DeadLetter, listener: ListenerSpec, wire: dict[str, Any]
) -> str:
    mark = fingerprint(wire)
    row = inbox.claim(session, wire, listener.name, mark)
    if row is None:
        row = inbox.seen(session, wire, listener.name)
        session.refresh(row, with_for_update=True)
        mine = (row.source, row.event_id) == (letter.source, letter.event_id)
        if not (mine and row.outcome == inbox.DEAD):
            if row.fingerprint != mark:
                raise Conflict("id_taken", row.event_id, id=row.event_id)
            return REPEATED if row.outcome == inbox.APPLIED else row.outcome
    outcome = attempt(session, listener, row, wire)
    if outcome in (inbox.FAILED, inbox.DEAD):
        # Raised, the transaction leaves everything as it was: the letter is open, the mark dead.
        raise Conflict("replay_failed", row.error or "", error=row.error)
    return outcome


def _to_settle(session: Session, letter_id: str) -> DeadLetter:
    letter = session.get(DeadLetter, _id(letter_id), with_for_update=True)
    if letter is None:
        raise NotFound("dead letter", letter_id)
    return letter


def _is_repeat(letter: DeadLetter, state: str, key: str) -> bool:
    if letter.state == OPEN:
        return False
    if letter.state == state and letter.settled_key == key:
        return True
    raise Conflict("dead_letter_settled", letter.state, state=letter.state)


def _settle(
    session: Session, letter: DeadLetter, *, state: str, key: str, outcome: str | None = None
) -> dict[str, Any]:
    letter.state, letter.settled_key, letter.outcome = state, key, outcome
    letter.settled_at, letter.settled_by = func.now(), context.current().actor
    session.flush()
    session.refresh(letter)
    return line(letter)


def _id(letter_id: str) -> UUID:
    try:
        return UUID(letter_id)
    except ValueError as problem:
        raise NotFound("dead letter", letter_id) from problem


def line(letter: DeadLetter) -> dict[str, Any]:
    """Return a letter without any body, as lists show it."""
    settled_at = letter.settled_at
    return {
        "id": str(letter.id),
        "state": letter.state,
        "reason": letter.reason,
        "error": letter.error,
        "listener": letter.listener,
        "source": letter.source or None,
        "event_id": letter.event_id or None,
        "type": letter.type or None,
        "created_at": letter.created_at.isoformat(),
        "settled_at": settled_at and settled_at.isoformat(),
        "settled_by": letter.settled_by,
        "settled_reason": letter.settled_reason,
        "outcome": letter.outcome,
    }


def _delivery(row: InboxRow) -> dict[str, Any]:
    return {
        "listener": row.listener,
        "outcome": row.outcome,
        "attempts": row.attempts,
        "received_at": row.received_at.isoformat(),
    }
