"""Fault row 19: what a mail relay may do to us, and the state that the ledger is in afterwards."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from chassis import outgoing
from chassis.db import Database
from chassis.dispatch import Dispatcher
from chassis.outgoing import EXPIRED, FAILED, QUEUED, SENT, STOPPED, OutgoingMail
from chassis.smtp import SmtpMailer
from tests.chassis.test_outgoing import compose, fill
from tests.sink import HANG, Sink


@pytest.fixture
def db(notifications_db: Database) -> Database:
    """Any service's database: the ledger is the chassis' own."""
    return notifications_db


@pytest.fixture
def relay() -> Iterator[Sink]:
    """A relay that says yes until told otherwise."""
    with Sink() as sink:
        yield sink


def dispatcher(db: Database, relay: Sink, *, options: str = "") -> Dispatcher:
    """Return a sender that waits for a second."""
    mailer = SmtpMailer(f"smtp://{options}127.0.0.1:{relay.port}?starttls=never", timeout=1)
    return Dispatcher(db, mailer, compose=compose, settle=lambda session, mails: None)


def rows(db: Database) -> list[OutgoingMail]:
    """Return the ledger, in the order in which it was sent."""
    with db.begin() as session:
        return list(session.scalars(select(OutgoingMail).order_by(OutgoingMail.id)))


def make_due(db: Database) -> None:
    """Let the next attempt be now."""
    with db.begin() as session:
        past = outgoing.func.now() - timedelta(seconds=1)
        session.execute(update(OutgoingMail).values(next_at=past))


@pytest.mark.parametrize(
    ("where", "answer", "wanted"),
    [
        ("MAIL", "421 too busy", (QUEUED, None)),
        ("RCPT", "421 too many of you", (QUEUED, None)),
        ("RCPT", "451 greylisted, come back", (QUEUED, None)),
        ("RCPT", "550 no such user", (FAILED, "smtp_550")),
        ("DATA", "552 too large", (FAILED, "smtp_552")),
        ("DATA", "421 going down", (QUEUED, None)),
        ("MAIL", "553 you may not send", (QUEUED, STOPPED)),
        ("RCPT", HANG, (QUEUED, None)),
        ("DATA", HANG, (QUEUED, None)),
        ("DATA", "drop", (QUEUED, None)),
    ],
)
def test_it_keeps_the_state_that_the_answer_asks_for(db, relay, where, answer, wanted):
    fill(db, "a")
    relay.answers[where] = [answer]
    sender = dispatcher(db, relay)
    sender.run_once()
    (row,) = rows(db)
    assert (row.state, row.reason) == wanted
    if row.state == QUEUED:
        assert row.next_at > row.queued_at
        make_due(db)
        sender.run_once()
        (row,) = rows(db)
        assert row.state == SENT
        assert set(relay.ids) == {row.message_id}, "again, but the same mail"
    # What the relay took without our hearing of it came twice, and nothing else did.
    is_final = row.state == FAILED
    taken = 2 if answer in (HANG, "drop") and where == "DATA" else int(not is_final)
    assert len(relay.taken) == taken


@pytest.mark.parametrize("answer", ["421 slow down", "553 you may not send"])
def test_it_lets_all_mail_rest_when_the_session_is_refused(db, relay, answer):
    fill(db, "a", "b", "c")
    relay.answers["MAIL"] = [answer]
    dispatcher(db, relay).run_once()
    assert [row.state for row in rows(db)] == [QUEUED] * 3
    assert dispatcher(db, relay).run_once() == 0, "nothing is due for a while"
    assert relay.taken == []


def test_it_waits_for_a_slow_yes(db, relay):
    relay.pause = 0.5
    fill(db, "a", "b")
    dispatcher(db, relay).run_once()
    assert [row.state for row in rows(db)] == [SENT] * 2
    assert len(relay.taken) == 2


def test_it_stops_when_its_password_is_not_taken(db, relay):
    """A relay that offers no sign-in at all refuses our session for good: an operator's matter."""
    fill(db, "a")
    dispatcher(db, relay, options="aymak:secret@").run_once()
    (row,) = rows(db)
    assert (row.state, row.reason, row.give_up_at) == (QUEUED, STOPPED, None)


def test_it_gives_up_a_mail_that_was_put_off_for_two_days(db, relay):
    fill(db, "a")
    relay.answers["RCPT"] = ["451 greylisted"] * 2
    sender = dispatcher(db, relay)
    sender.run_once()
    with db.begin() as session:
        past = outgoing.func.now() - timedelta(seconds=1)
        session.execute(update(OutgoingMail).values(next_at=past, give_up_at=past))
    sender.run_once()
    (row,) = rows(db)
    assert (row.state, row.reason) == (EXPIRED, "deferred_too_long")
