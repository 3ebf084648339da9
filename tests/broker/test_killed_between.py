"""Killed between two durable steps: accepting, retrying, answering, reporting (by failpoints).

The steps of a listener and a relay are killed at in test_faults, those of a mailer in
test_mail_faults.
"""

import pytest
import requests
from sqlalchemy import text

from contracts.parts import Contact
from contracts.portal import ClientVerifiedV1, InquiryOpenedV1
from tests.broker.house import House, eventually
from tests.broker.test_faults import applied_once, registration, straight
from tests.factories import event

pytestmark = pytest.mark.broker

VERIFIED = "SELECT count(*) FROM inbox WHERE type = 'client_verified' AND outcome = '{}'"
CHANGED = "SELECT count(*) FROM outbox WHERE type = 'client_changed'"


def test_it_keeps_an_event_whose_sender_never_heard_the_202(postgres, rabbit, house):
    """The gateway dies between the broker's confirm and its answer; the sender repeats the id."""
    running: House = house(postgres, rabbit, "gateway", "clients")
    running.start("gateway", failpoints="accept.after_confirm:3")
    eventually(running.is_up, "the gateway is up")
    for number in range(2):
        running.post_until_accepted(registration(number))
    with pytest.raises(requests.ConnectionError):
        running.post(registration(2, id="third").to_wire())
    assert running.wait_dead("gateway") == 9
    running.start("gateway")
    running.start("clients")
    for wire in (registration(2, id="third"), registration(3)):
        running.post_until_accepted(wire)
    applied_once(running, 4)


@pytest.mark.parametrize("failpoint", ["retry.before_commit:3", "retry.after_commit:3"])
def test_it_retries_once_in_effect_when_killed_at(failpoint, postgres, rabbit, house):
    """Facts came before their clients and are tried again when those arrive."""
    running: House = house(postgres, rabbit, "clients")
    running.start("clients")
    facts = [ClientVerifiedV1(client_ref=f"c-{number}") for number in range(6)]
    straight(running, [event(fact, at="2022-03-04 11:00").to_wire() for fact in facts])
    eventually(lambda: running.one("clients", VERIFIED.format("waiting")) == 6, "six wait")
    running.kill("clients")
    straight(running, [registration(number).to_wire() for number in range(6)])
    running.start("clients", failpoints=failpoint)
    assert running.wait_dead("clients") == 9
    running.start("clients")
    eventually(lambda: running.one("clients", VERIFIED.format("applied")) == 6, "six applied")
    assert running.one("clients", CHANGED) == 6


def test_it_answers_once_when_the_service_dies_before_its_reply(postgres, rabbit, house):
    """The administrator gets 503, sends the same key again, and the client one answer."""
    running: House = house(postgres, rabbit, "gateway", "feedback")
    running.start("gateway")
    running.start("feedback", failpoints="rpc.before_reply")
    opened = InquiryOpenedV1(
        inquiry_ref="q-1",
        kind="question",
        subject="Субсидии",
        text="Кто может получить?",
        language="ru",
        contact=Contact(email="a@example.org"),
    )
    straight(running, [event(opened, at="2022-03-04 10:00").to_wire()])
    found = eventually(lambda: running.one("feedback", "SELECT id FROM inquiries"), "it is there")
    eventually(running.is_up, "the gateway is up")
    signed_in = requests.post(
        f"{running.address}/v1/session",
        json={"login": "admin", "password": running.password},
        timeout=30,
    )
    token = signed_in.json()["token"]

    def answer() -> int:
        return requests.post(
            f"{running.address}/v1/inquiries/{found}/answer",
            json={"text": "Любой айыл окмоту.", "language": "ru"},
            headers={
                "Authorization": f"Bearer {token}",
                "Idempotency-Key": "k-1",
                "If-Match": "*",
            },
            timeout=30,
        ).status_code

    assert answer() == 503
    assert running.wait_dead("feedback") == 9
    running.start("feedback")
    eventually(lambda: answer() == 200, "answered at last")
    answers = "SELECT count(*) FROM messages WHERE side = 'staff'"
    assert running.one("feedback", answers) == 1


def test_it_makes_one_report_though_killed_at_every_step(postgres, rabbit, house):
    """The scheduler dies at one step after another; the period is reported once and mailed once."""
    running: House = house(postgres, rabbit, "reporting")
    running.set_clock("2022-01-05T10:00:00+06:00")
    running.start("reporting")
    started = "SELECT count(*) FROM schedule_start"
    eventually(lambda: running.one("reporting", started) == 1, "the schedule has begun")
    running.kill("reporting")
    running.set_clock("2022-02-03T09:00:00+06:00")
    mails = running.folder / "mail"
    for step in (
        "report.after_claim",
        "report.after_compute",
        "report.after_render",
        "report.before_commit",
        "report.after_commit",
    ):
        running.start("reporting", failpoints=step, AYMAK_REPORT_TO="head@example.org")
        assert running.wait_dead("reporting") == 9
        with running.databases["reporting"].begin() as session:
            # The lease of the dead scheduler is over; waiting for it would only take time.
            session.execute(text("UPDATE job_run SET lease_until = NULL"))
    running.start("reporting", AYMAK_REPORT_TO="head@example.org")
    told = "SELECT count(*) FROM outbox WHERE type = 'report_mailed'"
    eventually(lambda: running.one("reporting", told) == 1, "mailed")
    assert running.one("reporting", "SELECT count(*) FROM report") == 1
    assert len(list(mails.glob("*.eml"))) == 1
