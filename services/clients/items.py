"""Rows of the lists as people read them: names instead of ids, posts beside the person."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.clients import snapshots, territories
from services.clients.models import Client, Municipality, Organisation, Person, Post

Item = dict[str, Any]
C = TypeVar("C", bound=Client)


def organisations(session: Session, ids: Sequence[UUID]) -> list[Item]:
    """Return organisations as list items, in the order of ``ids``."""
    found = _rows(session, Organisation, ids)
    places = _municipalities(session, found.values())
    posts = _current_posts(session, Post.organisation_id, ids)
    sizes = Counter(post.organisation_id for post, _ in posts)
    heads = {post.organisation_id: full_name(holder) for post, holder in posts if is_head(post)}
    return [
        common(row, places)
        | {
            "body_type": row.body_type,
            "posts": sizes[row.id],
            "head": heads.get(row.id),
        }
        for row in found.values()
    ]


def people(session: Session, ids: Sequence[UUID]) -> list[Item]:
    """Return people as list items, each with the post held now, in the order of ``ids``."""
    found = _rows(session, Person, ids)
    places = _municipalities(session, found.values())
    posts = {post.person_id: post for post, _ in _current_posts(session, Post.person_id, ids)}
    bodies = _rows(session, Organisation, {post.organisation_id for post in posts.values()})
    return [common(row, places) | _held(posts.get(row.id), bodies) for row in found.values()]


def common(row: Client, places: dict[UUID, Item]) -> Item:
    """Return what an item of either kind shows."""
    return {
        "id": str(row.id),
        "kind": row.kind,
        "name": name(row),
        "full_name": full_name(row),
        "audience": row.audience,
        "status": row.status,
        "language": row.language,
        "municipality": places.get(row.municipality_id) if row.municipality_id else None,
        "territory": territories.describe(row.territory),
        "emails": row.emails,
        "phones": row.phones,
        "registered_at": iso(row.portal_registered_at),
        "verified_at": iso(row.verified_at),
        "version": row.version,
    }


def name(row: Client) -> dict[str, str | None]:
    """Return a name as contracts.md §5 shapes it."""
    if isinstance(row, Organisation):
        return {"ru": row.name_ru, "ky": row.name_ky, "en": row.name_en}
    assert isinstance(row, Person)
    return {"surname": row.surname, "name": row.given_name, "patronymic": row.patronymic}


def full_name(row: Client) -> str:
    """Return a name in one line."""
    return snapshots.name_of(row).full()


def organisation_card(row: Organisation) -> Item:
    """Return an organisation as something else refers to it."""
    return {"id": str(row.id), "name": name(row), "body_type": row.body_type}


def iso(at: datetime | None) -> str | None:
    """Return an instant as text, in UTC."""
    return at.astimezone(UTC).isoformat() if at else None


def is_head(post: Post) -> bool:
    """Return whether a post leads its organisation."""
    return post.role in ("head", "kenesh_chair")


def post_card(post: Post) -> Item:
    """Return a post with its days (Asia/Bishkek); ``until`` None = held now."""
    return {
        "role": post.role,
        "title": post.title,
        "since": post.since.isoformat(),
        "until": post.until.isoformat() if post.until else None,
    }


def municipality_cards(session: Session, ids: Iterable[UUID]) -> dict[UUID, Item]:
    """Return municipalities by id."""
    query = select(Municipality).where(Municipality.id.in_(list(ids)))
    return {
        row.id: {"id": str(row.id), "ru": row.ru, "ky": row.ky} for row in session.scalars(query)
    }


def _rows(session: Session, kind: type[C], ids: Iterable[UUID]) -> dict[UUID, C]:
    wanted = list(ids)
    rows = {row.id: row for row in session.scalars(select(kind).where(kind.id.in_(wanted)))}
    return {row_id: rows[row_id] for row_id in wanted if row_id in rows}


def _municipalities(session: Session, rows: Iterable[Client]) -> dict[UUID, Item]:
    return municipality_cards(session, {row.municipality_id for row in rows if row.municipality_id})


def _current_posts(session: Session, column: Any, ids: Iterable[UUID]) -> list[tuple[Post, Person]]:
    query = (
        select(Post, Person)
        .join(Person, Person.id == Post.person_id)
        .where(column.in_(list(ids)), Post.until.is_(None))
        .order_by(Post.since)
    )
    return [(post, person) for post, person in session.execute(query)]


def _held(post: Post | None, bodies: dict[UUID, Organisation]) -> Item:
    if post is None:
        return {"organisation": None, "post": None}
    return {
        "organisation": organisation_card(bodies[post.organisation_id]),
        "post": post_card(post),
    }
