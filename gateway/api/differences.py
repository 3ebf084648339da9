"""What the reconcilers found to differ, of all services: an empty list when all is well."""

from typing import Any

from werkzeug.wrappers import Response

from chassis import reconcile
from gateway import answers_operations as answers
from gateway import reconcile as between
from gateway.desk import Call, Desk
from gateway.everybody import Answers, ask_all
from gateway.policy import Access
from gateway.routes import Answer, Spec, route
from gateway.words import say

ANSWERS = {200: Answer("What differs, and where to look.", answers.Differences())}
SECONDS = 10.0
SHOWN = 100


class DifferencesApi(Desk):
    """Routes of differences."""

    @route(
        Spec(
            method="GET",
            url="/v1/differences",
            access=Access("operation", "read"),
            answers=ANSWERS,
            refuses=(503,),
        )
    )
    def list_differences(self, call: Call) -> Response:
        """List what should agree and does not; every ten minutes it is looked for anew.

        `checked` tells when each service was looked at last, `away` which do not answer now.
        """
        return self._told(call, ask_all(self, "list_differences"))

    @route(
        Spec(
            method="POST",
            url="/v1/differences",
            access=Access("operation", "check"),
            audit="operation.check",
            answers=ANSWERS,
            refuses=(503,),
        )
    )
    def check_differences(self, call: Call) -> Response:
        """Look for differences now, repair what can be repaired, and list the rest."""
        found = ask_all(self, "reconcile", timeout=SECONDS)
        with self.db.begin() as session:
            reconcile.note_run(session)
        between.compare(self)
        return self._told(call, found)

    def _told(self, call: Call, found: Answers) -> Response:
        found.or_away()
        with self.db.begin() as session:
            own = reconcile.listed(session)
        lists = {**found.found, "gateway": own}
        items = [
            {"service": service, **short(item), **words(call.language, item)}
            for service, listed in lists.items()
            for item in listed["items"]
        ]
        items.sort(key=lambda item: (item["first_seen_at"], item["kind"], item["subject"]))
        checked = {service: listed["checked_at"] for service, listed in lists.items()}
        return call.json({"items": items, "checked": checked, "away": found.away})


def short(item: dict[str, Any]) -> dict[str, Any]:
    """Return a difference with as many of its facts as somebody would read."""
    shown = {
        name: value[:SHOWN] if isinstance(value, list) else value
        for name, value in item["detail"].items()
    }
    return {**item, "detail": shown}


def words(language: str, item: dict[str, Any]) -> dict[str, str]:
    """Return what differs and where to look, in words."""
    about = {**item["detail"], "subject": item["subject"], "count": item["count"]}
    if "service" in about:
        about["service"] = say(language, f"service.{about['service']}")
    return {
        part: say(language, f"difference.{item['kind']}.{part}", **about)
        for part in ("text", "where")
    }
