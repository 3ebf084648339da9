"""The mail ledger on a real PostgreSQL: claims, leases, refusals, settling, and crashes between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.orm import Session

from chassis import clock, outgoing
from chassis.db import Database
from chassis.dispatch import PAUSE, STOP, Compose, Dispatcher, Outcome, record
from chassis.mail import FakeMailer, MailRefused, Message, Scope
from chassis.outgoing import Entry, Later, OutgoingMail, Skip, claim, queue, queue_all

NOW = datetime(2022, 3, 4, 4, 0, tzinfo=UTC)
ENTRY = Entry(
    run="welcome:1", recipient="a", address="a@example.kg", language="ky", domain="aymak.example"
)


class Killed(BaseException):
    """Ends a test's sender as ``kill -9`` would: no handler of the product catches it."""


class DyingMailer(FakeMailer):
    """Hands the mail over and dies before anybody hears of it."""

    def send(self, raw: bytes, sender: str, recipient: str) -> None:
        """Send, then die."""
        super().send(raw, sender, recipient)
        raise Killed


@pytest.fixture
def db(notifications_db: Database) -> Database:
    """Any service's database: the ledger is the chassis' own."""
    return notifications_db


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    """The domain clock stands still, as in a demo."""
    with clock.freeze(NOW):
        yield


def compose(mail: OutgoingMail) -> Message:
    """A plain letter."""
    return Message(
        message_id=mail.message_id,
        sender="Aymak <portal@aymak.example>",
        to_address=mail.address,
        subject=f"Письмо {mail.recipient}",
        text="Здравствуйте!",
        date=mail.dated,
    )


class Sender:
    """A dispatcher with a fake mailer, and what it settled."""

    def __init__(self, db: Database, *refusals: MailRefused | None, by: Compose = compose) -> None:
        self.mailer = FakeMailer(refusals=list(refusals))
        self.settled: list[tuple[str, str]] = []
        self.dispatcher = Dispatcher(db, self.mailer, compose=by, settle=self.settle)

    def settle(self, session: Session, mails: Sequence[OutgoingMail]) -> None:
        """Keep recipient and state."""
        self.settled += [(mail.recipient, mail.state) for mail in mails]

    def run(self) -> int:
        """Run once with the usual batch."""
        return self.dispatcher.run_once(50)


def fill(db: Database, *recipients: str, **changes: Any) -> None:
    """Queue a mail for each recipient."""
    with db.begin() as session:
        entries = [
            replace(ENTRY, recipient=name, address=f"{name}@example.kg", **changes)
            for name in recipients
        ]
        queue_all(session, entries)


def rows(db: Database) -> dict[str, OutgoingMail]:
    """The ledger by recipient."""
    with db.begin() as session:
        return {row.recipient: row for row in session.scalars(select(OutgoingMail))}


def states(db: Database) -> dict[str, str]:
    """State by recipient."""
    return {name: row.state for name, row in rows(db).items()}


def seconds_to_wait(db: Database, recipient: str) -> float:
    """How long until a row's next attempt, by the database's clock."""
    with db.begin() as session:
        query = select(func.extract("epoch", OutgoingMail.next_at - func.now()))
        return float(session.scalars(query.where(OutgoingMail.recipient == recipient)).one())


def let_pass(db: Database, **intervals: int) -> None:
    """Let database time pass for all rows."""
    gone = timedelta(**intervals)
    with db.begin() as session:
        session.execute(
            update(OutgoingMail).values(
                next_at=OutgoingMail.next_at - gone,
                lease_until=OutgoingMail.lease_until - gone,
                give_up_at=OutgoingMail.give_up_at - gone,
            )
        )


def refused(code: int, scope: Scope = "recipient") -> MailRefused:
    """A refusal as the mailers raise it."""
    return MailRefused(permanent=code >= 500, code=code, text="no", scope=scope)


def test_it_queues_a_recipient_once_for_each_run(db: Database) -> None:
    with db.begin() as session:
        first = queue(session, ENTRY)
        assert first is not None and first.message_id == f"<{first.id}@aymak.example>"
        assert queue(session, ENTRY) is None
        assert queue(session, replace(ENTRY, run="welcome:2")) is not None


def test_it_sends_and_settles(db: Database) -> None:
    fill(db, "a", "b")
    sender = Sender(db)
    assert sender.run() > 0 and sender.run() == 0
    assert sorted(address for _, address in sender.mailer.sent) == ["a@example.kg", "b@example.kg"]
    assert sorted(sender.settled) == [("a", "sent"), ("b", "sent")]
    assert rows(db)["a"].settled_at == NOW and rows(db)["a"].announced


def test_it_settles_rows_that_were_skipped_at_birth(db: Database) -> None:
    fill(db, "a", skip="no_address")
    sender = Sender(db)
    sender.run()
    assert sender.mailer.sent == [] and sender.settled == [("a", "skipped")]
    assert rows(db)["a"].reason == "no_address"


def test_it_asks_again_right_before_the_send(db: Database) -> None:
    fill(db, "a")
    sender = Sender(db, by=lambda mail: Skip("unsubscribed"))
    sender.run()
    assert sender.mailer.sent == [] and sender.settled == [("a", "skipped")]
    assert rows(db)["a"].reason == "unsubscribed"


def test_it_waits_for_the_hour_of_the_domain_clock(db: Database) -> None:
    fill(db, "a", not_before=NOW + timedelta(hours=3))
    sender = Sender(db)
    with db.begin() as session:
        assert outgoing.count_due(session) == 0
    assert sender.run() == 0
    with clock.freeze(NOW + timedelta(hours=3)):
        with db.begin() as session:
            assert outgoing.count_due(session) == 1
        sender.run()
    assert sender.settled == [("a", "sent")]
    assert rows(db)["a"].dated == NOW + timedelta(hours=3)


def test_it_puts_off_what_compose_puts_off(db: Database) -> None:
    fill(db, "a")
    sender = Sender(db, by=lambda mail: Later(NOW + timedelta(hours=1)))
    sender.run()
    assert sender.run() == 0
    assert (states(db)["a"], rows(db)["a"].attempts) == ("queued", 0)


def test_it_does_not_count_the_wait_for_an_hour_among_the_two_days(db: Database) -> None:
    fill(db, "a")
    Sender(db, by=lambda mail: Later(NOW + timedelta(days=3))).run()
    let_pass(db, days=3)
    with clock.freeze(NOW + timedelta(days=3)):
        Sender(db, refused(451)).run()
    assert states(db) == {"a": "queued"}


@pytest.mark.parametrize(("scope", "code"), [("recipient", 550), ("message", 552)])
def test_it_gives_up_on_a_final_refusal(db: Database, scope: Scope, code: int) -> None:
    fill(db, "a", "b")
    sender = Sender(db, refused(code, scope))
    sender.run()
    assert sorted(states(db).values()) == ["failed", "sent"]
    failed = next(row for row in rows(db).values() if row.state == "failed")
    assert failed.reason == f"smtp_{code}" and failed.last_error


def test_it_tries_again_later_with_jitter(db: Database) -> None:
    fill(db, "a")
    sender = Sender(db, refused(451), refused(451))
    sender.run()
    assert states(db) == {"a": "queued"} and 40 < seconds_to_wait(db, "a") < 80
    assert sender.run() == 0, "not before its time"
    let_pass(db, minutes=2)
    sender.run()
    assert 220 < seconds_to_wait(db, "a") < 380, "the wait grows"
    let_pass(db, minutes=10)
    sender.run()
    assert sender.settled == [("a", "sent")] and rows(db)["a"].attempts == 3


def test_it_expires_after_two_days(db: Database) -> None:
    fill(db, "a")
    sender = Sender(db, refused(451), refused(451))
    sender.run()
    let_pass(db, hours=49)
    sender.run()
    assert sender.settled == [("a", "expired")]
    assert rows(db)["a"].reason == "deferred_too_long"


def test_it_does_not_expire_what_was_never_tried(db: Database) -> None:
    fill(db, "a")
    let_pass(db, days=30)
    sender = Sender(db)
    sender.run()
    assert sender.settled == [("a", "sent")]


def test_it_stops_the_run_when_the_relay_refuses_us(db: Database) -> None:
    fill(db, "a", "b", "c")
    sender = Sender(db, refused(535, "session"))
    sender.run()
    assert sender.run() == 0 and sender.mailer.sent == []
    assert set(states(db).values()) == {"queued"}
    assert all(STOP.seconds - 5 < seconds_to_wait(db, name) <= STOP.seconds for name in "abc")
    assert sorted(row.attempts for row in rows(db).values()) == [0, 0, 1]
    with db.begin() as session:
        assert "535" in (outgoing.trouble(session) or "")
        assert outgoing.count_due(session) == 3


def test_it_loses_nothing_by_a_stop_of_days(db: Database) -> None:
    fill(db, "a", "b")
    stop = refused(535, "session")
    # When the password is right again, each is greylisted first: its two days begin only now.
    sender = Sender(db, stop, stop, refused(451), refused(451))
    for _ in range(4):
        sender.run()
        let_pass(db, days=1 if sender.mailer.refusals else 0, hours=12)
    assert sorted(sender.settled) == [("a", "sent"), ("b", "sent")]
    with db.begin() as session:
        assert outgoing.trouble(session) is None


def test_it_slows_down_when_the_relay_asks_for_it(db: Database) -> None:
    fill(db, "a", "b")
    sender = Sender(db, refused(421, "session"))
    sender.run()
    assert sender.mailer.sent == []
    assert all(40 < seconds_to_wait(db, name) <= 80 for name in "ab")
    let_pass(db, minutes=2)
    sender.run()
    assert len(sender.mailer.sent) == 2


def test_it_rests_after_five_errors_in_a_row(db: Database) -> None:
    fill(db, *"abcdefgh")
    sender = Sender(db, *[refused(451)] * 8)
    sender.run()
    assert len(sender.mailer.refusals) == 3, "three were not even tried"
    assert sender.run() == 0
    assert min(seconds_to_wait(db, name) for name in "abcdefgh") > PAUSE.seconds - 20


def test_it_fails_what_is_no_mail(db: Database) -> None:
    fill(db, "a")
    Sender(db, by=lambda mail: replace(compose(mail), subject="x\r\nBcc: all@example.kg")).run()
    assert (states(db)["a"], rows(db)["a"].reason) == ("failed", "not_a_mail")


def test_it_keeps_a_mail_that_a_bug_hides(db: Database) -> None:
    def broken(mail: OutgoingMail) -> Message:
        if mail.recipient == "a":
            raise KeyError("no such text")
        return compose(mail)

    fill(db, "a", "b")
    Sender(db, by=broken).run()
    assert states(db) == {"a": "queued", "b": "sent"}
    assert rows(db)["a"].last_error == "compose: KeyError"


def test_it_goes_on_after_a_mail_over_which_the_mailer_stumbles(db: Database) -> None:
    class Stumbling(FakeMailer):
        def send(self, raw: bytes, sender: str, recipient: str) -> None:
            if recipient.startswith("a@"):
                raise AttributeError("a bug of the library")
            super().send(raw, sender, recipient)

    fill(db, "a", "b")
    Dispatcher(db, Stumbling(), compose=compose, settle=lambda *_: None).run_once()
    assert states(db) == {"a": "queued", "b": "sent"}
    assert rows(db)["a"].last_error == "send: AttributeError"


def test_it_sends_again_with_the_same_id_after_a_crash(db: Database) -> None:
    fill(db, "a", "b")
    dying = DyingMailer()
    with pytest.raises(Killed):
        Dispatcher(db, dying, compose=compose, settle=lambda session, mails: None).run_once()
    survivor = Sender(db)
    assert survivor.run() == 0, "the lease still holds"
    let_pass(db, minutes=5)
    survivor.run()
    assert len(survivor.mailer.sent) == 2
    assert dying.sent[0] in survivor.mailer.sent, "byte for byte, the same Message-ID"
    assert set(survivor.settled) == {("a", "sent"), ("b", "sent")}


def test_it_settles_exactly_once_when_killed_before_the_commit(db: Database) -> None:
    fill(db, "a", "b", "c")

    class Dying(Sender):
        def settle(self, session: Session, mails: Sequence[OutgoingMail]) -> None:
            session.execute(text("CREATE TABLE IF NOT EXISTS told (recipient text)"))
            for mail in mails:
                session.execute(text("INSERT INTO told VALUES (:r)"), {"r": mail.recipient})
            raise Killed

    with pytest.raises(Killed):
        Dying(db).run()
    assert set(states(db).values()) == {"sent"}, "sent, but not told"
    survivor = Sender(db)
    survivor.run()
    survivor.run()
    told = [name for name, _ in survivor.settled]
    assert sorted(told) == ["a", "b", "c"]
    with db.begin() as session:
        assert session.scalar(text("SELECT to_regclass('told')")) is None, "nothing half-told"


def test_it_shares_the_queue_between_two_senders(db: Database) -> None:
    fill(db, *"abcd")
    with db.begin() as one:
        first = claim(one, 2, timedelta(minutes=1))
        with db.begin() as other:
            second = claim(other, 10, timedelta(minutes=1))
    names = [mail.recipient for mail in (*first, *second)]
    assert len(first) == 2 and sorted(names) == ["a", "b", "c", "d"]


def test_it_ignores_the_result_of_a_sender_that_was_overtaken(db: Database) -> None:
    fill(db, "a")
    with db.begin() as session:
        (slow,) = claim(session, 1, timedelta(minutes=1))
    let_pass(db, minutes=2)
    with db.begin() as session:
        (quick,) = claim(session, 1, timedelta(minutes=1))
    with db.begin() as session:
        assert not record(session, slow, Outcome(state="failed"))
    with db.begin() as session:
        assert record(session, quick, Outcome(state="sent"))
    assert states(db) == {"a": "sent"}


def test_it_settles_large_runs_in_chunks(db: Database) -> None:
    fill(db, *[f"r{n}" for n in range(1201)], skip="no_consent")
    sizes: list[int] = []
    sender = Sender(db)
    sender.dispatcher._settle = lambda session, mails: sizes.append(len(mails))
    while sender.run():
        pass
    assert sizes == [500, 500, 201]
