"""The screens as the side bar and the keyboard (``g`` and a letter) lead to them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gateway.console.words import t

if TYPE_CHECKING:
    from gateway.console.visits import Visit


@dataclass(frozen=True, slots=True)
class Place:
    """A screen that the side bar names; ``access`` is what one must be allowed to see it."""

    href: str
    key: str
    icon: str
    name: str
    access: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Item:
    """A line of the side bar on one page."""

    href: str
    key: str
    icon: str
    title: str
    is_here: bool


PLACES = (
    Place("/", "t", "icon:home", "today", ("session", "use")),
    Place("/inquiries", "i", "icon:message-2-question", "inquiries", ("inquiries", "read")),
    Place("/organisations", "o", "icon:building", "organisations", ("organisations", "read")),
    Place("/people", "p", "icon:users", "people", ("people", "read")),
    Place("/online-events", "e", "icon:calendar", "online_events", ("online_events", "read")),
    Place("/indicators", "n", "icon:target-arrow", "indicators", ("figures", "read")),
    Place("/reports", "r", "icon:report-analytics", "reports", ("reports", "read")),
    Place("/log", "l", "icon:list-details", "log", ("log", "read")),
    Place("/settings", "s", "icon:settings", "settings", ("session", "use")),
)


def navigation(visit: "Visit") -> list[Item]:
    """Return what this person may go to, and where they are."""
    here = visit.request.path
    return [
        Item(
            href=place.href,
            key=place.key,
            icon=place.icon.removeprefix("icon:"),
            title=t(f"nav.{place.name}"),
            is_here=here == place.href or (place.href != "/" and here.startswith(f"{place.href}/")),
        )
        for place in PLACES
        if visit.may(*place.access)
    ]
