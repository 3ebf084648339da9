"""One-click unsubscribe (RFC 8058, quality.md S16): GET shows a page, POST does it.

Mail programs and scanners open links by themselves, so GET changes nothing; POST needs neither
sign-in nor cookie and answers without a redirect.
"""

from typing import Any

from werkzeug.wrappers import Response

from chassis.errors import NotFound, Unavailable
from chassis.problems import RETRY_SECONDS
from gateway.desk import Call, Desk
from gateway.pages import render
from gateway.routes import WORDS, Answer, Spec, route
from gateway.words import CATALOG, say

HTML = ("text/html",)
PAGES = {
    200: Answer("A small page in the reader's language.", media=HTML),
    404: Answer("A page that says that the link is not valid.", media=HTML),
    503: Answer("A page that asks to come back later.", media=HTML),
}


class UnsubscribeApi(Desk):
    """Routes of unsubscribing."""

    @route(Spec(method="GET", url="/v1/unsubscribe/<token>", access="open", answers=PAGES))
    def show_unsubscribe(self, call: Call, token: str) -> Response:
        """Show what the reader is about to leave; changes nothing."""
        return self._page(call, "describe_unsubscribe", token, "unsubscribe.question")

    @route(Spec(method="POST", url="/v1/unsubscribe/<token>", access="open", answers=PAGES))
    def unsubscribe(self, call: Call, token: str) -> Response:
        """Unsubscribe at once; may be repeated."""
        return self._page(call, "unsubscribe", token, "unsubscribe.done")

    def _page(self, call: Call, method: str, token: str, text: str) -> Response:
        try:
            found = self.ask(call, "notifications", method, token=token)
        except NotFound:
            return _render(call.language, "unsubscribe.unknown", {}, 404)
        except Unavailable as problem:
            title, detail = WORDS.problem(problem.code, 503, call.language, problem.params)
            page = render("problem.html", call.language, 503, title=title, detail=detail)
            page.headers["Retry-After"] = str(RETRY_SECONDS)
            return page
        already = method == "describe_unsubscribe" and found.get("unsubscribed")
        key = "unsubscribe.already" if already else text
        return _render(found.get("language") or call.language, key, found)


def _render(language: str, key: str, found: dict[str, Any], status: int = 200) -> Response:
    topic = f"topic.{found.get('topic')}"
    return render(
        "unsubscribe.html",
        language,
        status,
        text=say(language, key),
        topic=say(language, topic) if topic in CATALOG.keys(language) else "",
        address=found.get("address") or "",
        asks=key == "unsubscribe.question",
    )
