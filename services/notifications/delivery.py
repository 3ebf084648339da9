"""Delivery: the ledger's rows become letters, leave, and are settled.

Right before each send everything that may forbid it is asked again: consent, unsubscription, the
hour, the address, whether the event still stands. ``deliveries_settled`` is emitted in the
transaction that marks its rows as told, so each row is told exactly once.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.orm import Session

from chassis import clock, stopping
from chassis.db import Database
from chassis.dispatch import Dispatcher
from chassis.mail import Mailer, Message, mailer
from chassis.outbox import emit
from chassis.outgoing import SENT, Later, OutgoingMail, Skip
from chassis.settings import settings
from contracts.notifications import DeliveriesSettledV1, DeliveryRow
from services.notifications import client_letters, event_letters, inquiry_letters, recipients
from services.notifications.letters import Letter, message
from services.notifications.models import OnlineEvent, Participation, Recipient
from services.notifications.notices import waits_until
from services.notifications.recipients import Known
from services.notifications.rules import notices as rules
from services.notifications.rules.notices import NOTICES, Notice, is_too_late
from services.notifications.rules.reasons import (
    ATTENDED,
    CANCELLED,
    GONE,
    SUPERSEDED,
    TOO_LATE,
    reason_to_skip,
)
from services.notifications.suppression import way_out

# A tick that sends for longer than this lets other work pass and goes on with the next one.
LONGEST_TICK = 5.0

LETTERS: dict[str, Callable[[Session, OutgoingMail, Recipient | None], Letter]] = {
    rules.WELCOME: client_letters.welcome,
    rules.INQUIRY_RECEIPT: inquiry_letters.receipt,
    rules.INQUIRY_ANSWER: inquiry_letters.answer,
    rules.INQUIRY_OVERDUE: inquiry_letters.overdue,
}


@lru_cache(maxsize=1)
def post() -> Mailer:
    """The mailer of this process; its connections stay open between ticks."""
    return mailer(settings())


def send_due(db: Database, through: Mailer | None = None) -> None:
    """Send and settle until nothing is due, or for a few seconds."""
    dispatcher = Dispatcher(db, through or post(), compose=partial(compose, db), settle=settle)
    until = time.monotonic() + LONGEST_TICK
    stopping.work_off(lambda: time.monotonic() < until and dispatcher.run_once())


def compose(db: Database, mail: OutgoingMail) -> Message | Skip | Later:
    """Return the message of a row, or why it must not leave (now)."""
    notice = NOTICES[mail.meta["notice"]]
    with db.begin() as session:
        client_id = mail.meta["client_id"]
        known = recipients.known(session, UUID(client_id), notice) if client_id else None
        online = _event_of(session, mail)
        _readdress(session, mail, known)
        held = _held(session, mail, known, online)
        if held is not None:
            return held
        client = known.client if known else None
        if online is not None:
            letter = event_letters.about(session, mail, client, online)
        else:
            letter = LETTERS[notice.code](session, mail, client)
    out = None if notice.transactional or client is None else way_out(client.id, notice.purpose)
    return message(letter, mail, out)


def settle(session: Session, mails: Sequence[OutgoingMail]) -> None:
    """Emit what became of mail to clients, one event per purpose, notice and thing.

    Alerts to staff inform no client and are not told.
    """
    to_clients = [mail for mail in mails if not mail.recipient.startswith("staff:")]
    for key, rows in groupby(sorted(to_clients, key=_chunk), key=_chunk):
        purpose, notice, about_type, about_ref = key
        data = DeliveriesSettledV1(
            purpose=purpose,
            channel="email" if settings().smtp_url else "file",
            notice=notice,
            rows=[_row(mail) for mail in rows],
            about_type=about_type,
            about_ref=about_ref,
        )
        emit(session, data, at=clock.now(), subject=f"{notice}:{about_ref}")


def _chunk(mail: OutgoingMail) -> tuple[str, str, str, str]:
    meta = mail.meta
    return meta["purpose"], meta["notice"], meta["about_type"], meta["about_ref"]


def _row(mail: OutgoingMail) -> DeliveryRow:
    meta = mail.meta
    return DeliveryRow(
        delivery_id=mail.id,
        language=mail.language,
        state="delivered" if mail.state == SENT else mail.state,
        at=mail.settled_at or mail.queued_at,
        client_id=_uuid(meta["client_id"]),
        organisation_id=_uuid(meta.get("organisation_id")),
        audience=meta.get("audience"),
        message_id=mail.message_id,
        reason=mail.reason,
    )


def _uuid(text: Any) -> UUID | None:
    return UUID(text) if text else None


def _event_of(session: Session, mail: OutgoingMail) -> OnlineEvent | None:
    event_id = mail.meta["facts"].get("event_id")
    return session.get(OnlineEvent, UUID(event_id)) if event_id else None


def _readdress(session: Session, mail: OutgoingMail, known: Known | None) -> None:
    """Let a mail that has waited go to the address of now, and the ledger say so.

    A letter about an inquiry stays with the address that was given for it.
    """
    notice = NOTICES[mail.meta["notice"]]
    address = (known.client.email or "") if known else mail.address
    if not notice.transactional and address != mail.address:
        session.execute(
            update(OutgoingMail).where(OutgoingMail.id == mail.id).values(address=address)
        )
        mail.address = address


def _held(
    session: Session, mail: OutgoingMail, known: Known | None, online: OnlineEvent | None
) -> Skip | Later | None:
    """The reason why a row must not leave now or ever, asked right before the send."""
    notice = NOTICES[mail.meta["notice"]]
    reason = _reason(session, mail, known, online)
    if reason is not None:
        return Skip(reason)
    until = waits_until(notice, clock.now())
    return Later(until) if until else None


def _reason(
    session: Session, mail: OutgoingMail, known: Known | None, online: OnlineEvent | None
) -> str | None:
    notice = NOTICES[mail.meta["notice"]]
    if online is not None and (outdated := _outdated(session, mail, online)):
        return outdated
    late = is_too_late(notice, at=clock.now(), since=online.starts_at if online else _since(mail))
    if known is not None:
        return reason_to_skip(notice, known.reader_at(mail.address), late=late)
    return TOO_LATE if late else _reason_of_stranger(mail, notice)


def _reason_of_stranger(mail: OutgoingMail, notice: Notice) -> str | None:
    """A client whose record is gone gets nothing; contacts and staff never had one."""
    return GONE if mail.meta["client_id"] and not notice.transactional else None


def _outdated(session: Session, mail: OutgoingMail, online: OnlineEvent) -> str | None:
    notice = mail.meta["notice"]
    if online.cancelled_at and notice != rules.EVENT_CANCELLED:
        return CANCELLED
    if notice != rules.EVENT_NOTICE and mail.meta["facts"]["version"] < online.version:
        return SUPERSEDED
    part = session.get(Participation, (online.id, UUID(mail.meta["client_id"])))
    return ATTENDED if part and part.attended_at else None


def _since(mail: OutgoingMail) -> datetime | None:
    since = mail.meta["since"]
    return datetime.fromisoformat(since) if since else None
