"""Reconcilers: each seeded fault is seen, what can be repaired is, and what is well again goes."""

from typing import Any

import pytest
from sqlalchemy import text

from chassis import compare, context, inbox, outbox, reconcile
from chassis.handling import handle
from contracts.clients import ConsentRecordedV1
from contracts.portal import ClientVerifiedV1
from tests.factories import event, instant

CONSENT = ConsentRecordedV1(
    client_id="6f0f2f2e-0d7a-4d52-9d0e-3a2f0c1f7a11",
    purposes=["service"],
    given=True,
    text_version="1",
    channel="portal",
    at=instant("2022-01-10 10:00"),
)
JOB = "INSERT INTO job_run (job, period, due_at, lease_until, fence) VALUES "
MAIL = (
    "INSERT INTO outgoing_mail (id, run, recipient, address, language, state, message_id, meta,"
    " queued_at, next_at, lease_until) VALUES (gen_random_uuid(), 'welcome:1', 'client:1',"
    " 'a@b.kg', 'ru', 'sending', '<1@b.kg>', '{}', now() - interval '1 hour',"
    " now() - interval '1 hour', "
)
# Each fault: what breaks it, what the difference is called, what mends it.
FAULTS = {
    "outbox_unsent": (
        "UPDATE outbox SET sent_at = NULL, created_at = now() - interval '1 hour'",
        "UPDATE outbox SET sent_at = now()",
    ),
    "inbox_stuck": (
        "UPDATE inbox SET next_at = now() - interval '1 hour'",
        "UPDATE inbox SET next_at = now() + interval '1 hour'",
    ),
    "job_lease_expired": (
        JOB + "('report', '2022-03', now(), now() - interval '1 hour', 1)",
        "UPDATE job_run SET done_at = now()",
    ),
    "mail_stuck": (
        MAIL + "now() - interval '20 minutes')",
        "UPDATE outgoing_mail SET state = 'sent'",
    ),
}


def verified(ref: str = "u-1", **envelope: Any) -> dict[str, Any]:
    return event(ClientVerifiedV1(client_ref=ref), at="2022-01-10 10:00", **envelope).to_wire()


def look(db: Any) -> dict[str, dict[str, Any]]:
    with db.begin() as session:
        reconcile.run(session, reconcile.CHECKS)
        return {item["kind"]: item for item in reconcile.listed(session)["items"]}


def change(db: Any, statement: str) -> None:
    with db.begin() as session:
        session.execute(text(statement))


def fails(session: Any, happened: Any) -> None:
    raise RuntimeError("a bug")


@pytest.fixture
def busy(chassis_db, listener):
    """A database with a sent fact and one that failed and waits for its next try."""
    with chassis_db.begin() as session, context.flowing("clients"):
        outbox.emit(session, CONSENT, at=instant("2022-01-10 10:00"))
        outbox.mark_sent(session, [1])
    handle(chassis_db, listener(fails), verified())
    return chassis_db


def test_it_finds_nothing_when_all_is_well(busy):
    assert look(busy) == {}


@pytest.mark.parametrize("kind", FAULTS)
def test_it_sees_a_fault_and_its_end(busy, kind):
    breaks, mends = FAULTS[kind]
    change(busy, breaks)
    first = look(busy)
    assert list(first) == [kind]
    assert (first[kind]["count"], first[kind]["repaired"]) == (1, 0)
    assert look(busy)[kind]["first_seen_at"] == first[kind]["first_seen_at"]
    change(busy, mends)
    assert look(busy) == {}


def test_it_gives_a_kept_fact_without_a_time_its_turn(busy):
    change(busy, "UPDATE inbox SET next_at = NULL, received_at = now() - interval '1 hour'")
    assert look(busy)["inbox_untimed"]["repaired"] == 1
    with busy.begin() as session:
        assert inbox.count_due(session) == 1
    assert look(busy) == {}


def test_it_lists_a_dead_fact_that_stands_in_no_letter(busy):
    change(busy, "UPDATE inbox SET outcome = 'dead', next_at = NULL")
    assert look(busy)["dead_unlisted"]["repaired"] == 1
    with busy.begin() as session:
        assert session.scalar(text("SELECT reason FROM dead_letters")) == "failed"
    assert look(busy) == {}


def test_it_runs_once_in_ten_minutes_whoever_asks(chassis_db):
    def asked() -> bool:
        with chassis_db.begin() as session:
            return reconcile.is_due(session)

    assert [asked(), asked()] == [True, False]
    change(chassis_db, "UPDATE reconciliation SET ran_at = now() - interval '11 minutes'")
    assert [asked(), asked()] == [True, False]


def test_it_tells_what_was_heard_in_order_and_once(chassis_db, listener, monkeypatch):
    monkeypatch.setattr(compare, "CHUNK", 2)
    for number in range(5):
        handle(chassis_db, listener(), verified(id=f"x{number}"))
    change(chassis_db, "UPDATE inbox SET received_at = received_at - interval '1 hour'")
    handle(chassis_db, listener(), verified(id="on its way"))
    told: list[str] = []
    cursor, more = None, True
    while more:
        with chassis_db.begin() as session:
            chunk = compare.heard(session, cursor)
        told += [fact[1] for fact in chunk["facts"]]
        cursor, more = chunk["cursor"], chunk["more"]
    assert told == [f"x{number}" for number in range(5)]
    with chassis_db.begin() as session:
        assert compare.heard(session, cursor)["facts"] == []


def test_it_lacks_only_what_it_listens_to(chassis_db, listener):
    handle(chassis_db, listener(), verified(id="known"))
    facts = [
        ["https://portal.example", "known", "client_verified", "2022-01-10"],
        ["https://portal.example", "lost", "client_verified", "2022-01-10"],
        ["https://portal.example", "other", "inquiry_opened", "2022-01-10"],
    ]
    with chassis_db.begin() as session:
        assert [fact[1] for fact in compare.lacking(session, "clients", facts)] == ["lost"]
        assert [fact[1] for fact in compare.lacking(session, "reporting", facts)] == [
            "lost",
            "other",
        ]
