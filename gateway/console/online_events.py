"""Online events: who is coming, who came, n of ten."""

from uuid import UUID

from werkzeug.wrappers import Response

from contracts.codes import ONLINE_EVENT_KINDS
from gateway.console import lists
from gateway.console.lists import Filter, Listing
from gateway.console.screens import Screen, screen
from gateway.console.visits import Visit
from gateway.desk import Desk
from gateway.policy import Access

READ = Access("online_events", "read")
LISTING = Listing(
    href="/online-events",
    route="list_online_events",
    room="online_events",
    views="online-events",
    filters=(Filter("kind", lists.codes("event_kind", ONLINE_EVENT_KINDS)),),
    hidden=("state", "ahead", "counts", "since", "until"),
    selects_rows=False,
    is_personal=False,
)
OVERVIEWS: tuple[tuple[str, dict[str, str]], ...] = (
    ("ahead", {"ahead": "true", "sort": "starts"}),
    ("held", {"state": "held"}),
    ("counting", {"counts": "true"}),
    ("short", {"counts": "false"}),
    ("cancelled", {"state": "cancelled"}),
    ("all", {}),
)


class OnlineEventScreens(Desk):
    """Pages of online events."""

    @screen(Screen(url="/online-events", access=READ))
    def show_online_events(self, visit: Visit) -> Response:
        """Show the events: ahead, held, counting, short of ten."""
        return lists.page(visit, "online_events.html", LISTING, overviews=OVERVIEWS)

    @screen(Screen(url="/online-events/<uuid:event_id>", access=READ))
    def show_online_event(self, visit: Visit, event_id: UUID) -> Response:
        """Show one event: n of ten, who attended how long, who did not come."""
        one = visit.ask("get_online_event", event_id=event_id)
        about = {"about": one["ref"], "limit": 1, "count": "capped"}
        mails = visit.part(lambda: visit.ask("list_deliveries", query=about))
        return visit.show("online_event.html", one=one, mails=mails)
