"""Which inquiries have no receipt in the mail ledger, not even one that was skipped."""

from collections.abc import Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.outgoing import OutgoingMail
from services.notifications.rules.notices import INQUIRY_RECEIPT


def missing(session: Session, inquiry_ids: Sequence[str]) -> list[str]:
    """Return those of the inquiries for which no receipt was ever queued."""
    runs = {f"{INQUIRY_RECEIPT}:{inquiry_id}": inquiry_id for inquiry_id in inquiry_ids}
    query = select(OutgoingMail.run).where(OutgoingMail.run.in_(runs))
    known = set(session.scalars(query))
    return [inquiry_id for run, inquiry_id in runs.items() if run not in known]
