"""Why a mail is not sent: codes for the ledger, in the order in which they are asked."""

from dataclasses import dataclass

from services.notifications.rules.notices import Notice

TOO_LATE, GONE, NO_ADDRESS = "too_late", "client_gone", "no_address"
NO_CONSENT, UNSUBSCRIBED = "no_consent", "unsubscribed"
CANCELLED, SUPERSEDED, ATTENDED = "event_cancelled", "superseded", "attended"
GONE_STATUSES = ("merged", "dissolved")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """What is known of a recipient at this moment."""

    is_person: bool
    has_address: bool
    consented: bool
    unsubscribed: bool
    status: str = "active"


def reason_to_skip(notice: Notice, reader: Reader, *, late: bool = False) -> str | None:
    """The code of the first thing that forbids the mail, or None.

    Consent binds mail to people only; nothing but a missing address stops transactional mail
    that is still in time.
    """
    if late:
        return TOO_LATE
    if not notice.transactional and reader.status in GONE_STATUSES:
        return GONE
    if not reader.has_address:
        return NO_ADDRESS
    if notice.transactional:
        return None
    if reader.is_person and not reader.consented:
        return NO_CONSENT
    return UNSUBSCRIBED if reader.unsubscribed else None
