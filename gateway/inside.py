"""Asking the routes of the API in this process: for the pages of the console and for jobs.

The same validation, rights, masks and audit lines as over HTTP, without HTTP: what can be done on
a page can be done by the API, and there is no second way to do it.
"""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import orjson
from werkzeug.datastructures import Headers
from werkzeug.test import EnvironBuilder
from werkzeug.wrappers import Request, Response

from chassis.errors import Forbidden
from chassis.http import IDS
from gateway import policy, routes
from gateway.desk import Call, Caller, Desk
from gateway.routes import Spec

Values = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """On whose behalf a route is asked, in which language its words are to be."""

    caller: Caller
    language: str
    address: str = ""
    # What names the request in the logs.
    ids: Values = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a route is asked: the values of its address, parameters, or a body with its headers."""

    values: Values = field(default_factory=dict)
    query: Values = field(default_factory=dict)
    body: Values | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def request(self, spec: Spec, ids: Values) -> Request:
        """Return the request as the route would get it over HTTP."""
        builder = EnvironBuilder(
            method=spec.method,
            query_string=urlencode(_written(self.query)),
            headers=Headers(self.headers),
            json=(self.body or {}) if spec.body is not None else None,
        )
        return Request(builder.get_environ() | {IDS: ids})


def call(desk: Desk, asker: Asker, name: str, ask: Ask) -> Response:
    """Return the answer of the route that is called ``name``; raises what it refuses."""
    worker = getattr(type(desk), name)
    spec: Spec = worker.spec
    if spec.access != "open" and policy.sight(asker.caller.role, spec.access) is None:
        raise Forbidden()
    request = ask.request(spec, asker.ids)
    asked = Call(request, asker.language, {}, {}, asker.caller, asker.address)
    return routes.perform(desk, asked, spec, worker.view, ask.values)


def read(response: Response) -> Any:
    """Return the JSON values of an answer, None for one without a body."""
    body = response.get_data()
    return orjson.loads(body) if body else None


def cursor_of(page: Values) -> str | None:
    """Return the cursor of a list's next page, None on the last one."""
    following = parse_qs(urlsplit(page.get("next") or "").query)
    return following.get("cursor", [None])[0]


def _written(query: Values) -> dict[str, str]:
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in query.items()
        if value not in (None, "")
    }
