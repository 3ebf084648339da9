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

from chassis import draining, handling, link, listen, main, outbox, publish
from chassis.frames import Message
from chassis.settings import settings


def inbox_off() -> None:
    """Apply whatever is delivered, as a listener without an inbox would."""
    from chassis import context

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
            body = json.dumps(fact).encode()
            publisher.publish([Message(f"{listener.service}.events", fact["type"], body)])
        publisher.close()
        return outcome

    outbox.emit = remember
    listen.handle = then_publish


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


MUTANTS = {
    "inbox_off": inbox_off,
    "outbox_off": outbox_off,
    "confirms_off": confirms_off,
    "drain_off": drain_off,
}


if __name__ == "__main__":
    MUTANTS[os.environ["MUTANT"]]()
    sys.exit(main.main(sys.argv[1]))
