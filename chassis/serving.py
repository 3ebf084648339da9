"""The life of a process: it serves until SIGTERM or SIGINT and then drains (quality.md rule 7).

The door is closed, consumers are cancelled while their connection stays open, what is in hand is
finished and acknowledged, then all is closed. That is bounded, so that a broker or a database that
is away, or a start that has not ended, holds nobody up.
"""

import os
import signal
from typing import Any

import eventlet
import structlog
from nameko.runners import ServiceRunner

from chassis import stopping

GRACE_SECONDS = 25
LOOK_SECONDS = 0.1

log = structlog.get_logger()


def serve(runner: ServiceRunner) -> int:
    """Serve until a signal; return 0 after a drain and 1 after one that the bound cut off.

    A second signal ends the process at once. Raises what a container died of.
    """
    signals: list[int] = []

    def heard(number: int, _: Any) -> None:
        # A handler may interrupt any code at any place: it only leaves a note.
        signals.append(number)
        if len(signals) > 1:
            os._exit(1)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, heard)
    life = eventlet.spawn(_live, runner)
    while not signals and not life.dead:
        eventlet.sleep(LOOK_SECONDS)
    if not signals:
        life.wait()
        return 0
    return drain(runner)


def _live(runner: ServiceRunner) -> None:
    # It may take for ever where the broker is away, so the signals are heard beside it.
    runner.start()
    runner.wait()


def drain(runner: ServiceRunner) -> int:
    """Stop in order within the grace; return the exit code."""
    stopping.ask()
    log.info("draining")
    try:
        with eventlet.Timeout(GRACE_SECONDS):
            runner.stop()
    except eventlet.Timeout:
        log.warning("drain_cut_off", after_seconds=GRACE_SECONDS)
        return 1
    except Exception:
        # What had not even begun cannot be stopped.
        log.exception("drain_failed")
        return 1
    log.info("drained")
    return 0
