"""Saved filters of the lists: kept, shown with their counters, taken away."""

from urllib.parse import parse_qsl
from uuid import UUID

from werkzeug.wrappers import Response

from chassis.errors import AymakError, NotFound
from gateway import routes
from gateway.console.registry import LISTINGS
from gateway.console.screens import Screen, screen
from gateway.console.visits import Visit
from gateway.desk import Desk
from gateway.policy import Access

READ, EDIT = Access("views", "read"), Access("views", "edit")


class ViewScreens(Desk):
    """What the line of saved filters above a list does."""

    @screen(Screen(url="/views", method="POST", access=EDIT))
    def keep_view(self, visit: Visit) -> Response:
        """Keep the filters of a list under a name and show the list under them."""
        form = visit.form
        body = {
            "screen": form.get("screen", ""),
            "name": form.get("name", ""),
            "query": form.get("query", ""),
            "shared": "shared" in form,
        }
        try:
            made = visit.act("post_view", body)
        except AymakError as problem:
            described = routes.described(problem, visit.language)
            return visit.show("view.html", described["status"], problem=described, form=form)
        href = LISTINGS[made["screen"]].href
        return visit.go(f"{href}?{made['query']}", said="list.view_kept", name=made["name"])

    @screen(Screen(url="/views/<uuid:view_id>/delete", method="POST", access=EDIT))
    def drop_view(self, visit: Visit, view_id: UUID) -> Response:
        """Forget a saved filter."""
        visit.act("delete_view", view_id=view_id)
        return visit.back()

    @screen(Screen(url="/views/<uuid:view_id>/count", access=READ))
    def count_view(self, visit: Visit, view_id: UUID) -> Response:
        """Return how many rows a saved filter has; the list asks for it after it is shown."""
        views = visit.ask("list_views")["items"]
        view = next((one for one in views if one["id"] == str(view_id)), None)
        if view is None:
            raise NotFound("view", view_id)
        asked = {**dict(parse_qsl(view["query"])), "limit": 1, "count": "capped"}
        found = visit.part(lambda: visit.ask(LISTINGS[view["screen"]].route, query=asked)).found
        return visit.show("_count.html", found=found)
