"""The demo's ledger: what it set out to do and what came of it, in ``DIR/demo-ledger.jsonl``.

One JSON line for each step, on the disk (fsync) before the step and again after it. A demo that
was killed reads it and goes on after the last whole day; its steps can be done twice, because
their ids come from the seed.
"""

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, TextIO

from launch.demo.story import Day, Stop
from launch.errors import LaunchError

NAME = "demo-ledger.jsonl"


@dataclass(slots=True)
class Ledger:
    """An open ledger; ``last_day`` is the last day that was played to its end, if any."""

    file: TextIO
    last_day: date | None = None

    def own(self, begun: int | None, seed: int) -> None:
        """Note the seed of this demo; LaunchError when it was begun with another one."""
        if begun is None:
            self._write("seed", seed=seed)
        elif begun != seed:
            raise LaunchError(
                f"The demo here was begun with seed {begun}: go on with --seed {begun}, or choose "
                "an empty folder with --state."
            )

    def begin(self, stop: Stop) -> None:
        """Note that a stop of the clock is about to be played."""
        acts = [f"{act.deed} {act.inquiry_ref}" for act in stop.acts]
        self._write("intent", at=stop.at.isoformat(), facts=len(stop.facts), acts=acts)

    def done(self, stop: Stop) -> None:
        """Note that all of a stop was accepted by the product."""
        self._write("done", at=stop.at.isoformat())

    def finish(self, day: Day) -> None:
        """Note that a day is over: it will not be played again."""
        self._write("day", on=day.on.isoformat())
        self.last_day = day.on

    def _write(self, what: str, **details: Any) -> None:
        self.file.write(json.dumps({"what": what, **details}, ensure_ascii=False) + "\n")
        self.file.flush()
        os.fsync(self.file.fileno())


@contextmanager
def open_ledger(folder: Path, seed: int) -> Iterator[Ledger]:
    """Open the ledger of a state folder, for this process alone.

    Raises LaunchError when another demo is playing there, or when it was begun with another seed.
    """
    path = folder / NAME
    try:
        opened = path.open("a+", encoding="utf-8")
    except OSError as error:
        raise LaunchError(f"{path} cannot be written: {error.strerror}.") from error
    with opened as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise LaunchError(f"Another demo is playing in {folder}.") from error
        lines = _read(file)
        ledger = Ledger(file, _last_day(lines))
        ledger.own(_seed(lines), seed)
        yield ledger


def _read(file: TextIO) -> list[dict[str, Any]]:
    """Return all whole lines; a last one that a kill cut off is taken away."""
    file.seek(0)
    text = file.read()
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        file.truncate(len(whole.encode()))
    file.seek(0, os.SEEK_END)
    return [json.loads(line) for line in whole.splitlines()]


def _seed(lines: list[dict[str, Any]]) -> int | None:
    return next((int(line["seed"]) for line in lines if line["what"] == "seed"), None)


def _last_day(lines: list[dict[str, Any]]) -> date | None:
    days = [date.fromisoformat(line["on"]) for line in lines if line["what"] == "day"]
    return max(days, default=None)
