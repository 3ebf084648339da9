"""R2.f: the share of records that were confirmed in the last 180 days (our own measure, A14).

Every confirmation is kept, not only the newest one, so that a record confirmed again in May was
still fresh in March.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

from sqlalchemy import String, cast, false, func, not_, select
from sqlalchemy.orm import Session

from services.reporting.documents.model import Companion, Evidence
from services.reporting.models import ClientFact, ClientSince, Confirmation
from services.reporting.plan import FigureRow
from services.reporting.queries.base import (
    Figure,
    Rows,
    Scope,
    Value,
    companions,
    count,
    day,
    words,
)
from services.reporting.queries.bodies import in_base, is_there, touching


def records(end: dt.datetime) -> Rows:
    """The records of the base at `end`: people and organisations of all audiences."""
    return select(ClientFact.client_id).where(in_base(ClientFact, end), is_there(ClientFact, end))


def confirmed(scope: Scope, row: FigureRow, *, stale: bool = False) -> Rows:
    """The records confirmed in the last days by the month's end (or those that were not).

    `at` is the newest confirmation, for a record without any the day it came into the base.
    """
    since = scope.end - dt.timedelta(days=row.rule["days"])
    newest = (
        select(Confirmation.client_id, func.max(Confirmation.confirmed_at).label("at"))
        .where(Confirmation.confirmed_at < scope.end)
        .group_by(Confirmation.client_id)
        .subquery()
    )
    at = func.coalesce(newest.c.at, ClientSince.added_at).label("at")
    fresh = func.coalesce(newest.c.at >= since, false())
    return (
        select(
            at,
            cast(ClientFact.client_id, String).label("key"),
            ClientFact.name,
            ClientFact.ref,
            ClientFact.source,
            ClientFact.event_id,
        )
        .join(ClientSince, ClientSince.client_id == ClientFact.client_id)
        .outerjoin(newest, newest.c.client_id == ClientFact.client_id)
        .where(not_(fresh) if stale else fresh)
        .where(ClientSince.added_at < scope.end, is_there(ClientFact, scope.end))
    )


def _value(session: Session, scope: Scope, row: FigureRow) -> Value:
    everything = count(session, records(scope.end))
    if not everything:
        return Value(actual=None)
    return Value(actual=100 * count(session, confirmed(scope, row)) / everything)


def _beside(session: Session, scope: Scope, row: FigureRow) -> tuple[Companion, ...]:
    return companions(
        {
            "records": count(session, records(scope.end)),
            "records_confirmed": count(session, confirmed(scope, row)),
        }
    )


def _show(row: Any) -> Evidence:
    return _evidence(row, counted=True)


def _stale(session: Session, scope: Scope, row: FigureRow) -> tuple[Evidence, ...]:
    """The records that nobody has confirmed for too long: shown, not counted."""
    found = confirmed(scope, row, stale=True).subquery()
    ordered = select(found).order_by(found.c.at, found.c.key)
    return tuple(_evidence(item, counted=False) for item in session.execute(ordered))


def _evidence(row: Any, *, counted: bool) -> Evidence:
    return Evidence(
        subject=words(row.name, row.ref),
        at=row.at,
        code="record_confirmed" if counted else "record_stale",
        event_source=row.source,
        event_id=row.event_id,
        params={"confirmed_on": day(row.at)},
        counted=counted,
    )


FRESHNESS = Figure(
    value=_value,
    beside=_beside,
    proofs=confirmed,
    show=_show,
    touching=touching,
    thing="client_id",
    others=_stale,
)
