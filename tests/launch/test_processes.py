"""Marks of processes: only what we started is ever ended."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from launch import processes

SLEEP = [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(3600)"]
STUBBORN = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('up', flush=True); time.sleep(3600)",
]


def started(command: list[str]) -> "subprocess.Popen[bytes]":
    process = subprocess.Popen(command, stdout=subprocess.PIPE, start_new_session=True)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    return process


@pytest.fixture
def sleeper() -> Iterator["subprocess.Popen[bytes]"]:
    process = started(SLEEP)
    yield process
    process.kill()
    process.wait()


def test_it_knows_a_running_process_by_its_mark(sleeper: "subprocess.Popen[bytes]") -> None:
    known = processes.mark(sleeper.pid)
    assert known is not None
    assert processes.is_running(known)
    sleeper.kill()
    sleeper.wait()
    assert not processes.is_running(known)


def test_it_counts_a_zombie_as_gone(sleeper: "subprocess.Popen[bytes]") -> None:
    known = processes.mark(sleeper.pid)
    assert known is not None
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # dead, not yet taken away
    assert not processes.is_running(known)


def test_it_keeps_a_mark_in_a_private_file(
    sleeper: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    path = tmp_path / "run" / "sleeper.pid"
    processes.write_mark(path, sleeper.pid)
    assert processes.read_mark(path) == processes.mark(sleeper.pid)
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("text", ["", "4711", "{}", '{"pid": 1, "other": 2}', "\x00"])
def test_it_takes_no_mark_from_a_file_that_is_not_ours(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.pid").write_text(text)
    assert processes.read_mark(tmp_path / "x.pid") is None


def test_it_ends_the_process_of_a_mark(sleeper: "subprocess.Popen[bytes]") -> None:
    known = processes.mark(sleeper.pid)
    assert known is not None
    assert processes.end(known, grace=30)
    assert sleeper.wait() == -signal.SIGTERM
    assert not processes.end(known, grace=30)


@pytest.mark.parametrize("change", [{"started": 1}, {"boot": "another boot"}])
def test_it_spares_a_process_that_got_the_same_pid(
    sleeper: "subprocess.Popen[bytes]", change: dict[str, str]
) -> None:
    known = processes.mark(sleeper.pid)
    assert known is not None
    assert not processes.end(replace(known, **change), grace=0)
    assert sleeper.poll() is None


def test_it_kills_what_does_not_listen() -> None:
    process = started(STUBBORN)
    known = processes.mark(process.pid)
    assert known is not None
    assert processes.end(known, grace=0.2)
    assert process.wait() == -signal.SIGKILL


def test_it_ends_the_leftovers_of_a_folder_and_clears_their_files(
    sleeper: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    ours, stale, missing = (tmp_path / f"{name}.pid" for name in ("ours", "stale", "missing"))
    processes.write_mark(ours, sleeper.pid)
    stale.write_text(json.dumps({"pid": os.getpid(), "started": 1, "boot": "x"}))
    assert processes.end_leftovers([ours, stale, missing], grace=30) == ["ours"]
    assert sleeper.wait() == -signal.SIGTERM
    assert list(tmp_path.glob("*.pid")) == []
