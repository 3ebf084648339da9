"""API keys as administrators keep them: make, list, revoke (quality.md S1).

At most two keys of one client are alive, so that its portal can change from one to the other
without a gap. The secret is shown once; what is kept is its hash.
"""

import uuid
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis import paging
from chassis.errors import Conflict, NotFound
from gateway.audit_log import Entry, Who, record
from gateway.models import ApiKey
from gateway.policy import PORTAL
from gateway.secrets_kept import digest, new_key

ALIVE = 2
# Keys are made one after the other: the third of a client must not slip past the second.
LOCK = 7_021_987
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewKey:
    """A client and what it may send; None means what `gateway.models.ApiKey` says."""

    name: str
    sources: list[str] | None = None
    types: list[str] | None = None

    @property
    def scope(self) -> Values:
        """What the key is narrowed to."""
        return {"sources": self.sources, "types": self.types}


def create(session: Session, asked: NewKey, who: Who, *, request_key: bytes) -> Values:
    """Return a new key with its ``secret``.

    The same ``request_key`` again, before the key was ever used, is the same key with a new secret
    in place of the lost one. Raises ``Conflict`` for a third key of one client.
    """
    session.execute(select(func.pg_advisory_xact_lock(LOCK)))
    secret = new_key()
    row = session.scalars(select(ApiKey).where(ApiKey.request_key == request_key)).one_or_none()
    if row is None:
        row = _make(session, asked, digest(secret), request_key)
    elif row.name != asked.name or row.last_used_at or row.revoked_at:
        raise Conflict("key_reused")
    row.key_hash = digest(secret)
    session.flush()
    after = {"client": asked.name, **asked.scope}
    record(session, who, Entry("key.create", f"key:{row.id}", after=after))
    return plain(row) | {"secret": secret}


def _make(session: Session, asked: NewKey, hashed: bytes, request_key: bytes) -> ApiKey:
    alive = select(func.count()).where(ApiKey.name == asked.name, ApiKey.revoked_at.is_(None))
    if (session.scalar(alive) or 0) >= ALIVE:
        raise Conflict("two_keys_alive", name=asked.name)
    scope = {"sources": asked.sources, "types": asked.types}
    row = ApiKey(name=asked.name, role=PORTAL, key_hash=hashed, request_key=request_key, **scope)
    session.add(row)
    return row


def revoke(session: Session, key_id: uuid.UUID, who: Who) -> Values:
    """Return the key, which ends at once; may be repeated. Raises ``NotFound``."""
    row = session.get(ApiKey, key_id)
    if row is None:
        raise NotFound("key", key_id)
    if row.revoked_at is None:
        row.revoked_at = session.scalars(select(func.now())).one()
        record(session, who, Entry("key.revoke", f"key:{row.id}", {"client": row.name}))
    return plain(row)


def listed(session: Session, query: Values) -> Values:
    """Return a page of keys by client and age; ``query``: limit, cursor."""
    limit = paging.page_size(query)
    columns = [ApiKey.name, ApiKey.created_at, ApiKey.id]
    statement = paging.keyset(select(ApiKey), columns, cursor=query.get("cursor"), limit=limit)
    rows, following = paging.page(
        session.scalars(statement).all(), limit, ["name", "created_at", "id"]
    )
    total = session.scalar(select(func.count()).select_from(ApiKey))
    return {"items": [plain(row) for row in rows], "next": following, "total": total}


def plain(row: ApiKey) -> Values:
    """Return a key as readers get it, without its secret."""
    return {
        "id": str(row.id),
        "name": row.name,
        "sources": row.sources,
        "types": row.types,
        "created_at": _iso(row.created_at),
        "last_used_at": _iso(row.last_used_at),
        "revoked_at": _iso(row.revoked_at),
    }


def _iso(at: Any) -> str | None:
    return at.isoformat() if at else None
