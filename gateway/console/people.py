"""People: the list, and the card of one."""

from uuid import UUID

from werkzeug.wrappers import Response

from contracts.codes import AUDIENCES, CLIENT_STATUSES, LANGUAGES
from gateway.console import cards, lists
from gateway.console.lists import Filter, Listing
from gateway.console.screens import Screen, screen
from gateway.console.territories import territories
from gateway.console.visits import Visit
from gateway.desk import Desk
from gateway.policy import Access

READ = Access("people", "read")
LISTING = Listing(
    href="/people",
    route="list_people",
    room="people",
    views="people",
    filters=(
        Filter("audience", lists.codes("audience", AUDIENCES)),
        Filter("territory", territories, is_long=True),
        Filter("registered", lists.yes_or_no("people", "registered")),
        Filter("status", lists.codes("status", CLIENT_STATUSES)),
        Filter("language", lists.codes("language", LANGUAGES)),
    ),
    hidden=("organisation", "municipality"),
)


class PersonScreens(Desk):
    """Pages of people."""

    @screen(Screen(url="/people", access=READ))
    def show_people(self, visit: Visit) -> Response:
        """Show the list: found, filtered and sorted by its address."""
        return lists.page(visit, "people.html", LISTING)

    @screen(Screen(url="/people/<uuid:person_id>", access=READ))
    def show_person(self, visit: Visit, person_id: UUID) -> Response:
        """Show the card of one person."""
        card = visit.ask("get_person", person_id=person_id)
        return cards.show(visit, card, "people")
