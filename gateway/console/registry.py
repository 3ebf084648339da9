"""Every list of the console by the name under which its views and jobs are kept."""

from gateway.console import (
    dead_letters,
    inquiries,
    log,
    online_events,
    organisations,
    people,
)
from gateway.console.lists import Listing

LISTINGS: dict[str, Listing] = {
    one.views: one
    for one in (
        organisations.LISTING,
        people.LISTING,
        inquiries.LISTING,
        online_events.LISTING,
        log.LISTING,
        dead_letters.LISTING,
    )
}
