"""The one door through which an inquiry changes: version, time, next deadlines and history."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Session

from chassis import clock
from services.feedback.models import Inquiry, InquiryEvent
from services.feedback.rules import deadlines
from services.feedback.rules.deadlines import Deadline

CLIENT, SYSTEM = "client", "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the timeline; ``data`` holds codes, days and reasons, no word of the thread."""

    what: str
    at: datetime
    actor: str | None
    data: dict[str, Any] = field(default_factory=dict)
    key: str | None = None
    fingerprint: str | None = None


def record(session: Session, inquiry: Inquiry, *entries: Entry) -> None:
    """Give the changed inquiry its next version and write what happened.

    Call it after the change and before ``emit``, whose sequence is the new version.
    """
    inquiry.version += 1
    inquiry.changed_at = max(inquiry.changed_at, *(entry.at for entry in entries))
    standing = deadlines_of(inquiry)
    inquiry.due_on = deadlines.next_due(standing)
    inquiry.alert_on = deadlines.next_due(standing, inquiry.announced)
    # An inquiry that was just made gets its row before the lines that refer to it.
    session.flush()
    session.add_all(_row(inquiry, entry) for entry in entries)


def remark(session: Session, inquiry: Inquiry, entry: Entry) -> None:
    """Write what happened beside an inquiry that stays as it is: same version, same deadlines."""
    session.add(_row(inquiry, entry))


def deadlines_of(inquiry: Inquiry) -> list[Deadline]:
    """Return the deadlines of the present turn; a resolved inquiry has none any more."""
    if inquiry.is_resolved:
        return []
    return [
        _deadline("registration", inquiry.registration_due_on, inquiry.registered_at),
        _deadline("first_response", inquiry.first_response_due_on, inquiry.first_answered_at),
        _deadline("answer", inquiry.answer_due_on, inquiry.answered_at),
    ]


def _deadline(name: str, due_on: date, met_at: datetime | None) -> Deadline:
    met_on = clock.day_of(met_at) if met_at else None
    return Deadline(name=name, due_on=due_on, met_on=met_on)


def _row(inquiry: Inquiry, entry: Entry) -> InquiryEvent:
    return InquiryEvent(
        inquiry_id=inquiry.id,
        version=inquiry.version,
        what=entry.what,
        at=entry.at,
        actor=entry.actor,
        data=entry.data,
        key=entry.key,
        fingerprint=entry.fingerprint,
    )
