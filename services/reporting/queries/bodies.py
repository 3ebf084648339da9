"""ToR row 2: bodies, their staff and the freshness of the base at a month's end.

The newest snapshot of a client decides, with the dates in it (contracts.md section 3a). A body is
one of the four types of local self-government, registered on the portal, not merged away and not
dissolved; staff are registered people with a current post in such a body, deputies apart (A4).
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import (
    ColumnElement,
    String,
    and_,
    cast,
    distinct,
    func,
    or_,
    select,
    true,
    union,
)
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from chassis import clock
from contracts.codes import DEPUTY_ROLES, LSG_BODY_TYPES
from services.reporting.documents.model import Companion, Evidence
from services.reporting.models import ClientFact, ClientSince, PostFact
from services.reporting.plan import FigureRow
from services.reporting.queries.base import (
    Figure,
    Rows,
    Scope,
    Value,
    companions,
    count,
    day,
    words,
)

Body = aliased(ClientFact, name="body")
Person = aliased(ClientFact, name="person")
Post = aliased(PostFact, name="post")


# Only the posts of the newest snapshot hold.
is_current = and_(Post.client_id == Person.client_id, Post.sequence == Person.sequence)


def is_there(client: Any, end: dt.datetime) -> ColumnElement[bool]:
    """Whether a client was neither merged away nor dissolved before `end`."""
    return and_(
        or_(client.merged_at.is_(None), client.merged_at >= end),
        or_(client.dissolved_at.is_(None), client.dissolved_at >= end),
    )


def is_lsg_body(body: Any, end: dt.datetime) -> ColumnElement[bool]:
    """Whether an organisation was a body of local self-government in the base at `end`."""
    return and_(
        body.kind == "organisation", body.body_type.in_(LSG_BODY_TYPES), is_there(body, end)
    )


def is_counted_body(body: Any, end: dt.datetime) -> ColumnElement[bool]:
    """Whether a body counts in R2 at `end`."""
    return and_(is_lsg_body(body, end), body.portal_registered_at < end)


def bodies(end: dt.datetime) -> Rows:
    """The bodies that count at `end`."""
    return select(
        Body.portal_registered_at.label("at"),
        cast(Body.client_id, String).label("key"),
        Body.client_id,
        Body.name,
        Body.ref,
        Body.body_type,
        Body.municipality_id,
        Body.municipality,
        Body.territory,
        Body.source,
        Body.event_id,
    ).where(is_counted_body(Body, end))


def holds_post(end: dt.datetime) -> ColumnElement[bool]:
    """Whether a post was held at `end`; `until` is its last day (Asia/Bishkek)."""
    last_day = clock.day_of(end - dt.timedelta(microseconds=1))
    return and_(Post.since <= last_day, or_(Post.until.is_(None), Post.until > last_day))


def is_staff_role(deputies_count: bool) -> ColumnElement[bool]:
    """Whether a role makes staff: all do when the plan's switch A4 counts deputies too."""
    return true() if deputies_count else Post.role.not_in(DEPUTY_ROLES)


def _post_holders(end: dt.datetime, *entities: Any) -> Rows:
    """Registered people with a post at `end` in a counted body, one row per post."""
    return (
        select(*entities)
        .select_from(Person)
        .join(Post, is_current)
        .join(Body, Body.client_id == Post.organisation_id)
        .where(
            is_counted_body(Body, end),
            Person.kind == "person",
            is_there(Person, end),
            Person.portal_registered_at < end,
            holds_post(end),
        )
    )


def staff(end: dt.datetime, *, deputies_count: bool = False) -> Rows:
    """The people who count as staff at `end`, each once, with their newest post that counts."""
    people = _post_holders(
        end,
        Person.portal_registered_at.label("at"),
        cast(Person.client_id, String).label("key"),
        Person.ref,
        Post.role,
        Body.name.label("organisation"),
        Body.ref.label("organisation_ref"),
        Body.territory,
        Person.source,
        Person.event_id,
    )
    newest_first = (Person.client_id, Post.since.desc(), Post.organisation_id)
    return (
        people.where(is_staff_role(deputies_count))
        .ext(distinct_on(Person.client_id))
        .order_by(*newest_first)
    )


def deputies(end: dt.datetime) -> Rows:
    """The registered people who sit in a counted kenesh at `end`, each once."""
    holders = _post_holders(end, Person.client_id)
    return holders.where(Post.role.in_(DEPUTY_ROLES)).distinct()


def in_base(client: Any, end: dt.datetime) -> ColumnElement[bool]:
    """Whether a client had come into the base before `end`."""
    since = select(ClientSince.client_id).where(
        ClientSince.client_id == client.client_id, ClientSince.added_at < end
    )
    return since.exists()


def _unregistered(client: Any, end: dt.datetime) -> ColumnElement[bool]:
    registered = client.portal_registered_at
    return and_(or_(registered.is_(None), registered >= end), in_base(client, end))


def unregistered_bodies(end: dt.datetime) -> Rows:
    """Bodies in the base that are not registered on the portal: the to-do list of switch A3."""
    return select(Body.client_id).where(is_lsg_body(Body, end), _unregistered(Body, end))


def unregistered_staff(end: dt.datetime) -> Rows:
    """People in the base with a current staff post in a body who are not registered."""
    return (
        select(Person.client_id)
        .join(Post, is_current)
        .join(Body, Body.client_id == Post.organisation_id)
        .where(
            Person.kind == "person",
            is_there(Person, end),
            _unregistered(Person, end),
            is_lsg_body(Body, end),
            holds_post(end),
            is_staff_role(deputies_count=False),
        )
        .distinct()
    )


def deputies_count(scope: Scope) -> bool:
    """The reading of switch A4 in force."""
    return "A4.deputies_counted" in scope.plan.readings


def _grown(now: int, before: int) -> Value:
    return Value(actual=now - before, cumulative=now)


def _bodies_value(session: Session, scope: Scope, row: FigureRow) -> Value:
    return _grown(count(session, bodies(scope.end)), count(session, bodies(scope.start)))


def _bodies_beside(session: Session, scope: Scope, row: FigureRow) -> tuple[Companion, ...]:
    counted = bodies(scope.end).subquery()
    municipalities = session.scalar(select(func.count(distinct(counted.c.municipality_id))))
    return companions(
        {
            "municipalities": municipalities or 0,
            "in_base_not_registered": count(session, unregistered_bodies(scope.end)),
        }
    )


def _bodies_proofs(scope: Scope, row: FigureRow) -> Rows:
    return bodies(scope.end)


def _show_body(row: Any) -> Evidence:
    return Evidence(
        subject=words(row.name, row.ref),
        at=row.at,
        code="body",
        event_source=row.source,
        event_id=row.event_id,
        params={"body_type": row.body_type, "registered_on": day(row.at)},
        names={"municipality": words(row.municipality)},
    )


def _staff_value(session: Session, scope: Scope, row: FigureRow) -> Value:
    both = deputies_count(scope)
    now = count(session, staff(scope.end, deputies_count=both))
    return _grown(now, count(session, staff(scope.start, deputies_count=both)))


def _staff_beside(session: Session, scope: Scope, row: FigureRow) -> tuple[Companion, ...]:
    return companions(
        {
            "deputies": count(session, deputies(scope.end)),
            "in_base_not_registered": count(session, unregistered_staff(scope.end)),
        }
    )


def _staff_proofs(scope: Scope, row: FigureRow) -> Rows:
    return staff(scope.end, deputies_count=deputies_count(scope))


def _show_staff(row: Any) -> Evidence:
    return Evidence(
        subject=words(None, row.ref),
        at=row.at,
        code="staff",
        event_source=row.source,
        event_id=row.event_id,
        params={"role": row.role, "registered_on": day(row.at)},
        names={"organisation": words(row.organisation, row.organisation_ref)},
    )


def touching(scope: Scope, row: FigureRow) -> Rows:
    """Snapshots of clients that were in the base by the month's end."""
    key = cast(ClientFact.client_id, String).label("key")
    facts = select(ClientFact.source, ClientFact.event_id, ClientFact.position, key)
    return facts.where(in_base(ClientFact, scope.end))


def _touching_staff(scope: Scope, row: FigureRow) -> Rows:
    """The same, and the snapshots of the bodies that a person has a post in."""
    key = cast(Person.client_id, String).label("key")
    theirs = (
        select(Body.source, Body.event_id, Body.position, key)
        .select_from(Person)
        .join(Post, is_current)
        .join(Body, Body.client_id == Post.organisation_id)
        .where(in_base(Person, scope.end))
    )
    both = union(touching(scope, row), theirs).subquery()
    return select(both)


BODIES = Figure(
    value=_bodies_value,
    beside=_bodies_beside,
    proofs=_bodies_proofs,
    show=_show_body,
    touching=touching,
    thing="client_id",
)
STAFF = Figure(
    value=_staff_value,
    beside=_staff_beside,
    proofs=_staff_proofs,
    show=_show_staff,
    touching=_touching_staff,
    thing="client_id",
)
