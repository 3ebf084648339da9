"""Routes: each declares who may call it, what it takes and what it answers.

The declaration is what validates, what the OpenAPI document is made of, and what the tests walk;
a route without an access does not exist.
"""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from marshmallow import Schema, ValidationError
from werkzeug.wrappers import Request, Response

from chassis import logs
from chassis.db import is_away
from chassis.errors import AymakError, Invalid, Unavailable
from chassis.http import IDS, Fallback, HttpServer, Route
from chassis.http_connection import MIB
from chassis.problems import describe as described_problem
from chassis.problems import problem_response
from contracts.envelope import flatten
from gateway import audit, auth, bodies, doors, masking, policy
from gateway.desk import Call, Caller, Desk
from gateway.limits import Pace
from gateway.policy import Access
from gateway.schemas import NoQuery
from gateway.words import GatewayWords

WORDS = GatewayWords()
View = Callable[..., Response]


class GatewayServer(HttpServer):
    """The house's HTTP server with the gateway's words."""

    words = WORDS


class GatewayRoute(Route):
    """An entrypoint on that server."""

    server = GatewayServer()


class GatewayFallback(Fallback):
    """What no route takes, on that server."""

    server = GatewayServer()


@dataclass(frozen=True, slots=True)
class Answer:
    """A documented answer: a schema for JSON, or the media types of anything else."""

    description: str
    schema: Schema | None = None
    headers: tuple[str, ...] = ()
    media: tuple[str, ...] = ("application/json",)
    # What a role without personal rights is answered instead.
    masked: Schema | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Spec:
    """The declaration of a route; ``refuses`` are its problems beyond those that follow from it.

    ``worker`` False is for a route that is quick and asks no service (`chassis.http.Route.call`).
    """

    method: str
    url: str
    access: Access | Literal["open"]
    answers: dict[int, Answer]
    query: Schema = field(default_factory=NoQuery)
    body: Schema | None = None
    refuses: tuple[int, ...] = ()
    headers: tuple[str, ...] = ()
    limit: int = MIB
    # The action under which the audit log keeps it: "person.read"; empty = not kept by itself.
    audit: str = ""
    # How often it may be asked; None = as often as anybody likes.
    pace: Pace | None = "normal"
    worker: bool = True

    @property
    def problems(self) -> set[int]:
        """All statuses of problems that this route answers by itself."""
        found = {414, 422, *self.refuses}
        if self.pace is not None:
            found.add(429)
        if self.access != "open":
            found |= {401, 403}
        if self.body is not None:
            found |= {400, 413, 415}
        return found


def route(spec: Spec) -> Callable[[View], View]:
    """Declare the decorated method as the view of ``spec``; it takes a `Call` and path values."""

    def declare(view: View) -> View:
        @functools.wraps(view)
        def worker(desk: Desk, request: Request, **values: Any) -> Response:
            if not spec.worker:
                return doors.secure(answer(desk, request, spec, view, values))
            # The worker has a greenlet of its own, which does not know the request's ids yet.
            with logs.about(**request.environ.get(IDS, {})):
                return doors.secure(answer(desk, request, spec, view, values))

        worker.spec, worker.view = spec, view  # type: ignore[attr-defined]
        GatewayRoute.decorator(spec.method, spec.url, limit=spec.limit, worker=spec.worker)(worker)
        return worker

    return declare


def answer(
    desk: Desk, request: Request, spec: Spec, view: View, values: dict[str, Any]
) -> Response:
    """Check the caller, then the input, then call; every foreseen error becomes a problem."""
    accept = request.headers.get("Accept-Language", "")
    try:
        doors.check_host(request)
        address = doors.address_of(request)
        caller = auth.require(desk, request, spec.access)
        spend(desk, spec, request, caller)
        call = Call(request, WORDS.language(accept), {}, {}, caller, address)
        return perform(desk, call, spec, view, values)
    except Exception as problem:
        return problem_response(foreseen(problem), WORDS, accept)


def perform(desk: Desk, asked: Call, spec: Spec, view: View, values: dict[str, Any]) -> Response:
    """Return what a route answers to a caller who is known and may ask.

    Everything that is the same for whoever asks over HTTP and for the pages of the console, which
    ask in here: input, audit log, masks. ``asked`` has no query and no body yet.
    """
    is_masked = may_not_see_people(asked.caller, spec)
    query = query_of(spec, asked.request, is_masked) if may_ask(spec, asked.request) else {}
    body = load(spec.body, bodies.json_of(asked.request)) if spec.body else {}
    call = replace(asked, query=query, body=body)
    if spec.audit:
        with audit.asked(desk, call, spec.audit, thing_of(spec, values)):
            response = view(desk, call, **values)
    else:
        response = view(desk, call, **values)
    if is_masked:
        return masking.masked(response, spec.answers[response.status_code].masked)
    return response


def spend(desk: Desk, spec: Spec, request: Request, caller: Caller | None) -> None:
    """Take a request out of its bucket; a search is dear everywhere, strangers have an address.

    Raises ``TooMany``.
    """
    pace = "dear" if request.query_string and "q" in request.args else spec.pace
    if pace is None:
        return
    spend_page(desk, pace, request, caller)


def spend_dear(desk: Desk, spec: Spec, query: dict[str, Any], caller: Caller | None) -> None:
    """Take what is dear out of its bucket where a page asks; the page itself was paid for."""
    if caller is not None and (spec.pace == "dear" or query.get("q")):
        desk.limits.spend("dear", caller.name)


def spend_page(desk: Desk, pace: Pace, request: Request, caller: Caller | None) -> None:
    """Take a page out of its bucket; raises ``TooMany``."""
    if caller is not None:
        desk.limits.spend(pace, caller.name)
    else:
        desk.limits.spend("stranger" if pace == "normal" else pace, doors.address_of(request))


def thing_of(spec: Spec, values: dict[str, Any]) -> str:
    """Return what the audit log calls the thing at an address: ``person:<id>``."""
    noun = spec.audit.partition(".")[0]
    return f"{noun}:{'/'.join(str(value) for value in values.values())}"


def may_not_see_people(caller: Caller | None, spec: Spec) -> bool:
    """Return whether this caller gets the masked answers of a route."""
    if caller is None or spec.access == "open":
        return False
    return policy.sight(caller.role, spec.access) == "masked"


def foreseen(problem: Exception) -> AymakError:
    """Return what an error means to the caller; one that nobody foresaw is raised again."""
    if isinstance(problem, AymakError):
        return problem
    if is_away(problem):
        return Unavailable("database_away", "accounts database away", retry_after=5)
    raise problem


def described(problem: AymakError, language: str) -> dict[str, Any]:
    """Return an error as the members of a problem, in ``language``; it is logged."""
    return described_problem(problem, WORDS, language)


def may_ask(spec: Spec, request: Request) -> bool:
    """Return whether there is a query to be looked at."""
    return bool(request.query_string or spec.query.fields)


def query_of(spec: Spec, request: Request, is_masked: bool) -> dict[str, Any]:
    """Return the validated query; who may not see people may not ask by what is masked (S7)."""
    asked = arguments(request)
    return load(spec.query, masking.check_query(spec.query, asked) if is_masked else asked)


def arguments(request: Request) -> dict[str, str]:
    """Return the query parameters; one that is given twice is refused."""
    lists = {name: values for name, values in request.args.lists()}
    if twice := [name for name, values in lists.items() if len(values) > 1]:
        raise Invalid(fields={name: ["Must be given once."] for name in twice})
    return {name: values[0] for name, values in lists.items()}


def load(schema: Schema, data: object) -> dict[str, Any]:
    """Return validated input; raises ``Invalid`` with each wrong field by its dotted path."""
    if not isinstance(data, dict):
        raise Invalid(fields={"": ["Must be a JSON object."]})
    try:
        loaded: dict[str, Any] = schema.load(data)
        return loaded
    except ValidationError as problem:
        fields: dict[str, list[str]] = {}
        flatten(problem.messages, "", fields)
        raise Invalid(fields=fields) from problem


def specs(service: type) -> list[tuple[str, Spec, str]]:
    """Return name, declaration and docstring of every route of a service class."""
    found = inspect.getmembers(service, inspect.isfunction)
    return [
        (name, view.spec, inspect.getdoc(view) or "")
        for name, view in found
        if hasattr(view, "spec")
    ]
