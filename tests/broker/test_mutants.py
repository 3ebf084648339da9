"""Fault row 27: with a guarantee switched off, what the fault tests assert is seen to be false."""

import os
import signal
import time
import uuid
from dataclasses import replace

import pytest
from sqlalchemy import text

from chassis import jobs, outgoing
from chassis.errors import Conflict
from contracts.parts import Contact
from contracts.portal import InquiryCommentedV1, InquiryOpenedV1
from launch.rabbitmq import PrivateRabbit
from tests.broker.house import House, eventually
from tests.broker.test_faults import ADDED, APPLIED, JOURNAL_DISTINCT, registration, straight
from tests.broker.test_mail_faults import lone_mailer, sent
from tests.broker.test_relay_faults import STALLED, of_each_client, told_by_two, written
from tests.chassis.test_outgoing import ENTRY, fill
from tests.factories import event, instant
from tests.sink import Sink

pytestmark = pytest.mark.broker


def messages_after_a_crash(running: House, mutant: str) -> int:
    """Kill feedback between commit and ack while a client comments; return the thread's length."""
    running.start("feedback", mutant=mutant, failpoints="listen.after_commit:3")
    opened = InquiryOpenedV1(
        inquiry_ref="q-1",
        kind="question",
        subject="Субсидии",
        text="Кто может получить?",
        language="ru",
        contact=Contact(email="a@example.org"),
    )
    comments = [InquiryCommentedV1(inquiry_ref="q-1", text=f"Ещё {n}") for n in range(6)]
    facts = [opened, *comments]
    straight(running, [event(fact, at="2022-03-04 10:00").to_wire() for fact in facts])
    assert running.wait_dead("feedback") == 9
    running.start("feedback", mutant=mutant)
    count = "SELECT count(*) FROM messages"
    eventually(lambda: (running.one("feedback", count) or 0) >= 7, "all handled")
    time.sleep(3)
    return int(running.one("feedback", count))


def test_it_doubles_without_the_inbox_and_only_then(postgres, own_rabbit, house):
    assert messages_after_a_crash(house(postgres, own_rabbit, "feedback"), "") == 7
    with PrivateRabbit.temporary() as another:
        running = house(postgres, another, "feedback")
        assert messages_after_a_crash(running, "inbox_off") > 7


def test_it_loses_derived_facts_without_the_outbox(postgres, rabbit, house):
    running: House = house(postgres, rabbit, "clients", "reporting")
    running.start("reporting")
    running.start("clients", mutant="outbox_off", failpoints="listen.after_commit:3")
    straight(running, [registration(number).to_wire() for number in range(12)])
    running.wait_dead("clients")
    running.start("clients", mutant="outbox_off")
    eventually(lambda: running.one("clients", APPLIED) == 12, "all applied")
    time.sleep(3)
    assert running.one("clients", ADDED) == 0
    assert running.one("reporting", JOURNAL_DISTINCT) < 12


def test_it_loses_accepted_events_without_confirms(postgres, own_rabbit, house):
    running: House = house(postgres, own_rabbit, "gateway", "clients")
    running.start("gateway", mutant="confirms_off")
    eventually(running.is_up, "the gateway is up")
    running.post_until_accepted(registration(0))
    own_rabbit.settle()
    os.kill(own_rabbit.pid, signal.SIGSTOP)
    accepted = [running.post(registration(number).to_wire()) for number in (1, 2, 3)]
    own_rabbit.kill()
    own_rabbit.start()
    running.start("clients")
    assert {answer.status_code for answer in accepted} == {202}
    eventually(lambda: running.one("clients", APPLIED) >= 1, "the first one")
    time.sleep(3)
    assert running.one("clients", APPLIED) < 4


def test_it_tells_facts_twice_or_in_disorder_without_the_lock_of_the_relay(postgres, rabbit, house):
    running: House = house(postgres, rabbit, "clients")
    heard = told_by_two(running, mutant="lock_off", failpoints=STALLED)
    assert of_each_client(heard) != written(running)


@pytest.mark.parametrize("mutant", ["", "lease_off"])
def test_it_mails_twice_without_the_lease_and_only_then(mutant, notifications_db):
    mails = 60
    fill(notifications_db, *(f"r{number}" for number in range(mails)))
    with Sink() as relay:
        relay.pause = 0.02
        mailers = [lone_mailer(notifications_db.url, relay, mutant=mutant) for _ in range(3)]
        try:
            eventually(lambda: sent(notifications_db) == mails, "all mail is sent")
        finally:
            for mailer in mailers:
                mailer.kill()
                mailer.wait()
        assert (relay.ids.total() > mails) == (mutant == "lease_off")


@pytest.mark.parametrize(
    ("has_lease", "has_fence", "done"), [(True, True, 1), (False, True, 1), (False, False, 2)]
)
def test_it_does_a_job_twice_without_lease_and_fence(notifications_db, has_lease, has_fence, done):
    """Two schedulers notice the same period; each guarantee alone suffices."""
    with notifications_db.begin() as session:
        jobs.plan(session, "report", "2022-01", instant("2022-02-03 09:00"))
    claims = [claimed(notifications_db, has_lease) for _ in range(2)]
    for run in filter(None, claims):
        try:
            with notifications_db.begin() as session:
                if has_fence:
                    jobs.finish(session, run)
                outgoing.queue(session, replace(ENTRY, recipient=str(uuid.uuid4())))
        except Conflict:
            assert has_fence
    with notifications_db.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM outgoing_mail")) == done


def claimed(db, has_lease):
    """Claim the job as a scheduler does; without the lease as if nobody had it."""
    with db.begin() as session:
        if not has_lease:
            session.execute(text("UPDATE job_run SET lease_until = NULL"))
        return jobs.claim(session, "report")
