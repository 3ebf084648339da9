"""The read side of participation: online events as lists, with who registered and who attended.

``needed`` says how many distinct participants an event lacks of the ten of ToR row 9.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, func, not_, select
from sqlalchemy.orm import Session

from chassis import paging
from chassis.errors import Invalid, NotFound
from services.clients import items
from services.clients.models import Client
from services.clients.models_events import Attendance, EventRegistration, OnlineEvent
from services.clients.queries import Query
from services.clients.rules.attending import ANNOUNCED, CANCELLED, ENOUGH, HELD
from services.clients.rules.folding import fold

Item = dict[str, Any]
Clause = ColumnElement[bool]
SORTS = ("starts", "-starts")
STATES = (ANNOUNCED, HELD, CANCELLED)

_counted = (
    select(func.count())
    .where(Attendance.event_id == OnlineEvent.id, Attendance.counts)
    .correlate(OnlineEvent)
    .scalar_subquery()
)
ENOUGH_CAME = _counted >= ENOUGH


def online_events(session: Session, query: Query, *, now: datetime) -> Item:
    """Return a page of online events with ``counters``; raises ``Invalid`` naming a wrong filter.

    ``query``: limit, cursor, count, sort (starts, -starts), q, state, kind, ahead (announced and
    yet to begin at ``now``), counts (held, with or without ten participants), since and until
    (of the start, instants; until exclusive).
    """
    _check(query)
    limit = paging.page_size(query)
    statement = select(OnlineEvent).where(*_clauses(query, now))
    paged = paging.keyset(
        statement,
        [OnlineEvent.starts_at, OnlineEvent.id],
        cursor=query.get("cursor"),
        limit=limit,
        descending=query.get("sort", "-starts") == "-starts",
    )
    rows, following = paging.page(session.scalars(paged).all(), limit, ("starts_at", "id"))
    return {
        "items": _items(session, rows),
        "next": following,
        **paging.totals(session, statement, query),
        "counters": _counters(session, now),
    }


def online_event(session: Session, event_id: str) -> Item:
    """Return one online event with everybody who attended or registered; raises ``NotFound``."""
    try:
        found = session.get(OnlineEvent, UUID(str(event_id)))
    except ValueError:
        found = None
    if found is None:
        raise NotFound("online_event", event_id)
    attended = _attended(session, found)
    came = {one["client"]["id"] for one in attended if one["client"]}
    registered = _registered(session, found)
    return _items(session, [found])[0] | {
        "started_at": items.iso(found.started_at),
        "ended_at": items.iso(found.ended_at),
        "held_at": items.iso(found.held_at),
        "cancel_reason": found.cancel_reason,
        "attendance": attended,
        "absent": [one for one in registered if one["client"]["id"] not in came],
    }


def _check(query: Query) -> None:
    known = {"limit", "cursor", "count", "sort", *FILTERS}
    errors = {name: ["Unknown filter."] for name in query if name not in known}
    if query.get("sort", SORTS[0]) not in SORTS:
        errors["sort"] = [f"Must be one of: {', '.join(SORTS)}."]
    if query.get("state", ANNOUNCED) not in STATES:
        errors["state"] = [f"Must be one of: {', '.join(STATES)}."]
    if errors:
        raise Invalid(fields=errors)


def _clauses(query: Query, now: datetime) -> list[Clause]:
    return [
        clause
        for name, make in FILTERS.items()
        if query.get(name) not in (None, "")
        for clause in make(query[name], now)
    ]


def _words(value: Any, now: datetime) -> list[Clause]:
    return [
        OnlineEvent.search_text.contains(word, autoescape=True) for word in fold(str(value)).split()
    ]


def _ahead(value: Any, now: datetime) -> list[Clause]:
    ahead = and_(OnlineEvent.state == ANNOUNCED, OnlineEvent.starts_at > now)
    return [ahead if value else not_(ahead)]


def _enough(value: Any, now: datetime) -> list[Clause]:
    return [OnlineEvent.state == HELD, ENOUGH_CAME if value else not_(ENOUGH_CAME)]


FILTERS: dict[str, Callable[[Any, datetime], list[Clause]]] = {
    "q": _words,
    "state": lambda value, now: [OnlineEvent.state == value],
    "kind": lambda value, now: [OnlineEvent.kind == value],
    "ahead": _ahead,
    "counts": _enough,
    "since": lambda value, now: [OnlineEvent.starts_at >= _instant(value, "since")],
    "until": lambda value, now: [OnlineEvent.starts_at < _instant(value, "until")],
}


def _instant(value: Any, field: str) -> datetime:
    try:
        at = datetime.fromisoformat(str(value))
    except ValueError as problem:
        raise Invalid(fields={field: ["Not a valid datetime."]}) from problem
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _counters(session: Session, now: datetime) -> dict[str, int]:
    kinds = {
        "ahead": and_(OnlineEvent.state == ANNOUNCED, OnlineEvent.starts_at > now),
        "held": OnlineEvent.state == HELD,
        "counting": and_(OnlineEvent.state == HELD, ENOUGH_CAME),
        "short": and_(OnlineEvent.state == HELD, not_(ENOUGH_CAME)),
        "cancelled": OnlineEvent.state == CANCELLED,
    }
    counts = [func.count().filter(clause).label(name) for name, clause in kinds.items()]
    return dict(session.execute(select(*counts).select_from(OnlineEvent)).one()._mapping)


def _items(session: Session, rows: Sequence[OnlineEvent]) -> list[Item]:
    ids = [row.id for row in rows]
    came = _by_event(
        session,
        select(
            Attendance.event_id,
            func.count().filter(Attendance.counts).label("participants"),
            func.count().filter(Attendance.counts, Attendance.lsg).label("lsg"),
        )
        .where(Attendance.event_id.in_(ids))
        .group_by(Attendance.event_id),
    )
    meant = _by_event(
        session,
        select(EventRegistration.event_id, func.count().label("registrations"))
        .where(EventRegistration.event_id.in_(ids))
        .group_by(EventRegistration.event_id),
    )
    return [_item(row, came.get(row.id), meant.get(row.id)) for row in rows]


def _by_event(session: Session, statement: Select[*tuple[Any, ...]]) -> dict[UUID, Any]:
    return {row.event_id: row for row in session.execute(statement)}


def _item(row: OnlineEvent, came: Any, meant: Any) -> Item:
    participants = came.participants if came else 0
    return {
        "id": str(row.id),
        "source": row.source,
        "ref": row.ref,
        "title": {"ru": row.title_ru, "ky": row.title_ky, "en": row.title_en},
        "kind": row.kind,
        "topic": row.topic,
        "url": row.url,
        "audiences": row.audiences or [],
        "state": row.state,
        "starts_at": items.iso(row.starts_at),
        "ends_at": items.iso(row.ends_at),
        "min_minutes": row.min_minutes,
        "registrations": meant.registrations if meant else 0,
        "participants": participants,
        "lsg_participants": came.lsg if came else 0,
        "enough": ENOUGH,
        "needed": max(0, ENOUGH - participants),
        "counts": participants >= ENOUGH if row.state == HELD else None,
    }


def _attended(session: Session, online: OnlineEvent) -> list[Item]:
    rows = session.scalars(select(Attendance).where(Attendance.event_id == online.id)).all()
    people = _people(session, [row.client_id for row in rows if row.client_id])
    found = [
        {
            "client": people.get(row.client_id) if row.client_id else None,
            "display_name": row.display_name,
            "audience": row.audience,
            "lsg": row.lsg,
            "minutes": row.minutes,
            "stays": row.stays,
            "counts": row.counts,
        }
        for row in rows
    ]
    return sorted(found, key=lambda one: (not one["counts"], -one["minutes"], _name(one)))


def _registered(session: Session, online: OnlineEvent) -> list[Item]:
    rows = session.scalars(
        select(EventRegistration)
        .where(EventRegistration.event_id == online.id)
        .order_by(EventRegistration.registered_at, EventRegistration.client_id)
    ).all()
    people = _people(session, [row.client_id for row in rows])
    return [
        {"client": people[row.client_id], "registered_at": items.iso(row.registered_at)}
        for row in rows
        if row.client_id in people
    ]


def _people(session: Session, ids: Sequence[UUID]) -> dict[UUID, Item]:
    """Return clients as an event names them: who they are, and where they hold a post now."""
    clients = session.scalars(select(Client).where(Client.id.in_(ids))).all()
    held = items.people(session, [row.id for row in clients if row.kind == "person"])
    bodies = {one["id"]: one["organisation"] for one in held}
    return {
        row.id: {
            "id": str(row.id),
            "kind": row.kind,
            "full_name": items.full_name(row),
            "organisation": bodies.get(str(row.id)),
        }
        for row in clients
    }


def _name(one: Item) -> str:
    return str((one["client"] or {}).get("full_name") or one["display_name"] or "")
