"""The event loop: does it stand still, and does the database driver let it run (rule 9)?

One greenlet that does not yield holds up every other one of its process: events, calls, HTTP and
the heartbeats of the broker. So it is measured all the time, and the one library that could block
it at every query is tried before the first query.
"""

import socket
import sys
import time
from collections import deque
from contextlib import suppress
from typing import Any

import eventlet
import psycopg2
import structlog

from chassis import metrics

PAUSE = 0.1
# A gauge is looked at now and then; it shows the worst of the last minute.
WINDOW = 60.0
LOUD = 1.0
PATIENCE = 2

log = structlog.get_logger()


def tell_failures() -> None:
    """Log what leaves a greenlet or the process: by itself it is printed, with all its words."""

    def tell(*given: Any) -> None:
        log.error("greenlet_failed", exc_info=given[-1])

    def tell_last(kind: type[BaseException], problem: BaseException, trace: Any) -> None:
        log.critical("process_failed", exc_info=(kind, problem, trace))

    sys.excepthook = tell_last
    loop = eventlet.hubs.get_hub()
    loop.squelch_generic_exception = loop.squelch_timer_exception = tell


def watch() -> None:
    """Measure for ever how late a short sleep ends; run it in a greenlet of its own."""
    latest: deque[tuple[float, float]] = deque()
    while True:
        began = time.monotonic()
        eventlet.sleep(PAUSE)
        now = time.monotonic()
        late = max(0.0, now - began - PAUSE)
        latest.append((now, late))
        while latest[0][0] < now - WINDOW:
            latest.popleft()
        metrics.hub_stall.set(max(value for _, value in latest))
        metrics.hub_stalled.inc(late)
        if late > LOUD:
            log.warning("hub_stalled", seconds=round(late, 2))


def driver_yields() -> bool:
    """Return whether the database driver lets other greenlets run while it waits.

    It is tried on a server that is none, in this very process: who accepts the connection can do
    so only if the driver yields. Takes a few milliseconds, or two seconds for a "no".
    """
    accepted: list[bool] = []

    def accept() -> None:
        connection, _ = server.accept()
        accepted.append(True)
        connection.close()

    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        waiting = eventlet.spawn(accept)
        with suppress(psycopg2.Error):
            psycopg2.connect(host=host, port=port, connect_timeout=PATIENCE).close()
        found = bool(accepted)
        waiting.kill()
    return found
