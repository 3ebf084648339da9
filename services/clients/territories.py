"""The shipped list of territories: oblasts, cities and rayons with their Russian and Kyrgyz names.

``data/territories.json`` names its source. A code that is not in the list (of a classifier that
a portal uses) is kept as it came; it has no names and no parts.
"""

import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from services.clients.rules.folding import fold

DATA = Path(__file__).parent / "data" / "territories.json"


@dataclass(frozen=True, slots=True)
class Territory:
    """An oblast, city or rayon; ``kind`` as in the data file, ``parent`` a code or None."""

    code: str
    kind: str
    parent: str | None
    ru: str
    ky: str


@cache
def all_territories() -> dict[str, Territory]:
    """Return the list by code, oblasts before their parts."""
    rows = json.loads(DATA.read_text(encoding="utf-8"))["territories"]
    return {row["code"]: Territory(**row) for row in rows}


@cache
def _by_name() -> dict[str, str]:
    return {
        fold(name): found.code
        for found in all_territories().values()
        for name in (found.code, found.ru, found.ky)
    }


def resolve(text: str) -> str:
    """Return the code that a code or a full ru/ky name means; an unknown one as it is."""
    return _by_name().get(fold(text), text)


@cache
def with_parts(code: str) -> frozenset[str]:
    """Return a territory's code and those of all its parts: an oblast's rayons and cities."""
    parts = [found.code for found in all_territories().values() if found.parent == code]
    return frozenset({code}.union(*(with_parts(part) for part in parts)))


def describe(code: str | None) -> dict[str, Any] | None:
    """Return code and names for a card; the names are None for a code not in the list."""
    if not code:
        return None
    found = all_territories().get(code)
    return {"code": code, "ru": found.ru if found else None, "ky": found.ky if found else None}


def listing() -> dict[str, Any]:
    """Return the whole list in the shape of all lists (contracts.md §5)."""
    rows = [asdict(found) for found in all_territories().values()]
    return {"items": rows, "next": None, "total": len(rows)}
