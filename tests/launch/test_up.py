"""The whole product by `up --detach`: ready, killed piece by piece, back again, stopped."""

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from launch import detach, ports, processes
from launch.state import ROOT, State
from launch.supervisor import readiness

pytestmark = [pytest.mark.flow, pytest.mark.broker]
Eventually = Callable[[Callable[[], object]], None]


def aymak(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command with an environment of PATH and HOME only."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-P", "-m", "launch", *arguments],
        env=kept | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture(scope="module")
def product() -> Iterator[tuple[State, str]]:
    """A started demo product: its state, and what its first start printed."""
    folder = Path(tempfile.mkdtemp(prefix="aymak-up-"))
    folder.chmod(0o711)
    state = State(folder / "state")
    port = ports.kept_ports(folder / "port.json", ("http",))["http"]
    try:
        done = aymak("up", "--demo", "--detach", "--state", str(state.folder), "--port", str(port))
        assert done.returncode == 0, done.stdout + done.stderr
        yield state, done.stdout
    finally:
        aymak("down", "--state", str(state.folder))
        shutil.rmtree(folder, ignore_errors=True)


def word(state: State) -> dict[str, Any]:
    found = detach.last_word(state)
    assert found is not None
    return found


def row(state: State, name: str) -> dict[str, Any]:
    return next(row for row in word(state)["processes"] if row["name"] == name)


def is_ready(state: State) -> bool:
    answer = readiness(word(state)["url"])
    return answer is not None and answer.ok


def accounts(state: State) -> dict[str, str]:
    kept: dict[str, str] = json.loads(state.credentials.read_text())
    return kept


def sign_in(state: State) -> int:
    kept = accounts(state)
    with requests.Session() as session:
        session.trust_env = False
        login = {"login": kept["admin_login"], "password": kept["admin_password"]}
        return session.post(f"{kept['url']}/v1/session", json=login, timeout=30).status_code


def test_it_prints_the_address_and_the_first_accounts_once(product: tuple[State, str]) -> None:
    state, printed = product
    kept = accounts(state)
    assert set(kept) == {"url", "admin_login", "admin_password", "portal_key"}
    assert [value for value in kept.values() if value not in printed] == []
    assert "Demo clock: 2022-01-01T00:00:00+06:00" in printed
    assert stat.S_IMODE(state.credentials.stat().st_mode) == 0o600
    assert kept["admin_password"] not in state.log("supervisor").read_text()
    assert sign_in(state) == 201


def test_it_shows_the_processes_in_status(product: tuple[State, str]) -> None:
    state, _ = product
    done = aymak("status", "--state", str(state.folder))
    assert done.returncode == 0, done.stderr
    for name in ("rabbitmq", "postgresql", "clients", "gateway"):
        assert f" {name} " in done.stdout
    assert f"ready at {accounts(state)['url']}" in done.stdout


def test_it_is_found_well_by_the_doctor(product: tuple[State, str]) -> None:
    state, _ = product
    done = aymak("doctor", "--json", "--state", str(state.folder))
    found = json.loads(done.stdout)
    assert [item for item in found if item["state"] == "wrong"] == []
    assert {"broker", "quorum", "queues", "schema", "clock", "gateway", "consumers"} <= {
        item["part"] for item in found if item["state"] == "ok"
    }


def test_it_is_backed_up_while_it_works_and_restored_only_when_it_does_not(
    product: tuple[State, str], tmp_path: Path
) -> None:
    state, _ = product
    done = aymak("backup", "--to", str(tmp_path), "--state", str(state.folder))
    assert done.returncode == 0, done.stderr
    (folder,) = tmp_path.iterdir()
    assert len(list(folder.glob("*.dump"))) == 5
    arguments = ["--from", str(folder), "--service", "clients", "--replace"]
    done = aymak("restore", *arguments, "--state", str(state.folder))
    assert "clients is running: stop it first" in done.stderr
    assert is_ready(state)


@pytest.mark.parametrize(
    "name",
    ["rabbitmq", "postgresql", "gateway", "clients", "notifications", "feedback", "reporting"],
)
def test_it_comes_back_when_a_process_is_killed(
    product: tuple[State, str], eventually: Eventually, name: str
) -> None:
    state, _ = product
    before = row(state, name)
    kept_ports = [path.read_text() for path in sorted(state.folder.glob("*/ports.json"))]
    os.kill(before["pid"], signal.SIGKILL)
    eventually(lambda: row(state, name)["restarts"] == before["restarts"] + 1)
    eventually(lambda: is_ready(state))
    assert row(state, name)["pid"] != before["pid"]
    assert [path.read_text() for path in sorted(state.folder.glob("*/ports.json"))] == kept_ports
    assert sign_in(state) == 201


def test_it_starts_again_after_its_supervisor_was_killed(product: tuple[State, str]) -> None:
    state, _ = product
    url, kept = word(state)["url"], accounts(state)
    left = row(state, "reporting")["pid"]
    supervisor = processes.read_mark(state.supervisor)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    port = url.rpartition(":")[2]
    done = aymak("up", "--demo", "--detach", "--state", str(state.folder), "--port", port)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "reporting was left running by an earlier start" in done.stdout
    assert processes.mark(left) is None
    assert kept["admin_password"] not in done.stdout
    assert accounts(state) == kept
    assert sign_in(state) == 201


def test_it_stops_everything_by_down(product: tuple[State, str]) -> None:
    state, _ = product
    pids = [row["pid"] for row in word(state)["processes"]]
    done = aymak("down", "--state", str(state.folder))
    assert done.returncode == 0, done.stderr
    assert [processes.mark(pid) for pid in pids] == [None] * 7
    assert aymak("status", "--state", str(state.folder)).returncode == 1


def test_it_is_restored_while_it_is_down(product: tuple[State, str], tmp_path: Path) -> None:
    state, _ = product
    where = ["--state", str(state.folder)]
    done = aymak("backup", "--to", str(tmp_path), *where)
    assert done.returncode == 0, done.stderr
    (folder,) = tmp_path.iterdir()
    done = aymak("restore", "--from", str(folder), "--replace", *where)
    assert done.returncode == 0, done.stderr
    assert "gateway is restored" in done.stdout
    assert "clients: 0 facts heard again" in done.stdout
    done = aymak(
        "up", "--demo", "--detach", *where, "--port", accounts(state)["url"][-5:].strip(":")
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert sign_in(state) == 201
