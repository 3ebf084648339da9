"""Sign-in, sign-out, and the wishes of a reader: language and colours (quality.md S3-S5, S8)."""

import json
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from chassis.errors import AymakError, Forbidden, Invalid, TooMany, Unauthorised
from contracts.codes import LANGUAGES
from gateway import accounts, audit, auth, off_hub, routes
from gateway.console import cookies, csrf
from gateway.console.screens import Screen, screen
from gateway.console.visits import Visit
from gateway.desk import Call, Desk, bounded
from gateway.policy import Access
from gateway.schemas import SignIn

OWN = Access("session", "use")


class SignInScreens(Desk):
    """Pages of the session."""

    @screen(Screen(url="/sign-in", access="open"))
    def show_sign_in(self, visit: Visit) -> Response:
        """Show the form; who is signed in already goes on."""
        if visit.caller is not None:
            return visit.go(_inside(visit.request.args.get("next", "/")))
        return _form(visit)

    @screen(Screen(url="/sign-in", method="POST", access="open", pace="sign_in"))
    def sign_in(self, visit: Visit) -> Response:
        """Begin a session, by a new token; the same words for a wrong login and password."""
        try:
            given = routes.load(SignIn(), _given(visit.request))
            with bounded():
                made = accounts.sign_in(
                    self.db,
                    given["login"],
                    given["password"],
                    address=visit.address,
                    hashing=off_hub.HASHING,
                )
        except (Unauthorised, TooMany, Invalid) as problem:
            return _form(visit, problem)
        response = visit.go(_inside(visit.request.form.get("next", "/")))
        self._keep_text(visit, made.token)
        cookies.keep_session(response, visit.request, made.token)
        return response

    @screen(Screen(url="/sign-out", method="POST", access=OWN))
    def sign_out(self, visit: Visit) -> Response:
        """End the session at once."""
        call = Call(visit.request, visit.language, {}, {}, visit.caller, visit.address)
        with bounded():
            accounts.sign_out(self.db, visit.staff.token, audit.by(call))
        response = visit.go("/sign-in")
        cookies.forget_session(response, visit.request)
        return response

    @screen(Screen(url="/wishes", method="POST", access="open"))
    def keep_wishes(self, visit: Visit) -> Response:
        """Keep language and colours: in the account of who is signed in, else in the browser."""
        form = visit.form
        response = visit.go(_inside(form.get("back", "/")))
        if form.get("language") in LANGUAGES:
            cookies.keep(response, cookies.LANGUAGE, form["language"])
            if visit.caller is not None:
                csrf.check(visit.request, visit.caller.token)
                visit.act("patch_me", {"language": form["language"]})
        if form.get("theme") in cookies.THEMES:
            cookies.keep(response, cookies.THEME, form["theme"])
        return response

    def _keep_text(self, visit: Visit, token: str) -> None:
        """Keep as a draft what a form held when its session had ended."""
        kept = _kept(visit.request)
        if not kept or not kept["place"]:
            return
        signed_in = auth.by_session(self, token)
        if signed_in is None:
            raise Forbidden()
        again = Visit(
            desk=self,
            request=visit.request,
            address=visit.address,
            language=visit.language,
            caller=signed_in,
        )
        again.act("put_draft", {"fields": kept["fields"]}, place=kept["place"])


def _form(visit: Visit, problem: AymakError | None = None) -> Response:
    described = routes.described(problem, visit.language) if problem else None
    return visit.show(
        "sign_in.html",
        described["status"] if described else 200,
        next=_inside(visit.request.values.get("next", "/")),
        kept=_kept(visit.request),
        problem=described,
        login=visit.request.form.get("login", ""),
    )


def _given(request: Request) -> dict[str, str]:
    return {name: request.form.get(name, "") for name in ("login", "password")}


def _kept(request: Request) -> dict[str, Any] | None:
    """Return the form that came along from a page whose session had ended."""
    try:
        found = json.loads(request.form.get("kept", ""))
        fields = {str(name): str(value) for name, value in found["fields"].items()}
        return {"place": str(found["place"]), "fields": fields}
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


def _inside(address: str) -> str:
    """Return an address of ours; anything that leads elsewhere becomes the first page."""
    parts = urlsplit(address)
    is_ours = not parts.scheme and not parts.netloc and address[:1] == "/" and address[:2] != "//"
    return address if is_ours and "\\" not in address and address.isprintable() else "/"
