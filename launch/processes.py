"""Marks of processes: how the launcher proves that a process it finds is one that it started.

A pid alone proves nothing after a reboot or a long run, because the kernel gives numbers out again.
A mark is the pid, the kernel's start tick and the boot's id; a process that differs in any of them
is somebody else's and is left alone.
"""

import contextlib
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from launch.files import write_private

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
POLL_SECONDS = 0.05
PROGRESS_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Mark:
    """One process: its pid, its start in clock ticks since boot, and the boot's id."""

    pid: int
    started: int
    boot: str


def mark(pid: int) -> Mark | None:
    """Take the mark of a running process; None when no such pid runs (a zombie does not)."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    # The second field, the name, may hold spaces and brackets: count from its closing bracket.
    fields = stat.rpartition(")")[2].split()
    if fields[0] in {"Z", "X"}:
        return None
    return Mark(pid, int(fields[19]), BOOT_ID.read_text("ascii").strip())


def is_running(known: Mark) -> bool:
    """Tell whether the very process of this mark still runs."""
    return mark(known.pid) == known


def write_mark(path: Path, pid: int) -> None:
    """Keep the mark of a process that we have just started in a pid file."""
    taken = mark(pid)
    if taken is not None:
        write_private(path, json.dumps(asdict(taken)))


def read_mark(path: Path) -> Mark | None:
    """Read a pid file; None when it is missing or not one of ours."""
    try:
        return Mark(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def end(known: Mark, *, grace: float, first: signal.Signals = signal.SIGTERM) -> bool:
    """End the process of a mark: ask, wait up to `grace` seconds, then SIGKILL its whole group.

    Returns whether there was anything to end.
    """
    if not is_running(known):
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(known.pid, first)
    if not _is_gone_within(known, grace):
        kill_group(known.pid)
        _is_gone_within(known, 10.0)
    return True


def end_waiting(known: Mark, *, grace: float, say: Callable[[str], None]) -> bool:
    """Ask a process to end and wait, saying so now and then; tell whether it went in time."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(known.pid, signal.SIGTERM)
    begun = time.monotonic()
    while not _is_gone_within(known, PROGRESS_SECONDS):
        waited = time.monotonic() - begun
        if waited > grace:
            return False
        say(f"  ... {waited:.0f} s")
    return True


def kill_group(pid: int) -> None:
    """SIGKILL a process and, when it leads a group of its own, all of that group."""
    with contextlib.suppress(ProcessLookupError):
        if os.getpgid(pid) == pid:
            os.killpg(pid, signal.SIGKILL)
        else:
            os.kill(pid, signal.SIGKILL)


def family(pid: int) -> list[int]:
    """Return a process and all that descend from it, the process first."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def end_leftovers(paths: list[Path], *, grace: float) -> list[str]:
    """End what an earlier launcher left running, by its pid files; return the names ended.

    All are asked first and waited for after, so that the waits do not add up.
    """
    known = {path: read_mark(path) for path in paths}
    running = {path: each for path, each in known.items() if each is not None and is_running(each)}
    for each in running.values():
        with contextlib.suppress(ProcessLookupError):
            os.kill(each.pid, signal.SIGTERM)
    for each in running.values():
        end(each, grace=grace)
    for path in paths:
        path.unlink(missing_ok=True)
    return [path.stem for path in running]


def _is_gone_within(known: Mark, seconds: float) -> bool:
    until = time.monotonic() + seconds
    while is_running(known):
        if time.monotonic() > until:
            return False
        time.sleep(POLL_SECONDS)
    return True
