"""A visit: one request of a browser, who makes it, and how its page asks the routes of the API.

``visit.ask("list_people", query={…})`` runs the route of that name in this process: the same
validation, rights, masks and audit lines as over HTTP, and JSON values in return.
"""

import contextvars
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
from eventlet.greenpool import GreenPool
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from chassis.errors import AymakError, Forbidden
from chassis.http import IDS
from gateway import policy, routes
from gateway.console import cookies, csrf, render, words
from gateway.desk import Call, Caller, Desk
from gateway.routes import Spec

Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a page: what it shows, or in words why it cannot be shown now."""

    found: Any = None
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of a browser; ``caller`` None: nobody is signed in."""

    desk: Desk
    request: Request
    address: str
    language: str
    caller: Caller | None = None

    @property
    def staff(self) -> Caller:
        """Who is signed in, on a screen that asks for it."""
        assert self.caller is not None
        return self.caller

    @property
    def query(self) -> dict[str, str]:
        """The address's parameters that are not empty: a form without a choice sends empty ones."""
        return {name: value for name, value in self.request.args.items() if value}

    @property
    def form(self) -> dict[str, str]:
        """What was typed, without the fields that the page itself put in."""
        given = self.request.form.items()
        return {name: value for name, value in given if name != csrf.FIELD and name[:1] != "_"}

    def may(self, resource: str, action: str) -> bool:
        """Return whether this person may do something."""
        role = self.caller.role if self.caller else ""
        return policy.sight(role, policy.Access(resource, action)) is not None

    def ask(self, name: str, *, query: Values | None = None, **values: Any) -> Any:
        """Return what the GET route ``name`` answers; raises what it refuses."""
        return _read(self.call(name, Inner(query=query or {}), values))

    def act(
        self, name: str, body: Values | None = None, *, version: str | None = None, **values: Any
    ) -> Any:
        """Do what the route ``name`` does, once for each page that was shown (its ``_key``)."""
        headers = {"Idempotency-Key": self.request.form.get("_key", "")}
        if version is not None:
            headers["If-Match"] = f'"{version}"'
        inner = Inner(body=body or {}, headers={k: v for k, v in headers.items() if v})
        return _read(self.call(name, inner, values))

    def call(self, name: str, inner: "Inner", values: Values) -> Response:
        """Return the answer of a route itself, for documents."""
        worker = getattr(type(self.desk), name)
        spec: Spec = worker.spec
        if spec.access != "open" and policy.sight(self.staff.role, spec.access) is None:
            raise Forbidden()
        request = inner.request(spec, self.request)
        routes.spend_dear(self.desk, spec, request, self.caller)
        call = Call(request, self.language, {}, {}, self.caller, self.address)
        return routes.perform(self.desk, call, spec, worker.view, values)

    def part(self, prepare: Callable[[], Any]) -> Part:
        """Return a part of the page; one whose service is away says so in words."""
        try:
            return Part(prepare())
        except Exception as problem:
            return Part(problem=self.wording(routes.foreseen(problem)))

    def together(self, **parts: Callable[[], Any]) -> dict[str, Part]:
        """Return several parts of the page, asked for at the same time."""
        pool: GreenPool = GreenPool(max(1, len(parts)))
        started = {
            name: pool.spawn(contextvars.copy_context().run, self.part, prepare)
            for name, prepare in parts.items()
        }
        return {name: thread.wait() for name, thread in started.items()}

    def wording(self, problem: AymakError) -> str:
        """Return what an error means, as the API words it."""
        described = routes.described(problem, self.language)
        wrong = " ".join(f"{one['field']}: {one['message']}" for one in described["errors"])
        return f"{described['detail']} {wrong}".strip()

    def show(self, template: str, status: int = 200, **context: Any) -> Response:
        """Return a page from its template."""
        token = cookies.session_token(self.request) or ""
        flash = flash_of(self.request)
        response = render.page(
            self.request,
            template,
            {
                "visit": self,
                "theme": cookies.theme_of(self.request),
                "csrf": csrf.token_for(token),
                "flash": flash,
                "is_safe": cookies.is_safe(self.request),
                **context,
            },
            language=self.language,
            status=status,
        )
        if flash:
            response.delete_cookie(cookies.FLASH, path="/")
        return response

    def say(self, key: str, **params: object) -> str:
        """Return words in the reader's language."""
        with words.speaking(self.language):
            return words.t(key, **params)

    def go(self, address: str, *, said: str = "", **params: object) -> Response:
        """Return a redirect to the page that shows what was done, which ``said`` names there."""
        response = Response(status=303, headers={"Location": address})
        if said:
            flash = json.dumps({"key": said, "params": {k: str(v) for k, v in params.items()}})
            cookies.keep(response, cookies.FLASH, flash.encode().hex(), seconds=60)
        return response


@dataclass(frozen=True, slots=True, kw_only=True)
class Inner:
    """What a page asks a route: parameters, or a body with its headers."""

    query: Values = field(default_factory=dict)
    body: Values | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def request(self, spec: Spec, outer: Request) -> Request:
        """Return the request as the route would get it over HTTP."""
        builder = EnvironBuilder(
            method=spec.method,
            query_string=urlencode(_written(self.query)),
            headers=Headers(self.headers),
            json=self.body if spec.body is not None else None,
        )
        return Request(builder.get_environ() | {IDS: outer.environ.get(IDS, {})})


def _written(query: Values) -> dict[str, str]:
    known = {True: "true", False: "false"}
    return {
        name: known[value] if isinstance(value, bool) else str(value)
        for name, value in query.items()
        if value not in (None, "")
    }


def _read(response: Response) -> Any:
    body = response.get_data()
    return orjson.loads(body) if body else None


def flash_of(request: Request) -> dict[str, Any] | None:
    """Return what the page before this one did, to be said once."""
    try:
        found = json.loads(bytes.fromhex(request.cookies.get(cookies.FLASH, "")))
        return {"key": str(found["key"]), "params": dict(found["params"])}
    except (ValueError, KeyError, TypeError):
        return None


def cursor_of(page: Values) -> str | None:
    """Return the cursor of a list's next page, None on the last one."""
    following = parse_qs(urlsplit(page.get("next") or "").query)
    return following.get("cursor", [None])[0]
