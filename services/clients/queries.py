"""The read side: lists of organisations and people, found by folded words, paged by keyset.

Only selects; a list is two or three queries whatever its length. Items are plain JSON.
"""

from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    Uuid,
    and_,
    func,
    literal,
    or_,
    select,
    type_coerce,
)
from sqlalchemy.orm import Session

from chassis import paging
from chassis.errors import Invalid
from contracts.codes import AUDIENCES, BODY_TYPES, CLIENT_STATUSES, LANGUAGES
from services.clients import items, territories
from services.clients.models import NEVER, Client, Organisation, Person, Post
from services.clients.rules.contacts import phone_fragment
from services.clients.rules.folding import fold

Query = dict[str, Any]
COMMON = ("limit", "cursor", "count", "sort", "q", "audience", "territory", "municipality")
COMMON_FILTERS = (*COMMON, "registered", "status", "language")
CODES = {
    "audience": AUDIENCES,
    "body_type": BODY_TYPES,
    "status": CLIENT_STATUSES,
    "language": LANGUAGES,
}
ID: ColumnElement[UUID] = type_coerce(Client.id, Uuid())
SORTS: dict[str, ColumnElement[Any]] = {
    "name": type_coerce(Client.sort_name, Text()),
    "registered": func.coalesce(Client.portal_registered_at, NEVER),
}


def organisations(session: Session, query: Query) -> dict[str, Any]:
    """Return a page of organisations; raises ``Invalid`` naming each wrong filter.

    Filters: q, audience, territory (with its parts), municipality, body_type, registered,
    status, language; sort: name, registered, and with a minus the other way round.
    """
    _check(query, (*COMMON_FILTERS, "body_type"))
    statement = _filtered(select(Organisation.id), query)
    if query.get("body_type"):
        statement = statement.where(Organisation.body_type == query["body_type"])
    return _page(session, statement, query, items.organisations)


def people(session: Session, query: Query) -> dict[str, Any]:
    """Return a page of people; the filters of organisations without body_type, and organisation.

    ``organisation`` is the id of one in which a person holds a post now.
    """
    _check(query, (*COMMON_FILTERS, "organisation"))
    statement = _filtered(select(Person.id), query)
    if query.get("organisation"):
        holders = select(Post.person_id).where(
            Post.organisation_id == as_id(query["organisation"], "organisation"),
            Post.until.is_(None),
        )
        statement = statement.where(Person.id.in_(holders))
    return _page(session, statement, query, items.people)


def as_id(value: object, field: str) -> UUID:
    """Return a UUID of one of ours; raises ``Invalid`` naming the field."""
    try:
        return UUID(str(value))
    except ValueError as problem:
        raise Invalid(fields={field: ["Not a valid UUID."]}) from problem


def _check(query: Query, allowed: tuple[str, ...]) -> None:
    """Refuse filters that do not exist and codes that are not in their list."""
    errors = {name: ["Unknown filter."] for name in query if name not in allowed}
    for name, codes in CODES.items():
        if query.get(name) and query[name] not in codes:
            errors[name] = [f"Must be one of: {', '.join(codes)}."]
    if query.get("sort") and query["sort"].removeprefix("-") not in SORTS:
        errors["sort"] = [f"Must be one of: {', '.join(SORTS)}."]
    if query.get("registered") not in (None, "", True, False, "true", "false"):
        errors["registered"] = ["Must be true or false."]
    if errors:
        raise Invalid(fields=errors)


def _filtered(statement: Select[Any], query: Query) -> Select[Any]:
    for name in ("audience", "status", "language"):
        if query.get(name):
            statement = statement.where(getattr(Client, name) == query[name])
    if query.get("territory"):
        parts = territories.with_parts(territories.resolve(query["territory"]))
        statement = statement.where(Client.territory.in_(parts))
    if query.get("municipality"):
        wanted = as_id(query["municipality"], "municipality")
        statement = statement.where(Client.municipality_id == wanted)
    if query.get("registered") not in (None, ""):
        registered = query["registered"] in (True, "true")
        known = Client.portal_registered_at
        statement = statement.where(known.is_not(None) if registered else known.is_(None))
    return statement


def _page(session: Session, statement: Select[Any], query: Query, describe: Any) -> dict[str, Any]:
    limit = paging.page_size(query)
    if query.get("q"):
        statement = _searched(session, statement, query["q"])
    sort = query.get("sort") or "name"
    key = SORTS[sort.removeprefix("-")]
    paged = paging.keyset(
        statement.add_columns(key.label("sort_key")),
        [key, ID],
        cursor=query.get("cursor"),
        limit=limit,
        descending=sort.startswith("-"),
    )
    rows, following = paging.page(session.execute(paged).all(), limit, ("sort_key", "id"))
    # Counting is as dear as the list is long: it is done once, for the first page.
    total = {"total": None} if query.get("cursor") else paging.totals(session, statement, query)
    return {"items": describe(session, [row.id for row in rows]), "next": following, **total}


def _searched(session: Session, statement: Select[Any], text: str) -> Select[Any]:
    """Keep what holds every word of the query, or, when nothing does, what is spelled like it."""
    exact = statement.where(_holds(text))
    if session.scalar(select(exact.exists())):
        return exact
    return statement.where(literal(fold(text)).op("<%", is_comparison=True)(Client.search_text))


def _holds(text: str) -> ColumnElement[bool]:
    words = [Client.search_text.contains(word, autoescape=True) for word in fold(text).split()]
    phone = phone_fragment(text)
    by_words = and_(*words) if words else literal(False)
    return or_(by_words, Client.search_text.contains(phone)) if phone else by_words
