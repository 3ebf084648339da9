"""Dead letters are listed, inspected, replayed once, mended, discarded with a reason."""

import threading
from typing import Any

import pytest
from sqlalchemy import select

from chassis import context, dead_letters, inbox, kept, receipts
from chassis.dead_letters import Mend
from chassis.errors import Conflict, Invalid, NotFound
from chassis.handling import ListenerSpec, handle
from contracts.portal import ClientVerifiedV1
from tests.chassis.conftest import heard, note
from tests.factories import event

LISTENER = "portal.client_verified"


def verified(ref: str = "u-1", **envelope: Any) -> dict[str, Any]:
    return event(ClientVerifiedV1(client_ref=ref), at="2022-01-10 10:00", **envelope).to_wire()


def refuses(bad: str) -> Any:
    """Return work that fails for one client, as a rule or a bug would."""

    def work(session: Any, happened: Any) -> None:
        note(session, happened)
        if happened.data.client_ref == bad:
            raise RuntimeError(f"a bug with {bad}")

    return work


def bury(db: Any, spec: ListenerSpec, wire: dict[str, Any]) -> str:
    """Let a fact fail for the last time; return its letter's id."""
    handle(db, spec, wire)
    with db.begin() as session:
        row = session.get_one(inbox.InboxRow, (wire["source"], wire["id"], spec.name))
        if row.outcome == inbox.FAILED:
            row.attempts = len(inbox.BACK_OFF)
            inbox.keep_failed(session, row, "a bug", wire)
    (letter,) = listed(db)
    return str(letter["id"])


def listed(db: Any, **query: Any) -> list[dict[str, Any]]:
    with db.begin() as session:
        found: list[dict[str, Any]] = dead_letters.listed(session, query)["items"]
        return found


def inspected(db: Any, letter_id: str) -> dict[str, Any]:
    with db.begin() as session:
        return dead_letters.inspected(session, letter_id)


def replay(
    db: Any, spec: ListenerSpec, letter_id: str, *, key: str = "k-1", **mend: Any
) -> dict[str, Any]:
    with db.begin() as session, context.flowing("clients", actor="aigul"):
        return dead_letters.replay(session, {LISTENER: spec}, letter_id, key=key, mend=Mend(**mend))


def test_it_replays_a_letter_once_and_tells_who_did(chassis_db, listener):
    letter_id = bury(chassis_db, listener(refuses("u-1")), verified())
    first = replay(chassis_db, listener(), letter_id)
    again = replay(chassis_db, listener(), letter_id)
    assert heard(chassis_db) == ["u-1"]
    assert first == again
    assert (first["state"], first["settled_by"], first["outcome"]) == (
        "replayed",
        "aigul",
        "applied",
    )
    assert listed(chassis_db) == []
    assert [letter["id"] for letter in listed(chassis_db, state="replayed")] == [letter_id]


def test_it_refuses_to_settle_a_letter_twice(chassis_db, listener):
    letter_id = bury(chassis_db, listener(refuses("u-1")), verified())
    replay(chassis_db, listener(), letter_id)
    with pytest.raises(Conflict, match="replayed"):
        replay(chassis_db, listener(), letter_id, key="k-2")
    with pytest.raises(Conflict, match="replayed"), chassis_db.begin() as session:
        dead_letters.discard(session, letter_id, key="k-2", reason="No use.")


def test_it_applies_a_mended_body_and_keeps_the_first(chassis_db, listener):
    spec = listener(refuses("u-1"))
    letter_id = bury(chassis_db, spec, verified())
    replay(chassis_db, spec, letter_id, data={"client_ref": "u-2"})
    assert heard(chassis_db) == ["u-2"]
    found = inspected(chassis_db, letter_id)
    assert found["event"]["data"] == {"client_ref": "u-1"}
    assert found["replayed_event"]["data"] == {"client_ref": "u-2"}
    assert [line["outcome"] for line in found["deliveries"]] == ["applied"]
    # The portal sends the first body once more: it is the fact that was mended, not another.
    assert handle(chassis_db, spec, found["event"]) == "repeated"


def test_it_changes_nothing_when_the_replay_fails_again(chassis_db, listener):
    spec = listener(refuses("u-1"))
    letter_id = bury(chassis_db, spec, verified())
    with pytest.raises(Conflict) as refusal:
        replay(chassis_db, spec, letter_id)
    assert refusal.value.code == "replay_failed"
    assert "u-1" not in refusal.value.params["error"]
    assert heard(chassis_db) == []
    assert [letter["state"] for letter in listed(chassis_db)] == ["open"]
    with chassis_db.begin() as session:
        assert session.scalars(select(inbox.InboxRow.outcome)).all() == ["dead"]


def test_it_names_what_the_contract_refuses_in_a_mended_body(chassis_db, listener):
    letter_id = bury(chassis_db, listener(refuses("u-1")), verified())
    with pytest.raises(Invalid) as refusal:
        replay(chassis_db, listener(), letter_id, data={"client_ref": 7})
    assert list(refusal.value.fields) == ["data.client_ref"]
    with pytest.raises(Invalid) as refusal:
        replay(chassis_db, listener(), letter_id, event=verified("u-1", id="other"))
    assert list(refusal.value.fields) == ["event.id"]


def test_it_asks_for_a_new_id_where_another_fact_stands_under_the_old_one(chassis_db, listener):
    handle(chassis_db, listener(), verified("u-1", id="x"))
    letter_id = bury(chassis_db, listener(), verified("u-2", id="x"))
    with pytest.raises(Conflict) as refusal:
        replay(chassis_db, listener(), letter_id)
    assert refusal.value.code == "needs_new_id"
    replay(chassis_db, listener(), letter_id, event=verified("u-2", id="y"))
    assert heard(chassis_db) == ["u-1", "u-2"]


def test_it_applies_a_letter_once_when_two_people_replay_it_at_once(chassis_db, listener):
    letter_id = bury(chassis_db, listener(refuses("u-1")), verified())
    gate, ends = threading.Barrier(2), []

    def person(key: str) -> None:
        gate.wait()
        try:
            ends.append(replay(chassis_db, listener(), letter_id, key=key)["state"])
        except Conflict as refusal:
            ends.append(refusal.code)

    threads = [threading.Thread(target=person, args=(key,)) for key in "ab"]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sorted(ends) == ["dead_letter_settled", "replayed"]
    assert heard(chassis_db) == ["u-1"]


def test_it_discards_a_letter_with_its_reason(chassis_db, listener):
    letter_id = bury(chassis_db, listener(refuses("u-1")), verified())
    for _ in range(2):
        with chassis_db.begin() as session, context.flowing("clients", actor="aigul"):
            dead_letters.discard(session, letter_id, key="k-1", reason="A test of the portal.")
    (letter,) = listed(chassis_db, state="discarded")
    assert (letter["settled_reason"], letter["settled_by"]) == ("A test of the portal.", "aigul")
    assert heard(chassis_db) == []


def test_it_lists_page_by_page_and_by_reason(chassis_db, listener):
    for number in range(5):
        handle(chassis_db, listener(), {**verified(id=f"x{number}"), "specversion": "0.3"})
    with chassis_db.begin() as session:
        first = dead_letters.listed(session, {"limit": 3})
        rest = dead_letters.listed(session, {"limit": 3, "cursor": first["next"]})
    ids = [letter["id"] for letter in first["items"] + rest["items"]]
    assert len(set(ids)) == 5 == first["total"]
    assert rest["next"] is None
    assert listed(chassis_db, reason="failed") == []
    assert "event" not in first["items"][0]


def test_it_knows_no_letter_of_a_strange_id(chassis_db):
    for strange in ("6f0f2f2e-0d7a-4d52-9d0e-3a2f0c1f7a11", "x"):
        with pytest.raises(NotFound):
            inspected(chassis_db, strange)


def test_it_tells_what_a_kept_fact_waits_for_and_tries_it_at_once(chassis_db, listener):
    known: set[str] = set()

    def work(session: Any, happened: Any) -> None:
        if not known:
            raise inbox.waiting("client:portal:u-1")
        note(session, happened)

    wire = verified()
    handle(chassis_db, listener(work), wire)
    with chassis_db.begin() as session:
        (line,) = kept.listed(session, {})["items"]
        assert kept.listed(session, {"outcome": "failed"})["items"] == []
    assert (line["waits_for"], line["outcome"]) == ("client:portal:u-1", "waiting")
    assert line["next_at"] > line["since"]
    known.add("u-1")
    for _ in range(2):
        with chassis_db.begin() as session:
            found = kept.try_now(
                session, {LISTENER: listener(work)}, source=wire["source"], event_id=wire["id"]
            )
        assert [one["outcome"] for one in found["handled"]] == ["applied"]
    assert heard(chassis_db) == ["u-1"]


def test_it_gives_the_receipt_of_a_fact(chassis_db, listener):
    wire = verified()
    with chassis_db.begin() as session:
        assert receipts.handled(session, wire["source"], wire["id"]) == []
    handle(chassis_db, listener(), wire)
    with chassis_db.begin() as session:
        (line,) = receipts.handled(session, wire["source"], wire["id"])
    assert (line["type"], line["outcome"]) == ("client_verified", "applied")
