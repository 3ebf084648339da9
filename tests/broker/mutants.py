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
from typing import Any

from kombu.connection import Connection

from chassis import handling, listen, main, outbox, publish
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
            publisher.publish(
                exchange=f"{listener.service}.events",
                routing_key=fact["type"],
                body=json.dumps(fact).encode(),
            )
        publisher.abort()
        return outcome

    outbox.emit = remember
    listen.handle = then_publish


def confirms_off() -> None:
    """Trust the socket: a publish is done when it is written."""

    def connection(uri: str, **options: Any) -> Connection:
        return Connection(uri, connect_timeout=options["connect_timeout"])

    publish.Connection = connection


if __name__ == "__main__":
    {"inbox_off": inbox_off, "outbox_off": outbox_off, "confirms_off": confirms_off}[
        os.environ["MUTANT"]
    ]()
    sys.exit(main.main(sys.argv[1]))
