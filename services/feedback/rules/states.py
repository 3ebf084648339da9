"""The states of an inquiry and what a client's comment does in each (product.md §5, row 4).

received → registered → answered → resolved. ``received`` lasts no longer than the transaction
that accepts (see ``inquiries.accept``); a reopening leads from resolved back to registered.
"""

from datetime import date, timedelta
from typing import Literal

RECEIVED, REGISTERED, ANSWERED, RESOLVED = "received", "registered", "answered", "resolved"
STATES = (RECEIVED, REGISTERED, ANSWERED, RESOLVED)

Effect = Literal["join", "reopen", "follow_up"]


def effect_of_comment(resolved_on: date | None, written_on: date, within_days: int) -> Effect:
    """Return what a comment does: it joins an unresolved inquiry, reopens one, or opens another.

    Days are those of Bishkek. A comment written before the resolution that arrives after it
    reopens too: nobody had read it when the inquiry was resolved.
    """
    if resolved_on is None:
        return "join"
    return "reopen" if written_on <= resolved_on + timedelta(days=within_days) else "follow_up"
