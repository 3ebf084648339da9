"""What an export writes of each kind of thing: columns, their headings and how a cell is read.

An auditor's rows come masked from the route: a column whose field is not there stays empty.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gateway.console.words import code, day, place, t, title, when
from gateway.jobs.sheets import Cell

Item = dict[str, Any]
Read = Callable[[Item], Cell]


@dataclass(frozen=True, slots=True)
class Table:
    """A list as an export takes it: route of the list, route of one, and the columns."""

    listed: str
    one: str
    value: str
    columns: dict[str, Read]

    def headings(self) -> list[str]:
        """Return the headings in the reader's language."""
        return [t(f"export.{name}") for name in self.columns]

    def row(self, item: Item) -> list[Cell]:
        """Return the cells of one thing."""
        return [read(item) for read in self.columns.values()]


def _named(language: str) -> Read:
    return lambda item: (item.get("name") or {}).get(language)


def _code(family: str, field: str) -> Read:
    return lambda item: code(family, item[field]) if item.get(field) else None


def _day(field: str) -> Read:
    return lambda item: day(item[field], "dd.MM.y") if item.get(field) else None


def _instant(field: str) -> Read:
    return lambda item: when(item[field]) if item.get(field) else None


def _joined(field: str) -> Read:
    return lambda item: ", ".join(item.get(field) or []) or None


def _plain(field: str) -> Read:
    return lambda item: item.get(field)


def _place(item: Item) -> Cell:
    return place(item)


def _post(item: Item) -> Cell:
    post = item.get("post") or {}
    return post.get("title") or (code("post", post["role"]) if post.get("role") else None)


def _body(item: Item) -> Cell:
    body = item.get("organisation")
    return title(body["name"]) if body else None


def _client(field: str) -> Read:
    return lambda item: (item.get("client") or {}).get(field)


ORGANISATIONS = Table(
    "list_organisations",
    "get_organisation",
    "organisation_id",
    {
        "name_ru": _named("ru"),
        "name_ky": _named("ky"),
        "body_type": _code("body_type", "body_type"),
        "audience": _code("audience", "audience"),
        "place": _place,
        "head": _plain("head"),
        "posts": _plain("posts"),
        "phones": _joined("phones"),
        "emails": _joined("emails"),
        "language": _code("language", "language"),
        "status": _code("status", "status"),
        "registered": _day("registered_at"),
    },
)
PEOPLE = Table(
    "list_people",
    "get_person",
    "person_id",
    {
        "surname": _named("surname"),
        "given_name": _named("name"),
        "patronymic": _named("patronymic"),
        "post": _post,
        "organisation": _body,
        "audience": _code("audience", "audience"),
        "place": _place,
        "phones": _joined("phones"),
        "emails": _joined("emails"),
        "language": _code("language", "language"),
        "status": _code("status", "status"),
        "registered": _day("registered_at"),
    },
)
INQUIRIES = Table(
    "list_inquiries",
    "get_inquiry",
    "inquiry_id",
    {
        "number": _plain("number"),
        "subject": _plain("subject"),
        "inquiry_kind": _code("inquiry_kind", "kind"),
        "client": _client("name"),
        "organisation": _client("organisation"),
        "language": _code("language", "language"),
        "state": _code("inquiry_state", "state"),
        "received": _instant("received_at"),
        "answer_due": _day("answer_due_on"),
        "answered": _instant("answered_at"),
        "resolved": _instant("resolved_at"),
        "outcome": _code("outcome", "outcome"),
        "on_time": lambda item: code("on_time", item.get("on_time")),
    },
)
TABLES = {"organisations": ORGANISATIONS, "people": PEOPLE, "inquiries": INQUIRIES}
