"""POST /v1/events: the portal reports what happened; 202 only after the broker's confirm."""

from datetime import datetime
from typing import Any

import eventlet
from werkzeug.wrappers import Response

from chassis import clock
from chassis.errors import AymakError
from chassis.failpoints import failpoint
from chassis.logs import trace_of
from chassis.problems import describe
from chassis.settings import settings
from gateway import answers, events
from gateway.desk import Call, Caller, Desk
from gateway.events import Accepted
from gateway.policy import Access
from gateway.routes import WORDS, Answer, Spec, route

# Judging an event takes about a twentieth of a millisecond: others get their turn in between.
BREATH = 100


class EventsApi(Desk):
    """Routes of events."""

    @route(
        Spec(
            method="POST",
            url="/v1/events",
            access=Access("events", "post"),
            pace="events",
            answers={
                202: Answer("Accepted and confirmed by the broker.", answers.EventAccepted()),
            },
            refuses=(400, 413, 415, 503),
            limit=events.LARGEST_BATCH,
            worker=False,
        )
    )
    def post_events(self, call: Call) -> Response:
        """Report one event or a batch of at most 1,000.

        CloudEvents 1.0 in all three forms: structured, batch, binary. The same source and id sent
        again is the same fact and is answered the same. A batch is answered with one result for
        each event; 422 when none was accepted. After 503 send the same events again.
        """
        items, is_batch = events.read(call.request)
        traceparent = call.request.headers.get("traceparent")
        if trace_of(traceparent):
            items = [traced(item, traceparent) for item in items]
        if is_batch:
            return self._batch(call, items)
        accepted = judge(call.staff, items[0], clock.now())
        self.broker.publish([accepted])
        failpoint("accept.after_confirm")
        return call.json(accepted.receipt(settings().public_url), 202)

    def _batch(self, call: Call, items: list[Any]) -> Response:
        now = clock.now()
        results: list[dict[str, Any]] = []
        good: list[Accepted] = []
        for number, item in enumerate(items):
            if number % BREATH == 0:
                eventlet.sleep(0)
            try:
                good.append(judge(call.staff, item, now))
                results.append({"id": good[-1].id, "status": 202})
            except AymakError as refusal:
                results.append(refused(item, refusal, number, call.language))
        self.broker.publish(good)
        failpoint("accept.after_confirm")
        return call.json({"results": results}, 202 if good or not items else 422)


def traced(item: Any, traceparent: str | None) -> Any:
    """Return the event with the request's W3C trace context, where it brings none of its own."""
    is_bare = isinstance(item, dict) and item.get("traceparent") is None
    return {**item, "traceparent": traceparent} if is_bare else item


def judge(caller: Caller, item: Any, now: datetime) -> Accepted:
    """Return the event if this caller may send it and it keeps its contract."""
    assert caller.key is not None
    source = settings().portal_source
    return events.judge(item, caller.key, portal_source=source, now=now)


def refused(item: Any, refusal: AymakError, number: int, language: str) -> dict[str, Any]:
    """Return the result of one refused event of a batch; its fields begin with ``[number]``."""
    known = item.get("id") if isinstance(item, dict) else None
    refusal.fields = {
        f"[{number}].{path}" if path else f"[{number}]": messages
        for path, messages in refusal.fields.items()
    }
    problem = describe(refusal, WORDS, language)
    return {
        "id": known if isinstance(known, str) else None,
        "status": problem["status"],
        "problem": problem,
    }
