"""The timeline of one client: all that happened about it, whoever told it, the newest first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis import paging
from chassis.errors import Invalid
from services.reporting import touches
from services.reporting.models import (
    ClientFact,
    ClientTouch,
    EventTitle,
    InquiryFact,
    Journal,
)

Item = dict[str, Any]
KINDS: dict[str, tuple[str, ...]] = {
    "registration": (
        *("client_registered", "client_updated", "client_verified"),
        *("client_added", "client_changed"),
    ),
    "consent": ("consent_changed", "consent_recorded", "client_unsubscribed"),
    "event": ("event_registered", "event_attended", "attendance_counted"),
    "inquiry": (
        *("inquiry_opened", "inquiry_commented", "inquiry_rated", "inquiry_accepted"),
        *("inquiry_answered", "inquiry_overdue", "inquiry_resolved", "inquiry_reopened"),
    ),
    "mail": ("deliveries_settled",),
}
KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}
# What a line may show of an event: codes and numbers, no word of a person.
SHOWN = (
    *("number", "outcome", "on_time", "deadline", "due_on", "score", "kind", "language"),
    *("minutes", "counts", "stays", "given", "purposes", "topic", "channel", "method"),
    *("document_no", "audience"),
)
ROW_SHOWN = ("state", "reason", "language")


def timeline(session: Session, client_id: str, query: Item) -> Item:
    """Return a page of what happened about a client; ``query``: limit, cursor, kind.

    ``kind`` is one of registration, consent, event, inquiry, mail. Raises ``Invalid``.
    """
    limit = paging.page_size(query)
    keys = _keys(session, _uuid(client_id))
    statement = select(ClientTouch.at, ClientTouch.position, ClientTouch.place).where(
        ClientTouch.key.in_(keys)
    )
    if kind := query.get("kind"):
        if kind not in KINDS:
            raise Invalid(fields={"kind": [f"Must be one of: {', '.join(KINDS)}."]})
        statement = statement.where(ClientTouch.type.in_(KINDS[kind]))
    statement = statement.distinct()
    columns = [ClientTouch.at, ClientTouch.position, ClientTouch.place]
    paged = paging.keyset(
        statement, columns, cursor=query.get("cursor"), limit=limit, descending=True
    )
    found = session.execute(paged).all()
    rows, following = paging.page(found, limit, ("at", "position", "place"))
    totals = paging.totals(session, statement, {"count": "capped"})
    return {"items": _items(session, rows), "next": following, **totals}


def _uuid(given: str) -> UUID:
    try:
        return UUID(str(given))
    except ValueError as problem:
        raise Invalid(fields={"client": ["Not a valid UUID."]}) from problem


def _keys(session: Session, client_id: UUID) -> list[str]:
    """Return every key under which events name this client or an inquiry of it."""
    refs = _refs(session, client_id)
    asked = [f"{source} {ref}" for source, ref in refs]
    accepted = session.execute(
        select(InquiryFact.inquiry_id, Journal.data)
        .join(Journal, Journal.position == InquiryFact.position)
        .where(InquiryFact.client_ref.in_(asked))
    ).all()
    return [
        touches.by_id(client_id),
        *(touches.by_ref(source, ref) for source, ref in refs),
        *(touches.by_inquiry(row.inquiry_id) for row in accepted),
        *(
            touches.by_inquiry_ref(row.data["client"]["source"], row.data["inquiry_ref"])
            for row in accepted
        ),
    ]


def _refs(session: Session, client_id: UUID) -> list[tuple[str, str]]:
    """Return how portals name the client, by its newest snapshot."""
    query = select(Journal.data).join(ClientFact, ClientFact.position == Journal.position)
    data = session.scalars(query.where(ClientFact.client_id == client_id)).one_or_none() or {}
    return [(key["source"], key["ref"]) for key in data.get("keys", [])]


def _items(session: Session, rows: Sequence[Any]) -> list[Item]:
    positions = {row.position for row in rows}
    entries = session.scalars(select(Journal).where(Journal.position.in_(positions)))
    by_position = {entry.position: entry for entry in entries}
    titles = _titles(session, by_position.values())
    return [_item(by_position[row.position], row, titles) for row in rows]


def _titles(session: Session, entries: Iterable[Journal]) -> dict[str, dict[str, str]]:
    """Return the titles of the online events that the entries speak of, by the portal's ref."""
    refs = {ref for entry in entries if (ref := _event_ref(entry))}
    query = select(EventTitle.event_ref, EventTitle.title).where(EventTitle.event_ref.in_(refs))
    return {ref: title for ref, title in session.execute(query)} if refs else {}


def _event_ref(entry: Journal) -> str | None:
    if entry.type == "deliveries_settled" and entry.data.get("about_type") == "event":
        return entry.data.get("about_ref")
    return entry.data.get("event_ref")


def _item(entry: Journal, row: Any, titles: dict[str, dict[str, str]]) -> Item:
    data = {name: entry.data[name] for name in SHOWN if name in entry.data}
    if entry.type == "deliveries_settled":
        mail = entry.data["rows"][row.place]
        data |= {name: mail.get(name) for name in ROW_SHOWN}
        data |= {name: entry.data.get(name) for name in ("purpose", "notice")}
    return {
        "at": row.at.isoformat(),
        "type": entry.type,
        "kind": KIND_OF.get(entry.type, "other"),
        "source": entry.source,
        "id": entry.event_id,
        "place": row.place,
        "actor": entry.actor,
        "about": _about(entry, titles),
        "data": data,
    }


def _about(entry: Journal, titles: dict[str, dict[str, str]]) -> Item | None:
    """Return the inquiry or the online event that a line leads to."""
    if inquiry_id := entry.data.get("inquiry_id"):
        number = entry.data.get("number")
        return {"kind": "inquiry", "id": inquiry_id, "number": number}
    if ref := _event_ref(entry):
        own_id = entry.data.get("event_id")
        return {"kind": "online_event", "id": own_id, "ref": ref, "title": titles.get(ref)}
    return None
