"""Notices: who gets a ledger row for a fact, and which reason stands there when nothing is sent.

Every reader whom a notice concerns gets a row, also those who get no mail; one row per notice,
thing, version and reader, so that a redelivered fact never mails twice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parseaddr
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from chassis import clock
from chassis.outgoing import Entry, queue, queue_all
from chassis.settings import settings
from services.notifications import recipients
from services.notifications.recipients import Known
from services.notifications.rules.notices import NOTICES, Notice, is_too_late
from services.notifications.rules.quiet_hours import quiet_until
from services.notifications.rules.reasons import NO_ADDRESS, TOO_LATE, reason_to_skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A notice of one thing: ``run`` is its identity, ``since`` what lateness is measured from.

    ``about_ref`` is what the delivery says it is about; ``facts`` travel to the letter as they
    are; ``language`` overrides the reader's (an answer is in the language of the inquiry).
    """

    notice: str
    run: str
    about_type: str
    about_ref: str
    since: datetime | None = None
    audiences: Sequence[str] | None = None
    language: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def rule(self) -> Notice:
        """The notice's rule."""
        return NOTICES[self.notice]


def tell(
    session: Session,
    occasion: Occasion,
    readers: Sequence[Known],
    *,
    address: str | None = None,
) -> int:
    """Write the ledger rows of clients, with the reason where nothing may be sent.

    ``address`` is used in place of the one in the base. Returns how many rows are new.
    """
    at = clock.now()
    late = is_too_late(occasion.rule, at=at, since=occasion.since)
    waits = waits_until(occasion.rule, at)
    entries = [_entry(occasion, known, address or known.client.email) for known in readers]
    reasons = [
        reason_to_skip(occasion.rule, known.reader_at(entry.address), late=late)
        for known, entry in zip(readers, entries, strict=True)
    ]
    rows = queue_all(
        session,
        [
            replace(entry, not_before=waits, skip=reason)
            for entry, reason in zip(entries, reasons, strict=True)
        ],
    )
    return len(rows)


def tell_contact(session: Session, occasion: Occasion, *, address: str | None) -> None:
    """Write the ledger row of somebody who is not in the base; transactional notices only."""
    late = is_too_late(occasion.rule, at=clock.now(), since=occasion.since)
    queue(
        session,
        Entry(
            run=occasion.run,
            recipient="contact",
            address=address or "",
            language=occasion.language or recipients.DEFAULT_LANGUAGE,
            domain=mail_domain(),
            meta=_meta(occasion),
            skip=TOO_LATE if late else None if address else NO_ADDRESS,
        ),
    )


def tell_staff(session: Session, occasion: Occasion) -> None:
    """Write one row for each address of AYMAK_STAFF_MAIL."""
    told = settings()
    queue_all(
        session,
        [
            Entry(
                run=occasion.run,
                recipient=f"staff:{address}",
                address=address,
                language=told.report_languages[0],
                domain=mail_domain(),
                meta=_meta(occasion),
                not_before=waits_until(occasion.rule, clock.now()),
            )
            for address in told.staff_mail
        ],
    )


def mail_domain() -> str:
    """The domain of our Message-IDs: that of the sender."""
    return parseaddr(settings().mail_from)[1].rpartition("@")[2]


def waits_until(notice: Notice, at: datetime) -> datetime | None:
    """When the quiet hours that hold a notice back at ``at`` are over; None: it may leave."""
    return None if notice.at_any_hour else quiet_until(clock.local(at))


def _entry(occasion: Occasion, known: Known, address: str | None) -> Entry:
    client = known.client
    about_reader = {
        "organisation_id": recipients.organisation_of(client),
        "audience": _audience(client.audiences, occasion.audiences),
    }
    return Entry(
        run=occasion.run,
        recipient=f"client:{client.id}",
        address=address or "",
        language=occasion.language or client.language,
        domain=mail_domain(),
        meta=_meta(occasion, client.id) | about_reader,
    )


def _meta(occasion: Occasion, client_id: UUID | None = None) -> dict[str, Any]:
    return {
        "notice": occasion.notice,
        "purpose": occasion.rule.purpose,
        "about_type": occasion.about_type,
        "about_ref": occasion.about_ref,
        "client_id": client_id and str(client_id),
        "since": occasion.since and occasion.since.isoformat(),
        "facts": occasion.facts,
    }


def _audience(own: Sequence[str], addressed: Sequence[str] | None) -> str | None:
    """The audience as whose member the reader is told: an addressed one, else their first."""
    fitting = [audience for audience in own if audience in (addressed or own)]
    return next(iter(fitting or own), None)
