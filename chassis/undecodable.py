"""What the broker gave up: taken from `<service>.dead` into the dead letters, base64 and all.

Bytes that are no event come there at once, an event that kept breaking its consumer after the
delivery limit. Each becomes one row, committed before its ack; a delivery that comes again
because the ack was lost finds its row (its id is made of what was delivered).
"""

import base64
import hashlib
import json
import re
import uuid
from typing import Any

import eventlet
import structlog
from kombu.connection import Connection
from kombu.message import Message
from kombu.messaging import Consumer
from nameko.extensions import DependencyProvider
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from chassis import topology
from chassis.consume import HEARTBEAT
from chassis.db import Database, database_url
from chassis.dead_letters import GIVEN_UP, UNDECODABLE
from chassis.decoding import decode
from chassis.failpoints import failpoint
from chassis.inbox import DeadLetter
from chassis.settings import settings

PREFETCH = 20
LOOK_SECONDS = 1.0
PAUSE_SECONDS = 2.0
# What the column of listeners holds.
LONGEST_NAME = 100
NAMESPACE = uuid.UUID("5d1c0c52-5a4c-4b8e-9a53-2a4f6f0d7a11")

log = structlog.get_logger()


class DeadQueue(DependencyProvider):
    """Move what lies in the service's dead-letter queue into its table; no method uses it."""

    def setup(self) -> None:
        """Prepare the connections; nothing is opened yet."""
        config = settings()
        self.service = self.container.service_name
        self.database = Database(database_url(config, self.service), pool_size=1)
        self.uri = config.amqp_uri
        self.stopping = False

    def start(self) -> None:
        """Begin to consume; broker and database may still be away."""
        self.container.spawn_managed_thread(self.run, identifier="dead queue")

    def stop(self) -> None:
        """Take no more; what is in hand without its ack comes again."""
        self.stopping = True

    def get_dependency(self, worker_ctx: Any) -> None:
        """Return nothing: it works by itself."""

    def run(self) -> None:
        """Consume until stopped; whatever breaks, connect again after a pause."""
        while not self.stopping:
            try:
                self._consume()
            except Exception as problem:
                log.warning("dead_queue_lost", error=type(problem).__name__)
                eventlet.sleep(PAUSE_SECONDS)

    def _consume(self) -> None:
        with Connection(self.uri, heartbeat=HEARTBEAT, connect_timeout=3) as connection:
            topology.declare(connection)
            queue = topology.dead_queue(self.service)
            consumer = Consumer(connection.default_channel, [queue], on_message=self._take)
            consumer.qos(prefetch_count=PREFETCH)
            with consumer:
                while not self.stopping:
                    self._look(connection)

    @staticmethod
    def _look(connection: Connection) -> None:
        try:
            connection.drain_events(timeout=LOOK_SECONDS)
        except TimeoutError:
            connection.heartbeat_check()

    def _take(self, message: Message) -> None:
        with self.database.begin() as session:
            is_new = keep(session, self.service, message)
        failpoint("undecodable.after_commit")
        message.ack()
        if is_new:
            log.warning("dead_letter", reason="given_up", queue=died_in(message))


def keep(session: Session, service: str, message: Message) -> bool:
    """Write what was delivered as a dead letter; return whether it is new."""
    body = message.body
    raw = body.encode() if isinstance(body, str) else bytes(body)
    wire = decode(message.body) or {}
    queue = died_in(message)
    # How often it was delivered grows with each delivery; its death stays as it was.
    death = {key: value for key, value in _headers(message).items() if key == "x-death"}
    mark = hashlib.sha256(raw + json.dumps(death, sort_keys=True).encode())
    statement = (
        insert(DeadLetter)
        .values(
            id=uuid.uuid5(NAMESPACE, f"{queue} {mark.hexdigest()}"),
            source=wire.get("source", ""),
            event_id=wire.get("id", ""),
            type=wire.get("type", ""),
            listener=listener_of(service, queue),
            reason=GIVEN_UP if wire else UNDECODABLE,
            error=None if wire else "The bytes are no event in JSON.",
            wire=wire,
            raw=base64.b64encode(raw).decode(),
            headers=_headers(message),
            fingerprint=mark.hexdigest(),
        )
        .on_conflict_do_nothing()
        .returning(DeadLetter.id)
    )
    return session.scalar(statement) is not None


def died_in(message: Message) -> str:
    """Return the queue from which the broker took the message."""
    deaths = message.headers.get("x-death") or [{}]
    return str(message.headers.get("x-first-death-queue") or deaths[0].get("queue") or "")


def listener_of(service: str, queue: str) -> str:
    """Return the durable name of the listener behind a queue of ``service``."""
    return re.sub(r"\.[a-z]\d+$", "", queue.removeprefix(f"{service}."))[:LONGEST_NAME]


def _headers(message: Message) -> dict[str, Any]:
    """Return the headers as plain JSON without what PostgreSQL cannot keep."""
    found: dict[str, Any] = _plain(dict(message.headers))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {_plain(str(name)): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, bool | int | None):
        return value
    return str(value).replace("\0", "").encode("utf-8", "replace").decode()
