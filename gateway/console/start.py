"""The first run, the help, and the page where somebody invited chooses a password."""

from typing import Any

from werkzeug.wrappers import Response

from chassis.errors import AymakError
from chassis.settings import settings
from gateway import routes
from gateway.console.screens import Screen, screen
from gateway.console.visits import Values, Visit
from gateway.desk import Desk
from gateway.policy import Access

OWN = Access("session", "use")


class StartScreens(Desk):
    """Pages for the first day."""

    @screen(Screen(url="/start", access=OWN))
    def show_start(self, visit: Visit) -> Response:
        """Show what is set up and what is not yet; all of it is found out, none is typed."""
        parts = visit.together(**_questions(visit))
        is_part = bool(visit.request.headers.get("HX-Request"))
        return visit.show(
            "_start.html" if is_part else "start.html",
            parts=parts,
            steps=steps_of(parts),
            url=settings().public_url,
        )

    @screen(Screen(url="/help", access=OWN))
    def show_help(self, visit: Visit) -> Response:
        """Say how the month goes, what the colours mean, which keys there are."""
        return visit.show("help.html")

    @screen(Screen(url="/password", access="open"))
    def show_password(self, visit: Visit) -> Response:
        """Let somebody with a link choose a password."""
        return visit.show("password.html", problem=None, token="")

    @screen(Screen(url="/password", method="POST", access="open", pace="sign_in"))
    def choose_password(self, visit: Visit) -> Response:
        """Keep the password that the owner of a link has chosen."""
        # A code is pasted with what stood around it; a password is what it is, blanks and all.
        token, password = visit.form.get("token", "").strip(), visit.form.get("password", "")
        body = {"token": token, "password": password}
        try:
            visit.act_openly("put_password", body)
        except AymakError as problem:
            described = routes.described(problem, visit.language)
            # Who is told that a password is too easy needs not look for the code again.
            kept = token if described["status"] == 422 else ""
            return visit.show("password.html", described["status"], problem=described, token=kept)
        return visit.go("/sign-in", said="start.password_kept")


def _questions(visit: Visit) -> Values:
    asked: Values = {}
    if visit.may("log", "read"):
        portal = {"emitter": "portal", "limit": 1}
        asked["events"] = lambda: visit.ask("list_events", query=portal)
    if visit.may("keys", "read"):
        asked["keys"] = lambda: visit.ask("list_keys")
    if visit.may("operation", "read"):
        asked["mail"] = lambda: visit.ask("get_mail")
    if visit.may("figures", "read"):
        asked["plan"] = lambda: visit.ask("get_plan")
    if visit.may("accounts", "read"):
        asked["accounts"] = lambda: visit.ask("list_accounts")
    return asked


def steps_of(parts: dict[str, Any]) -> dict[str, bool | None]:
    """Return each step with whether it is done; None where it cannot be told now."""
    found = {name: part.found for name, part in parts.items()}
    events, mail, accounts = found.get("events"), found.get("mail"), found.get("accounts")
    return {
        "portal": bool(events["items"]) if events else None,
        "mail": mail["adapter"] == "smtp" if mail else None,
        "reports": bool(mail["reports"]) if mail else None,
        "plan": True if found.get("plan") else None,
        "colleagues": len(accounts["items"]) > 1 if accounts else None,
    }
