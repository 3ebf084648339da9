"""One fact at one listener: once in effect, kept while it waits or fails, dead with a reason."""

import json
import threading
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select, text, update

from chassis import inbox, outbox
from chassis.decoding import can_keep, decode
from chassis.errors import Ignored
from chassis.handling import CONFLICT, REPEATED, handle, retry_due
from contracts.clients import ConsentRecordedV1
from contracts.portal import ClientVerifiedV1
from tests.chassis.conftest import heard, note
from tests.factories import event, instant

CONSENT = ConsentRecordedV1(
    client_id="6f0f2f2e-0d7a-4d52-9d0e-3a2f0c1f7a11",
    purposes=["service"],
    given=True,
    text_version="1",
    channel="portal",
    at=instant("2022-01-10 10:00"),
)


def verified(ref: str = "u-1", **envelope: Any) -> dict[str, Any]:
    return event(ClientVerifiedV1(client_ref=ref), at="2022-01-10 10:00", **envelope).to_wire()


def marks(db: Any) -> list[inbox.InboxRow]:
    with db.begin() as session:
        return list(session.scalars(select(inbox.InboxRow).order_by(inbox.InboxRow.event_id)))


def dead(db: Any) -> list[inbox.DeadLetter]:
    with db.begin() as session:
        return list(session.scalars(select(inbox.DeadLetter)))


def make_due(db: Any) -> None:
    with db.begin() as session:
        session.execute(
            update(inbox.InboxRow)
            .where(inbox.InboxRow.next_at.is_not(None))
            .values(next_at=text("now()"))
        )


def test_it_applies_a_repeated_fact_once(chassis_db, listener):
    wire = verified()
    outcomes = [handle(chassis_db, listener(), wire) for _ in range(3)]
    assert heard(chassis_db) == ["u-1"]
    assert outcomes == [inbox.APPLIED, REPEATED, REPEATED]


def test_it_takes_a_second_sending_with_other_envelope_times_as_the_same_fact(chassis_db, listener):
    wire = verified()
    again = {**wire, "recordedtime": "2022-01-11T00:00:00+00:00", "traceparent": "00-1-2-01"}
    handle(chassis_db, listener(), wire)
    assert handle(chassis_db, listener(), again) == REPEATED


def test_it_lists_the_same_id_with_other_content_and_lets_the_first_stand(chassis_db, listener):
    handle(chassis_db, listener(), verified("u-1", id="x"))
    outcomes = [handle(chassis_db, listener(), verified("u-2", id="x")) for _ in range(2)]
    assert outcomes == [CONFLICT, CONFLICT]
    assert heard(chassis_db) == ["u-1"]
    assert [(row.reason, row.wire["data"]["client_ref"]) for row in dead(chassis_db)] == [
        ("same_id_other_content", "u-2")
    ]


def test_it_applies_once_when_two_instances_take_the_same_delivery(chassis_db, listener):
    gate = threading.Barrier(2)

    def slow(session: Any, happened: Any) -> None:
        note(session, happened)
        session.execute(text("SELECT pg_sleep(0.2)"))

    wire, outcomes = verified(), []

    def instance() -> None:
        gate.wait()
        outcomes.append(handle(chassis_db, listener(slow), wire))

    threads = [threading.Thread(target=instance) for _ in range(2)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert heard(chassis_db) == ["u-1"]
    assert sorted(outcomes) == [inbox.APPLIED, REPEATED]


def test_it_keeps_a_fact_that_waits_and_applies_it_when_released(chassis_db, listener):
    known: set[str] = set()

    def work(session: Any, happened: Any) -> None:
        note(session, happened)
        if "u-1" not in known:
            raise inbox.waiting("client:u-1")

    handle(chassis_db, listener(work), verified())
    assert heard(chassis_db) == []
    assert (marks(chassis_db)[0].outcome, marks(chassis_db)[0].waits_for) == (
        "waiting",
        "client:u-1",
    )
    known.add("u-1")
    with chassis_db.begin() as session:
        inbox.release(session, "client:u-1")
    retry_due(chassis_db, {"portal.client_verified": listener(work)})
    assert heard(chassis_db) == ["u-1"]
    assert marks(chassis_db)[0].wire is None


def test_it_never_buries_a_fact_that_only_waits(chassis_db, listener):
    def work(session: Any, happened: Any) -> None:
        raise inbox.waiting("client:u-1")

    handle(chassis_db, listener(work), verified())
    for _ in range(12):
        make_due(chassis_db)
        retry_due(chassis_db, {"portal.client_verified": listener(work)})
    assert marks(chassis_db)[0].outcome == "waiting"
    assert dead(chassis_db) == []


def test_it_retries_a_failing_fact_five_times_and_then_buries_it_with_its_reason(
    chassis_db, listener
):
    def work(session: Any, happened: Any) -> None:
        note(session, happened)
        raise RuntimeError("a bug")

    assert handle(chassis_db, listener(work), verified()) == "failed"
    for _ in range(5):
        make_due(chassis_db)
        retry_due(chassis_db, {"portal.client_verified": listener(work)})
    assert heard(chassis_db) == []
    assert marks(chassis_db)[0].outcome == "dead"
    (row,) = dead(chassis_db)
    # The class and the place; the words of a bug may hold anybody's data.
    assert row.error.startswith("RuntimeError at tests/chassis/test_handling.py:")


def test_it_does_not_stop_at_a_poisoned_fact(chassis_db, listener):
    def work(session: Any, happened: Any) -> None:
        if happened.data.client_ref == "bad":
            session.execute(text("SELECT 1/0"))
        note(session, happened)

    for ref in ("a", "bad", "b"):
        handle(chassis_db, listener(work), verified(ref))
    assert heard(chassis_db) == ["a", "b"]


@pytest.mark.parametrize(
    "change",
    [
        {"dataschema": "https://x.example/schemas/client_verified/9"},
        {"data": {"client_ref": ""}},
        {"data": {"client_ref": "u-1", "undeclared": 1}},
        {"type": "client_added", "source": "clients"},
        {"time": "yesterday"},
    ],
)
def test_it_buries_at_once_what_the_contract_refuses(chassis_db, listener, change):
    assert handle(chassis_db, listener(), {**verified(), **change}) == "dead"
    assert [row.reason for row in dead(chassis_db)] == ["invalid"]


def test_it_refuses_a_derived_fact_from_a_forged_source(chassis_db, listener):
    from chassis.handling import ListenerSpec
    from contracts.catalogue import find

    wire = event(CONSENT, at="2022-01-10 10:00").to_wire()
    spec = ListenerSpec("x", "clients.consent_recorded", find("consent_recorded"), note)
    assert handle(chassis_db, spec, {**wire, "source": "https://portal.example"}) == "dead"


def test_it_marks_what_is_ignored_and_keeps_nothing_of_it(chassis_db, listener):
    def work(session: Any, happened: Any) -> None:
        note(session, happened)
        raise Ignored(message="older")

    assert handle(chassis_db, listener(work), verified()) == "ignored"
    assert heard(chassis_db) == []


def test_it_stores_nothing_and_raises_when_the_database_gives_up(chassis_db, listener):
    def work(session: Any, happened: Any) -> None:
        note(session, happened)
        session.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(Exception, match=r"terminat|closed"):
        handle(chassis_db, listener(work), verified())
    assert heard(chassis_db) == []
    assert marks(chassis_db) == []
    assert handle(chassis_db, listener(), verified()) == "applied"


def test_it_emits_in_the_same_transaction_with_its_cause(chassis_db, listener):
    def work(session: Any, happened: Any) -> None:
        outbox.emit(session, CONSENT, at=happened.time, subject="s")

    wire = verified(correlation_id="flow-1", actor="portal")
    handle(chassis_db, listener(work), wire)
    with chassis_db.begin() as session:
        [row] = outbox.unsent(session, 10)
    told = json.loads(row.body)
    assert told["causationid"] == wire["id"]
    assert (told["correlationid"], told["actor"]) == ("flow-1", "portal")


def test_it_emits_nothing_when_the_work_fails(chassis_db, listener):
    def work(session: Any, happened: Any) -> None:
        outbox.emit(session, CONSENT, at=happened.time)
        raise RuntimeError("after emit")

    handle(chassis_db, listener(work), verified())
    with chassis_db.begin() as session:
        assert outbox.unsent(session, 10) == []


def test_it_may_not_emit_another_services_fact(chassis_db, listener):
    def work(session: Any, happened: Any) -> None:
        outbox.emit(session, ClientVerifiedV1(client_ref="u"), at=happened.time)

    assert handle(chassis_db, listener(work), verified()) == "failed"


@pytest.mark.parametrize(
    "change",
    [
        {"id": ""},
        {"id": "x" * 129},
        {"source": "https://portal.example/" + "x" * 500},
        {"type": None},
        {"subject": "a\x00b"},
        {"data": {"text": ["\\\x00"]}},
        {"data": {"text": "\ud800"}},
        {"data": {"number": float("inf")}},
    ],
)
def test_it_knows_what_no_inbox_can_keep(change):
    wire = verified() | change
    assert not can_keep(wire)
    assert decode(json.dumps(wire)) is None
    with suppress(UnicodeEncodeError):
        assert decode(json.dumps(wire, ensure_ascii=False).encode()) is None


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity", "-Infinity"])
def test_it_does_not_decode_numbers_beyond_all_bounds(number):
    text = json.dumps(verified() | {"data": {"number": 1.5}})
    assert decode(text) is not None
    assert decode(text.replace("1.5", number)) is None


@pytest.mark.parametrize("words", ["Ысык-Көл", "C:\\u0000", "\\\\u0000", "\U0001f600"])
def test_it_keeps_all_words_of_people(chassis_db, listener, words):
    wire = verified(subject=words)
    assert decode(json.dumps(wire)) == decode(json.dumps(wire, ensure_ascii=False).encode()) == wire
    assert handle(chassis_db, listener(), wire) == inbox.APPLIED
