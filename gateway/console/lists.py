"""What every list does alike: filters from its address, a page of rows, links that keep them.

A list's filters are its address: what the form of its filters sends is what the route of the API
takes, and a saved view is such an address with a name.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from werkzeug.wrappers import Response

from chassis.errors import AymakError
from gateway import routes
from gateway.console.visits import Values, Visit, cursor_of
from gateway.console.words import code, t

ROWS = 50
Options = Callable[[Visit], Iterable[tuple[str, str]]]


@dataclass(frozen=True, slots=True)
class Filter:
    """One select of a list: its parameter and its choices, code and words; many need a picker."""

    name: str
    options: Options
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Listing:
    """A list: its address, the route that fills it, its filters and orders.

    ``room`` has its words: ``<room>.filter.<name>``, ``<room>.sort.<sort>``.
    """

    href: str
    route: str
    room: str
    filters: tuple[Filter, ...] = ()
    sorts: tuple[str, ...] = ()
    views: str = ""
    fixed: Values = field(default_factory=dict)
    # Parameters that no select of the list has; they stay while its filters change.
    hidden: tuple[str, ...] = ()
    selects_rows: bool = True
    # Parameters that are days; ``asked`` turns the address into what the route takes.
    days: tuple[str, ...] = ()
    asked: Callable[[Values], Values] = dict
    searches: bool = True
    # Whether its words are about people.
    is_personal: bool = True
    # Whether the route is told how to count.
    counts: bool = True


@dataclass(slots=True)
class Shown:
    """One page of a list as its template shows it."""

    listing: Listing
    query: dict[str, str]
    items: list[Any] = field(default_factory=list)
    total: int | None = None
    at_least: int | None = None
    cursor: str | None = None
    counters: dict[str, int] = field(default_factory=dict)
    selects: list[tuple[Filter, list[tuple[str, str]]]] = field(default_factory=list)
    problem: dict[str, Any] | None = None
    views: list[Values] = field(default_factory=list)
    answer: Values = field(default_factory=dict)
    # Who sees no names may not search by them.
    searches: bool = True

    @property
    def is_filtered(self) -> bool:
        """Whether anything narrows the list."""
        return bool(set(self.query) - {"sort", "cursor"})

    @property
    def narrowed(self) -> str:
        """The filters as a query string, without the place in the list."""
        return urlencode({name: value for name, value in self.query.items() if name != "cursor"})

    def link(self, **changes: str | None) -> str:
        """Return the address of this list with some parameters changed; None takes one out."""
        asked: dict[str, str | None] = {**self.query, "cursor": None, **changes}
        kept = {name: value for name, value in asked.items() if value}
        return f"{self.listing.href}?{urlencode(kept)}" if kept else self.listing.href

    def at(self, query: dict[str, str]) -> str:
        """Return the address of an overview: these filters and nothing else."""
        return f"{self.listing.href}?{urlencode(query)}" if query else self.listing.href

    def is_at(self, query: dict[str, str]) -> bool:
        """Return whether the list shows just this overview."""
        own = {name: value for name, value in self.query.items() if name not in ("cursor", "sort")}
        return own == {name: value for name, value in query.items() if name != "sort"}

    def turned(self, column: str) -> str:
        """Return the address of the list by the order of a column; asked twice, the other way."""
        return self.link(sort=f"-{column}" if self.query.get("sort") == column else column)

    def order_of(self, column: str) -> str:
        """Return ``ascending``, ``descending`` or ``none``, as aria-sort says it."""
        sort = self.query.get("sort", "")
        return {column: "ascending", f"-{column}": "descending"}.get(sort, "none")


def page(visit: Visit, template: str, listing: Listing, **context: Any) -> Response:
    """Return the page of a list, or only its rows where the browser asks for those."""
    return visit.show(template, shown=show(visit, listing), **context)


def show(visit: Visit, listing: Listing) -> Shown:
    """Return the page of a list that the address asks for; a wrong filter is said above it."""
    shown = Shown(listing, visit.query)
    shown.views = _views(visit, listing)
    shown.searches = listing.searches and (
        not listing.is_personal or visit.sees_people(listing.room)
    )
    shown.selects = [(one, list(one.options(visit))) for one in listing.filters]
    count = {"count": "capped"} if listing.counts else {}
    try:
        asked = {"limit": ROWS, **count, **listing.fixed, **listing.asked(shown.query)}
        found = visit.ask(listing.route, query=asked)
    except AymakError as problem:
        shown.problem = routes.described(problem, visit.language)
        return shown
    shown.answer = found
    shown.items, shown.total = found["items"], found["total"]
    shown.at_least = found.get("total_at_least")
    shown.counters = found.get("counters") or {}
    shown.cursor = cursor_of(found)
    return shown


def _views(visit: Visit, listing: Listing) -> list[Values]:
    if not listing.views or not visit.may("views", "read"):
        return []
    part = visit.part(lambda: visit.ask("list_views", query={"screen": listing.views}))
    return part.found["items"] if part.found else []


def codes(family: str, values: Iterable[str]) -> Options:
    """Return the choices of a filter by codes, in the reader's words."""
    return lambda visit: [(value, code(family, value)) for value in values]


def yes_or_no(room: str, name: str) -> Options:
    """Return the choices of a flag, in the words of ``<room>.<name>.true`` and ``.false``."""
    return lambda visit: [(one, t(f"{room}.{name}.{one}")) for one in ("true", "false")]
