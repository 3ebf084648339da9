"""Which inquiries were taken lately: held against the mail ledger, where each has its receipt."""

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from chassis.reconcile import long_ago
from services.feedback.models import InquiryEvent

DAYS = 2
MOST = 2000


def lately(session: Session) -> list[str]:
    """Return the ids of the inquiries of the last two days, those of the last minutes left out."""
    at = InquiryEvent.recorded_at
    recent = at > func.now() - func.make_interval(0, 0, 0, DAYS)
    query = select(InquiryEvent.inquiry_id).where(
        InquiryEvent.what == "received", long_ago(at), recent
    )
    found = session.scalars(query.order_by(InquiryEvent.id.desc()).limit(MOST))
    return [str(inquiry_id) for inquiry_id in found]
