"""Territories as a filter offers them: oblasts, and their parts below them."""

from gateway.console.visits import Visit
from gateway.console.words import language


def territories(visit: Visit) -> list[tuple[str, str]]:
    """Return code and name of every territory, in the order of the base's own list."""
    part = visit.part(lambda: visit.ask("list_territories"))
    items = part.found["items"] if part.found else []
    return [(one["code"], _name(one)) for one in items]


def _name(one: dict[str, str]) -> str:
    return one.get(language()) or one.get("ru") or one["code"]
