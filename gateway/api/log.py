"""The event log and the timeline of a client, asked of reporting's journal."""

from typing import Any

from werkzeug.wrappers import Response

from contracts.catalogue import contracts
from gateway import answers, policy
from gateway.desk import Call, Desk
from gateway.everybody import ask_all
from gateway.masked import LogEventMasked, LogLineMasked, TimelineMasked
from gateway.paging import page, plain
from gateway.policy import Access
from gateway.routes import Answer, Spec, route
from gateway.schemas_lists import LogQuery, TimelineQuery
from gateway.schemas_operations import ReceiptQuery
from gateway.words import CATALOG, say

READ = Access("log", "read")


def event_title(language: str, name: str) -> str:
    """Return what an event type is called, the type itself where nobody named it."""
    key = f"event.{name}"
    return say(language, key) if key in CATALOG.keys(language) else name


class LogApi(Desk):
    """Routes of the event log."""

    @route(
        Spec(
            method="GET",
            url="/v1/log",
            access=READ,
            query=LogQuery(),
            answers=answers.listed(answers.LogLine, masked=LogLineMasked),
            refuses=(503,),
        )
    )
    def list_events(self, call: Call) -> Response:
        """List what came in and what services told, the newest first."""
        found = self.ask(call, "reporting", "list_events", query=plain(call.query))
        return page(call, _titled(call, found))

    @route(
        Spec(
            method="GET",
            url="/v1/log/types",
            access=Access("session", "use"),
            answers={200: Answer("All of them.", answers.Items())},
        )
    )
    def list_event_types(self, call: Call) -> Response:
        """List the event types with their titles."""
        names = sorted({(one.type, one.emitter) for one in contracts()})
        items = [
            {"type": name, "emitter": emitter, "title": event_title(call.language, name)}
            for name, emitter in names
        ]
        return call.json({"items": items})

    @route(
        Spec(
            method="GET",
            url="/v1/log/event",
            access=READ,
            query=ReceiptQuery(),
            answers=answers.one(answers.LogEvent, masked=LogEventMasked),
            refuses=(404, 503),
            audit="event.read",
        )
    )
    def get_event(self, call: Call) -> Response:
        """Return one event: its data, who handled it, its cause, what it led to, where it counts.

        Roles without personal rights get the data without the fields that tell of a person.
        """
        sees_people = policy.sight(call.staff.role, READ) == "all"
        fact = {"source": call.query["source"], "event_id": call.query["id"]}
        found = self.ask(call, "reporting", "get_event", personal=sees_people, **fact)
        receipts = ask_all(self, "get_receipt", **fact)
        found["handled"] = [
            {"service": service, **line}
            for service, lines in receipts.found.items()
            for line in lines
        ]
        found["away"] = receipts.away
        related = [found, *found["effects"], *([found["cause"]] if found["cause"] else [])]
        _titled(call, {"items": related})
        return call.json(found)

    @route(
        Spec(
            method="GET",
            url="/v1/timeline",
            access=Access("timeline", "read"),
            query=TimelineQuery(),
            answers=answers.listed(answers.TimelineLine, masked=TimelineMasked),
            refuses=(503,),
        )
    )
    def list_timeline(self, call: Call) -> Response:
        """List all that happened about one client, the newest first; no names are in it."""
        query = plain(call.query)
        client = query.pop("client")
        found = self.ask(call, "reporting", "list_timeline", client=client, query=query)
        return page(call, _titled(call, found))


def _titled(call: Call, found: dict[str, Any]) -> dict[str, Any]:
    for item in found["items"]:
        item["title"] = event_title(call.language, item["type"])
    return found
