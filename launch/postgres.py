"""A private PostgreSQL cluster in a folder of its own: for the product and for the tests.

It is no cluster of Debian's: own data folder, own port on 127.0.0.1, no Unix socket, a generated
password (SCRAM) for its one user `aymak`. PostgreSQL refuses to run as root, so under root it runs
as the user `postgres` or as one made for it; that user must be able to walk to the folder.
"""

import contextlib
import grp
import os
import pwd
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psycopg2

from launch.errors import LaunchError
from launch.files import open_log, write_private
from launch.ports import LOOPBACK
from launch.server import PrivateServer, address

USER = DATABASE = "aymak"
OLDEST = 13
DEBIAN = Path("/usr/lib/postgresql")
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "300",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "password_encryption": "scram-sha-256",
}
# A test's data need not outlive a power cut; a killed process loses nothing by this.
CARELESS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


@dataclass(frozen=True, slots=True)
class Account:
    """The system user that the server runs as."""

    name: str
    uid: int
    gid: int


class PrivatePostgres(PrivateServer):
    """`with PrivatePostgres(folder) as postgres: connect(postgres.url)`.

    `durable=False` makes it faster for tests. Under root the folder must be one that the user
    `postgres` can reach: each parent needs `x` for others, which pytest's `tmp_path` lacks and
    `PrivatePostgres.temporary()` sees to.
    """

    name: ClassVar[str] = "postgresql"
    port_names: ClassVar[tuple[str, ...]] = ("postgresql",)
    stop_signal: ClassVar[signal.Signals] = signal.SIGINT  # "fast": clients are sent away

    def __init__(self, directory: Path, *, log: Path | None = None, durable: bool = True) -> None:
        super().__init__(directory, log=log)
        self.durable = durable
        self.data = self.directory / "data"

    @property
    def url(self) -> str:
        """postgresql://user:password@127.0.0.1:port/aymak (a database of that name exists)"""
        return address("postgresql", self, DATABASE)

    def prepare(self) -> None:
        """Make the cluster on the first start; clear a stale lock of one that crashed."""
        account = server_account()
        self.directory.chmod(0o711)
        _refuse_unreachable(self.directory, account)
        if self.data.exists():
            self._drop_stale_lock()
        else:
            self._make_cluster(account)

    def launch(self) -> "subprocess.Popen[bytes]":
        """Start the postmaster as a child of ours."""
        settings = SETTINGS | ({} if self.durable else CARELESS) | {"port": str(self.port)}
        options = [item for key, value in settings.items() for item in ("-c", f"{key}={value}")]
        log = open_log(self.log)
        try:
            return self._popen([self._program("postgres"), "-D", str(self.data), *options], log)
        finally:
            os.close(log)

    def is_ready(self) -> bool:
        """Tell whether our user can sign in; makes the database `aymak` when it is missing."""
        try:
            self._ensure_database()
        except psycopg2.OperationalError:
            return False
        return True

    def _ensure_database(self) -> None:
        connection = psycopg2.connect(address("postgresql", self, "postgres"), connect_timeout=3)
        with contextlib.closing(connection):
            connection.autocommit = True
            with connection.cursor() as cursor:
                cursor.execute("select 1 from pg_database where datname = %s", (DATABASE,))
                if cursor.fetchone() is None:
                    cursor.execute(f'create database "{DATABASE}"')

    def _make_cluster(self, account: Account | None) -> None:
        # Made beside its place and moved there whole: an interrupted initdb leaves no half cluster.
        unfinished = self.directory / "data.new"
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        password = self.directory / "password.once"
        write_private(password, self.password)
        if account is not None:
            for path in (unfinished, password):
                os.chown(path, account.uid, account.gid)
        try:
            self._initdb(unfinished, password)
        finally:
            password.unlink(missing_ok=True)
        unfinished.rename(self.data)

    def _initdb(self, data: Path, password: Path) -> None:
        command = [
            *(self._program("initdb"), "-D", str(data), "-U", USER, f"--pwfile={password}"),
            *("--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8"),
            *([] if self.durable else ["--no-sync"]),
        ]
        log = open_log(self.log)
        try:
            status = self._popen(command, log).wait(300)
        finally:
            os.close(log)
        if status != 0:
            raise LaunchError(f"initdb failed with status {status}; its words are in {self.log}.")

    def _popen(self, command: list[str], log: int) -> "subprocess.Popen[bytes]":
        account = server_account()
        return subprocess.Popen(
            command,
            env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8"},
            cwd=self.directory,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )

    def _program(self, name: str) -> str:
        folder = binaries(self._version_of_data())
        if folder is None:
            raise LaunchError(_missing(self._version_of_data()))
        return str(folder / name)

    def _version_of_data(self) -> str | None:
        with contextlib.suppress(OSError):
            return (self.data / "PG_VERSION").read_text("ascii").strip()
        return None

    def _drop_stale_lock(self) -> None:
        """Remove postmaster.pid when the process it names is no server of this data folder.

        PostgreSQL refuses to start when that number was given to another process meanwhile, as
        happens after a reboot. A postmaster's working folder is its data folder: that proves it.
        """
        lock = self.data / "postmaster.pid"
        try:
            pid = int(lock.read_text("ascii").split()[0])
            is_ours = Path(f"/proc/{pid}/cwd").resolve() == self.data
        except (OSError, ValueError, IndexError):
            return
        if not is_ours:
            lock.unlink(missing_ok=True)


def binaries(version: str | None = None) -> Path | None:
    """Return the folder of initdb and postgres: of `version`, else the newest >= 13; or None."""
    folders = [path.parent for path in DEBIAN.glob("*/bin/postgres")]
    usable = {path.parent.name: path for path in folders if _major(path.parent.name) >= OLDEST}
    if version is not None and version in usable:
        return usable[version]
    on_path = shutil.which("postgres")
    if on_path is not None and shutil.which("initdb") is not None and version is None:
        return Path(on_path).resolve().parent
    if version is not None or not usable:
        return None
    return usable[max(usable, key=_major)]


def server_account() -> Account | None:
    """Return the user to run PostgreSQL as: None unless we are root, who is refused by it.

    Raises LaunchError when we are root and neither `postgres` nor `aymak` exists and the latter
    cannot be made.
    """
    if os.geteuid() != 0:
        return None
    for name in ("postgres", USER):
        with contextlib.suppress(KeyError):
            entry = pwd.getpwnam(name)
            return Account(name, entry.pw_uid, entry.pw_gid)
    done = subprocess.run(
        ["useradd", "--system", "--user-group", "--no-create-home", USER],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LaunchError(f"No user to run PostgreSQL as could be made: {done.stderr.strip()}")
    entry = pwd.getpwnam(USER)
    return Account(USER, entry.pw_uid, entry.pw_gid)


def _refuse_unreachable(directory: Path, account: Account | None) -> None:
    if account is None:
        return
    groups = {entry.gr_gid for entry in grp.getgrall() if account.name in entry.gr_mem}
    for folder in (directory, *directory.parents):
        stat = folder.stat()
        if stat.st_uid == account.uid:
            bit = 0o100
        else:
            bit = 0o010 if stat.st_gid in groups | {account.gid} else 0o001
        if not stat.st_mode & bit:
            raise LaunchError(
                f"PostgreSQL runs as the user {account.name}, who cannot enter {folder}: choose a "
                "state folder elsewhere with --state, for example /var/lib/aymak."
            )


def _major(version: str) -> int:
    try:
        return int(float(version))
    except ValueError:
        return 0


def _missing(version: str | None) -> str:
    if version is not None:
        return (
            f"This state folder's database was made by PostgreSQL {version}, which is not "
            f"installed now. As root: apt-get install postgresql-{version}."
        )
    return (
        f"PostgreSQL {OLDEST} or newer is not installed. As root: apt-get install postgresql, or "
        "name a server of your own with --database postgresql://user:password@host:5432/aymak."
    )
