"""Fault row 25 in small: a service was away for long; it catches up, and nobody else is slowed."""

from functools import partial

import pytest

from contracts.parts import Contact
from contracts.portal import InquiryOpenedV1
from tests.broker.house import House, eventually
from tests.broker.test_faults import APPLIED, applied_once, registration, straight
from tests.factories import event

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

BACKLOG = 1_000
JOURNALLED = "SELECT count(*) FROM journal WHERE type = 'client_registered'"
# A service takes about 90 MB; what it has in hand at a time is bounded by the prefetch.
GROWTH_MB = 40
PATIENCE = 200


def test_it_works_a_backlog_off_in_flat_memory_beside_the_others(postgres, rabbit, house):
    running: House = house(postgres, rabbit, "clients", "feedback", "reporting")
    running.start("reporting")
    running.start("feedback")
    straight(running, [registration(number).to_wire() for number in range(BACKLOG)])
    journalled = partial(running.one, "reporting", JOURNALLED)
    eventually(lambda: journalled() == BACKLOG, "the journal has all", PATIENCE)
    running.start("clients")
    eventually(lambda: running.one("clients", APPLIED) > 50, "it catches up")
    early = running.memory("clients")
    opened = InquiryOpenedV1(
        inquiry_ref="q-1",
        kind="question",
        subject="Субсидии",
        text="Кто может получить?",
        language="ru",
        contact=Contact(email="a@example.org"),
    )
    straight(running, [event(opened, at="2022-03-04 10:00").to_wire()])
    eventually(lambda: running.one("feedback", "SELECT count(*) FROM inquiries") == 1, "asked")
    assert running.one("clients", APPLIED) < BACKLOG, "feedback did not wait for the backlog"
    eventually(lambda: running.one("clients", APPLIED) == BACKLOG, "it caught up", PATIENCE)
    applied_once(running, BACKLOG)
    assert running.memory("clients") - early < GROWTH_MB
