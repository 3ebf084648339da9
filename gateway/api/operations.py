"""Is it alive, is it ready, how much is waiting, and what does it offer."""

from werkzeug.wrappers import Response

from chassis import clock
from gateway import answers, openapi, readiness
from gateway.desk import Call, Desk
from gateway.policy import Access
from gateway.routes import Answer, Spec, route
from gateway.schemas import StatusQuery
from gateway.words import say


class OperationsApi(Desk):
    """Routes of operation; no domain in them."""

    @route(
        Spec(
            method="GET",
            url="/healthz",
            access="open",
            pace=None,
            answers={200: Answer("The process answers.", answers.Healthy())},
        )
    )
    def healthz(self, call: Call) -> Response:
        """Say that the process is alive; asks nobody."""
        return call.json({"alive": True})

    @route(
        Spec(
            method="GET",
            url="/readyz",
            access="open",
            answers={
                200: Answer("All parts are ready.", answers.Ready()),
                503: Answer("A part is missing; the text names it.", answers.Ready()),
            },
        )
    )
    def readyz(self, call: Call) -> Response:
        """Say whether database, broker and every service with its consumers are there."""
        parts = readiness.missing(self, call.language)
        names = "; ".join(part["text"] for part in parts)
        words = say(call.language, "ready.not" if parts else "ready.ok", parts=names)
        body = {"ready": not parts, "text": words, "missing": parts}
        return call.json(body, 503, {"Retry-After": "2"}) if parts else call.json(body)

    @route(
        Spec(
            method="GET",
            url="/v1/status",
            access=Access("operation", "read"),
            query=StatusQuery(),
            answers={200: Answer("What is waiting in each service.", answers.Status())},
            refuses=(503,),
        )
    )
    def get_status(self, call: Call) -> Response:
        """Return the clock and what waits in each service; a service away says so.

        With ``counts=1`` also what each service received and emitted, by event; with ``queues=1``
        each queue of the broker with its messages and consumers.
        """
        found = readiness.statuses(self, counts=call.query["counts"], queues=call.query["queues"])
        return call.json({"clock": clock.now().isoformat(), "services": found})

    @route(
        Spec(
            method="GET",
            url="/v1/openapi.json",
            access="open",
            answers={200: Answer("This document.", answers.Anything())},
        )
    )
    def get_openapi(self, call: Call) -> Response:
        """Return the OpenAPI 3.1 document of this interface."""
        found = openapi.document(type(self))
        return call.json(found, headers={"Cache-Control": "public, max-age=300"})
