"""The notices as data: what each is for, which consent it needs, and when it is too late.

Sources: architecture.md §2 "Time" (lateness) and "Mailed" (transactional mail needs no consent,
everything else to a person does, organisations need none); contracts.md §3 (purposes).
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

WELCOME = "welcome"
EVENT_NOTICE, EVENT_CHANGED, EVENT_CANCELLED = "event_notice", "event_changed", "event_cancelled"
INQUIRY_RECEIPT, INQUIRY_ANSWER = "inquiry_receipt", "inquiry_answer"
INQUIRY_OVERDUE = "inquiry_overdue"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A kind of mail.

    ``purpose`` is the delivery purpose and the topic of its unsubscribe link. ``consent`` names
    the consent that a person must have given; None means transactional: it needs no consent and
    has no unsubscribe link. ``at_any_hour`` knows no quiet hours: its reader waits for it.
    ``fresh_for`` is how long after the fact it may still be sent; None means that another rule
    (or none) ends its time.
    """

    code: str
    purpose: str
    consent: str | None = None
    at_any_hour: bool = False
    fresh_for: timedelta | None = None

    @property
    def transactional(self) -> bool:
        """Whether it answers something that the reader did, and so needs no consent."""
        return self.consent is None


WEEK = timedelta(days=7)
NOTICES = {
    notice.code: notice
    for notice in (
        Notice(code=WELCOME, purpose="service", consent="service", fresh_for=WEEK),
        Notice(code=EVENT_NOTICE, purpose="event_notice", consent="service"),
        Notice(code=EVENT_CHANGED, purpose="event_notice", consent="service"),
        Notice(code=EVENT_CANCELLED, purpose="event_notice", consent="service"),
        Notice(code=INQUIRY_RECEIPT, purpose="service", at_any_hour=True, fresh_for=WEEK),
        Notice(code=INQUIRY_ANSWER, purpose="service", at_any_hour=True),
        # To staff, not to clients: it settles nothing and is in no figure. A deadline passes at
        # midnight; nobody is woken for it.
        Notice(code=INQUIRY_OVERDUE, purpose="service"),
    )
}
EVENT_NOTICES = (EVENT_NOTICE, EVENT_CHANGED, EVENT_CANCELLED)


def is_too_late(notice: Notice, *, at: datetime, since: datetime | None) -> bool:
    """Whether ``at`` is too late for the notice of a fact of ``since``.

    For a notice about an online event ``since`` is the event's start: telling of it afterwards
    helps nobody.
    """
    if since is None:
        return False
    if notice.code in EVENT_NOTICES:
        return at >= since
    return notice.fresh_for is not None and at > since + notice.fresh_for
