"""The audit log: who did what to which thing, when and from where (quality.md S21).

Append-only: the database itself refuses to change or delete a line. Personal values are kept as
an HMAC with the house's secret: two lines can be compared, nobody can be read out of them.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chassis import paging
from chassis.settings import settings
from gateway.models import AuditEntry

# Outcomes: done (in the same transaction as the change), asked (a service was then asked to do
# it), and "refused: <code>".
DONE, ASKED, REFUSED = "done", "asked", "refused"
PERSONAL = frozenset(
    {
        *("name", "full_name", "surname", "patronymic", "inn", "contact"),
        *("email", "emails", "phone", "phones", "subject", "text", "reason"),
        # A fact that somebody mends: any part of it may be about a person.
        *("data", "event"),
    }
)
# Never kept, not even as a hash.
SECRETS = frozenset({"password", "old", "new", "token", "secret"})
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Who:
    """Who acts, in which role, from which address; ``name`` None = nobody signed in."""

    name: str | None
    role: str | None
    address: str


@dataclass(frozen=True, slots=True)
class Entry:
    """What happened: ``Entry("dead_letter.discard", "dead_letter:17", after={"reason": …})``.

    ``before`` and ``after`` hold what changed; values of personal fields are hashed on the way.
    """

    action: str
    thing: str | None = None
    before: Values | None = None
    after: Values | None = None
    outcome: str = DONE


def record(session: Session, who: Who, entry: Entry) -> None:
    """Write a line in the transaction at hand."""
    session.add(
        AuditEntry(
            actor=who.name,
            role=who.role,
            address=who.address[:50],
            action=entry.action,
            thing=entry.thing and _printable(entry.thing)[:300],
            outcome=entry.outcome[:60],
            before=hashed(entry.before),
            after=hashed(entry.after),
        )
    )


def _printable(text: str) -> str:
    """Return text that a database can keep: an address may hold anything."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def hashed(value: Any, name: str = "") -> Any:
    """Return plain JSON values with those of personal fields as ``hmac-sha256:…``."""
    if name in SECRETS:
        return None
    if value is not None and name in PERSONAL:
        return fingerprint(value)
    if isinstance(value, dict):
        return {key: hashed(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [hashed(inner) for inner in value]
    return value


def fingerprint(value: Any) -> str:
    """Return what is kept of a personal value: the same for the same value and secret."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    made = hmac.new(settings().secret.encode(), text.encode("utf-8", "replace"), hashlib.sha256)
    return f"hmac-sha256:{made.hexdigest()}"


def entries(session: Session, query: Values) -> Values:
    """Return a page of the log, the newest first.

    ``query``: limit, cursor, actor, action, thing, since and until (instants; until exclusive).
    """
    limit = paging.page_size(query)
    statement = paging.keyset(
        _filtered(select(AuditEntry), query),
        [AuditEntry.id],
        cursor=query.get("cursor"),
        limit=limit,
        descending=True,
    )
    rows, following = paging.page(session.scalars(statement).all(), limit, ["id"])
    return {"items": [_plain(row) for row in rows], "next": following, "total": None}


def _filtered(statement: Select[Any], query: Values) -> Select[Any]:
    for name in ("actor", "action", "thing"):
        if name in query:
            statement = statement.where(getattr(AuditEntry, name) == query[name])
    if "since" in query:
        statement = statement.where(AuditEntry.at >= query["since"])
    if "until" in query:
        statement = statement.where(AuditEntry.at < query["until"])
    return statement


def _plain(row: AuditEntry) -> Values:
    names = ("id", "actor", "role", "address", "action", "thing", "outcome", "before", "after")
    return {"at": row.at.isoformat()} | {name: getattr(row, name) for name in names}
