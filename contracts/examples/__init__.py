"""Golden examples: one whole envelope per contract, used by tests, docs and template previews."""

import json
from pathlib import Path
from typing import Any

from contracts.envelope import Contract, Event, parse

FOLDER = Path(__file__).parent


def example_wire(contract: Contract) -> dict[str, Any]:
    """Return the golden example of a contract as plain JSON."""
    wire = json.loads((FOLDER / contract.example_name).read_text())
    assert isinstance(wire, dict)
    return wire


def example(contract: Contract) -> Event[Any]:
    """Return the golden example of a contract as an event."""
    return parse(example_wire(contract))
