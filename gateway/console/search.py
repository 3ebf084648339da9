"""Search everything: clients, inquiries and online events at once."""

from werkzeug.wrappers import Response

from gateway.console.screens import Screen, screen
from gateway.console.visits import Visit
from gateway.desk import Desk
from gateway.policy import Access

OWN = Access("session", "use")
SHOWN = 6
# What is searched, by which route, and what one must be allowed to read.
PLACES = (
    ("organisations", "list_organisations", ("organisations", "read")),
    ("people", "list_people", ("people", "read")),
    ("inquiries", "list_inquiries", ("inquiries", "read")),
    ("online_events", "list_online_events", ("online_events", "read")),
)


def _may_search(visit: Visit, name: str) -> bool:
    """Return whether words may be looked for there: where names are masked, they may not (S7)."""
    return name == "online_events" or visit.sees_people(name)


class SearchScreens(Desk):
    """The page of the search."""

    @screen(Screen(url="/search", access=OWN))
    def show_search(self, visit: Visit) -> Response:
        """Show what is found of each kind, the full lists one click away."""
        words = visit.query.get("q", "").strip()
        asked = {"q": words, "limit": SHOWN, "count": "capped"}
        found = {}
        if words:
            found = visit.together(
                **{
                    name: lambda route=route: visit.ask(route, query=asked)
                    for name, route, needed in PLACES
                    if visit.may(*needed) and _may_search(visit, name)
                }
            )
        return visit.show("search.html", words=words, found=found)
