"""From the bytes of a delivery to what the inbox can keep, in one reading (plain Python)."""

import json
import re
from math import isfinite
from typing import Any

from contracts.envelope import LONGEST

# A zero character as JSON escapes it, and not an escaped backslash before "u0000".
NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def decode(body: str | bytes) -> dict[str, Any] | None:
    """Return the event's structured form, or None for bytes that are no event at all.

    The gateway lets nothing else through; what came past it must not spin between us and the
    broker because no inbox can keep it.
    """
    try:
        text = body if isinstance(body, str) else bytes(body).decode("utf-8")
        wire = DECODER.decode(text)
        if not isinstance(wire, dict):
            return None
        # What the decoder lets through and the inbox does not take is written with an escape.
        is_kept = can_keep(wire) if "\\u" in text else names_fit(wire)
        return wire if is_kept else None
    except (ValueError, TypeError, RecursionError):
        return None


def names_fit(wire: dict[str, Any]) -> bool:
    """Return whether the name of a fact fits into the inbox."""
    values = [(wire.get(name), longest) for name, longest in LONGEST.items()]
    return all(isinstance(value, str) and 1 <= len(value) <= most for value, most in values)


def can_keep(wire: dict[str, Any]) -> bool:
    """Return whether the inbox could keep this fact: its name fits, PostgreSQL takes its body.

    JSON may say more than ``jsonb`` takes: NUL, half surrogates, numbers beyond all bounds.
    """
    if not names_fit(wire):
        return False
    try:
        text = json.dumps(wire, ensure_ascii=False, allow_nan=False)
        text.encode()
    except ValueError:
        return False
    return NUL.search(text) is None


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise ValueError("beyond all bounds")
    return number


def _refuse(word: str) -> None:
    raise ValueError(f"{word} is no JSON")


DECODER = json.JSONDecoder(parse_float=_finite, parse_constant=_refuse)
