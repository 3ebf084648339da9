"""Settings that watch over the whole: mail, audit log, health, the plan."""

from datetime import date, datetime, time, timedelta

from werkzeug.wrappers import Response

from chassis.errors import AymakError
from gateway import routes
from gateway.console import settings_tabs
from gateway.console.screens import Screen, screen
from gateway.console.visits import Values, Visit, cursor_of
from gateway.console.words import BISHKEK
from gateway.desk import Desk
from gateway.policy import Access

READ, CHECK = Access("operation", "read"), Access("operation", "check")
TROUBLE = ("failed", "expired")


class OperationScreens(Desk):
    """Pages of operation."""

    @screen(Screen(url="/settings/mail", access=READ))
    def show_mail(self, visit: Visit) -> Response:
        """Show through what mail leaves, and what did not arrive."""
        return _mail(visit)

    @screen(Screen(url="/settings/mail/test", method="POST", access=CHECK))
    def test_mail_form(self, visit: Visit) -> Response:
        """Send a test mail now and say what became of it."""
        body = {"to": visit.form.get("to", ""), "language": visit.language}
        try:
            sent = visit.act("post_mail_test", body)
        except AymakError as problem:
            return _mail(visit, problem=routes.described(problem, visit.language))
        return _mail(visit, sent=sent)

    @screen(Screen(url="/settings/audit", access=Access("audit", "read")))
    def show_audit(self, visit: Visit) -> Response:
        """Show who did what, when, from where."""
        query = visit.query
        asked: Values = {name: query.get(name) for name in ("actor", "action", "thing", "cursor")}
        asked |= {
            "since": _instant(query.get("since"), 0),
            "until": _instant(query.get("until"), 1),
        }
        part = visit.part(lambda: visit.ask("list_audit", query={**asked, "limit": 100}))
        cursor = cursor_of(part.found) if part.found else None
        return settings_tabs.show(visit, "audit", part=part, cursor=cursor)

    @screen(Screen(url="/settings/health", access=READ))
    def show_health(self, visit: Visit) -> Response:
        """Show each service and queue, and what should agree and does not."""
        parts = visit.together(
            status=lambda: visit.ask("get_status", query={"queues": "1"}),
            differences=lambda: visit.ask("list_differences"),
        )
        return settings_tabs.show(visit, "health", parts=parts)

    @screen(Screen(url="/settings/health/check", method="POST", access=CHECK))
    def check_health_form(self, visit: Visit) -> Response:
        """Look for differences now."""
        visit.act("check_differences")
        return visit.go("/settings/health", said="settings.checked")

    @screen(Screen(url="/settings/plan", access=Access("figures", "read")))
    def show_plan(self, visit: Visit) -> Response:
        """Show the Terms of Reference as the plan reads them."""
        return settings_tabs.show(visit, "plan", part=visit.part(lambda: visit.ask("get_plan")))


def _mail(visit: Visit, **more: Values) -> Response:
    parts = visit.together(
        mail=lambda: visit.ask("get_mail"),
        **{
            state: lambda state=state: visit.ask(
                "list_deliveries", query={"state": state, "limit": 20, "count": "capped"}
            )
            for state in TROUBLE
        },
    )
    return settings_tabs.show(visit, "mail", parts=parts, **{"sent": None, **more})


def _instant(day: str | None, later: int) -> str | None:
    """Return the beginning of a day in Bishkek, or of the one after it; None for no date."""
    try:
        found = date.fromisoformat(day or "") + timedelta(days=later)
    except ValueError:
        return None
    return datetime.combine(found, time(), BISHKEK).isoformat()
