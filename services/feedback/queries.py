"""The read side: inquiries as lists, cards and counters. Never writes."""

from collections.abc import Callable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    and_,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.orm import Session, aliased

from chassis import calendar_kg, paging
from chassis.errors import Invalid, NotFound
from contracts import codes
from services.feedback import views
from services.feedback.models import Client, ClientKey, Inquiry, InquiryEvent, Message
from services.feedback.rules.folding import fold
from services.feedback.rules.states import ANSWERED, RESOLVED, STATES

Organisation = aliased(Client, name="organisations")
Clause = ColumnElement[bool]

# What has no deadline left is listed after everything that has one.
FAR = literal_column("DATE '9999-12-31'", Date)
SORTS: dict[str, ColumnElement[Any]] = {
    "received": Inquiry.received_at.expression,
    "due": func.coalesce(Inquiry.due_on, FAR),
}
NEWEST_FIRST = "-received"
# A filter of its own: every state but resolved.
OPEN = "open"
WEEK = 5


def list_inquiries(session: Session, query: dict[str, Any], *, today: date) -> dict[str, Any]:
    """Return a page of inquiries with ``total`` and the ``counters`` of the whole base.

    ``query``: limit, cursor, count, sort (received, due; a leading ``-`` turns it round), q, state
    (``open`` is all that is not resolved), due (overdue, today, week: the next five working days,
    none), overdue, kind, language, client (our id or the portal's reference), organisation (our
    id: its own and those of its people). ``today`` is a Bishkek day. Raises ``Invalid`` naming
    the wrong key.
    """
    clauses = _clauses(query, today)
    limit = paging.page_size(query)
    sort, descending = _sort(query.get("sort") or NEWEST_FIRST)
    statement = _joined(select(Inquiry, Client, Organisation, sort.label("at"), Inquiry.id))
    page = paging.keyset(
        statement.where(*clauses),
        [sort, Inquiry.id.expression],
        cursor=query.get("cursor"),
        limit=limit,
        descending=descending,
    )
    rows, following = paging.page(session.execute(page).all(), limit, ("at", "id"))
    total = paging.totals(session, _joined(select(Inquiry.id)).where(*clauses), query)
    return {
        "items": [views.line(*row[:3], today=today) for row in rows],
        "next": following,
        **total,
        "counters": counters(session, today=today),
    }


def get_inquiry(session: Session, inquiry_id: str, *, today: date) -> dict[str, Any]:
    """Return one inquiry with its thread, timeline and links; raises ``NotFound``."""
    statement = _joined(select(Inquiry, Client, Organisation))
    row = session.execute(statement.where(Inquiry.id == _id_of(inquiry_id))).one_or_none()
    if row is None:
        raise NotFound("inquiry", inquiry_id)
    inquiry = row[0]
    words = select(Message).where(Message.inquiry_id == inquiry.id)
    events = select(InquiryEvent).where(InquiryEvent.inquiry_id == inquiry.id)
    later = select(Inquiry).where(Inquiry.previous_id == inquiry.id).order_by(Inquiry.round)
    return {
        **views.line(*row, today=today),
        **views.card(inquiry),
        "thread": [
            views.message(one)
            for one in session.scalars(words.order_by(Message.written_at, Message.position))
        ],
        "timeline": [views.event(one) for one in session.scalars(events.order_by(InquiryEvent.id))],
        "previous": _previous(session, inquiry),
        "follow_ups": [views.link(one) for one in session.scalars(later)],
    }


def counters(session: Session, *, today: date) -> dict[str, int]:
    """Return how many inquiries are open, due today, overdue, answered and resolved.

    Open is everything unresolved; due today and overdue go by the next deadline that is not met;
    answered waits for its resolution.
    """
    kinds = {
        "open": Inquiry.state != RESOLVED,
        "due_today": Inquiry.due_on == today,
        "overdue": Inquiry.due_on < today,
        "answered": Inquiry.state == ANSWERED,
        "resolved": Inquiry.state == RESOLVED,
    }
    counts = [func.count().filter(clause).label(name) for name, clause in kinds.items()]
    return dict(session.execute(select(*counts).select_from(Inquiry)).one()._mapping)


def _joined(statement: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    key = and_(ClientKey.source == Inquiry.source, ClientKey.ref == Inquiry.client_ref)
    return (
        statement.outerjoin(ClientKey, key)
        .outerjoin(Client, Client.client_id == ClientKey.client_id)
        .outerjoin(Organisation, Organisation.client_id == Client.organisation_id)
    )


def _previous(session: Session, inquiry: Inquiry) -> dict[str, Any] | None:
    if inquiry.previous_id is None:
        return None
    return views.link(session.get_one(Inquiry, inquiry.previous_id))


def _id_of(inquiry_id: str) -> UUID:
    try:
        return UUID(inquiry_id)
    except (ValueError, AttributeError, TypeError) as problem:
        raise NotFound("inquiry", inquiry_id) from problem


def _sort(asked: str) -> tuple[ColumnElement[Any], bool]:
    column = SORTS.get(asked.removeprefix("-"))
    if column is None:
        names = [sign + name for name in SORTS for sign in ("", "-")]
        raise Invalid(fields={"sort": [f"Must be one of: {', '.join(names)}."]})
    return column, asked.startswith("-")


def _clauses(query: dict[str, Any], today: date) -> list[Clause]:
    known = {"limit", "cursor", "count", "sort", "overdue", "due", *FILTERS}
    if strange := sorted(set(query) - known):
        raise Invalid(fields={key: ["Unknown filter."] for key in strange})
    clauses = [
        clause
        for key, make in FILTERS.items()
        if query.get(key) not in (None, "")
        for clause in make(query[key])
    ]
    return [*clauses, *_overdue(query.get("overdue"), today), *_due(query.get("due"), today)]


def _one_of(key: str, column: Any, choices: tuple[str, ...]) -> Callable[[Any], list[Clause]]:
    def clauses(value: Any) -> list[Clause]:
        if value not in choices:
            raise Invalid(fields={key: [f"Must be one of: {', '.join(choices)}."]})
        return [column == value]

    return clauses


def _state(value: Any) -> list[Clause]:
    return [Inquiry.state != RESOLVED] if value == OPEN else _a_state(value)


def _due(asked: Any, today: date) -> list[Clause]:
    if asked in (None, ""):
        return []
    found: dict[Any, list[Clause]] = {
        "overdue": [Inquiry.due_on < today],
        "today": [Inquiry.due_on == today],
        "week": [Inquiry.due_on.between(today, calendar_kg.add_working_days(today, WEEK))],
        "none": [Inquiry.due_on.is_(None)],
    }
    if asked not in found:
        raise Invalid(fields={"due": [f"Must be one of: {', '.join(found)}."]})
    return found[asked]


def _overdue(asked: Any, today: date) -> list[Clause]:
    if asked is None:
        return []
    if not isinstance(asked, bool):
        raise Invalid(fields={"overdue": ["Must be true or false."]})
    late = and_(Inquiry.due_on.is_not(None), Inquiry.due_on < today)
    return [late if asked else not_(late)]


def _client(value: Any) -> list[Clause]:
    by_ref = Inquiry.client_ref == str(value)
    try:
        return [or_(by_ref, ClientKey.client_id == UUID(str(value)))]
    except ValueError:
        return [by_ref]


def _organisation(value: Any) -> list[Clause]:
    try:
        wanted = UUID(str(value))
    except ValueError as problem:
        raise Invalid(fields={"organisation": ["Not a valid UUID."]}) from problem
    return [or_(ClientKey.client_id == wanted, Client.organisation_id == wanted)]


def _words(value: Any) -> list[Clause]:
    """Each word must occur in the inquiry or in the client's name, however it is spelt."""
    return [
        or_(
            Inquiry.search_text.contains(word, autoescape=True),
            Client.search_text.contains(word, autoescape=True),
        )
        for word in fold(str(value)).split()
    ]


_a_state = _one_of("state", Inquiry.state, (*STATES, OPEN))
FILTERS: dict[str, Callable[[Any], list[Clause]]] = {
    "state": _state,
    "kind": _one_of("kind", Inquiry.kind, codes.INQUIRY_KINDS),
    "language": _one_of("language", Inquiry.language, codes.LANGUAGES),
    "client": _client,
    "organisation": _organisation,
    "q": _words,
}
