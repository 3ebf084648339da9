"""Whether the whole is ready, and which part is missing, in words (quality.md rule 8)."""

from typing import Any

import eventlet
from sqlalchemy import text

from chassis import topology
from chassis.publish import wait_for_broker
from contracts.catalogue import SERVICES
from gateway.desk import Desk
from gateway.everybody import PATIENCE_SECONDS, ask_all
from gateway.words import say

# A fact that a service told longer ago than this should long have been sent.
LAG_SECONDS = 60.0


def statuses(
    desk: Desk, *, counts: bool = False, queues: bool = False
) -> dict[str, dict[str, Any]]:
    """Return the status of every service, asked at the same time; one away says so."""
    found = ask_all(desk, "status", counts=counts, queues=queues).found
    return {service: found.get(service, {"away": True}) for service in SERVICES}


def missing(desk: Desk, language: str) -> list[dict[str, str]]:
    """Return the parts that are not ready, each with words; empty when all are."""
    found = []
    if not _answers(lambda: _select_one(desk)):
        found.append({"part": "database", "text": say(language, "ready.database")})
    if not _answers(lambda: wait_for_broker(desk.broker.uri, 0)):
        # Without the broker nobody can be asked: four more lines would say nothing new.
        return [*found, {"part": "broker", "text": say(language, "ready.broker")}]
    if queue := topology.foreign():
        found.append({"part": "broker", "text": say(language, "ready.foreign_queue", queue=queue)})
    for service, status in statuses(desk).items():
        if key := _trouble(status):
            words = say(language, f"service.{service}")
            text = say(language, key, service=words, queue=status.get("foreign_queue"))
            found.append({"part": service, "text": text})
    return found


def _trouble(status: dict[str, Any]) -> str | None:
    if status.get("away"):
        return "ready.service"
    if status.get("foreign_queue"):
        return "ready.foreign_queue"
    if not status.get("consuming"):
        return "ready.consumers"
    return "ready.relay" if status.get("outbox_lag", 0) > LAG_SECONDS else None


def _select_one(desk: Desk) -> bool:
    with desk.db.begin() as session:
        return bool(session.scalar(text("SELECT 1")) == 1)


def _answers(question: Any) -> bool:
    try:
        with eventlet.Timeout(PATIENCE_SECONDS, TimeoutError("no answer")):
            return bool(question())
    except Exception:
        # Whatever it says, it is not an answer; the words name the part.
        return False
