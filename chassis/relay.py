"""The relay: publishes the outbox in order, by one active instance per database.

The instance that holds the advisory lock reads, publishes and marks over the same connection, so
that losing the lock also stops it; the others stand by (quality.md §2, rule 2: two relays with
SKIP LOCKED sent a third of the events out of order).
"""

from typing import Any

import eventlet
import structlog
from nameko.extensions import DependencyProvider
from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from chassis import outbox, stopping
from chassis.db import Database, database_url
from chassis.failpoints import failpoint
from chassis.frames import Message
from chassis.publish import Publisher, Unconfirmed
from chassis.settings import settings

LOCK = outbox.RELAY_LOCK
POLL = 0.2
PAUSE = 1.0
BATCH = 200
END_SECONDS = 5

log = structlog.get_logger()


class Relay(DependencyProvider):
    """Publish what use cases emit; the dependency itself is not used by methods."""

    def setup(self) -> None:
        """Prepare the connections; nothing is opened yet."""
        config = settings()
        self.service = self.container.service_name
        self.database = Database(database_url(config, self.service), pool_size=1)
        self.publisher = Publisher(config.amqp_uri)
        self.stopping = False
        self.active = False
        self.thread: Any = None

    def start(self) -> None:
        """Begin to relay; broker and database may still be away."""
        self.thread = self.container.spawn_managed_thread(self.run, identifier="relay")

    def stop(self) -> None:
        """Stop after the rows at hand; what is left stays in the outbox."""
        self.stopping = True
        with eventlet.Timeout(END_SECONDS, False):
            while self.thread is not None and not self.thread.dead:
                eventlet.sleep(END_SECONDS / 100)

    def get_dependency(self, worker_ctx: Any) -> "Relay":
        """Return the relay, so that the status can tell whether it is active."""
        return self

    def run(self) -> None:
        """Hold the lock and publish; whatever breaks, try again after a pause."""
        while not self.stopping:
            try:
                with self.database.engine.connect() as connection:
                    self._lead(connection)
            except Exception as problem:
                # Whatever it is, the process lives on (quality.md rule 8).
                log.warning("relay_lost", error=type(problem).__name__)
            finally:
                self.active = False
            stopping.pause(PAUSE)

    def _lead(self, connection: Connection) -> None:
        got = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": LOCK})
        connection.commit()
        if not got:
            return
        self.active = True
        while not self.stopping:
            outbox.NEWS.clear()
            if relay_once(connection, self.publisher, self.service) == 0:
                outbox.NEWS.wait(POLL)


def relay_once(connection: Connection, publisher: Publisher, service: str) -> int:
    """Publish up to ``BATCH`` unsent facts in order; return how many were confirmed.

    They go out in one write, and each row is marked after its own confirm; when the broker does
    not confirm one, the rows before it are marked, and the rest is sent again.
    """
    with Session(connection) as session, session.begin():
        rows = outbox.unsent(session, BATCH)
    exchange = f"{service}.events"
    messages = [Message(exchange, row.type, row.body) for row in rows]
    confirmed = _publish(publisher, messages)
    if confirmed:
        with Session(connection) as session, session.begin():
            outbox.mark_sent(session, [row.position for row in rows[:confirmed]])
        failpoint("relay.after_mark")
    if confirmed < len(rows):
        eventlet.sleep(PAUSE)
    return confirmed


def _publish(publisher: Publisher, messages: list[Message]) -> int:
    try:
        publisher.publish(messages)
        confirmed = len(messages)
    except Unconfirmed as problem:
        confirmed = problem.confirmed
    for _ in range(confirmed):
        failpoint("relay.after_confirm")
    return confirmed
