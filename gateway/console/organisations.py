"""Organisations: the list, and the card of one (`cards.py` has what both kinds of card share)."""

from uuid import UUID

from werkzeug.wrappers import Response

from contracts.codes import AUDIENCES, BODY_TYPES, CLIENT_STATUSES, LANGUAGES
from gateway.console import cards, lists
from gateway.console.lists import Filter, Listing
from gateway.console.screens import Screen, screen
from gateway.console.territories import territories
from gateway.console.visits import Visit
from gateway.desk import Desk
from gateway.policy import Access

READ = Access("organisations", "read")
LISTING = Listing(
    href="/organisations",
    route="list_organisations",
    room="organisations",
    views="organisations",
    filters=(
        Filter("audience", lists.codes("audience", AUDIENCES)),
        Filter("body_type", lists.codes("body_type", BODY_TYPES)),
        Filter("territory", territories, is_long=True),
        Filter("registered", lists.yes_or_no("organisations", "registered")),
        Filter("status", lists.codes("status", CLIENT_STATUSES)),
        Filter("language", lists.codes("language", LANGUAGES)),
    ),
)


class OrganisationScreens(Desk):
    """Pages of organisations."""

    @screen(Screen(url="/organisations", access=READ))
    def show_organisations(self, visit: Visit) -> Response:
        """Show the list: found, filtered and sorted by its address."""
        return lists.page(visit, "organisations.html", LISTING)

    @screen(Screen(url="/organisations/<uuid:organisation_id>", access=READ))
    def show_organisation(self, visit: Visit, organisation_id: UUID) -> Response:
        """Show the card of one organisation."""
        card = visit.ask("get_organisation", organisation_id=organisation_id)
        return cards.show(visit, card, "organisations")
