"""What must agree in reporting: each run of a report's mails and the readers it was made for."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import distinct, func, select
from sqlalchemy.orm import Session

from chassis.outgoing import OutgoingMail
from chassis.reconcile import Found
from services.reporting.models_reports import Sending


def runs(session: Session) -> Iterator[Found]:
    """Runs whose mail ledger holds fewer or more readers than the run has recipients."""
    readers = func.count(distinct(OutgoingMail.address))
    query = (
        select(Sending.run, Sending.recipients, readers.label("ledger"))
        .outerjoin(OutgoingMail, OutgoingMail.run == Sending.run)
        .group_by(Sending.run, Sending.recipients)
        .having(readers != Sending.recipients)
    )
    for row in session.execute(query):
        yield Found(
            kind="mail_run_mismatch",
            subject=row.run,
            count=abs(row.recipients - row.ledger),
            detail={"recipients": row.recipients, "ledger": row.ledger},
        )
