"""Events read and written again at once: what a gateway does with each that comes in.

`envelope.parse` has the last word on whatever is not plain, and the only words of errors.
"""

from datetime import UTC, datetime
from typing import Any

from contracts.attributes import is_name, is_short_text
from contracts.envelope import (
    BY_NAME,
    CORE,
    LONGEST,
    SPEC_VERSION,
    TEXTS,
    parse,
)
from contracts.quick import Odd, odd

# What `tidied` looks at one by one.
PLAIN = {"recordedtime", "tracestate", "data", *CORE} - {"subject"}


def tidied(wire: dict[str, Any]) -> dict[str, Any]:
    """Return ``parse(wire).to_wire()``, of a plain event at a third of its price.

    Raises what :func:`parse` raises, which looks at whatever is not plain.
    """
    try:
        return _tidied(wire)
    except (KeyError, TypeError, ValueError, OverflowError):
        return parse(wire).to_wire()


def _tidied(wire: dict[str, Any]) -> dict[str, Any]:
    contract = BY_NAME[wire["type"], 1]
    if not is_name(wire["id"], LONGEST["id"]) or not is_name(wire["source"], LONGEST["source"]):
        raise Odd
    if wire["specversion"] != SPEC_VERSION:
        raise Odd
    if wire.get("dataschema", contract.address) != contract.address:
        raise Odd
    event = {
        "specversion": SPEC_VERSION,
        "id": wire["id"],
        "source": wire["source"],
        "type": contract.type,
        "time": _utc(wire["time"]),
        "dataschema": contract.address,
        "datacontenttype": "application/json",
    }
    if wire.get("recordedtime") is not None:
        event["recordedtime"] = _utc(wire["recordedtime"])
    for name in wire.keys() - PLAIN:
        value = wire[name]
        if name not in TEXTS or not isinstance(value, str) or not is_short_text(value):
            raise Odd
        event[name] = value
    event["data"] = contract.quick.tidy(wire["data"])
    return event


def _utc(text: str) -> str:
    at = datetime.fromisoformat(text)
    return at.astimezone(UTC).isoformat() if at.tzinfo else odd()
