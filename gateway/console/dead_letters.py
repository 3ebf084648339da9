"""What could not be applied: seen, mended, replayed or put aside; and what waits for its turn."""

import json
from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from chassis.errors import AymakError, Invalid
from contracts.catalogue import SERVICES
from gateway import routes
from gateway.console import lists
from gateway.console.lists import Filter, Listing
from gateway.console.screens import Screen, screen
from gateway.console.visits import Values, Visit, cursor_of
from gateway.desk import Desk
from gateway.policy import Access

READ = Access("dead_letters", "read")
REPLAY, DISCARD = Access("dead_letters", "replay"), Access("dead_letters", "discard")
REASONS = ("failed", "invalid", "same_id_other_content", "undecodable", "delivery_limit")
LISTING = Listing(
    href="/dead-letters",
    route="list_dead_letters",
    room="dead",
    views="dead-letters",
    filters=(
        Filter("service", lists.codes("emitter", SERVICES)),
        Filter("reason", lists.codes("dead_reason", REASONS)),
        Filter("state", lists.codes("dead_state", ("open", "replayed", "discarded"))),
    ),
    hidden=("type", "source"),
    searches=False,
    counts=False,
)


class DeadLetterScreens(Desk):
    """Pages of dead letters."""

    @screen(Screen(url="/dead-letters", access=READ))
    def show_dead_letters(self, visit: Visit) -> Response:
        """Show what could not be applied, the open ones unless told."""
        return lists.page(visit, "dead_letters.html", LISTING)

    @screen(Screen(url="/dead-letters/<uuid:letter_id>", access=READ))
    def show_dead_letter(self, visit: Visit, letter_id: UUID) -> Response:
        """Show one: why, its body, what other services made of the same fact."""
        return _letter(visit, letter_id)

    @screen(Screen(url="/dead-letters/<uuid:letter_id>/replay", method="POST", access=REPLAY))
    def replay_letter_form(self, visit: Visit, letter_id: UUID) -> Response:
        """Apply it as it is, or with the data that was mended here."""
        try:
            visit.act("replay_dead_letter", _mend(visit), letter_id=letter_id)
        except AymakError as problem:
            return _letter(visit, letter_id, routes.described(problem, visit.language))
        return visit.go(f"/dead-letters/{letter_id}", said="dead.replayed")

    @screen(Screen(url="/dead-letters/<uuid:letter_id>/discard", method="POST", access=DISCARD))
    def discard_letter_form(self, visit: Visit, letter_id: UUID) -> Response:
        """Put it aside for good, with the reason."""
        try:
            reason = {"reason": visit.form.get("reason", "")}
            visit.act("discard_dead_letter", reason, letter_id=letter_id)
        except AymakError as problem:
            return _letter(visit, letter_id, routes.described(problem, visit.language))
        return visit.go(f"/dead-letters/{letter_id}", said="dead.discarded")

    @screen(Screen(url="/waiting", access=READ))
    def show_waiting(self, visit: Visit) -> Response:
        """Show the facts that wait for something, and when they are tried again."""
        found = visit.ask("list_waiting", query={"cursor": visit.query.get("cursor")})
        return visit.show("waiting.html", found=found, cursor=cursor_of(found))

    @screen(Screen(url="/waiting/try", method="POST", access=REPLAY))
    def try_waiting_form(self, visit: Visit) -> Response:
        """Try one of them now."""
        names = ("service", "source", "event_id")
        visit.act("try_waiting", {name: visit.form.get(name, "") for name in names})
        return visit.go("/waiting", said="dead.tried")


def _mend(visit: Visit) -> Values:
    """Return what takes the place of the stored body; raises ``Invalid`` for what is no JSON."""
    text = visit.form.get("data", "").strip()
    if not text:
        return {}
    try:
        data = json.loads(text)
    except ValueError as problem:
        raise Invalid(fields={"data": ["Must be a JSON object."]}) from problem
    if not isinstance(data, dict):
        raise Invalid(fields={"data": ["Must be a JSON object."]})
    return {"data": data}


def _letter(visit: Visit, letter_id: UUID, problem: dict[str, Any] | None = None) -> Response:
    one = visit.ask("get_dead_letter", letter_id=letter_id)
    body = one.get("body")
    data = body.get("data") if isinstance(body, dict) else None
    written = json.dumps(data, ensure_ascii=False, indent=2) if data else ""
    return visit.show(
        "dead_letter.html",
        problem["status"] if problem else 200,
        one=one,
        problem=problem,
        data=visit.form.get("data") or written,
        can_mend=data is not None,
    )
