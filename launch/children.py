"""The processes that a supervisor tends, and when one that died is started again.

A child is a private server or one of the five processes; to the supervisor they are alike. The
waits between restarts grow from half a second to half a minute, so that a process that cannot live
does not turn into a hot loop, and shrink back after a minute of life.
"""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from launch import processes
from launch.errors import LaunchError
from launch.files import open_log

FIRST_WAIT = 0.5
LONGEST_WAIT = 30.0
SETTLED_AFTER = 60.0
# A process drains for up to 25 s (quality.md section 2, rule 7).
DRAIN_SECONDS = 30.0
TARGETS = {
    "clients": "services.clients.service:ClientsService",
    "notifications": "services.notifications.service:NotificationsService",
    "feedback": "services.feedback.service:FeedbackService",
    "reporting": "services.reporting.service:ReportingService",
    "gateway": "gateway.service:GatewayService",
}


class Child(Protocol):
    """What the supervisor asks of a process."""

    @property
    def name(self) -> str: ...
    @property
    def pid(self) -> int | None: ...
    @property
    def is_alive(self) -> bool: ...
    def spawn(self) -> None: ...
    def ask_to_stop(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


class ServiceProcess:
    """One of our own processes: a command, its environment, its log, its pid file."""

    def __init__(
        self, name: str, command: list[str], *, environment: Mapping[str, str], log: Path
    ) -> None:
        self.name = name
        self.command = command
        self.environment = environment
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def is_alive(self) -> bool:
        """Tell whether the process runs."""
        return self.process is not None and self.process.poll() is None

    @property
    def pid(self) -> int | None:
        """Its pid, while it runs."""
        return self.process.pid if self.process is not None and self.is_alive else None

    def spawn(self) -> None:
        """Start it, leading a session of its own: Ctrl-C in the terminal reaches only us."""
        log = open_log(self.log)
        try:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        except OSError as error:
            raise LaunchError(f"{self.name} cannot be started: {error}.") from error
        finally:
            os.close(log)

    def ask_to_stop(self) -> None:
        """Send SIGTERM and return at once."""
        if self.process is not None and self.is_alive:
            self.process.send_signal(signal.SIGTERM)

    def stop(self) -> None:
        """Wait for the end that was asked for; SIGKILL when it does not come in its time."""
        self.ask_to_stop()
        if self.process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(DRAIN_SECONDS)
        self.kill()

    def kill(self) -> None:
        """SIGKILL it."""
        if self.process is not None and self.is_alive:
            processes.kill_group(self.process.pid)
            self.process.wait()


def services(
    environment: Mapping[str, str], logs: Path, *, instances: int = 1
) -> list[ServiceProcess]:
    """The five processes of the product; with more instances, further ones of each service.

    There is one gateway, because it has an address.
    """
    named = [
        (name if number == 1 else f"{name}-{number}", target)
        for number in range(1, instances + 1)
        for name, target in TARGETS.items()
        if number == 1 or name != "gateway"
    ]
    return [
        ServiceProcess(
            name,
            [sys.executable, "-P", "-m", "chassis.main", target],
            environment=environment,
            log=logs / f"{name}.log",
        )
        for name, target in named
    ]


@dataclass(slots=True)
class Tended:
    """A child with its history; times are the monotonic clock's seconds."""

    child: Child
    pid_file: Path
    restarts: int = 0
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    _started: float = 0.0
    _wait: float = FIRST_WAIT
    _due: float | None = None

    def begin(self, now: float) -> None:
        """Start the child and keep its mark."""
        self.child.spawn()
        self._note_start(now)

    def adopt(self, now: float) -> None:
        """Take over a child that was started already."""
        self._note_start(now)

    def tend(self, now: float, say: Callable[[str], None]) -> bool:
        """Start a child that died again when its wait is over; tell whether anything changed."""
        if self.child.is_alive:
            return False
        if self._due is None:
            self._plan_restart(now, say)
            return True
        if now < self._due:
            return False
        self.restarts += 1
        self._due = None
        try:
            self.begin(now)
        except LaunchError as error:
            say(str(error))
        return True

    def as_row(self) -> dict[str, object]:
        """What `status` shows of it."""
        return {
            "name": self.child.name,
            "pid": self.child.pid,
            "state": "running" if self.child.is_alive else "waiting to be started again",
            "since": self.since.isoformat(timespec="seconds"),
            "restarts": self.restarts,
        }

    def _plan_restart(self, now: float, say: Callable[[str], None]) -> None:
        if now - self._started > SETTLED_AFTER:
            self._wait = FIRST_WAIT
        self._due = now + self._wait
        self.since = datetime.now(UTC)
        say(f"{self.child.name} ended; it is started again in {self._wait:g} s")
        self._wait = min(self._wait * 2, LONGEST_WAIT)

    def _note_start(self, now: float) -> None:
        self._started = now
        self.since = datetime.now(UTC)
        if self.child.pid is not None:
            processes.write_mark(self.pid_file, self.child.pid)
