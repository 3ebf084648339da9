"""What the tests of the contracts need from elsewhere: the official AsyncAPI schema, by npm."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests import npm


@pytest.fixture(scope="session")
def asyncapi_schema() -> dict[str, Any]:
    """The JSON Schema of AsyncAPI 3.0 documents."""
    specs = npm.package(Path(__file__).parent, "@asyncapi/specs")
    found: dict[str, Any] = json.loads((specs / "schemas" / "3.0.0.json").read_text())
    return found
