"""HTTP for the gateway: routes as nameko entrypoints, on the house's own bounded server.

A request is matched, its body is read, and only then it takes a worker (quality.md F28). What
fails on the way becomes a problem in `chassis.problems`.
"""

import logging
import re
import time
import uuid
from functools import partial
from io import BytesIO
from typing import Any

from eventlet.event import Event as Result
from eventlet.semaphore import Semaphore
from nameko.containers import WorkerContext
from nameko.web.handlers import HttpRequestHandler
from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule
from werkzeug.wrappers import Request, Response

from chassis import errors, logs, metrics
from chassis.http_connection import HANDLE, MIB, Limits
from chassis.http_server import BoundedServer
from chassis.problems import Refusal, as_error, problem_response, secure

__all__ = ["Fallback", "HttpServer", "Limits", "Refusal", "Route", "fallback", "http"]

log = logging.getLogger(__name__)
# Where a route finds why nothing else took the request.
REFUSAL = "aymak.refusal"
# Where it finds the ids that every line about the request carries.
IDS = "aymak.ids"
METHODS = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
REQUEST_ID = re.compile(r"[\w.:-]{1,64}")


class HttpServer(BoundedServer):
    """The bounded server with its routes and its workers."""

    fallback: "Fallback | None" = None
    workers: Semaphore | None = None

    def make_url_map(self) -> Map:
        """Return all routes; addresses are exact, nothing redirects."""
        rules = Map(strict_slashes=True, merge_slashes=False, redirect_defaults=False)
        for provider in self._providers:
            if isinstance(provider, Fallback):
                self.fallback = provider
            else:
                rule = provider.get_url_rule()
                rule.endpoint = provider
                rules.add(rule)
        return rules

    def get_wsgi_app(self) -> "App":
        """Return the application that reads, dispatches and words every answer."""
        self.workers = Semaphore(self.container.max_workers)
        return App(self)


def ids_of(request: Request) -> dict[str, str | None]:
    """Return the ids of a request: the sender's own where they are well formed, else new ones."""
    given = request.headers.get("X-Request-ID", "")
    return {
        "request_id": given if REQUEST_ID.fullmatch(given) else str(uuid.uuid4()),
        "trace_id": logs.trace_of(request.headers.get("traceparent")),
    }


class App:
    """The WSGI application: match, read the body, take a worker, secure the answer."""

    def __init__(self, server: HttpServer) -> None:
        self.server = server
        self.rules = server.make_url_map()
        # Those whose address holds no values need no search.
        self.plain = {
            (method, rule.rule): rule.endpoint
            for rule in self.rules.iter_rules()
            for method in rule.methods or ()
            if not rule.arguments
        }

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        """Answer one request as WSGI wants it."""
        return self.answer(environ)(environ, start_response)

    def answer(self, environ: dict[str, Any]) -> Response:
        """Return the answer; its time and route are logged, its address is not (S14)."""
        request = Request(environ)
        ids = environ[IDS] = ids_of(request)
        with logs.about(**ids):
            response = self._timed(request)
            response.headers.setdefault("X-Request-ID", ids["request_id"] or "")
            return response

    def _timed(self, request: Request) -> Response:
        began = time.monotonic()
        self.server.busy += 1
        try:
            name, response = self._answer(request)
        finally:
            self.server.busy -= 1
        secure(response)
        seconds = time.monotonic() - began
        method = request.method if request.method in METHODS else "other"
        metrics.requested(method, name, response.status_code, seconds)
        log.debug("%s %s %s in %d ms", method, name, response.status_code, round(seconds * 1000))
        return response

    def _answer(self, request: Request) -> tuple[str, Response]:
        name = "-"
        try:
            route, values, refusal = self._match(request)
            name = route.method_name
            request.environ[REFUSAL] = refusal
            request.path_values = values  # type: ignore[attr-defined]
            with self.server.body(request, route.limit) as body:
                # It ends by itself: werkzeug need not count along.
                request.environ |= {"wsgi.input": BytesIO(body), "wsgi.input_terminated": True}
                return name, self._work(route, request)
        except Exception as problem:
            if isinstance(problem, Refusal):
                # Some of the body may be unread: this connection can not go on.
                request.environ[HANDLE].give_up()
            accept = request.headers.get("Accept-Language", "")
            return name, problem_response(as_error(problem), self.server.words, accept)

    def _match(self, request: Request) -> tuple["Route", dict[str, Any], Refusal | None]:
        if plain := self.plain.get((request.method, request.path)):
            return plain, {}, None
        try:
            route, values = self.rules.bind_to_environ(request.environ).match()
            return route, dict(values), None
        except HTTPException as problem:
            refusal = as_error(problem)
            if self.server.fallback is None or not isinstance(refusal, Refusal):
                raise refusal from problem
            return self.server.fallback, {}, refusal

    def _work(self, route: "Route", request: Request) -> Response:
        if not route.worker:
            return route.call(request)
        assert self.server.workers is not None
        if not self.server.workers.acquire(timeout=self.server.limits.worker_seconds):
            raise errors.Unavailable("too_busy", retry_after=2)
        try:
            response: Response = route.handle_request(request)
            return response
        finally:
            self.server.workers.release()


class Route(HttpRequestHandler):
    """An entrypoint: one method and address, with the largest body that it takes (bytes).

    ``worker`` False leaves out nameko's worker, see :meth:`call`.
    """

    server = HttpServer()
    limit = MIB
    worker = True
    _service: Any = None

    def __init__(
        self, method: str, url: str, *, limit: int = MIB, worker: bool = True, **options: Any
    ) -> None:
        super().__init__(method, url, **options)
        self.limit = limit
        self.worker = worker

    def get_url_rule(self) -> Rule:
        """Return werkzeug's rule; HEAD comes with GET."""
        return Rule(self.url, methods=self.method.split(","))

    def stop(self) -> None:
        """Close the door first, so that no new request meets a service that goes.

        What is in flight is answered before the dependencies stop; nameko waits for workers only.
        """
        self.server.close_door()
        self.server.drain()
        super().stop()

    def handle_request(self, request: Request) -> Response:
        """Run the service's method in a worker and return its answer; its exception is raised."""
        result = Result()
        self.container.spawn_worker(
            self,
            (request,),
            request.path_values,  # type: ignore[attr-defined]
            handle_result=partial(self.handle_result, result),
        )
        response: Response = result.wait()
        return response

    def call(self, request: Request) -> Response:
        """Run the method without a worker: for a route that may wait for nobody but the broker.

        Its one service instance is shared by all requests, so it keeps nothing on ``self``.
        """
        if self._service is None:
            service = self.container.service_cls()
            context = WorkerContext(self.container, service, self)
            for provider in self.container.dependencies:
                setattr(service, provider.attr_name, provider.get_dependency(context))
            self._service = service
        method = getattr(self._service, self.method_name)
        response: Response = method(request, **request.path_values)  # type: ignore[attr-defined]
        return response


class Fallback(Route):
    """Takes what no route takes; ``request.environ["aymak.refusal"]`` says why."""

    def __init__(self, **options: Any) -> None:
        super().__init__("*", "", **options)


http = Route.decorator
fallback = Fallback.decorator
