"""Keeps the product running: starts its processes, starts again what dies, stops all in order.

One supervisor owns a state folder; a lock that dies with it says so. What it knows of its
processes it writes to `run/state.json` at each change, for `status`, `down` and `--detach`.
Servers are started before and stopped after the five processes that need them.
"""

import fcntl
import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from types import FrameType
from typing import IO

import requests

from launch import processes
from launch.children import TARGETS, Child, ServiceProcess, Tended
from launch.errors import LaunchError
from launch.files import tail, trim_log, write_private
from launch.rabbitmq import PrivateRabbit
from launch.server import PrivateServer
from launch.state import State

TICK_SECONDS = 0.25
READY_SECONDS = 240.0
# A process that ends this often before the product was ever ready cannot live at all.
HOPELESS = 4
TRIM_SECONDS = 60.0
LEFTOVER_GRACE = 30.0


class StopRequested(BaseException):
    """SIGTERM or Ctrl-C came while the product was still starting."""


class Supervisor:
    """Tends the children of one state folder; `say` prints a line for the person who started it."""

    def __init__(self, state: State, *, url: str, say: Callable[[str], None]) -> None:
        self.state = state
        self.url = url
        self.say = say
        self.tended: list[Tended] = []
        self.is_ready = False
        self._stop = threading.Event()
        self._is_starting = True
        self._since = datetime.now(UTC)

    def listen_to_signals(self) -> None:
        """Let SIGTERM, SIGINT and a closed terminal stop the product in order."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_signal)

    def end_leftovers(self) -> None:
        """End the processes that a supervisor killed before us has left behind."""
        paths = [self.state.run / f"{name}.pid" for name in TARGETS]
        for name in processes.end_leftovers(paths, grace=LEFTOVER_GRACE):
            self.say(f"{name} was left running by an earlier start; it was stopped.")

    def start_servers(self, servers: list[PrivateServer]) -> None:
        """Start the private servers side by side and wait until each lets a client in."""
        for server in servers:
            self.say(f"starting {server.name} ...")
            self._add(server)
            server.spawn()
        for server, each in zip(servers, self.tended, strict=True):
            server.start()
            each.adopt(time.monotonic())
            self.say(f"{server.name} is ready on 127.0.0.1:{server.port}")

    def start_services(self, services: Iterable[ServiceProcess]) -> None:
        """Start the five processes; they may come up in any order."""
        for service in services:
            self._add(service).begin(time.monotonic())
        self._write()

    def wait_until_ready(self, *, timeout: float = READY_SECONDS) -> None:
        """Return when /readyz is green; LaunchError with the end of a log if it is not in time."""
        begun = time.monotonic()
        said = begun
        while not self._answers_ready():
            now = time.monotonic()
            self._tend(now)
            hopeless = [each for each in self.tended if each.restarts >= HOPELESS]
            if hopeless or now - begun > timeout:
                raise LaunchError(self._what_is_wrong(hopeless))
            if now - said > 10:
                said = now
                self.say(f"  ... waiting for the processes, {now - begun:.0f} s")
            self._stop.wait(TICK_SECONDS)
        for each in self.tended:
            if isinstance(each.child, PrivateRabbit):
                each.child.settle()
        self.is_ready = True
        self._write()

    def run(self) -> None:
        """Tend the children until a signal asks to stop."""
        self._is_starting = False
        trim_at = 0.0
        while not self._stop.wait(TICK_SECONDS):
            now = time.monotonic()
            self._tend(now)
            if now >= trim_at:
                trim_at = now + TRIM_SECONDS
                for path in self.state.logs.glob("*.log"):
                    trim_log(path)

    def ask_to_stop(self) -> None:
        """Let `run` return, as a signal does."""
        self._stop.set()

    @property
    def is_asked_to_stop(self) -> bool:
        """Tell whether a signal, or somebody else, has asked to stop."""
        return self._stop.is_set()

    def stop(self) -> None:
        """Stop all in order: the processes together, then the servers they hang on."""
        self._is_starting = False
        self.is_ready = False
        services = [each.child for each in self.tended if isinstance(each.child, ServiceProcess)]
        servers = [each.child for each in self.tended if isinstance(each.child, PrivateServer)]
        for service in services:
            service.ask_to_stop()
        everything: list[Child] = [*services, *reversed(servers)]
        for child in everything:
            self._stop_one(child)
        for each in self.tended:
            each.pid_file.unlink(missing_ok=True)
        (self.state.run / "state.json").unlink(missing_ok=True)

    def _stop_one(self, child: Child) -> None:
        was_alive = child.is_alive
        child.stop()
        if was_alive:
            self.say(f"{child.name} stopped")

    def _add(self, child: Child) -> Tended:
        each = Tended(child, self.state.run / f"{child.name}.pid")
        self.tended.append(each)
        return each

    def _tend(self, now: float) -> None:
        # A list, not a generator: each child is to be looked at, also after the first change.
        if any([each.tend(now, self.say) for each in self.tended]):
            self._write()

    def _answers_ready(self) -> bool:
        if not all(each.child.is_alive for each in self.tended):
            return False
        answer = readiness(self.url)
        return answer is not None and answer.ok

    def _what_is_wrong(self, hopeless: list[Tended]) -> str:
        dead = hopeless or [each for each in self.tended if not each.child.is_alive]
        if dead:
            name = dead[0].child.name
            log = self.state.log(name)
            return f"{name} does not stay up. The end of {log}:\n{tail(log)}"
        answer = readiness(self.url)
        words = answer.text.strip() if answer is not None else "no answer from the gateway"
        log = self.state.log("gateway")
        return (
            f"All processes run, but {self.url}/readyz is not green: {words}\n"
            f"The end of {log}:\n{tail(log)}"
        )

    def _write(self) -> None:
        supervisor = processes.mark(os.getpid())
        content = {
            "supervisor": asdict(supervisor) if supervisor else None,
            "url": self.url,
            "ready": self.is_ready,
            "since": self._since.isoformat(timespec="seconds"),
            "processes": [each.as_row() for each in self.tended],
        }
        write_private(self.state.run / "state.json", json.dumps(content))

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self._stop.set()
        if self._is_starting:
            self._is_starting = False
            raise StopRequested


def readiness(url: str) -> requests.Response | None:
    """Ask the gateway whether the product is ready; None when nobody answers.

    The machine's proxy settings are for the outside world, not for our own loopback address.
    """
    with requests.Session() as session:
        session.trust_env = False
        try:
            return session.get(f"{url}/readyz", headers={"Accept-Language": "en"}, timeout=10)
        except requests.RequestException:
            return None


@contextmanager
def sole_owner(state: State) -> Iterator[None]:
    """Hold the state folder for this process; LaunchError when another supervisor has it."""
    lock = (state.run / "lock").open("a")
    with lock:
        _lock(lock, state)
        # The last word of a supervisor that was killed would be taken for ours.
        (state.run / "state.json").unlink(missing_ok=True)
        processes.write_mark(state.supervisor, os.getpid())
        try:
            yield
        finally:
            state.supervisor.unlink(missing_ok=True)


def _lock(lock: IO[str], state: State) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        known = processes.read_mark(state.supervisor)
        number = f" (process {known.pid})" if known else ""
        raise LaunchError(
            f"The product already runs from {state.folder}{number}. "
            "See ./aymak status; stop it with ./aymak down."
        ) from error
