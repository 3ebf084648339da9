"""POST /v1/events: the portal reports what happened; 202 only after the broker's confirm."""

from typing import Any

import eventlet
from werkzeug.wrappers import Response

from chassis import clock
from chassis.errors import AymakError
from chassis.problems import describe
from chassis.settings import settings
from gateway import answers, events
from gateway.desk import Call, Caller, Desk
from gateway.events import Accepted
from gateway.routes import WORDS, Answer, Spec, route

# Judging an event takes about a twentieth of a millisecond: others get their turn in between.
BREATH = 100


class EventsApi(Desk):
    """Routes of events."""

    @route(
        Spec(
            method="POST",
            url="/v1/events",
            access="portal",
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
        if is_batch:
            return self._batch(call, items)
        accepted = judge(call.staff, items[0])
        self.broker.publish([accepted])
        return call.json(accepted.receipt(settings().public_url), 202)

    def _batch(self, call: Call, items: list[Any]) -> Response:
        results: list[dict[str, Any]] = []
        good: list[Accepted] = []
        for number, item in enumerate(items):
            if number % BREATH == 0:
                eventlet.sleep(0)
            try:
                good.append(judge(call.staff, item))
                results.append({"id": good[-1].id, "status": 202})
            except AymakError as refusal:
                results.append(refused(item, refusal, number, call.language))
        self.broker.publish(good)
        return call.json({"results": results}, 202 if good or not items else 422)


def judge(caller: Caller, item: Any) -> Accepted:
    """Return the event if this caller may send it and it keeps its contract."""
    assert caller.key is not None
    source = settings().portal_source
    return events.judge(item, caller.key, portal_source=source, now=clock.now())


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
