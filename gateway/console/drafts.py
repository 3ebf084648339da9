"""Drafts: forms tell here what is being typed; the pages that have the forms show it again."""

from werkzeug.wrappers import Response

from gateway.console.screens import Screen, screen
from gateway.console.visits import Visit
from gateway.desk import Desk
from gateway.policy import Access

OWN = Access("session", "use")


class DraftScreens(Desk):
    """What forms with ``data-draft`` send while somebody types."""

    @screen(Screen(url="/drafts", method="POST", access=OWN))
    def keep_draft(self, visit: Visit) -> Response:
        """Keep the fields; the answer is the line below the form."""
        place = visit.request.form.get("_place", "")
        kept = visit.act("put_draft", {"fields": visit.form}, place=place)
        return visit.show("_draft.html", draft=kept)

    @screen(Screen(url="/drafts/discard", method="POST", access=OWN))
    def discard_draft(self, visit: Visit) -> Response:
        """Forget a draft and go back to the page that has its form."""
        visit.act("delete_draft", place=visit.request.form.get("_place", ""))
        return visit.back()
