"""The private PostgreSQL: never root, loopback only, and data that outlives a SIGKILL."""

import os
import pwd
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from launch.errors import LaunchError
from launch.postgres import PrivatePostgres, binaries, server_account
from launch.state import ROOT

pytestmark = pytest.mark.broker


@pytest.fixture
def reachable() -> Iterator[Path]:
    """A folder that the user PostgreSQL runs as can walk to."""
    folder = Path(tempfile.mkdtemp(prefix="aymak-test-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


def ask(url: str, statement: str) -> object:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(statement)
            found = cursor.fetchone() if cursor.description else None
            return found[0] if found else None


def test_it_keeps_address_and_data_when_it_is_killed(reachable: Path) -> None:
    with PrivatePostgres(reachable / "pg") as server:
        url = server.url
        ask(url, "create table kept as select 'Кыргызча: ң ө ү' as words")
        server.kill()
        assert not server.is_alive
        server.start()
        assert server.url == url
        assert ask(url, "select words from kept") == "Кыргызча: ң ө ү"
        assert ask(url, "select upper('ңөү')") == "ҢӨҮ"
    with PrivatePostgres(reachable / "pg") as again:
        assert again.url == url
        assert ask(url, "select count(*) from kept") == 1


def test_it_never_runs_as_root(postgres: PrivatePostgres) -> None:
    owner = Path(f"/proc/{postgres.pid}").stat().st_uid
    assert owner != 0
    account = server_account()
    assert owner == (account.uid if account else os.geteuid())


def test_it_listens_on_loopback_only_and_wants_a_password(postgres: PrivatePostgres) -> None:
    assert ask(postgres.url, "show listen_addresses") == "127.0.0.1"
    assert ask(postgres.url, "show unix_socket_directories") == ""
    with pytest.raises(psycopg2.OperationalError, match="authentication failed"):
        psycopg2.connect(postgres.url.replace(postgres.password, "wrong"))


def test_it_gets_over_a_lock_whose_number_went_to_another_process(reachable: Path) -> None:
    with PrivatePostgres(reachable / "pg", durable=False) as server:
        lock = server.data / "postmaster.pid"
        text = lock.read_text()
        server.kill()
    # As after a reboot: the number in the lock is alive, but it is us.
    lock.write_text(text.replace(text.split()[0], str(os.getpid()), 1))
    with PrivatePostgres(reachable / "pg", durable=False) as server:
        assert ask(server.url, "select 1") == 1


def test_it_ends_the_server_that_an_earlier_launcher_left(reachable: Path) -> None:
    first = PrivatePostgres(reachable / "pg", durable=False).start()
    with PrivatePostgres(reachable / "pg", durable=False) as second:
        assert not first.is_alive
        assert second.url == first.url


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone is sent to another user's account")
def test_it_names_the_folder_that_its_user_cannot_enter(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    with pytest.raises(LaunchError, match=r"cannot enter .*: choose a\s+state folder elsewhere"):
        PrivatePostgres(tmp_path / "pg").start()


def test_it_names_the_version_that_a_folder_needs(reachable: Path) -> None:
    (reachable / "pg" / "data").mkdir(parents=True)
    (reachable / "pg" / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(LaunchError, match="made by PostgreSQL 9, which is not installed"):
        PrivatePostgres(reachable / "pg").start()
    assert binaries("9") is None


UNPRIVILEGED = """
import sys
from pathlib import Path
from launch.postgres import PrivatePostgres
from launch.rabbitmq import PrivateRabbit
with PrivatePostgres(Path(sys.argv[1]) / "pg", durable=False) as postgres:
    print(postgres.url)
with PrivateRabbit(Path(sys.argv[1]) / "rabbit") as rabbit:
    print(rabbit.uri)
"""


def shared_python() -> str | None:
    """A Python of our version that a user without rights can run (ours may lie under /root)."""
    name = f"/usr/bin/python{sys.version_info.major}.{sys.version_info.minor}"
    return name if os.access(name, os.X_OK) else None


@pytest.mark.skipif(os.geteuid() != 0, reason="the other tests run as an ordinary user already")
def test_it_starts_both_servers_for_an_ordinary_user(reachable: Path) -> None:
    python = shared_python()
    if python is None:
        pytest.skip("no Python of this version outside /root")
    libraries = reachable / "libraries"
    shutil.copytree(ROOT / "launch", libraries / "launch")
    for name in ("psycopg2", "psycopg2_binary.libs", "amqp", "vine"):
        shutil.copytree(Path(sysconfig.get_path("purelib")) / name, libraries / name)
    home = reachable / "home"
    home.mkdir()
    nobody = pwd.getpwnam("nobody")
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    done = subprocess.run(
        [python, "-c", UNPRIVILEGED, str(home)],
        env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": str(libraries)},
        cwd=home,
        user=nobody.pw_uid,
        group=nobody.pw_gid,
        extra_groups=[],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == ["postgresql", "amqp"]
