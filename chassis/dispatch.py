"""The dispatcher of the mail ledger: claim with a lease, send outside any transaction, record.

Each result is recorded right after its send, so that a crash repeats at most the one mail whose
answer was never read, with the same Message-ID. Final rows are then settled: the service's
``settle`` runs in the transaction that marks them as announced, so each is told exactly once.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from chassis import clock
from chassis.db import Database, is_away
from chassis.failpoints import failpoint
from chassis.mail import Mailer, MailRefused, Message, address, build
from chassis.outgoing import (
    EXPIRED,
    FAILED,
    FINAL,
    QUEUED,
    SENDING,
    SENT,
    SKIPPED,
    STOPPED,
    Later,
    OutgoingMail,
    Skip,
    claim,
    give_back,
    hold_all,
)

Compose = Callable[[OutgoingMail], Message | Skip | Later]
Settle = Callable[[Session, Sequence[OutgoingMail]], None]

LEASE = timedelta(minutes=1)
BACK_OFF = (60.0, 300.0, 1800.0, 7200.0, 14400.0)
# How long the whole queue rests: the relay is away or asks for a pause; it refuses us altogether.
PAUSE, STOP = timedelta(minutes=1), timedelta(minutes=10)
ERRORS_IN_A_ROW = 5
SETTLED_AT_ONCE = 500

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one attempt came to: ``state`` QUEUED means "again later"; ``rest`` is for all mail."""

    state: str
    reason: str | None = None
    error: str | None = None
    rest: timedelta | None = None
    not_before: datetime | None = None


class Dispatcher:
    """Sends what is due; any number of instances may share one ledger.

    ``compose(mail)`` gives the message, or says why it is not to be sent (now); it checks once
    more whether it may go out and may open a transaction of its own. ``settle(session, mails)``
    gets mails that reached a final state, at most 500 at once, each exactly once.
    """

    def __init__(
        self,
        db: Database,
        mailer: Mailer,
        *,
        compose: Compose,
        settle: Settle,
        lease: timedelta = LEASE,
    ) -> None:
        self._db = db
        self._mailer = mailer
        self._compose = compose
        self._settle = settle
        self._lease = lease

    def run_once(self, limit: int = 50) -> int:
        """Send up to ``limit`` due mails, then settle what is final; 0 when nothing was due."""
        with self._db.begin() as session:
            mails = claim(session, limit, self._lease)
        failpoint("outgoing.after_claim")
        self._send_all(mails)
        return len(mails) + self._announce()

    def _send_all(self, mails: Sequence[OutgoingMail]) -> None:
        deadline = time.monotonic() + self._lease.total_seconds() / 2
        errors = 0
        for place, mail in enumerate(mails):
            outcome = self._attempt(mail)
            failpoint("outgoing.after_send")
            with self._db.begin() as session:
                record(session, mail, outcome)
            failpoint("outgoing.after_record")
            errors = errors + 1 if outcome.state == QUEUED and outcome.error else 0
            rest = outcome.rest or (PAUSE if errors >= ERRORS_IN_A_ROW else None)
            if rest or time.monotonic() > deadline:
                self._break_off(mails[place + 1 :], rest)
                return

    def _attempt(self, mail: OutgoingMail) -> Outcome:
        step = "compose"
        try:
            made = self._compose(mail)
            if isinstance(made, Skip):
                return Outcome(state=SKIPPED, reason=made.reason)
            if isinstance(made, Later):
                return Outcome(state=QUEUED, not_before=made.at)
            step = "send"
            return self._hand_over(made)
        except Exception as problem:  # a bug in one mail must not stop the others
            if is_away(problem):
                raise
            log.exception("mail_failed", step=step, mail=str(mail.id), run=mail.run)
            return Outcome(state=QUEUED, error=f"{step}: {type(problem).__name__}")

    def _hand_over(self, message: Message) -> Outcome:
        try:
            raw = build(message)
            sender, reader = address(message.sender), address(message.to_address)
        except ValueError as problem:
            return Outcome(state=FAILED, reason="not_a_mail", error=str(problem))
        try:
            self._mailer.send(raw, sender.addr_spec, reader.addr_spec)
        except MailRefused as refused:
            return refusal(refused)
        return Outcome(state=SENT)

    def _break_off(self, mails: Sequence[OutgoingMail], rest: timedelta | None) -> None:
        with self._db.begin() as session:
            give_back(session, mails)
            if rest:
                hold_all(session, rest)

    def _announce(self) -> int:
        query = (
            select(OutgoingMail)
            .where(OutgoingMail.state.in_(FINAL), ~OutgoingMail.announced)
            .order_by(OutgoingMail.queued_at, OutgoingMail.id)
            .limit(SETTLED_AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        with self._db.begin() as session:
            mails = list(session.scalars(query))
            if mails:
                self._settle(session, mails)
            for mail in mails:
                mail.announced = True
            failpoint("outgoing.before_settled")
        if mails:
            failpoint("outgoing.after_settled")
        return len(mails)


def refusal(refused: MailRefused) -> Outcome:
    """Sort a refusal: final for this mail, a pause for all, or a stop with an alarm."""
    error = str(refused)
    if refused.scope == "session" and refused.permanent:
        log.error("mail_stopped", code=refused.code)
        return Outcome(state=QUEUED, reason=STOPPED, error=error, rest=STOP)
    if refused.scope == "session":
        log.warning("mail_paused", code=refused.code)
        return Outcome(state=QUEUED, error=error, rest=PAUSE)
    if refused.permanent:
        return Outcome(state=FAILED, reason=f"smtp_{refused.code}", error=error)
    return Outcome(state=QUEUED, error=error)


def record(session: Session, mail: OutgoingMail, outcome: Outcome) -> bool:
    """Write an attempt's result; False when another sender has taken the mail over meanwhile."""
    values: dict[str, Any] = {
        "state": outcome.state,
        "reason": outcome.reason,
        "last_error": outcome.error,
        "lease_until": None,
    }
    now = session.scalar(select(func.now()))
    if outcome.state == QUEUED:
        values |= _again(mail, outcome, now)
    if values["state"] in FINAL:
        values["settled_at"] = clock.now()
    done = session.execute(_mine(mail).values(values))
    return isinstance(done, CursorResult) and done.rowcount == 1


def _again(mail: OutgoingMail, outcome: Outcome, now: datetime | None) -> dict[str, Any]:
    """When to try again: with jitter and growing waits, for 48 hours, then no more."""
    if outcome.not_before:
        tried = mail.attempts - 1
        give_up_at = mail.give_up_at if tried else None
        return {"not_before": outcome.not_before, "attempts": tried, "give_up_at": give_up_at}
    if outcome.reason == STOPPED:
        # A wrong password is the operator's to mend; no mail is given up for it.
        return {"next_at": func.now() + STOP, "give_up_at": None}
    if now and mail.give_up_at and mail.give_up_at <= now:
        return {"state": EXPIRED, "reason": "deferred_too_long"}
    wait = BACK_OFF[min(mail.attempts, len(BACK_OFF)) - 1] * random.uniform(0.75, 1.25)
    return {"next_at": func.now() + timedelta(seconds=wait)}


def _mine(mail: OutgoingMail) -> Any:
    return (
        update(OutgoingMail)
        .where(
            OutgoingMail.id == mail.id,
            OutgoingMail.fence == mail.fence,
            OutgoingMail.state == SENDING,
        )
        .execution_options(synchronize_session=False)
    )
