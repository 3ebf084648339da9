"""Saved views: a list's filters under a name, one's own or shared with everybody."""

import uuid
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from chassis.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed
from gateway.models_own import SavedView

SCREENS = (
    *("organisations", "people", "inquiries", "online-events", "log", "dead-letters"),
    "deliveries",
)
MOST = 50
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewView:
    """A view to be kept."""

    screen: str
    name: str
    query: str
    shared: bool = False


def listed(session: Session, login: str, screen: str | None) -> Values:
    """Return one's own views and the shared ones, by name."""
    query = select(SavedView).where(or_(SavedView.owner == login, SavedView.shared))
    if screen:
        query = query.where(SavedView.screen == screen)
    rows = session.scalars(query.order_by(SavedView.name, SavedView.id))
    return {"items": [plain(row, login) for row in rows]}


def create(session: Session, asked: NewView, login: str, *, request_key: bytes) -> Values:
    """Return a new view; the same ``request_key`` again is the same view.

    Raises ``Conflict`` for a name that the owner has on this screen, or for more than fifty.
    """
    known = select(SavedView).where(SavedView.request_key == request_key)
    if (row := session.scalars(known).one_or_none()) is not None:
        return plain(row, login)
    own = select(SavedView.name).where(SavedView.owner == login, SavedView.screen == asked.screen)
    names = session.scalars(own).all()
    if asked.name in names:
        raise Conflict("view_exists", name=asked.name)
    if len(names) >= MOST:
        raise Conflict("too_many_views", most=MOST)
    values = asdict(asked) | {"query": tidy(asked.query)}
    row = SavedView(owner=login, request_key=request_key, **values)
    session.add(row)
    session.flush()
    return plain(row, login)


def edit(
    session: Session, view_id: uuid.UUID, changes: Values, login: str, *, version: int | None
) -> Values:
    """Return a view of one's own with its changes: name, query, shared.

    Raises ``NotFound``, ``Forbidden`` for somebody else's and ``PreconditionFailed``.
    """
    row = _own(session, view_id, login)
    if version not in (None, row.version):
        raise PreconditionFailed()
    for name, value in changes.items():
        setattr(row, name, tidy(value) if name == "query" else value)
    row.version += 1
    session.flush()
    return plain(row, login)


def delete(session: Session, view_id: uuid.UUID, login: str, *, any_owner: bool) -> None:
    """Forget a view; ``any_owner`` for who may take away what others share.

    Raises ``NotFound``, and ``Forbidden`` for somebody else's.
    """
    row = session.get(SavedView, view_id)
    if row is None:
        raise NotFound("view", view_id)
    if row.owner != login and not (any_owner and row.shared):
        raise Forbidden()
    session.delete(row)


def tidy(query: str) -> str:
    """Return a query string without its place in the list; raises ``Invalid`` for none."""
    try:
        pairs = parse_qsl(query.lstrip("?"), strict_parsing=bool(query.strip("?")))
    except ValueError as problem:
        raise Invalid(fields={"query": ["Not a query string."]}) from problem
    return urlencode([(name, value) for name, value in pairs if name != "cursor"])


def plain(row: SavedView, login: str) -> Values:
    """Return a view as readers get it."""
    return {
        "id": str(row.id),
        "screen": row.screen,
        "name": row.name,
        "query": row.query,
        "shared": row.shared,
        "owner": row.owner,
        "own": row.owner == login,
        "version": row.version,
    }


def _own(session: Session, view_id: uuid.UUID, login: str) -> SavedView:
    row = session.get(SavedView, view_id)
    if row is None:
        raise NotFound("view", view_id)
    if row.owner != login:
        raise Forbidden()
    return row
