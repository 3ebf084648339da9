"""The supervisor over stand-in processes: restarts, order, leftovers, down and status."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from launch import detach, processes
from launch.children import ServiceProcess
from launch.errors import LaunchError
from launch.state import ROOT, State
from launch.supervisor import Supervisor, sole_owner

STANDIN = Path(__file__).with_name("standin.py")
Eventually = Callable[[Callable[[], object]], None]
Process = subprocess.Popen


def supervise(state: State, port: int) -> "Process[bytes]":
    log = state.log("supervisor").open("ab")
    with log:
        return Process(
            [sys.executable, "-P", str(STANDIN), "supervise", str(state.folder), str(port)],
            env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )


def is_ready(state: State) -> bool:
    word = detach.last_word(state)
    return word is not None and bool(word["ready"])


def row(state: State, name: str) -> dict[str, Any]:
    word = detach.last_word(state)
    assert word is not None
    return next(row for row in word["processes"] if row["name"] == name)


@pytest.fixture
def running(state: State, port: int, eventually: Eventually) -> Iterator["Process[bytes]"]:
    process = supervise(state, port)
    try:
        eventually(lambda: is_ready(state) or process.poll() is not None)
        assert process.poll() is None, state.log("supervisor").read_text()
        yield process
    finally:
        process.terminate()
        process.wait()
        detach.stop(state, str)


def test_it_starts_a_killed_process_again(
    running: "Process[bytes]", state: State, eventually: Eventually
) -> None:
    before = row(state, "gateway")
    os.kill(before["pid"], signal.SIGKILL)
    eventually(lambda: row(state, "gateway")["restarts"] == 1)
    after = row(state, "gateway")
    assert after["state"] == "running" and after["pid"] != before["pid"]
    assert row(state, "clients")["restarts"] == 0
    assert "gateway ended; it is started again" in state.log("supervisor").read_text()


def test_it_stops_all_on_sigterm(
    running: "Process[bytes]", state: State, eventually: Eventually
) -> None:
    marks = [processes.mark(row(state, name)["pid"]) for name in ("gateway", "clients")]
    running.send_signal(signal.SIGTERM)
    assert running.wait(60) == 0
    assert not any(processes.is_running(known) for known in marks if known)
    assert list(state.run.glob("*.pid")) == []
    assert detach.last_word(state) is None


def test_it_is_stopped_by_down(running: "Process[bytes]", state: State) -> None:
    said: list[str] = []
    pid = row(state, "gateway")["pid"]
    assert detach.stop(state, said.append)
    assert running.wait(60) == 0
    assert processes.mark(pid) is None
    assert not detach.stop(state, said.append)


def test_it_ends_what_a_killed_supervisor_left(
    running: "Process[bytes]", state: State, port: int, eventually: Eventually
) -> None:
    left = row(state, "gateway")["pid"]
    running.kill()
    running.wait()
    assert processes.mark(left) is not None
    second = supervise(state, port)
    try:
        eventually(lambda: is_ready(state))
        assert processes.mark(left) is None
        assert "gateway was left running" in state.log("supervisor").read_text()
        assert row(state, "gateway")["pid"] != left
    finally:
        second.terminate()
        second.wait()


def test_it_stops_leftovers_by_down_as_well(running: "Process[bytes]", state: State) -> None:
    left = row(state, "clients")["pid"]
    running.kill()
    running.wait()
    said: list[str] = []
    assert detach.stop(state, said.append)
    assert processes.mark(left) is None
    assert any("clients was left running" in line for line in said)


def test_it_refuses_a_second_supervisor(running: "Process[bytes]", state: State) -> None:
    with pytest.raises(LaunchError, match=f"process {running.pid}.*aymak down"), sole_owner(state):
        pass
    assert is_ready(state)


def command(state: State, name: str, code: str) -> ServiceProcess:
    return ServiceProcess(name, [sys.executable, "-c", code], environment={}, log=state.log(name))


def test_it_names_the_process_that_cannot_live(state: State, port: int) -> None:
    supervisor = Supervisor(state, url=f"http://127.0.0.1:{port}", say=str)
    supervisor.start_services([command(state, "feedback", "raise SystemExit('no such table')")])
    with pytest.raises(LaunchError, match=r"(?s)feedback does not stay up.*no such table"):
        supervisor.wait_until_ready()
    supervisor.stop()


def test_it_says_what_is_not_ready_in_time(state: State, port: int) -> None:
    supervisor = Supervisor(state, url=f"http://127.0.0.1:{port}", say=str)
    supervisor.start_services([command(state, "gateway", "import time; time.sleep(3600)")])
    with pytest.raises(LaunchError, match="not green: no answer from the gateway"):
        supervisor.wait_until_ready(timeout=1)
    supervisor.stop()
