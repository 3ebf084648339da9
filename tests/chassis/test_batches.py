"""Many facts in one transaction mean what each of them means alone."""

import json
import threading
from typing import Any

import pytest
from sqlalchemy import select, text

from chassis import context, inbox, outbox
from chassis.batches import handle_many
from chassis.db import is_away
from chassis.errors import Ignored
from chassis.gathering import BATCH, BATCH_BYTES, Gathering
from chassis.handling import ListenerSpec, handle
from contracts.catalogue import find
from tests.chassis.conftest import heard, note
from tests.chassis.test_handling import CONSENT, dead, marks, verified

SEVEN = [f"u-{number}" for number in range(7)]


def outcomes(db: Any) -> dict[str, str]:
    return {row.event_id: row.outcome for row in marks(db)}


def test_it_applies_all_in_their_order(chassis_db, listener):
    handle_many(chassis_db, listener(), [verified(ref) for ref in SEVEN])
    assert heard(chassis_db) == SEVEN
    assert set(outcomes(chassis_db).values()) == {inbox.APPLIED}


def test_it_applies_once_what_is_repeated_inside_and_across_batches(chassis_db, listener):
    wires = [verified(ref, id=ref) for ref in SEVEN]
    handle_many(chassis_db, listener(), [*wires[:4], wires[0], wires[0]])
    handle_many(chassis_db, listener(), [wires[1], *wires[4:], wires[3]])
    assert heard(chassis_db) == SEVEN
    assert dead(chassis_db) == []


def test_it_lists_the_same_id_with_other_content_inside_one_batch(chassis_db, listener):
    wires = [verified("a", id="x"), verified("b", id="y"), verified("c", id="x")]
    handle_many(chassis_db, listener(), wires)
    assert heard(chassis_db) == ["a", "b"]
    assert [(row.reason, row.wire["data"]["client_ref"]) for row in dead(chassis_db)] == [
        ("same_id_other_content", "c")
    ]


def test_it_keeps_apart_what_waits_fails_is_ignored_or_refused(chassis_db, listener):
    def work(session: Any, happened: Any) -> None:
        note(session, happened)
        if happened.id == "fails":
            session.execute(text("SELECT 1/0"))
        if happened.id == "ignored":
            raise Ignored(message="older")
        if happened.id == "waits":
            raise inbox.waiting("client:waits")

    names = ["a", "fails", "b", "ignored", "waits", "c"]
    wires = [verified(name, id=name) for name in names]
    refused = {**verified("refused", id="refused"), "data": {"client_ref": ""}}
    handle_many(chassis_db, listener(work), [*wires[:3], refused, *wires[3:]])
    assert heard(chassis_db) == ["a", "b", "c"]
    assert outcomes(chassis_db) == {
        **dict.fromkeys(("a", "b", "c"), inbox.APPLIED),
        "fails": inbox.FAILED,
        "ignored": inbox.IGNORED,
        "waits": inbox.WAITING,
        "refused": inbox.DEAD,
    }
    assert [row.waits_for for row in marks(chassis_db) if row.event_id == "waits"] == [
        "client:waits"
    ]


def test_it_emits_in_order_each_with_its_cause(chassis_db, listener):
    def work(session: Any, happened: Any) -> None:
        outbox.emit(session, CONSENT, at=happened.time, subject=happened.id)

    wires = [verified(ref, id=ref, correlation_id=f"flow-{ref}") for ref in SEVEN]
    handle_many(chassis_db, listener(work), wires)
    with chassis_db.begin() as session:
        rows = [json.loads(row.body) for row in outbox.unsent(session, 10)]
    assert [row["subject"] for row in rows] == SEVEN
    assert [row["causationid"] for row in rows] == SEVEN
    assert [row["correlationid"] for row in rows] == [f"flow-{ref}" for ref in SEVEN]


def test_it_gives_all_to_a_listener_that_takes_many(chassis_db):
    taken: list[list[str]] = []

    def many(session: Any, events: Any) -> None:
        taken.append([event.id for event in events])
        for event in events:
            note(session, event)
            with context.caused_by(event):
                outbox.emit(session, CONSENT, at=event.time)

    spec = ListenerSpec(
        "clients", "portal.client_verified", find("client_verified"), note, work_many=many
    )
    handle(chassis_db, spec, verified("u-3", id="u-3"))
    wires = [verified(ref, id=ref) for ref in SEVEN]
    handle_many(chassis_db, spec, wires)
    # Nothing is new here, and nothing is valid there: then there is nothing to do together.
    handle_many(chassis_db, spec, wires)
    handle_many(chassis_db, spec, [{**wire, "type": "client_added"} for wire in wires[:2]])
    assert taken == [[ref for ref in SEVEN if ref != "u-3"]]
    with chassis_db.begin() as session:
        causes = [json.loads(row.body)["causationid"] for row in outbox.unsent(session, 10)]
    assert causes == taken[0]


def test_it_applies_once_when_two_instances_take_the_same_facts_in_other_orders(
    chassis_db, listener
):
    gate = threading.Barrier(2)
    wires = [verified(ref, id=ref) for ref in SEVEN]

    def instance(mine: list[dict[str, Any]]) -> None:
        gate.wait()
        handle_many(chassis_db, listener(), mine)

    threads = [threading.Thread(target=instance, args=(way,)) for way in (wires, wires[::-1])]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(heard(chassis_db)) == SEVEN


def test_it_gives_up_and_stores_nothing_when_somebody_holds_what_one_fact_needs(
    chassis_db, listener
):
    with chassis_db.begin() as session:
        session.execute(text("INSERT INTO heard (ref) VALUES ('held')"))
    wires = [verified(ref, id=ref) for ref in SEVEN]

    def work(session: Any, happened: Any) -> None:
        note(session, happened)
        if happened.id == "u-5":
            session.execute(text("UPDATE heard SET note = 'x' WHERE ref = 'held'"))

    with chassis_db.begin() as holder:
        holder.execute(text("UPDATE heard SET note = 'mine' WHERE ref = 'held'"))
        with pytest.raises(Exception, match="lock timeout") as gave_up:
            handle_many(chassis_db, listener(work), wires)
        with chassis_db.begin() as session:
            assert session.scalars(select(inbox.InboxRow)).all() == []
    assert is_away(gave_up.value)


class Message:
    """A delivery that writes down what is said of it."""

    def __init__(self, channel: Any, tag: int, body: str = "x") -> None:
        self.channel, self.delivery_tag, self.body = channel, tag, body

    def ack(self, *, multiple: bool = False) -> None:
        self.channel.append(("ack", self.delivery_tag, multiple))

    def reject(self, *, requeue: bool) -> None:
        self.channel.append(("reject", self.delivery_tag, requeue))


def test_it_acknowledges_with_one_word_only_what_it_has_handled():
    """A word for many speaks of every earlier delivery of its channel."""
    said: list[Any] = []
    gathering = Gathering()
    one, two, three, four, five = (Message(said, tag) for tag in range(1, 6))
    for message in (one, two, three, four, five):
        gathering.add(message)
    gathering.acknowledge([two, three])
    assert said == [("ack", 2, False), ("ack", 3, False)]
    gathering.reject(one, requeue=False)
    gathering.acknowledge([four, five])
    assert said[2:] == [("reject", 1, False), ("ack", 5, True)]


def test_it_knows_that_tags_are_a_channels_own():
    before: list[Any] = []
    after: list[Any] = []
    gathering = Gathering()
    gathering.add(old := Message(before, 7))
    for tag in (1, 2):
        gathering.add(Message(after, tag))
    gathering.acknowledge([old, Message(after, 1), Message(after, 2)])
    assert after == [("ack", 1, False), ("ack", 2, False)]


def test_it_takes_no_more_bytes_than_one_transaction_should():
    gathering = Gathering()
    channel: list[Any] = []
    for tag in range(5):
        gathering.add(Message(channel, tag, "x" * (BATCH_BYTES // 2)))
    assert [len(gathering.take()) for _ in range(3)] == [2, 2, 1]


def test_it_begins_another_batch_only_when_a_whole_one_waits():
    gathering = Gathering(abreast=2)
    channel: list[Any] = []
    assert gathering.add(Message(channel, 1))
    assert len(gathering.take()) == 1
    wanted = [gathering.add(Message(channel, tag)) for tag in range(2, 2 + 2 * BATCH)]
    assert [index for index, is_wanted in enumerate(wanted) if is_wanted] == [BATCH - 1]
    # Whoever comes first takes what there is; for the other nothing may be left.
    assert [len(gathering.take()) for _ in range(3)] == [BATCH, BATCH, 0]
    gathering.at_work -= 2
    assert gathering.add(Message(channel, 1000))
