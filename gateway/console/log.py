"""The event log: what came in, what it led to, where it counts."""

from datetime import date, datetime, time, timedelta

from werkzeug.wrappers import Response

from chassis.errors import Invalid
from contracts.catalogue import EMITTERS
from gateway.console import lists
from gateway.console.lists import Filter, Listing
from gateway.console.screens import Screen, screen
from gateway.console.visits import Values, Visit
from gateway.console.words import BISHKEK
from gateway.desk import Desk
from gateway.policy import Access

READ = Access("log", "read")


def _types(visit: Visit) -> list[tuple[str, str]]:
    found = visit.ask("list_event_types")["items"]
    return sorted(((one["type"], one["title"]) for one in found), key=lambda pair: pair[1])


def _days(query: Values) -> Values:
    """Return the query with days in Bishkek as the instants that the route takes."""
    asked = dict(query)
    for name, later in (("since", 0), ("until", 1)):
        if name in asked:
            asked[name] = _instant(name, asked[name], later)
    return asked


def _instant(name: str, given: str, later: int) -> str:
    try:
        day = date.fromisoformat(given) + timedelta(days=later)
    except ValueError as problem:
        raise Invalid(fields={name: ["Not a valid date."]}) from problem
    return datetime.combine(day, time(), BISHKEK).isoformat()


LISTING = Listing(
    href="/log",
    route="list_events",
    room="log",
    views="log",
    filters=(
        Filter("type", _types, is_long=True),
        Filter("emitter", lists.codes("emitter", EMITTERS)),
    ),
    hidden=("source", "actor", "correlation", "subject"),
    days=("since", "until"),
    asked=_days,
    searches=False,
    counts=False,
    selects_rows=False,
)


class LogScreens(Desk):
    """Pages of the event log."""

    @screen(Screen(url="/log", access=READ))
    def show_log(self, visit: Visit) -> Response:
        """Show what came in and what services told, the newest first."""
        return lists.page(visit, "log.html", LISTING)

    @screen(Screen(url="/log/event", access=READ))
    def show_event(self, visit: Visit) -> Response:
        """Show one event: data, who handled it, cause and effects, where it counts."""
        fact = {name: visit.query.get(name, "") for name in ("source", "id")}
        return visit.show("event.html", one=visit.ask("get_event", query=fact))
