"""What no route takes: told to sign in first under /v1, shown a page where a browser asks."""

from werkzeug.wrappers import Request, Response

from chassis.http import REFUSAL
from chassis.problems import problem_response
from gateway import auth, doors
from gateway.console import screens
from gateway.desk import Desk
from gateway.routes import WORDS, GatewayFallback, foreseen


class Unmatched(Desk):
    """Requests that no route takes."""

    @GatewayFallback.decorator()
    def unmatched(self, request: Request) -> Response:
        """Answer 401 before 404 and 405 under /v1; elsewhere a browser gets a page."""
        accept = request.headers.get("Accept-Language", "")
        is_api = request.path.startswith("/v1/")
        try:
            doors.check_host(request)
            if is_api:
                auth.identify(self, request)
            elif request.accept_mimetypes.accept_html:
                return doors.secure(screens.no_such_page(self, request))
            refusal = request.environ[REFUSAL]
        except Exception as problem:
            refusal = foreseen(problem)
        return doors.secure(problem_response(refusal, WORDS, accept))
