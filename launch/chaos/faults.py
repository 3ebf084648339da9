"""The faults of a chaos run: a schedule from the seed, and how each is done and undone.

Every kind comes once before any comes twice. The supervisor starts again what died, as in real
life; the clock of the machine is left alone.
"""

import contextlib
import os
import random
import signal
import subprocess
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import psycopg2

from launch import processes
from launch.chaos.product import SERVER_NAMES, Product
from launch.children import TARGETS
from launch.errors import LaunchError
from launch.external import maintenance_url

# An orderly end is SIGTERM, to PostgreSQL SIGINT: at SIGTERM it waits for clients to leave.
KILL, END, STOP = "SIGKILL", "end", "SIGSTOP"
CLOSE_CONNECTIONS, MEMORY_ALARM, END_SESSIONS = "close connections", "memory alarm", "end sessions"
# How long a process stands still, or the broker takes nothing; and the pause before the next one.
HELD, BETWEEN = (3.0, 12.0), (5.0, 10.0)
FIRST_AFTER = 5.0
WATERMARK = "0.6"
END_ALL = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """What is done to whom, ``at`` seconds after the start, and for how long it is held."""

    at: float
    kind: str
    target: str
    held: float = 0.0
    recovered_after: float | None = None

    def recovered(self, seconds: float | None) -> "Fault":
        """Return this fault with the time after which all services worked again."""
        return replace(self, recovered_after=seconds)

    def as_row(self) -> dict[str, object]:
        """Return it for the report."""
        return asdict(self)


def kinds(instances: int) -> list[tuple[str, str]]:
    """Return every (kind, target) of a product with so many instances of each service."""
    copies = [f"{name}-{n}" for n in range(2, instances + 1) for name in TARGETS]
    names = [*TARGETS, *SERVER_NAMES, *(name for name in copies if "gateway" not in name)]
    return [(kind, name) for name in names for kind in (KILL, END, STOP)] + [
        (CLOSE_CONNECTIONS, "rabbitmq"),
        (MEMORY_ALARM, "rabbitmq"),
        (END_SESSIONS, "postgresql"),
    ]


def schedule(seed: int, seconds: float, instances: int = 1) -> list[Fault]:
    """Return the faults of a run of so many seconds; the same for the same arguments."""
    dice = random.Random(seed)
    deck: list[tuple[str, str]] = []
    found: list[Fault] = []
    at = FIRST_AFTER
    while True:
        if not deck:
            deck = kinds(instances)
            dice.shuffle(deck)
        kind, target = deck.pop()
        held = round(dice.uniform(*HELD), 1) if kind in (STOP, MEMORY_ALARM) else 0.0
        if at + held > seconds:
            return found
        found.append(Fault(round(at, 1), kind, target, held))
        at += held + dice.uniform(*BETWEEN)


def begin(product: Product, fault: Fault) -> Callable[[], None]:
    """Do what the fault says; return what undoes it (for most: nothing)."""
    if fault.kind == STOP:
        return _stand_still(product.children[fault.target].pid)
    if fault.kind == KILL:
        _signal(product.children[fault.target].pid, signal.SIGKILL)
    elif fault.kind == END:
        product.children[fault.target].ask_to_stop()
    elif fault.kind == END_SESSIONS:
        _end_sessions(product)
    elif fault.kind == CLOSE_CONNECTIONS:
        _ctl(product, "close_all_connections", "chaos")
    else:
        _ctl(product, "set_vm_memory_high_watermark", "0.0001")
        return lambda: _ctl(product, "set_vm_memory_high_watermark", WATERMARK)
    return lambda: None


def _signal(pid: int | None, number: int) -> None:
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _stand_still(pid: int | None) -> Callable[[], None]:
    frozen = processes.family(pid) if pid is not None else []
    for one in frozen:
        _signal(one, signal.SIGSTOP)

    def go_on() -> None:
        for one in frozen:
            _signal(one, signal.SIGCONT)

    return go_on


def _ctl(product: Product, *arguments: str) -> None:
    # A broker that is away just now has no alarm and no connections either.
    with contextlib.suppress(LaunchError, subprocess.TimeoutExpired):
        product.rabbit.ctl(*arguments, timeout=30)


def _end_sessions(product: Product) -> None:
    with contextlib.suppress(psycopg2.Error):
        connection = psycopg2.connect(maintenance_url(product.postgres.url), connect_timeout=5)
        with contextlib.closing(connection), connection.cursor() as cursor:
            cursor.execute(END_ALL)
