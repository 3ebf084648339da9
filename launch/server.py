"""What the private RabbitMQ and the private PostgreSQL have in common.

A private server lives in one folder (data, ports, password, pid file, log), listens on loopback
only, belongs to whoever made the object, and keeps its ports and its data over restarts. It needs
no supervisor: `with PrivateRabbit(folder) as rabbit: ...` starts it, and stops it at the end;
`with PrivateRabbit.temporary() as rabbit: ...` does the same in a folder that is thrown away.
"""

import contextlib
import shutil
import signal
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar, Self

from launch import processes
from launch.errors import LaunchError
from launch.files import kept_secret, tail
from launch.ports import LOOPBACK, kept_ports

ATTEMPTS = 4
POLL_SECONDS = 0.1


class PrivateServer(ABC):
    """A server process of our own in `directory`; `log` is where its output goes."""

    name: ClassVar[str]
    port_names: ClassVar[tuple[str, ...]]
    stop_signal: ClassVar[signal.Signals] = signal.SIGTERM
    start_seconds: ClassVar[float] = 60.0
    stop_seconds: ClassVar[float] = 30.0

    def __init__(self, directory: Path, *, log: Path | None = None) -> None:
        self.directory = Path(directory).resolve()
        self.log = log or self.directory / f"{self.name}.log"
        self.ports: dict[str, int] = {}
        self.process: subprocess.Popen[bytes] | None = None

    @classmethod
    @contextlib.contextmanager
    def temporary(cls, **options: Any) -> Iterator[Self]:
        """Run a server in a new folder under the system's temporary one; both are gone after."""
        folder = Path(tempfile.mkdtemp(prefix=f"aymak-{cls.name}-"))
        # The user that PostgreSQL runs as must be able to walk through.
        folder.chmod(0o711)
        try:
            with cls(folder / "server", **options) as server:
                yield server
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    @property
    def password(self) -> str:
        """The password made for this folder, kept with mode 0600."""
        return kept_secret(self.directory / "password", length=24)

    @property
    def port(self) -> int:
        """The port clients connect to, on 127.0.0.1; known once the server was started."""
        return self.ports[self.port_names[0]]

    @property
    def pid(self) -> int | None:
        """The server's pid, while it runs."""
        return self.process.pid if self.process is not None and self.is_alive else None

    @property
    def is_alive(self) -> bool:
        """Tell whether the server's process runs (it may not be ready yet)."""
        return self.process is not None and self.process.poll() is None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self, *, timeout: float | None = None) -> Self:
        """Start the server and return when a client has signed in.

        Raises LaunchError with the end of the log after `timeout` seconds (default: the server's
        own bound), or when it ended by itself several times: right after a crash a server may find
        remains of its old self that take a moment to go.
        """
        until = time.monotonic() + (timeout or self.start_seconds)
        for attempt in range(1, ATTEMPTS + 1):
            self.spawn()
            if self._is_ready_before(until):
                return self
            if self.is_alive or attempt == ATTEMPTS or time.monotonic() > until:
                break
            time.sleep(attempt * 0.5)
        self.kill()
        raise LaunchError(f"{self.name} did not come up. The end of {self.log}:\n{tail(self.log)}")

    def spawn(self) -> None:
        """Start the process without waiting until it is ready; leftovers of an old one go first."""
        if self.is_alive:
            return
        self.directory.mkdir(parents=True, exist_ok=True)
        self.end_leftovers()
        # Clients hold the address: a server that comes back comes back where it was.
        self.ports = self.ports or kept_ports(self.directory / "ports.json", self.port_names)
        self.prepare()
        self.process = self.launch()
        processes.write_mark(self.directory / f"{self.name}.pid", self.process.pid)

    def ask_to_stop(self) -> None:
        """Ask the server to stop and return at once."""
        if self.process is not None and self.is_alive:
            self.process.send_signal(self.stop_signal)

    def stop(self) -> None:
        """Stop the server in order and wait for it; SIGKILL when it does not go in its time."""
        self.ask_to_stop()
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(self.stop_seconds)
        self.kill()
        (self.directory / f"{self.name}.pid").unlink(missing_ok=True)

    def kill(self) -> None:
        """SIGKILL the server, as a crash would; ports and data stay for the next start."""
        if self.process is not None and self.is_alive:
            processes.kill_group(self.process.pid)
            self.process.wait()

    @abstractmethod
    def prepare(self) -> None:
        """Write what the server reads at its start; the ports are chosen."""

    @abstractmethod
    def launch(self) -> "subprocess.Popen[bytes]":
        """Start the process, leading a session of its own, and return it."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Tell whether a client can sign in now."""

    def _is_ready_before(self, until: float) -> bool:
        while self.is_alive and time.monotonic() < until:
            if self.is_ready():
                return True
            time.sleep(POLL_SECONDS)
        return False

    def end_leftovers(self) -> list[str]:
        """End what an earlier launcher left running in this folder; return the names."""
        ended = []
        for path in sorted(self.directory.glob("*.pid")):
            known = processes.read_mark(path)
            if known is not None and processes.end(
                known, grace=self.stop_seconds, first=self.stop_signal
            ):
                ended.append(path.stem)
            path.unlink(missing_ok=True)
        return ended


def address(scheme: str, server: PrivateServer, path: str) -> str:
    """Return the address of a private server for its own user `aymak`, password included."""
    return f"{scheme}://aymak:{server.password}@{LOOPBACK}:{server.port}/{path}"
