"""Whom an event is about: the keys under which a client's timeline finds it.

A portal names a client by its own reference, a service by our id, and what follows on an inquiry
names the inquiry only; each is a key. A letter of a whole run is about every client in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

# Fields of a portal's fact that hold its reference of a client.
REFS = ("client_ref", "organisation_ref", "payer_ref", "lead_ref")


def touched(source: str, kind: str, data: dict[str, Any]) -> Iterator[tuple[str, int, str | None]]:
    """Return key, place and time of each client that an event touches.

    The place tells the rows of one event apart; the time is None where it is the event's own.
    """
    if kind == "deliveries_settled":
        for place, row in enumerate(data["rows"]):
            if row.get("client_id"):
                yield by_id(row["client_id"]), place, row["at"]
        return
    for key in _named(source, data):
        yield key, 0, None


def _named(source: str, data: dict[str, Any]) -> Iterator[str]:
    if data.get("client_id"):
        yield by_id(data["client_id"])
    yield from (by_ref(source, data[name]) for name in REFS if data.get(name))
    client = data.get("client")
    if isinstance(client, dict):
        yield by_ref(client["source"], client["ref"])
    if data.get("inquiry_id"):
        yield by_inquiry(data["inquiry_id"])
    elif data.get("inquiry_ref"):
        yield by_inquiry_ref(source, data["inquiry_ref"])


def by_id(client_id: object) -> str:
    """Return the key of a client by our id."""
    return f"id {client_id}"


def by_ref(source: str, ref: str) -> str:
    """Return the key of a client by a portal's reference."""
    return f"ref {source} {ref}"


def by_inquiry(inquiry_id: object) -> str:
    """Return the key of an inquiry by our id."""
    return f"inquiry {inquiry_id}"


def by_inquiry_ref(source: str, ref: str) -> str:
    """Return the key of an inquiry by a portal's reference."""
    return f"inquiry_ref {source} {ref}"


def rows(source: str, kind: str, data: dict[str, Any], at: datetime) -> Iterator[dict[str, Any]]:
    """Return the rows of the register for one event that happened ``at``."""
    seen: set[tuple[str, int]] = set()
    for key, place, own in touched(source, kind, data):
        if (key, place) not in seen:
            seen.add((key, place))
            when = datetime.fromisoformat(own) if own else at
            yield {"key": key, "place": place, "at": when, "type": kind}
