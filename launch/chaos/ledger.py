"""The sender's own ledger: one JSON line on the disk (fsync) before each request and after it.

The verdict believes this file and the databases, and nothing else.
"""

import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TextIO

from launch.chaos.events import Item

ACCEPTED = 202


class Ledger:
    """An open ledger; any number of threads may write into it."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._lock = threading.Lock()

    def before(self, item: Item) -> None:
        """Note that an event is about to be sent (again)."""
        self._write(what="try", id=item.id, type=item.type, poison=item.poison)

    def after(self, item: Item, status: int) -> None:
        """Note the answer: an HTTP status, 0 when there was none."""
        self._write(what="answer", id=item.id, poison=item.poison, status=status)

    def _write(self, **line: Any) -> None:
        with self._lock:
            self._file.write(json.dumps({"at": time.time(), **line}) + "\n")
            self._file.flush()
            os.fsync(self._file.fileno())


@contextmanager
def opened(path: Path) -> Iterator[Ledger]:
    """Open a new ledger for writing."""
    with path.open("x", encoding="utf-8") as file:
        yield Ledger(file)


@dataclass(slots=True)
class Sent:
    """One id of the ledger: how often it was tried, and when it was accepted (epoch seconds)."""

    type: str
    poison: str
    tries: int = 0
    accepted_at: float | None = None
    refused: set[int] = field(default_factory=set)


def read(path: Path) -> dict[tuple[str, str], Sent]:
    """Read a ledger back: what was sent, by (id, kind of poison or "")."""
    found: dict[tuple[str, str], Sent] = {}
    for line in map(json.loads, path.read_text("utf-8").splitlines()):
        key = line["id"], line["poison"]
        if line["what"] == "try":
            found.setdefault(key, Sent(line["type"], line["poison"])).tries += 1
        elif line["status"] == ACCEPTED:
            found[key].accepted_at = found[key].accepted_at or line["at"]
        elif 400 <= line["status"] < 500:
            found[key].refused.add(line["status"])
    return found
