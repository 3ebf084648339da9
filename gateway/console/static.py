"""Style sheet, script, icons: served from memory, kept by browsers for good."""

from werkzeug.wrappers import Response

from chassis.errors import NotFound
from gateway.console import assets
from gateway.console.screens import Screen, screen
from gateway.console.visits import Visit
from gateway.desk import Desk

FOREVER = "public, max-age=31536000, immutable"


class StaticFiles(Desk):
    """The route of what pages load besides themselves."""

    @screen(Screen(url="/static/<version>/<name>", access="open", worker=False))
    def show_asset(self, visit: Visit, version: str, name: str) -> Response:
        """Return a file; its address changes with its content."""
        found = assets.load().get(name)
        if found is None or found.version != version:
            raise NotFound("asset", name)
        is_packed = "gzip" in visit.request.headers.get("Accept-Encoding", "")
        response = Response(found.packed if is_packed else found.plain, mimetype=found.media)
        if is_packed:
            response.headers["Content-Encoding"] = "gzip"
        response.headers["Vary"] = "Accept-Encoding"
        response.headers["Cache-Control"] = FOREVER
        return response
