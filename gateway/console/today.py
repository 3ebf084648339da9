"""Today: the month at one look, and what waits to be done (product.md §10, no. 19)."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from werkzeug.wrappers import Response

from gateway.console.months import Months
from gateway.console.screens import Screen, screen
from gateway.console.visits import Values, Visit
from gateway.desk import Desk
from gateway.policy import Access

OWN = Access("session", "use")
# How much of what came in and of what waits the first page shows; the lists have the rest.
SHOWN = 8
# From the worst to the best: a row's card stands for the worst of its figures.
WORST_FIRST = ("missed", "at_risk", "not_measured", "on_track", "met", None)
OWED = frozenset({"missed", "at_risk", "on_track"})


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the Terms of Reference with its figures."""

    number: int
    state: str | None
    items: list[Values]


class TodayScreens(Desk):
    """The first page."""

    @screen(Screen(url="/", access=OWN))
    def show_today(self, visit: Visit) -> Response:
        """Show where the 13 rows stand, what is owed this month, what waits, what came in."""
        month = visit.query.get("month")
        parts = visit.together(**_questions(visit, month))
        figures = parts["figures"].found if "figures" in parts else None
        return visit.show(
            "today.html",
            parts=parts,
            rows=rows_of(figures["items"]) if figures else [],
            owed=[one for one in figures["items"] if is_owed(one)] if figures else [],
            is_measured=any(map(is_measured, figures["items"])) if figures else False,
            months=Months(figures["month"], parts["plan"].found) if figures else None,
        )


def _questions(visit: Visit, month: str | None) -> Values:
    asked: Values = {}
    if visit.may("figures", "read"):
        asked["figures"] = lambda: visit.ask("list_indicators", query={"month": month})
        asked["plan"] = lambda: visit.ask("get_plan")
    if visit.may("inquiries", "read"):
        due = {"sort": "due", "limit": SHOWN, "state": "open"}
        asked["inquiries"] = lambda: visit.ask("list_inquiries", query=due)
    if visit.may("log", "read"):
        asked["log"] = lambda: visit.ask("list_events", query={"limit": SHOWN, "emitter": "portal"})
    if visit.may("dead_letters", "read"):
        asked["dead_letters"] = lambda: visit.ask("list_dead_letters", query={"limit": SHOWN})
        asked["waiting"] = lambda: visit.ask("list_waiting", query={"limit": 1})
    return asked


def rows_of(items: Iterable[Values]) -> list[Row]:
    """Return the figures row by row, in the order of the Terms of Reference."""
    return [
        Row(number, worst(found := list(group)), found)
        for number, group in groupby(items, key=lambda item: int(item["row"]))
    ]


def worst(items: list[Values]) -> str | None:
    """Return the state that a row's card shows: that of its worst figure."""
    states: list[str | None] = [item["state"] for item in items]
    return min(states, key=WORST_FIRST.index)


def is_owed(item: Values) -> bool:
    """Return whether a figure is due by the end of this month and not reached."""
    is_monthly = item["kind"] in ("monthly_min", "document", "every")
    return is_monthly and item["state"] in OWED


def is_measured(item: Values) -> bool:
    """Return whether anything is known of a figure."""
    return item["state"] not in (None, "not_measured") or item["actual"] is not None
