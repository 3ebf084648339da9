"""Small files of the state folder: written whole or not at all, and readable by nobody else."""

import os
import secrets
import shutil
from collections import deque
from pathlib import Path

LOG_BYTES = 20_000_000


def write_private(path: Path, text: str) -> None:
    """Write a file in one step, mode 0600: a reader sees the old text or the new, never half."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    beside.replace(path)


def kept_secret(path: Path, *, length: int = 32) -> str:
    """Return the secret that this file keeps, of `length` random bytes, made on the first call."""
    if not path.exists():
        write_private(path, secrets.token_urlsafe(length))
    return path.read_text("utf-8").strip()


def tail(path: Path, *, lines: int = 15) -> str:
    """Return the last lines of a log, or a word saying that there is none."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return "".join(deque(file, lines)).rstrip() or f"({path} is empty)"
    except OSError:
        return f"({path} was not written)"


def trim_log(path: Path) -> bool:
    """Set the content of a log that grew large aside as `.log.1`; tell whether it had to.

    The writer keeps its file: all logs are opened for appending, so it goes on at the new end.
    """
    if not path.exists() or path.stat().st_size <= LOG_BYTES:
        return False
    shutil.copyfile(path, path.with_suffix(".log.1"))
    os.truncate(path, 0)
    return True


def open_log(path: Path) -> int:
    """Open a log for appending and return its descriptor."""
    path.parent.mkdir(parents=True, exist_ok=True)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
