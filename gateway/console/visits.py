"""A visit: one request of a browser, who makes it, and how its page asks the routes of the API.

``visit.ask("list_people", query={…})`` runs the route of that name in this process: the same
validation, rights, masks and audit lines as over HTTP, and JSON values in return.
"""

import contextvars
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from eventlet.greenpool import GreenPool
from werkzeug.wrappers import Request, Response

from chassis.errors import AymakError
from chassis.http import IDS
from gateway import inside, policy, routes
from gateway.console import cookies, csrf, render, words
from gateway.desk import Caller, Desk
from gateway.inside import Ask, Asker, Values, cursor_of

__all__ = ["Ask", "Part", "Values", "Visit", "cursor_of"]


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

    def sees_people(self, resource: str) -> bool:
        """Return whether this person sees names there, and so may search by them."""
        role = self.caller.role if self.caller else ""
        return policy.sight(role, policy.Access(resource, "read")) == "all"

    def ask(self, name: str, *, query: Values | None = None, **values: Any) -> Any:
        """Return what the GET route ``name`` answers; raises what it refuses."""
        return inside.read(self.call(name, Ask(values=values, query=query or {})))

    def act(
        self, name: str, body: Values | None = None, *, version: str | None = None, **values: Any
    ) -> Any:
        """Do what the route ``name`` does, once for each page that was shown (its ``_key``).

        ``version`` is that of the thing as the page showed it, ``*`` for whichever it has.
        """
        key = self.request.form.get("_key", "")
        # A page may do two things at one press; each is an act of its own.
        headers = {"Idempotency-Key": f"{key}:{name}" if key else ""}
        if version is not None:
            headers["If-Match"] = version if version == "*" else f'"{version}"'
        given = {name: value for name, value in headers.items() if value}
        return inside.read(self.call(name, Ask(values=values, body=body, headers=given)))

    def act_openly(self, name: str, body: Values) -> Any:
        """Do what an open route does, for a page of strangers."""
        nobody = Caller("", "", "")
        asker = Asker(caller=nobody, language=self.language, address=self.address)
        return inside.read(inside.call(self.desk, asker, name, Ask(body=body)))

    def call(self, name: str, ask: Ask) -> Response:
        """Return the answer of a route itself, for documents."""
        spec = getattr(type(self.desk), name).spec
        routes.spend_dear(self.desk, spec, ask.query, self.caller)
        asker = Asker(
            caller=self.staff,
            language=self.language,
            address=self.address,
            ids=self.request.environ.get(IDS, {}),
        )
        return inside.call(self.desk, asker, name, ask)

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

    def back(self) -> Response:
        """Return a redirect to the page that the form stands on."""
        came_from = urlsplit(self.request.headers.get("Referer", ""))
        is_ours = came_from.netloc == self.request.host and came_from.path[:2] != "//"
        address = came_from._replace(scheme="", netloc="").geturl() if is_ours else ""
        return self.go(address or "/")

    def go(self, address: str, *, said: str = "", **params: object) -> Response:
        """Return a redirect to the page that shows what was done, which ``said`` names there."""
        response = Response(status=303, headers={"Location": address})
        if said:
            flash = json.dumps({"key": said, "params": {k: str(v) for k, v in params.items()}})
            cookies.keep(response, cookies.FLASH, flash.encode().hex(), seconds=60)
        return response


def flash_of(request: Request) -> dict[str, Any] | None:
    """Return what the page before this one did, to be said once."""
    try:
        found = json.loads(bytes.fromhex(request.cookies.get(cookies.FLASH, "")))
        return {"key": str(found["key"]), "params": dict(found["params"])}
    except (ValueError, KeyError, TypeError):
        return None
