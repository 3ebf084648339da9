"""The product with one guarantee switched off (quality.md, fault row 27).

Started in place of ``chassis.main`` with MUTANT set; the fault tests must then be seen to fail.
Nothing of this is reachable from the product's own code.
"""

import eventlet

if __name__ == "__main__":
    # Only in a process of its own: a test run that is patched half-way stands still.
    eventlet.monkey_patch()

import json
import os
import sys
from dataclasses import replace
from typing import Any

from sqlalchemy import text

from chassis import (
    dispatch,
    draining,
    gathering,
    handling,
    link,
    listen,
    main,
    outbox,
    publish,
    relay,
)
from chassis.frames import Message
from chassis.settings import settings


def inbox_off() -> None:
    """Apply whatever is delivered, as a listener without an inbox would.

    Ids that are derived from the fact (decision 10) would stop most repeats at a primary key; here
    they are random, as in any service that has no replay.
    """
    import uuid

    from chassis import context

    context.id_of = lambda what: uuid.uuid4()

    def handle(db: Any, listener: Any, wire: dict[str, Any]) -> str:
        with db.begin() as session:
            event = handling.checked(listener, wire)
            with context.flowing(listener.service, cause=event):
                listener.work(session, event)
        return "applied"

    listen.handle = handle
    gathering.BATCH = 1


def outbox_off() -> None:
    """Publish derived facts after the commit, as a dispatcher without an outbox would."""
    pending: list[dict[str, Any]] = []
    emit, handle, hold = outbox.emit, listen.handle, listen.failpoint

    def remember(session: Any, data: Any, **about: Any) -> Any:
        event = emit(session, data, **about)
        row = outbox.unsent(session, 1_000_000)[-1]
        pending.append(row.wire)
        session.delete(row)
        session.flush()
        return event

    def then_publish(db: Any, listener: Any, wire: dict[str, Any]) -> str:
        outcome = handle(db, listener, wire)
        hold("listen.after_commit")
        publisher = publish.Publisher(settings().amqp_uri)
        while pending:
            fact = pending.pop(0)
            body = json.dumps(fact).encode()
            publisher.publish([Message(f"{listener.service}.events", fact["type"], body)])
        publisher.close()
        return outcome

    outbox.emit = remember
    listen.handle = then_publish
    gathering.BATCH = 1


def confirms_off() -> None:
    """Trust the socket: a publish is done when it is written."""

    write = link.Link.write

    def trust(self: link.Link, batches: list[link.Batch]) -> None:
        write(self, batches)
        with self._lock:
            waiting = list(self._waiting.values())
            self._waiting.clear()
        for batch, index, _ in waiting:
            batch.settle(index, True)

    link.Link.write = trust


def drain_off() -> None:
    """Close the connection at once when asked to end, as nameko does."""
    draining.DrainingConsumer.drain = lambda self: setattr(self, "should_stop", True)
    draining.DrainingConsumer.on_consume_end = lambda self, connection, channel: None


def lock_off() -> None:
    """Let every relay send: each believes that it has the lock."""
    # A key of its own for each process: nobody is ever in the other's way.
    relay.LOCK = 10_000_000 + os.getpid()


def mail_lease_off() -> None:
    """Let a mailer take what another one has in hand."""
    claim = dispatch.claim

    def greedy(session: Any, limit: int, lease: Any) -> Any:
        session.execute(text("UPDATE outgoing_mail SET lease_until = NULL"))
        return claim(session, limit, lease)

    dispatch.claim = greedy


def fails_with_data(session: Any, happened: Any) -> None:
    """Fail as the client's reference says, with all that is at hand in the words of the error."""
    words = str(happened.data)
    match getattr(happened.data, "client_ref", None):
        case "raises":
            raise RuntimeError(words)
        case "violates":
            session.execute(text("CREATE TABLE told (words text PRIMARY KEY)"))
            for _ in range(2):
                session.execute(text("INSERT INTO told VALUES (:words)"), {"words": words})
        case "forks":
            eventlet.spawn(int, words)
            eventlet.sleep(0)


def tells_all() -> None:
    """Fail in every way that would put the data at hand into a text: see test_canaries.py."""
    from services.clients import dossiers

    attempt = handling._attempt

    def betrayed(session: Any, listener: Any, row: Any, wire: dict[str, Any]) -> str:
        def work(inner: Any, happened: Any) -> None:
            fails_with_data(inner, happened)
            listener.work(inner, happened)

        return attempt(session, replace(listener, work=work), row, wire)

    def no_person(*_: Any, **__: Any) -> None:
        raise RuntimeError("Канарейкина, kanareika@example.kg")

    handling._attempt = betrayed
    gathering.BATCH = 1
    dossiers.person = no_person


MUTANTS = {
    "inbox_off": inbox_off,
    "outbox_off": outbox_off,
    "confirms_off": confirms_off,
    "drain_off": drain_off,
    "lock_off": lock_off,
    "tells_all": tells_all,
}

if __name__ == "__main__":
    MUTANTS[os.environ["MUTANT"]]()
    sys.exit(main.main(sys.argv[1]))
