"""Facts that are kept for later, of all services: for what they wait, and when they are tried."""

from typing import Any

from werkzeug.wrappers import Response

from gateway import answers_operations as answers
from gateway.answers import listed, one
from gateway.desk import Call, Desk
from gateway.everybody import pages
from gateway.paging import page
from gateway.policy import Access
from gateway.routes import Spec, route
from gateway.schemas_operations import KeptQuery, KeptTry
from gateway.words import CATALOG, say


def kept_text(language: str, fact: dict[str, Any]) -> str:
    """Return what a kept fact waits for, in words: ``waiting for client X``."""
    if fact["outcome"] == "failed":
        return say(language, "kept.failed", attempts=fact["attempts"])
    if fact["outcome"] != "waiting":
        return say(language, f"outcome.{fact['outcome']}")
    noun, _, ref = (fact["waits_for"] or "").partition(":")
    key = f"kept.waits_for.{noun}"
    known = key if key in CATALOG.keys(language) else "kept.waits_for.some"
    # The key holds the source before the portal's own ref; people know the ref.
    return say(language, known, ref=ref.rpartition(":")[2] or ref)


class WaitingApi(Desk):
    """Routes of facts that are kept for later."""

    @route(
        Spec(
            method="GET",
            url="/v1/waiting",
            access=Access("dead_letters", "read"),
            query=KeptQuery(),
            answers=listed(answers.Kept),
            refuses=(503,),
        )
    )
    def list_waiting(self, call: Call) -> Response:
        """List the facts that are kept for later: for what each waits, since when, next try.

        They are tried again by themselves. `away` names the services that do not answer now.
        """
        found = pages(self, call, "list_kept", keys=("since", "key"), newest=False)
        for fact in found["items"]:
            fact["text"] = kept_text(call.language, fact)
            del fact["key"]
        return page(call, found)

    @route(
        Spec(
            method="POST",
            url="/v1/waiting/try",
            access=Access("dead_letters", "replay"),
            audit="dead_letter.try",
            body=KeptTry(),
            answers=one(answers.Tried),
            refuses=(404, 503),
        )
    )
    def try_waiting(self, call: Call) -> Response:
        """Try one kept fact at once; the answer says what became of it."""
        body = dict(call.body)
        found = self.ask(call, body.pop("service"), "try_kept", **body)
        for fact in found["handled"]:
            fact["text"] = kept_text(call.language, fact)
        return call.json(found)
