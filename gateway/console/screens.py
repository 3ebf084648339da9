"""``@screen``: who may see a page, and what happens to those who may not (quality.md S4-S6).

Whoever is not signed in is led to the sign-in page and back; a form that was sent too late is kept
there. Errors become pages in the reader's language.
"""

import functools
import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urlencode, urlsplit

from werkzeug.wrappers import Request, Response

from chassis import logs
from chassis.errors import Forbidden, Unauthorised
from chassis.http import IDS, REFUSAL
from chassis.http_connection import MIB
from chassis.problems import RETRY_SECONDS, as_error
from gateway import auth, doors, policy, routes
from gateway.console import cookies, csrf, words
from gateway.console.visits import Visit
from gateway.desk import Desk
from gateway.limits import Pace
from gateway.policy import Access
from gateway.routes import WORDS, GatewayRoute

log = logging.getLogger(__name__)
View = Callable[..., Response]
SAFE_METHODS = frozenset({"GET", "HEAD"})
# Cookies and forms of a browser; anything longer is no page of ours.
LONGEST_FORM = MIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """The declaration of a page: its address and who may see it."""

    url: str
    access: Access | Literal["open"]
    method: str = "GET"
    pace: Pace = "normal"
    limit: int = LONGEST_FORM
    worker: bool = True


def screen(spec: Screen) -> Callable[[View], View]:
    """Declare the decorated method as a page; it takes a `Visit` and the address's values."""

    def declare(view: View) -> View:
        @functools.wraps(view)
        def worker(desk: Desk, request: Request, **values: Any) -> Response:
            with logs.about(**request.environ.get(IDS, {})):
                return doors.secure(answer(desk, request, spec, view, values))

        worker.screen = spec  # type: ignore[attr-defined]
        GatewayRoute.decorator(spec.method, spec.url, limit=spec.limit, worker=spec.worker)(worker)
        return worker

    return declare


def answer(
    desk: Desk, request: Request, spec: Screen, view: View, values: dict[str, Any]
) -> Response:
    """Return the page, or the one that says why there is none."""
    visit = stranger(desk, request)
    try:
        doors.check_host(request)
        # A file of the page asks nobody.
        visit = welcome(desk, request, visit) if spec.worker else visit
        _check_rights(visit, spec)
        routes.spend_page(desk, spec.pace, request, visit.caller)
        with words.speaking(visit.language):
            return view(desk, visit, **values)
    except Unauthorised:
        return sign_in_first(visit)
    except Exception as problem:
        return refuse(visit, problem)


def stranger(desk: Desk, request: Request) -> Visit:
    """Return a visit of whoever it may be."""
    accept = request.headers.get("Accept-Language", "")
    language = cookies.language_of(request) or WORDS.language(accept)
    return Visit(desk=desk, request=request, address=doors.address_of(request), language=language)


def welcome(desk: Desk, request: Request, visit: Visit) -> Visit:
    """Return the visit of who is signed in, or the same one when nobody is."""
    token = cookies.session_token(request)
    caller = auth.by_session(desk, token) if token else None
    if caller is None:
        return visit
    return Visit(
        desk=desk,
        request=request,
        address=visit.address,
        language=caller.language or visit.language,
        caller=caller,
    )


def _check_rights(visit: Visit, spec: Screen) -> None:
    """Raise ``Unauthorised`` or ``Forbidden`` for who may not see or send this."""
    is_unsafe = spec.method not in SAFE_METHODS
    if spec.access == "open":
        if is_unsafe:
            csrf.check_origin(visit.request)
        return
    if visit.caller is None:
        raise Unauthorised()
    if is_unsafe:
        csrf.check(visit.request, visit.caller.token)
    if policy.sight(visit.caller.role, spec.access) is None:
        raise Forbidden()


def sign_in_first(visit: Visit) -> Response:
    """Lead to the sign-in page; what a form held comes along (`sign_in.html`)."""
    request = visit.request
    if request.headers.get("HX-Request"):
        return visit.show("_signed_out.html", 401)
    if request.method in SAFE_METHODS:
        back = request.full_path.rstrip("?")
        return visit.go(f"/sign-in?{urlencode({'next': back})}" if back != "/" else "/sign-in")
    came_from = urlsplit(request.headers.get("Referer", ""))
    here = f"{came_from.path}?{came_from.query}" if came_from.query else came_from.path
    kept = {"place": request.form.get("_place", ""), "fields": visit.form}
    return visit.show("sign_in.html", 401, next=here or "/", kept=kept, problem=None, login="")


def refuse(visit: Visit, problem: Exception) -> Response:
    """Return the page of an error; one that nobody foresaw is logged and says nothing of itself."""
    try:
        known = routes.foreseen(problem)
    except Exception:
        log.exception("a page failed")
        known = as_error(problem)
    described = routes.described(known, visit.language)
    log.info("page refused: %s %s", described["status"], described["instance"])
    template = "_problem.html" if visit.request.headers.get("HX-Request") else "problem.html"
    response = visit.show(template, described["status"], problem=described)
    if described["status"] in (429, 503):
        seconds = float(known.params.get("retry_after", RETRY_SECONDS))
        response.headers["Retry-After"] = str(max(1, round(seconds)))
    return response


def no_such_page(desk: Desk, request: Request) -> Response:
    """Return the page for an address that no screen has."""
    visit = welcome(desk, request, stranger(desk, request))
    return refuse(visit, request.environ[REFUSAL])
