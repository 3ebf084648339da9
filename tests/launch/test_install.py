"""Installing packages: no service starts by it, and the machine's own policy is put back."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from launch import install
from launch.errors import LaunchError
from launch.install import Need

APT = """#!/bin/sh
echo "apt-get $*" >> "$FAKE_LOG"
cat "$FAKE_POLICY" >> "$FAKE_LOG"
[ "$FAKE_FAILS" = no ]
"""


@pytest.fixture
def etc(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose policy lies in a folder of the test and whose apt-get only writes a log."""
    monkeypatch.setattr(install, "POLICY", tmp_path / "policy-rc.d")
    monkeypatch.setattr(install, "KEPT_POLICY", tmp_path / "policy-rc.d.kept")
    monkeypatch.setattr(install, "NO_CLUSTER", tmp_path / "createcluster.d" / "aymak.conf")
    monkeypatch.setattr(install, "TURN", tmp_path / "turn")
    monkeypatch.setattr(install, "LISTS", tmp_path / "lists-lock")
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, text in {"apt-get": APT, "dpkg-query": "#!/bin/sh\nprintf installed\n"}.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setenv("FAKE_LOG", str(tmp_path / "apt.log"))
    monkeypatch.setenv("FAKE_POLICY", str(tmp_path / "policy-rc.d"))
    monkeypatch.setenv("FAKE_FAILS", "no")
    return tmp_path


def test_it_holds_services_back_while_apt_works(etc: Path) -> None:
    install.install(["rabbitmq-server"])
    words = (etc / "apt.log").read_text()
    assert "install --no-install-recommends rabbitmq-server" in words
    assert words.count("exit 101") == 2  # seen by `update` and by `install`
    assert not (etc / "policy-rc.d").exists()
    assert not (etc / "createcluster.d" / "aymak.conf").exists()


def test_it_puts_the_machine_s_own_policy_back(etc: Path) -> None:
    policy = etc / "policy-rc.d"
    policy.write_text("#!/bin/sh\nexit 0\n")
    policy.chmod(0o750)
    install.install(["postgresql"])
    assert policy.read_text() == "#!/bin/sh\nexit 0\n"
    assert policy.stat().st_mode & 0o777 == 0o750


def test_it_puts_it_back_when_apt_fails(etc: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAKE_FAILS", "yes")
    (etc / "policy-rc.d").write_text("theirs")
    with pytest.raises(subprocess.CalledProcessError):
        install.install(["postgresql"])
    assert (etc / "policy-rc.d").read_text() == "theirs"


def test_it_mends_what_a_killed_run_left(etc: Path) -> None:
    (etc / "policy-rc.d").write_text(install.OURS)
    (etc / "policy-rc.d.kept").write_text("theirs")
    install.install(["postgresql"])
    assert (etc / "policy-rc.d").read_text() == "theirs"
    assert not (etc / "policy-rc.d.kept").exists()


HOLD = """
import fcntl, sys
with open(sys.argv[1], "w") as lock:
    getattr(fcntl, sys.argv[2])(lock, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize(("name", "lock"), [("lists-lock", "lockf"), ("turn", "flock")])
def test_it_waits_for_another_apt_get(etc: Path, name: str, lock: str) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(etc / name), lock],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        assert other.stdout.readline() == b"held\n"
        installing = threading.Thread(target=install.install, args=(["postgresql"],))
        installing.start()
        installing.join(1)
        assert installing.is_alive()
        assert not (etc / "apt.log").exists()
        other.stdin.close()
        installing.join(30)
    assert "install --no-install-recommends postgresql" in (etc / "apt.log").read_text()


def test_it_lets_apt_get_say_who_holds_its_lists(
    etc: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "LISTS_SECONDS", 0.0)
    install.install(["postgresql"])
    assert "update" in (etc / "apt.log").read_text()


def test_it_installs_nothing_that_is_there(tmp_path: Path) -> None:
    there = Need("there", lambda: True, "nothing")
    said: list[str] = []
    install.ensure([there], said.append, log=tmp_path / "install.log")
    assert said == []


def test_it_names_the_one_command_where_it_may_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setattr("shutil.which", lambda name: name if name == "apt-get" else None)
    lacking = Need("rabbitmq-server", lambda: False, "the message broker")
    with pytest.raises(LaunchError, match="As root: apt-get install rabbitmq-server"):
        install.ensure([lacking], str, log=tmp_path / "install.log")


def test_it_says_what_it_installs_and_shows_why_it_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing = [sys.executable, "-c", "raise SystemExit('E: Unable to locate package')"]
    monkeypatch.setattr(install, "_command", lambda packages: failing)
    lacking = Need("rabbitmq-server", lambda: False, "the message broker")
    said: list[str] = []
    with pytest.raises(LaunchError, match="Unable to locate package"):
        install.ensure([lacking], said.append, log=tmp_path / "install.log")
    assert said[0].startswith("rabbitmq-server is missing (the message broker)")
