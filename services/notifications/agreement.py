"""What must agree here: each run of event notices and the readers it was made for."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import String, cast, func, literal, select
from sqlalchemy.orm import Session

from chassis.outgoing import OutgoingMail
from chassis.reconcile import Found
from services.notifications.models import OnlineEvent
from services.notifications.rules.notices import EVENT_NOTICE


def runs(session: Session) -> Iterator[Found]:
    """Runs of notices whose mail ledger holds fewer or more rows than readers were counted.

    Of events that are still to come: for the others nobody can be told any more.
    """
    run = literal(f"{EVENT_NOTICE}:").concat(cast(OnlineEvent.id, String))
    rows = func.count(OutgoingMail.id)
    query = (
        select(OnlineEvent.ref, OnlineEvent.invited, rows.label("ledger"))
        .outerjoin(OutgoingMail, OutgoingMail.run == run)
        .where(OnlineEvent.invited.is_not(None), OnlineEvent.starts_at > func.now())
        .group_by(OnlineEvent.id)
        .having(rows != OnlineEvent.invited)
    )
    for row in session.execute(query):
        yield Found(
            kind="notice_run_mismatch",
            subject=row.ref,
            count=abs(row.invited - row.ledger),
            detail={"recipients": row.invited, "ledger": row.ledger},
        )
