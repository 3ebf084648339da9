"""How routes write the audit log (`gateway/audit_log.py`).

A route that names its ``audit`` action in its `Spec` is recorded before it acts, so that nothing
is ever seen or done unrecorded: with the database away it is refused with 503. Whatever it was
refused for follows in a line of its own. Beyond that, one line:
``audit.note(self, call, Entry("thing.verb", "thing:17", after={…}))``.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import replace

from gateway.audit_log import ASKED, REFUSED, Entry, Who, record
from gateway.desk import Call, Desk, bounded

__all__ = ["Entry", "asked", "by", "note"]


def note(desk: Desk, call: Call, entry: Entry) -> None:
    """Write a line on behalf of the caller; an error when the database is away."""
    with bounded(), desk.db.begin() as session:
        record(session, by(call), entry)


def by(call: Call) -> Who:
    """Return who is behind a call."""
    caller = call.caller
    return Who(caller.name if caller else None, caller.role if caller else None, call.address)


@contextlib.contextmanager
def asked(desk: Desk, call: Call, action: str, thing: str) -> Iterator[None]:
    """Record what the block is about to do under ``action``, and what it was refused for."""
    entry = Entry(action, thing, after=call.body or None, outcome=ASKED)
    note(desk, call, entry)
    try:
        yield
    except Exception as problem:
        code = getattr(problem, "code", "internal")
        note(desk, call, replace(entry, after=None, outcome=f"{REFUSED}: {code}"))
        raise
