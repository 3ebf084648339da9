"""R8: the monthly reports that were mailed, each in the month that it is about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from services.reporting.documents.model import Companion, Evidence, Words
from services.reporting.models import MailedFact
from services.reporting.plan import FigureRow
from services.reporting.queries.base import Figure, Rows, Scope, Value, companions, count


def mailed(scope: Scope, row: FigureRow) -> Rows:
    """The report of the month, if it was mailed."""
    return select(
        MailedFact.mailed_at.label("at"),
        cast(MailedFact.report_id, String).label("key"),
        MailedFact.month,
        MailedFact.recipients,
        MailedFact.sha256,
        MailedFact.source,
        MailedFact.event_id,
    ).where(MailedFact.month == scope.month)


def _value(session: Session, scope: Scope, row: FigureRow) -> Value:
    return Value(actual=count(session, mailed(scope, row)))


def _beside(session: Session, scope: Scope, row: FigureRow) -> tuple[Companion, ...]:
    recipients = session.scalar(select(func.sum(mailed(scope, row).subquery().c.recipients)))
    return companions({"recipients": recipients or 0})


def _show(row: Any) -> Evidence:
    return Evidence(
        subject=Words(ru=row.key),
        at=row.at,
        code="report_mailed",
        event_source=row.source,
        event_id=row.event_id,
        params={"month": row.month, "count": str(row.recipients), "sha256": row.sha256},
    )


def _touching(scope: Scope, row: FigureRow) -> Rows:
    key = cast(MailedFact.report_id, String).label("key")
    facts = select(MailedFact.source, MailedFact.event_id, MailedFact.position, key)
    return facts.where(MailedFact.month == scope.month)


MAILINGS = Figure(value=_value, beside=_beside, proofs=mailed, show=_show, touching=_touching)
