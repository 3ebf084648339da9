"""`./aymak backup`: every database in one folder, while the product works.

Each dump is one consistent moment of its service; the moments differ, and need not agree: what a
restored service missed is replayed (replay.py). The journal is dumped last, so that it knows all
that the other dumps know. The folder appears whole or not at all.
"""

import hashlib
import json
import os
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from launch import pg_tools
from launch.databases import SERVICES
from launch.errors import LaunchError

MANIFEST = "manifest.json"
LAST = "reporting"


@dataclass(frozen=True, slots=True)
class Dump:
    """One service's file: its name, size and sha256, and when the dump began (UTC)."""

    file: str
    bytes: int
    sha256: str
    begun_at: str


def make(urls: dict[str, str], to: Path) -> Path:
    """Dump each database into a new folder under ``to``; return the folder.

    ``urls`` is one database URL a service. Raises LaunchError when a dump or the disk fails.
    """
    name = f"aymak-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    unfinished, folder = to / f".{name}", to / name
    try:
        unfinished.mkdir(parents=True, mode=0o700)
        dumps = {
            service: asdict(_dump(service, urls[service], unfinished))
            for service in sorted(SERVICES, key=lambda each: each == LAST)
        }
        content = {"format": 1, "version": metadata_version(), "services": dumps}
        (unfinished / MANIFEST).write_text(json.dumps(content, indent=2) + "\n", "utf-8")
        unfinished.rename(folder)
    except OSError as error:
        raise LaunchError(f"{to} cannot be written: {error.strerror}.") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def metadata_version() -> str:
    """Return the version of the product that made the backup."""
    try:
        return metadata.version("aymak")
    except metadata.PackageNotFoundError:
        # Run from its folder, without being installed.
        return "from source"


def read(folder: Path) -> dict[str, Any]:
    """Return a backup's manifest; raises LaunchError for a folder that is none."""
    try:
        content: dict[str, Any] = json.loads((folder / MANIFEST).read_text("utf-8"))
        services = content["services"]
    except (OSError, ValueError, KeyError) as error:
        raise LaunchError(f"{folder} is no backup: it has no readable {MANIFEST}.") from error
    if content.get("format") != 1 or not isinstance(services, dict):
        raise LaunchError(f"{folder} was written by a newer Aymak: restore it with that one.")
    return content


def file_of(folder: Path, service: str) -> Path:
    """Return the dump of a service, whole; raises LaunchError when it is missing or damaged."""
    described = read(folder)["services"].get(service)
    if described is None:
        raise LaunchError(f"{folder} holds no backup of {service}.")
    path = folder / str(described["file"])
    if not path.exists() or _sha256(path) != described["sha256"]:
        raise LaunchError(f"{path} is damaged: it is not what the backup wrote. Use another one.")
    return path


def _dump(service: str, url: str, folder: Path) -> Dump:
    begun = datetime.now(UTC)
    path = folder / f"{service}.dump"
    pg_tools.run(
        "pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={path}"
    )
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return Dump(path.name, path.stat().st_size, _sha256(path), begun.isoformat())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
