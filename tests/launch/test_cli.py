"""The command line as a person meets it: sentences in place of tracebacks, and exit statuses."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from launch import cli, install
from launch.credentials import Credentials
from launch.errors import LaunchError
from launch.state import ROOT, State


def aymak(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-P", "-m", "launch", *arguments],
        env=kept | {"PYTHONPATH": str(ROOT)} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_shows_all_commands() -> None:
    done = aymak("help")
    assert done.returncode == 0
    names = ["up", "down", "status", "logs", "demo", "report", "migrate", "test", "lint", "help"]
    names += ["doctor", "backup", "restore", "secrets", "credentials", "chaos", "bench"]
    assert [name for name in names if f" {name} " not in done.stdout] == []
    assert "supervise" not in done.stdout


def test_it_lists_the_benchmarks_to_whoever_names_none_of_them() -> None:
    for arguments, status in ((["bench"], 0), (["bench", "nothing"], 1)):
        done = aymak(*arguments)
        assert done.returncode == status
        assert done.stdout.startswith("Benchmarks: ") and "ingest" in done.stdout
        assert "Traceback" not in done.stderr


def test_it_installs_the_servers_that_chaos_and_a_benchmark_run_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def ensure(needs: list[install.Need], *_: object) -> None:
        raise LaunchError(" ".join(need.package for need in needs))

    monkeypatch.setattr(install, "ensure", ensure)
    for start in (lambda: cli.bench("ingest"), lambda: cli.chaos(minutes=0)):
        with pytest.raises(LaunchError, match="rabbitmq-server postgresql"):
            start()


@pytest.mark.parametrize("command", ["status", "down", "logs", "report"])
def test_it_says_that_nothing_runs(command: str, tmp_path: Path) -> None:
    extra = ["--month", "2022-03"] if command == "report" else []
    done = aymak(command, "--state", str(tmp_path / "state"), *extra)
    words = done.stdout + done.stderr
    assert done.returncode == (0 if command == "down" else 1)
    assert str(tmp_path / "state") in words
    assert "Traceback" not in words


def test_it_takes_the_state_folder_from_the_environment(tmp_path: Path) -> None:
    done = aymak("down", AYMAK_STATE=str(tmp_path / "elsewhere"))
    assert done.stdout == f"Nothing runs from {tmp_path}/elsewhere.\n"


def test_it_stops_a_start_at_a_wrong_setting(tmp_path: Path) -> None:
    (tmp_path / "aymak.env").write_text("AYMAK_SMTP_URL=mail.example\n")
    done = aymak("up", "--state", str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.startswith("aymak: AYMAK_SMTP_URL")
    assert done.stdout == ""


def test_it_refuses_to_turn_a_real_state_into_a_demo(state: State) -> None:
    done = aymak("up", "--demo", "--state", str(state.folder))
    assert done.returncode == 1
    assert "keeps a real client base" in done.stderr


def test_it_says_at_once_that_a_broker_is_down(state: State, port: int) -> None:
    done = aymak(
        "up",
        "--state",
        str(state.folder),
        "--broker",
        f"amqp://a:b@127.0.0.1:{port}/x",
        "--database",
        f"postgresql://a:b@127.0.0.1:{port}/x",
        "--port",
        str(port),
    )
    assert done.returncode == 1
    assert f"No broker answers at 127.0.0.1:{port}" in done.stderr


def test_it_names_a_port_in_use_and_the_option(state: State, port: int) -> None:
    with socket.create_server(("127.0.0.1", port)):
        done = aymak("up", "--state", str(state.folder), "--port", str(port))
    assert done.returncode == 1
    assert f"Port {port} on 127.0.0.1 is in use" in done.stderr
    assert "--port" in done.stderr


def test_it_names_the_logs_that_there_are(state: State) -> None:
    state.log("gateway").write_text("".join(f"line {n}\n" for n in range(50)))
    done = aymak("logs", "gateway", "--state", str(state.folder), "--lines", "2")
    assert done.stdout == "line 48\nline 49\n"
    done = aymak("logs", "mailer", "--state", str(state.folder))
    assert "no log of “mailer”; there are: gateway" in done.stderr


def test_it_shows_the_first_accounts_and_forgets_them(state: State) -> None:
    Credentials("http://127.0.0.1", "admin", "the-password", "the-key").write(state.credentials)
    state.unshown.touch()
    done = aymak("credentials", "--forget", "--state", str(state.folder))
    assert "the-password" in done.stdout and "the-key" in done.stdout
    assert not state.credentials.exists() and not state.unshown.exists()


def test_it_makes_the_secrets_of_the_containers(tmp_path: Path) -> None:
    folder = tmp_path / "secrets"
    done = aymak("secrets", "--to", str(folder))
    assert done.returncode == 0 and "aymak_secret" in done.stdout
    assert (folder / "aymak_secret").read_text() not in done.stdout


def test_it_has_nothing_to_back_up_where_nothing_was_started(tmp_path: Path) -> None:
    state = tmp_path / "state"
    done = aymak("backup", "--to", str(tmp_path / "to"), "--state", str(state))
    assert done.returncode == 1
    assert "There is no database in" in done.stderr


def test_it_names_the_services_that_can_be_restored(tmp_path: Path) -> None:
    done = aymak("restore", "--from", str(tmp_path), "--service", "client")
    assert "There is no service client: clients, notifications" in done.stderr
