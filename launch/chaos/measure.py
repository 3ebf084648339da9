"""What a product takes of the machine: memory, files, connections and rows."""

import contextlib
import os
from pathlib import Path

from sqlalchemy import text

from launch.chaos.product import Product
from launch.children import TARGETS

TABLES = ("inbox", "outbox", "dead_letters", "outgoing_mail", "job_run")
SESSIONS = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'aymak'"
Figures = dict[str, int]


def take(product: Product) -> Figures:
    """Return the figures of now: memory in kB, counts of all else."""
    found: Figures = {}
    for name, child in product.children.items():
        if name.partition("-")[0] in TARGETS and child.pid is not None:
            found |= _of_process(name, child.pid)
    with product.databases["clients"].begin() as session:
        found["database sessions"] = session.scalar(text(SESSIONS)) or 0
    lines = product.rabbit.ctl("list_connections", "--no-table-headers", "pid").splitlines()
    found["broker connections"] = len(lines)
    for service in sorted(set(product.databases) - {"gateway"}):
        with product.databases[service].begin() as session:
            for table in TABLES:
                count = session.scalar(text(f"SELECT count(*) FROM {table}"))
                found[f"{service}.{table} rows"] = count or 0
    return found


def _of_process(name: str, pid: int) -> Figures:
    with contextlib.suppress(OSError):
        status = Path(f"/proc/{pid}/status").read_text()
        resident = int(status.partition("VmRSS:")[2].split()[0])
        return {f"{name} kB": resident, f"{name} files": len(os.listdir(f"/proc/{pid}/fd"))}
    return {}
