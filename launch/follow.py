"""`./aymak logs`: the ends of the processes' logs, and what is added to them from then on."""

import contextlib
import time
from pathlib import Path
from typing import TextIO

from launch.errors import LaunchError
from launch.files import tail
from launch.state import State

POLL_SECONDS = 0.5


def show(state: State, name: str | None, *, lines: int, on: bool) -> None:
    """Print the last lines of one log, or of each; with `on` go on until Ctrl-C.

    Raises LaunchError naming the logs that there are when `name` is none of them.
    """
    paths = _logs(state, name)
    for path in paths:
        _print(path, tail(path, lines=lines) if lines else "", alone=name is not None)
    if on:
        with contextlib.suppress(KeyboardInterrupt):
            _follow(paths, alone=name is not None)


def _logs(state: State, name: str | None) -> list[Path]:
    known = {path.stem: path for path in sorted(state.logs.glob("*.log"))}
    if not known:
        raise LaunchError(f"There are no logs in {state.logs}: nothing was started there yet.")
    if name is None:
        return list(known.values())
    if name not in known:
        raise LaunchError(f"There is no log of “{name}”; there are: {', '.join(known)}.")
    return [known[name]]


def _follow(paths: list[Path], *, alone: bool) -> None:
    with contextlib.ExitStack() as stack:
        files: dict[Path, TextIO] = {}
        for path in paths:
            files[path] = stack.enter_context(path.open(encoding="utf-8", errors="replace"))
            files[path].seek(0, 2)
        while True:
            for path, file in files.items():
                if path.stat().st_size < file.tell():
                    file.seek(0)  # it grew large and was set aside
                _print(path, file.read().rstrip("\n"), alone=alone)
            time.sleep(POLL_SECONDS)


def _print(path: Path, text: str, *, alone: bool) -> None:
    for line in text.splitlines():
        print(line if alone else f"{path.stem:14} {line}", flush=True)
