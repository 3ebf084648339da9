"""The card of a client, person or organisation alike: facts, and tabs for all that happened.

Each tab asks its own route only; the first one has the facts and the newest of the timeline.
"""

from collections.abc import Callable
from typing import Any

from werkzeug.wrappers import Response

from gateway.console.visits import Part, Values, Visit, cursor_of

TABS = ("overview", "timeline", "inquiries", "events", "mails", "consents")
NEWEST = 8
KINDS = ("registration", "consent", "event", "inquiry", "mail")


def show(visit: Visit, card: Values, kind: str) -> Response:
    """Return the page of a client; ``kind`` is the list that it belongs to."""
    tab = visit.query.get("tab", TABS[0])
    tab = tab if tab in TABS else TABS[0]
    part = visit.part(lambda: _ask(visit, card, kind, tab))
    return visit.show(
        "card.html",
        card=card,
        kind=kind,
        tab=tab,
        tabs=[one for one in TABS if _may(visit, one)],
        part=part,
        cursor=_cursor(part),
        kinds=KINDS,
    )


def _may(visit: Visit, tab: str) -> bool:
    needed = {
        "timeline": ("timeline", "read"),
        "inquiries": ("inquiries", "read"),
        "mails": ("deliveries", "read"),
    }
    if tab == "inquiries" and not visit.sees_people("inquiries"):
        # Whose inquiries they are is personal.
        return False
    return tab not in needed or visit.may(*needed[tab])


def _ask(visit: Visit, card: Values, kind: str, tab: str) -> Values:
    """Return what a tab shows."""
    asked: dict[str, Callable[[], Any]] = {
        "overview": lambda: _timeline(visit, card, {"limit": NEWEST}),
        "timeline": lambda: _timeline(
            visit,
            card,
            {"limit": 100, "cursor": visit.query.get("cursor"), "kind": visit.query.get("kind")},
        ),
        "inquiries": lambda: visit.ask("list_inquiries", query=_whose(visit, card, kind)),
        "mails": lambda: visit.ask(
            "list_deliveries",
            query={"client": card["id"], "cursor": visit.query.get("cursor"), "limit": 50},
        ),
    }
    ask = asked.get(tab)
    found: Values = ask() if ask is not None and _may(visit, tab) else {"items": []}
    return found


def _timeline(visit: Visit, card: Values, query: Values) -> Values:
    if not visit.may("timeline", "read"):
        return {"items": []}
    found: Values = visit.ask("list_timeline", query={"client": card["id"], **query})
    return found


def _whose(visit: Visit, card: Values, kind: str) -> Values:
    name = "organisation" if kind == "organisations" else "client"
    return {name: card["id"], "cursor": visit.query.get("cursor"), "limit": 50}


def _cursor(part: Part) -> str | None:
    return cursor_of(part.found) if part.found else None
