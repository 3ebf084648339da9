"""A product that goes on after the terminal: starting it, stopping it, asking how it is.

`--detach` runs the same supervisor in a session of its own and watches its log until the product
is ready or has given up; `down` and `status` find it by its pid file.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from launch import processes
from launch.children import TARGETS
from launch.errors import LaunchError
from launch.files import open_log
from launch.postgres import PrivatePostgres
from launch.rabbitmq import PrivateRabbit
from launch.state import ROOT, State
from launch.up import Say, Start, confide_credentials, install_missing, plan

STOP_SECONDS = 120.0
POLL_SECONDS = 0.2


def start(wanted: Start, say: Say) -> None:
    """Start a supervisor of its own session and return when the product is ready.

    Raises LaunchError when it is not, with what the supervisor said.
    """
    state = wanted.state
    # Here, where there is a terminal: sudo may ask for a password.
    install_missing(plan(wanted), say)
    log = state.log("supervisor")
    output = open_log(log)
    begin = log.stat().st_size
    try:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "launch", "supervise", *_options(wanted)],
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            cwd=state.folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    finally:
        os.close(output)
    _watch(child, state, begin=begin, say=say)
    confide_credentials(state, say)


def stop(state: State, say: Say) -> bool:
    """Stop the supervisor of this folder and all it tends; tell whether anything ran.

    A supervisor that was killed leaves processes behind: those are found and stopped as well.
    """
    known = processes.read_mark(state.supervisor)
    if known is not None and processes.is_running(known):
        say(f"stopping the product in {state.folder} ...")
        if not processes.end_waiting(known, grace=STOP_SECONDS, say=say):
            raise LaunchError(f"The supervisor (process {known.pid}) did not stop: see the logs.")
        return True
    return _stop_leftovers(state, say)


def last_word(state: State) -> dict[str, Any] | None:
    """Return what the supervisor of this folder last wrote; None when none runs."""
    known = processes.read_mark(state.supervisor)
    if known is None or not processes.is_running(known):
        return None
    try:
        content: dict[str, Any] = json.loads((state.run / "state.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {"url": None, "ready": False, "processes": []}
    return content


def _options(wanted: Start) -> list[str]:
    options = ["--state", str(wanted.state.folder)]
    options += ["--broker", wanted.broker, "--database", wanted.database]
    options += ["--port", str(wanted.port)] if wanted.port else []
    return [*options, "--demo"] if wanted.demo else options


def _watch(child: "subprocess.Popen[bytes]", state: State, *, begin: int, say: Say) -> None:
    """Repeat the supervisor's lines until it is ready; LaunchError when it ended before.

    Its last line is the sentence that says why.
    """
    with state.log("supervisor").open(encoding="utf-8", errors="replace") as lines:
        lines.seek(begin)
        while child.poll() is None:
            _repeat(lines.read(), say)
            word = last_word(state)
            if word is not None and word["ready"]:
                return
            time.sleep(POLL_SECONDS)
        _repeat(lines.read(), say)
    raise LaunchError("The product was not started; the reason stands above.")


def _repeat(text: str, say: Callable[[str], None]) -> None:
    for line in text.splitlines():
        say(line)


def _stop_leftovers(state: State, say: Say) -> bool:
    paths = [state.run / f"{name}.pid" for name in TARGETS]
    ended = processes.end_leftovers(paths, grace=30.0)
    servers = (
        PrivateRabbit(state.folder / "rabbitmq"),
        PrivatePostgres(state.folder / "postgresql"),
    )
    for server in servers:
        ended += server.end_leftovers()
    for name in ended:
        say(f"{name} was left running by an earlier start; it was stopped.")
    return bool(ended)
