"""From journal entries to facts: pure reading of each type, and one generic way of storing.

Each row goes into a register (models.py): the higher rank wins, equal ranks are decided by the
event's id, so that any order of delivery, repeats included, ends in the same rows. Unknown types
are journalled and leave no fact; a later release may read them by a rebuild.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Executable, Table, inspect, tuple_
from sqlalchemy.orm import Session

from chassis import bulk, clock
from services.reporting import touches, wire
from services.reporting.models import (
    FACTS,
    ClientFact,
    ClientSince,
    ClientTouch,
    ClosedEvent,
    Confirmation,
    DeliveryFact,
    EventStart,
    EventTitle,
    Fact,
    FirstSeen,
    InquiryFact,
    InquiryStep,
    MailedFact,
    PostFact,
)

Row = tuple[type[Fact], dict[str, Any]]


class Entry(NamedTuple):
    """What is read of an entry of the journal; the fields are the columns of ``Journal``."""

    position: int
    source: str
    event_id: str
    emitter: str
    type: str
    time: datetime
    sequence: int | None
    data: dict[str, Any]


def apply(session: Session, entries: Sequence[Entry]) -> None:
    """Store the facts of some journal entries, in the transaction at hand."""
    found: defaultdict[type[Fact], list[dict[str, Any]]] = defaultdict(list)
    for entry in entries:
        proof = {"source": entry.source, "event_id": entry.event_id, "position": entry.position}
        for table, values in read(entry):
            found[table].append({**values, **proof})
    for table, rows in found.items():
        session.execute(STATEMENTS[table], bulk.packed(_winners(table, rows)))


def read(entry: Entry) -> Iterator[Row]:
    """The facts that one entry states."""
    yield from _seen(entry)
    for touch in touches.rows(entry.source, entry.type, entry.data, entry.time):
        yield ClientTouch, touch
    reader = READERS.get((entry.emitter, entry.type))
    if reader is not None:
        yield from reader(entry)


def _seen(entry: Entry) -> Iterator[Row]:
    at = entry.time
    if entry.type == "report_mailed":
        # It counts in the month that it is about (contracts.md section 3a), which is over by then.
        at = clock.month_bounds(entry.data["month"])[0]
    if entry.type == "event_closed":
        # It counts in the month of its start; the fact that closed it may lie in the next one.
        at = min(at, datetime.fromisoformat(entry.data["starts_at"]))
    yield FirstSeen, {"type": entry.type, "at": at}
    purpose = entry.data.get("purpose")
    if entry.type == "deliveries_settled" and purpose:
        yield FirstSeen, {"type": f"{entry.type}:{purpose}", "at": at}


def _client(entry: Entry) -> Iterator[Row]:
    data = entry.data
    client_id = UUID(data["client_id"])
    yield ClientSince, {"client_id": client_id, "added_at": entry.time}
    if data.get("confirmed_at"):
        yield Confirmation, {"client_id": client_id, "confirmed_at": wire.at(data["confirmed_at"])}
    yield from _posts(entry, client_id)
    municipality = data.get("municipality") or {}
    yield (
        ClientFact,
        {
            "client_id": client_id,
            "sequence": entry.sequence or 0,
            "kind": data["kind"],
            "ref": _ref(data),
            "name": wire.words(data.get("name") or {}) if data["kind"] == "organisation" else {},
            "audiences": data.get("audiences", []),
            "body_type": data.get("body_type"),
            "territory": data.get("territory"),
            "municipality_id": wire.uuid(municipality.get("id")),
            "municipality": wire.words(municipality),
            "portal_registered_at": wire.at(data.get("portal_registered_at")),
            "merged_at": wire.at(data.get("merged_at")),
            "dissolved_at": wire.at(data.get("dissolved_at")),
        },
    )


def _posts(entry: Entry, client_id: UUID) -> Iterator[Row]:
    for place, post in enumerate(entry.data.get("posts", [])):
        yield (
            PostFact,
            {
                "client_id": client_id,
                "sequence": entry.sequence or 0,
                "place": place,
                "organisation_id": UUID(post["organisation_id"]),
                "role": post["role"],
                "since": date.fromisoformat(post["since"]),
                "until": wire.day(post.get("until")),
            },
        )


def _ref(data: dict[str, Any]) -> str:
    """How a document names a client whose name it may not print: the portal's ref, else our id."""
    keys = data.get("keys") or []
    return str(keys[0]["ref"] if keys else data["client_id"])


def _announced(entry: Entry) -> Iterator[Row]:
    key = {
        "portal": entry.source,
        "event_ref": entry.data["event_ref"],
        "told_at": entry.time,
    }
    if entry.data.get("starts_at"):
        yield EventStart, {**key, "starts_at": wire.at(entry.data["starts_at"])}
    if entry.data.get("title"):
        yield EventTitle, {**key, "title": wire.words(entry.data["title"])}


def _deliveries(entry: Entry) -> Iterator[Row]:
    data = entry.data
    about = {name: data.get(name) for name in ("purpose", "notice", "about_ref")}
    for row in data["rows"]:
        yield (
            DeliveryFact,
            {
                **about,
                "delivery_id": UUID(row["delivery_id"]),
                "at": wire.at(row["at"]),
                "state": row["state"],
                "client_id": wire.uuid(row.get("client_id")),
            },
        )


def _accepted(entry: Entry) -> Iterator[Row]:
    data = entry.data
    client = data.get("client")
    yield (
        InquiryFact,
        {
            "inquiry_id": UUID(data["inquiry_id"]),
            "received_at": wire.at(data["received_at"]),
            "number": data["number"],
            "kind": data["kind"],
            "client_ref": f"{client['source']} {client['ref']}" if client else None,
            "answer_due_on": date.fromisoformat(data["answer_due_on"]),
        },
    )


def _step(what: str) -> Callable[[Entry], Iterator[Row]]:
    def reader(entry: Entry) -> Iterator[Row]:
        data = entry.data
        yield (
            InquiryStep,
            {
                "inquiry_id": UUID(data["inquiry_id"]),
                "what": what,
                "at": wire.at(data[f"{what}_at"]),
                "turn": entry.sequence or 0,
                "number": data["number"],
                "outcome": data.get("outcome"),
                "on_time": data.get("on_time"),
                "received_at": wire.at(data.get("received_at")),
                "answer_due_on": wire.day(data.get("answer_due_on")),
            },
        )

    return reader


def _closed(entry: Entry) -> Iterator[Row]:
    data = entry.data
    yield (
        ClosedEvent,
        {
            "online_event_id": UUID(data["event_id"]),
            "sequence": entry.sequence or 0,
            "event_ref": data["event_ref"],
            "title": wire.words(data["title"]),
            "starts_at": wire.at(data["starts_at"]),
            "participants": data["participants"],
            "lsg_participants": data["lsg_participants"],
            "held": data.get("held", True),
        },
    )


def _mailed(entry: Entry) -> Iterator[Row]:
    data = entry.data
    pdfs = [item["sha256"] for item in data["documents"] if item["format"] == "pdf"]
    yield (
        MailedFact,
        {
            "report_id": UUID(data["report_id"]),
            "month": data["month"],
            "mailed_at": wire.at(data["mailed_at"]),
            "recipients": data["recipients"],
            "sha256": pdfs[0] if pdfs else "",
        },
    )


READERS: dict[tuple[str, str], Callable[[Entry], Iterable[Row]]] = {
    ("clients", "client_added"): _client,
    ("clients", "client_changed"): _client,
    ("clients", "event_closed"): _closed,
    ("portal", "event_announced"): _announced,
    ("portal", "event_changed"): _announced,
    ("notifications", "deliveries_settled"): _deliveries,
    ("feedback", "inquiry_accepted"): _accepted,
    ("feedback", "inquiry_answered"): _step("answered"),
    ("feedback", "inquiry_resolved"): _step("resolved"),
    ("feedback", "inquiry_reopened"): _step("reopened"),
    ("reporting", "report_mailed"): _mailed,
}


def _winners(table: type[Fact], rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """One row per key: a statement may not touch the same row twice."""
    keys = [column.name for column in inspect(table).primary_key]
    best: dict[Any, dict[str, Any]] = {}
    for row in rows:
        key = tuple(str(row[name]) for name in keys)
        if key not in best or _beats(table, row, best[key]):
            best[key] = row
    return list(best.values())


def _beats(table: type[Fact], row: dict[str, Any], other: dict[str, Any]) -> bool:
    if table.rank is None:
        return False
    mine, theirs = ((each[table.rank], each["event_id"]) for each in (row, other))
    return bool(mine < theirs if table.oldest_stays else mine > theirs)


def _statement(table: type[Fact]) -> Executable:
    """The insert of a register, which decides by itself which of two rows stays."""
    stored: Table = inspect(table).local_table
    keys = [column.name for column in stored.primary_key]
    statement = bulk.insertion(stored, [column.name for column in stored.c])
    if table.rank is None:
        return statement.on_conflict_do_nothing(index_elements=keys)
    new = statement.excluded
    # The C collation compares as Python does, whatever the server's locale.
    rank = tuple_(new[table.rank], new["event_id"].collate("C"))
    held = tuple_(stored.c[table.rank], stored.c["event_id"].collate("C"))
    return statement.on_conflict_do_update(
        index_elements=keys,
        set_={column.name: new[column.name] for column in stored.c if column.name not in keys},
        where=rank < held if table.oldest_stays else rank > held,
    )


STATEMENTS = {table: _statement(table) for table in FACTS}
