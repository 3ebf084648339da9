"""What every route finds at hand: the database of accounts, the services, the broker, the keys.

The route mixins in `gateway/api/` stand on :class:`Desk`; `gateway/service.py` puts the real
nameko extensions of `gateway/providers.py` in.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import eventlet
from werkzeug.wrappers import Request, Response

from chassis.db import Database
from chassis.errors import Unavailable
from chassis.problems import json_response
from chassis.rpc import Caller as Services
from gateway.keys import Key, KeyRing
from gateway.limits import Buckets
from gateway.providers import Broker

DATABASE_SECONDS = 4.0


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: a member of staff by session or a machine by key; ``token`` is what they showed."""

    name: str
    role: str
    token: str
    key: Key | None = None
    expires_at: str | None = None
    language: str | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One validated call: what was asked, by whom, from which address, in which language."""

    request: Request
    language: str
    query: dict[str, Any]
    body: dict[str, Any]
    caller: Caller | None = None
    address: str = ""

    @property
    def staff(self) -> Caller:
        """Who is signed in, on a route that asks for it."""
        assert self.caller is not None
        return self.caller

    def json(
        self, payload: object, status: int = 200, headers: dict[str, str] | None = None
    ) -> Response:
        """Return an answer of plain JSON values."""
        response = json_response(payload, status)
        response.headers.update(headers or {})
        return response

    def done(self) -> Response:
        """Return an answer without a body."""
        return Response(status=204, headers={}, mimetype=None, content_type="")


class Desk:
    """Base of the route mixins."""

    db: Database
    services: Services
    broker: Broker
    keys: KeyRing
    limits: Buckets

    def ask(self, call: Call, service: str, method: str, **params: Any) -> Any:
        """Ask a service on behalf of the caller; see ``chassis.rpc.Caller.call``."""
        actor = call.caller.name if call.caller else None
        return self.services.call(service, method, actor=actor, **params)


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Bound a look into the accounts; a database that hangs is a database that is away."""
    refusal = Unavailable("database_away", "accounts database hangs", retry_after=5)
    with eventlet.Timeout(DATABASE_SECONDS, refusal):
        yield
