"""What must agree between services, compared by the gateway, which may ask all of them.

Every fact is heard by the journal and by each listener of its type: what one has and the other has
not is a difference. Each inquiry that feedback has taken has its receipt in the mail ledger. What
is found lies in the gateway's own database, beside what each service finds in its own
(`chassis.reconcile`). While a service is away nothing is said of it and nothing is forgotten.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

import structlog
from sqlalchemy import delete, func, select, tuple_, update
from sqlalchemy.orm import Session

from chassis import reconcile
from chassis.errors import AymakError
from chassis.reconcile import Difference, Found, Reconciliation
from chassis.ticks import every
from contracts.catalogue import JOURNAL, SERVICES
from gateway.desk import Desk

# So many chunks of a thousand facts are compared in one run; the rest waits for the next one.
CHUNKS = 50
# So many lost facts of one group are kept by name; while there are more, nothing is read on.
KEPT = 10_000
MISSING, UNRECEIPTED = "fact_missing", "inquiry_without_receipt"
SECONDS = 5.0
Facts = list[list[str]]

log = structlog.get_logger()


class Reconciler(Desk):
    """The tick of the comparison; the truth of when it is due lies in the database."""

    @every(30)
    def tick_reconcile(self) -> None:
        """Compare when ten minutes have passed since the last time."""
        with self.db.begin() as session:
            due = reconcile.is_due(session)
        if due:
            compare(self)


def compare(desk: Desk) -> None:
    """Compare the services with each other and store what differs."""
    found: dict[tuple[str, str], Found] = {}
    unknown: set[str] = set()
    known = _known(desk)
    for service in SERVICES:
        try:
            lost, cursor = _lost(desk, service, known)
        except AymakError as problem:
            log.warning("not_compared", service=service, error=problem.code)
            unknown.add(service)
            continue
        found |= {(item.kind, item.subject): item for item in lost}
        known["cursor"][service] = cursor
    try:
        found |= {(item.kind, item.subject): item for item in _unreceipted(desk)}
    except AymakError as problem:
        log.warning("not_compared", service="inquiries", error=problem.code)
        unknown.add(UNRECEIPTED)
    with desk.db.begin() as session:
        _store(session, found, unknown, known["cursor"])


def _known(desk: Desk) -> dict[str, Any]:
    """Return how far each service was read, and what was missing so far."""
    with desk.db.begin() as session:
        kept = session.scalar(select(Reconciliation.cursor))
        rows = session.scalars(select(Difference).where(Difference.kind == MISSING))
        facts: defaultdict[str, Facts] = defaultdict(list)
        for row in rows:
            facts[row.detail["heard_by"]] += row.detail["facts"]
        return {"cursor": dict(kept or {}), "facts": facts}


def _lost(desk: Desk, service: str, known: dict[str, Any]) -> tuple[list[Found], str | None]:
    """Return what others lack of what ``service`` has heard, and how far it was read.

    The journal is held against every listener, a listener against the journal.
    """
    others = [name for name in SERVICES if name != JOURNAL] if service == JOURNAL else [JOURNAL]
    cursor, heard = known["cursor"].get(service), known["facts"][service]
    missing: dict[str, Facts] = {name: _ask_lacking(desk, name, heard) for name in others}
    for _ in range(CHUNKS):
        chunk = desk.services.call(service, "list_heard", cursor=cursor, timeout=SECONDS)
        for name in others:
            missing[name] += _ask_lacking(desk, name, chunk["facts"])
        cursor = chunk["cursor"]
        if not chunk["more"]:
            break
    found = list(_told(service, missing))
    is_flooded = any(item.count > KEPT for item in found)
    return found, known["cursor"].get(service) if is_flooded else cursor


def _ask_lacking(desk: Desk, service: str, facts: Facts) -> Facts:
    if not facts:
        return []
    found: Facts = desk.services.call(service, "list_lacking", facts=facts, timeout=SECONDS)
    return found


def _told(heard_by: str, missing: dict[str, Facts]) -> Iterator[Found]:
    """Yield a difference for each service, type, source and day."""
    for service, facts in missing.items():
        groups: defaultdict[tuple[str, str, str], Facts] = defaultdict(list)
        # What was known to be missing may have been read again.
        for fact in {(fact[0], fact[1]): fact for fact in facts}.values():
            groups[fact[2], fact[0], fact[3]].append(fact)
        for (kind, source, day), group in groups.items():
            about = {"service": service, "heard_by": heard_by, "type": kind, "source": source}
            yield Found(
                kind=MISSING,
                subject=" ".join((service, heard_by, kind, source, day)),
                count=len(group),
                detail={**about, "day": day, "facts": group[:KEPT]},
            )


def _unreceipted(desk: Desk) -> Iterable[Found]:
    taken = desk.services.call("feedback", "list_taken", timeout=SECONDS)
    without = desk.services.call(
        "notifications", "list_unreceipted", inquiry_ids=taken, timeout=SECONDS
    )
    if without:
        detail = {"inquiries": without}
        yield Found(kind=UNRECEIPTED, subject="inquiries", count=len(without), detail=detail)


def _store(
    session: Session,
    found: dict[tuple[str, str], Found],
    unknown: set[str],
    cursor: dict[str, str | None],
) -> None:
    reconcile.store(session, list(found.values()))
    stay = set(found)
    for row in session.scalars(select(Difference)):
        # Of a service that was away nothing was learned: what was known of it stays.
        if {row.kind, row.detail.get("heard_by")} & unknown:
            stay.add((row.kind, row.subject))
    key = tuple_(Difference.kind, Difference.subject)
    session.execute(delete(Difference).where(key.not_in(stay or [("", "")])))
    session.execute(update(Reconciliation).values(cursor=cursor, ran_at=func.now()))
