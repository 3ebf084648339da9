"""The receipt of an event: received, handled by whom, counted in which indicator (contracts §5)."""

from typing import Any

from werkzeug.wrappers import Response

from chassis.errors import AymakError, NotFound
from contracts.catalogue import JOURNAL
from contracts.envelope import BY_NAME
from gateway import answers_operations as answers
from gateway import auth
from gateway.api.waiting import kept_text
from gateway.desk import Call, Desk
from gateway.everybody import PATIENCE_SECONDS, Answers, ask_all, away
from gateway.policy import Access
from gateway.routes import Answer, Spec, route
from gateway.schemas_operations import ReceiptQuery


class ReceiptsApi(Desk):
    """The route of receipts."""

    @route(
        Spec(
            method="GET",
            url="/v1/events/receipt",
            access=Access("receipts", "read"),
            query=ReceiptQuery(),
            answers={200: Answer("What became of the event.", answers.Receipt())},
            refuses=(404, 503),
        )
    )
    def get_receipt(self, call: Call) -> Response:
        """Return what became of an event: handled by which service, counted in which indicator.

        `awaited` names the services that listen to it and have not heard of it yet, `away` those
        that do not answer now; `counted` is null while reporting is away. 404 when nobody knows
        the event: not handled yet, or never received.
        """
        source, event_id = call.query["source"], call.query["id"]
        auth.require_source(call.staff, source)
        told = ask_all(self, "get_receipt", source=source, event_id=event_id)
        journalled = self._journalled(told, source, event_id)
        handled = [
            {"service": service, **line} for service, lines in told.found.items() for line in lines
        ]
        if not handled and journalled is None:
            if told.away:
                raise away(told.away[0])
            raise NotFound("event", event_id, code="unknown_event")
        body = receipt(handled, journalled, told.away)
        for line in body["handled"]:
            line["text"] = kept_text(call.language, line)
        return call.json({"id": event_id, "source": source, **body})

    def _journalled(self, told: Answers, source: str, event_id: str) -> dict[str, Any] | None:
        if JOURNAL in told.away:
            return None
        try:
            found: dict[str, Any] | None = self.services.call(
                JOURNAL, "get_counted", source=source, event_id=event_id, timeout=PATIENCE_SECONDS
            )
        except AymakError:
            told.away.append(JOURNAL)
            return None
        return found


def receipt(
    handled: list[dict[str, Any]], journalled: dict[str, Any] | None, gone: list[str]
) -> dict[str, Any]:
    """Return the body of a receipt out of what the services and the journal told."""
    kind = journalled["type"] if journalled else handled[0]["type"]
    known = journalled or {}
    arrivals = [line["received_at"] for line in handled]
    if known.get("received_at"):
        arrivals.append(known["received_at"])
    contract = BY_NAME.get((kind, 1))
    listeners = {*(contract.listeners if contract else ()), JOURNAL}
    heard = {line["service"] for line in handled}
    return {
        "type": kind,
        "time": known.get("time"),
        "received_at": min(arrivals),
        "handled": [
            {key: value for key, value in line.items() if key not in ("type", "received_at")}
            for line in sorted(handled, key=lambda line: (line["at"], line["service"]))
        ],
        "counted": None if JOURNAL in gone else known.get("counted", []),
        "awaited": sorted(listeners - heard - {*gone}),
        "away": gone,
    }
