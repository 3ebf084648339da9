"""Inquiries: overviews with counters, the thread of one, and what staff do with it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from chassis.errors import AymakError, NotFound, PreconditionFailed
from contracts.codes import INQUIRY_KINDS, INQUIRY_OUTCOMES, LANGUAGES
from gateway import routes
from gateway.console import lists
from gateway.console.lists import Filter, Listing
from gateway.console.screens import Screen, screen
from gateway.console.visits import Values, Visit
from gateway.desk import Desk
from gateway.policy import Access

READ = Access("inquiries", "read")
LISTING = Listing(
    href="/inquiries",
    route="list_inquiries",
    room="inquiries",
    views="inquiries",
    filters=(
        Filter("kind", lists.codes("inquiry_kind", INQUIRY_KINDS)),
        Filter("language", lists.codes("language", LANGUAGES)),
        Filter("due", lists.codes("due", ("overdue", "today", "week", "none"))),
    ),
    hidden=("state", "client", "organisation", "overdue"),
)
OVERVIEWS: tuple[tuple[str, dict[str, str]], ...] = (
    ("open", {"state": "open", "sort": "due"}),
    ("overdue", {"due": "overdue", "sort": "due"}),
    ("due_today", {"due": "today"}),
    ("answered", {"state": "answered"}),
    ("resolved", {"state": "resolved"}),
    ("all", {}),
)


@dataclass(frozen=True, slots=True)
class Tried:
    """A form that was not done: which one, what it held, why not, and if it lost a race."""

    verb: str
    form: dict[str, str]
    problem: dict[str, Any]
    is_race: bool = False


class InquiryScreens(Desk):
    """Pages of inquiries."""

    @screen(Screen(url="/inquiries", access=READ))
    def show_inquiries(self, visit: Visit) -> Response:
        """Show the inbox: overviews with counters, filters, the list."""
        return lists.page(visit, "inquiries.html", LISTING, overviews=OVERVIEWS)

    @screen(Screen(url="/inquiries/<uuid:inquiry_id>", access=READ))
    def show_inquiry(self, visit: Visit, inquiry_id: UUID) -> Response:
        """Show the thread of one inquiry with its deadlines and forms."""
        return _card(visit, inquiry_id)

    @screen(
        Screen(
            url="/inquiries/<uuid:inquiry_id>/answer",
            method="POST",
            access=Access("inquiries", "answer"),
        )
    )
    def answer_inquiry_form(self, visit: Visit, inquiry_id: UUID) -> Response:
        """Answer, and resolve with it where that button was pressed."""
        body = {"text": visit.form.get("text", ""), "language": visit.form.get("language")}
        try:
            done = visit.act(
                "answer_inquiry", _given(body), version=_version(visit), inquiry_id=inquiry_id
            )
        except AymakError as problem:
            return _again(visit, inquiry_id, "answer", problem)
        visit.act("delete_draft", place=place_of(inquiry_id))
        if "resolve" not in visit.form:
            return visit.go(f"/inquiries/{inquiry_id}", said="inquiries.answered")
        try:
            resolution = {"outcome": "answered"}
            visit.act(
                "resolve_inquiry", resolution, version=str(done["version"]), inquiry_id=inquiry_id
            )
        except AymakError as problem:
            return _again(visit, inquiry_id, "resolve", problem)
        return visit.go(f"/inquiries/{inquiry_id}", said="inquiries.answered_resolved")

    @screen(
        Screen(
            url="/inquiries/<uuid:inquiry_id>/note",
            method="POST",
            access=Access("inquiries", "note"),
        )
    )
    def note_inquiry_form(self, visit: Visit, inquiry_id: UUID) -> Response:
        """Write a note for colleagues."""
        return _do(visit, inquiry_id, "note", {"text": visit.form.get("text", "")})

    @screen(
        Screen(
            url="/inquiries/<uuid:inquiry_id>/resolve",
            method="POST",
            access=Access("inquiries", "resolve"),
        )
    )
    def resolve_inquiry_form(self, visit: Visit, inquiry_id: UUID) -> Response:
        """Close an inquiry with its outcome."""
        names = ("outcome", "reason")
        return _do(visit, inquiry_id, "resolve", {name: visit.form.get(name) for name in names})

    @screen(
        Screen(
            url="/inquiries/<uuid:inquiry_id>/reopen",
            method="POST",
            access=Access("inquiries", "reopen"),
        )
    )
    def reopen_inquiry_form(self, visit: Visit, inquiry_id: UUID) -> Response:
        """Open a closed inquiry again."""
        return _do(visit, inquiry_id, "reopen", {"reason": visit.form.get("reason")})


def place_of(inquiry_id: UUID) -> str:
    """Return under which name the draft of an answer is kept."""
    return f"inquiry:{inquiry_id}:answer"


def _given(body: Values) -> Values:
    return {name: value for name, value in body.items() if value not in (None, "")}


def _version(visit: Visit) -> str:
    return visit.request.form.get("_version", "")


def _do(visit: Visit, inquiry_id: UUID, verb: str, body: Values) -> Response:
    version = None if verb == "note" else _version(visit)
    try:
        visit.act(f"{verb}_inquiry", _given(body), version=version, inquiry_id=inquiry_id)
    except AymakError as problem:
        return _again(visit, inquiry_id, verb, problem)
    return visit.go(f"/inquiries/{inquiry_id}", said=f"inquiries.done_{verb}")


def _again(visit: Visit, inquiry_id: UUID, verb: str, problem: AymakError) -> Response:
    """Show the card once more with what was typed and why it was not done."""
    described = routes.described(problem, visit.language)
    tried = Tried(verb, visit.form, described, isinstance(problem, PreconditionFailed))
    return _card(visit, inquiry_id, tried)


def _card(visit: Visit, inquiry_id: UUID, tried: Tried | None = None) -> Response:
    found = visit.ask("get_inquiry", inquiry_id=inquiry_id)
    client = (found.get("client") or {}).get("client_id")
    others = visit.part(lambda: _others(visit, client, str(inquiry_id)))
    return visit.show(
        "inquiry.html",
        tried.problem["status"] if tried else 200,
        one=found,
        tried=tried,
        others=others,
        draft=None if tried else _draft(visit, inquiry_id),
        place=place_of(inquiry_id),
        outcomes=INQUIRY_OUTCOMES,
        languages=LANGUAGES,
    )


def _others(visit: Visit, client: str | None, but: str) -> list[Values]:
    """Return the latest other inquiries of the same client."""
    if client is None or not visit.may("people", "read"):
        return []
    found = visit.ask("list_inquiries", query={"client": client, "limit": 6})
    return [one for one in found["items"] if one["id"] != but][:5]


def _draft(visit: Visit, inquiry_id: UUID) -> Values | None:
    if not visit.may("inquiries", "answer"):
        return None
    try:
        draft: Values = visit.ask("get_draft", place=place_of(inquiry_id))
    except NotFound:
        return None
    return draft
