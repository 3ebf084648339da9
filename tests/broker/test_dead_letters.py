"""Nothing is silent: what cannot be applied is seen, mended and replayed over HTTP."""

import base64
from typing import Any

import pytest
from kombu import Connection
from sqlalchemy import text

from chassis import topology
from contracts.parts import ClientName
from contracts.portal import ClientRegisteredV1, ClientUpdatedV1
from tests.broker.house import House, empty_queues, eventually
from tests.broker.test_faults import straight
from tests.factories import event

pytestmark = [pytest.mark.broker, pytest.mark.flow]

LAST_TRY = "UPDATE inbox SET attempts = 5, next_at = now() WHERE outcome = 'failed' RETURNING 1"


def registered(ref: str, **about: Any) -> dict[str, Any]:
    """Return the registration of a municipality's office, or of a person, as the portal tells."""
    data = ClientRegisteredV1(client_ref=ref, audience="lsg_bodies", **about)
    wire = event(data, at="2022-03-04 10:00", source="https://portal.example").to_wire()
    del wire["recordedtime"]
    return wire


def office(ref: str) -> dict[str, Any]:
    name = ClientName(ru="Айыл окмоту Кызыл-Туу")
    return registered(ref, kind="organisation", body_type="ayil_okmotu", name=name)


def person(ref: str) -> dict[str, Any]:
    return registered(ref, kind="person", name=ClientName(surname="Асанов"))


def make_last_try(running: House) -> bool:
    """Let the next attempt be now and the last one: five hours of waiting are left out."""
    with running.databases["clients"].begin() as session:
        return bool(session.execute(text(LAST_TRY)).all())


def receipt(running: House, wire: dict[str, Any]) -> dict[str, Any]:
    asked = f"/events/receipt?source={wire['source']}&id={wire['id']}"
    answer = running.ask("GET", asked, running.key)
    found: dict[str, Any] = answer.json()
    return found if answer.ok else {"handled": [], "counted": []}


def test_it_applies_and_counts_a_poison_event_that_was_mended(postgres, rabbit, house):
    running = house(postgres, rabbit, "gateway", "clients", "reporting")
    running.set_clock("2022-03-20T12:00:00+06:00")
    for name in running.services:
        running.start(name)
    eventually(running.is_up, "the gateway is up")
    token = eventually(running.token, "signed in")
    # The portal gives an office the reference of a person: no later try can mend that.
    running.post_until_accepted(person("c-1"))
    poison = office("c-1")
    running.post_until_accepted(poison)
    eventually(lambda: make_last_try(running), "the poison failed")
    (letter,) = eventually(
        lambda: running.ask("GET", "/dead-letters", token).json()["items"], "a dead letter"
    )
    assert (letter["service"], letter["reason"], letter["event_id"]) == (
        "clients",
        "failed",
        poison["id"],
    )
    assert "kind_fixed" in letter["error"]
    address = f"/dead-letters/{letter['id']}"
    assert running.ask("GET", address, token).json()["event"]["data"] == poison["data"]
    refused = running.ask("POST", f"{address}/replay", token, json={})
    assert refused.status_code == 409
    outcomes = {line["service"]: line["outcome"] for line in receipt(running, poison)["handled"]}
    assert outcomes == {"clients": "dead", "reporting": "applied"}

    mended = {"data": {**poison["data"], "client_ref": "c-2"}}
    headers = {"Idempotency-Key": "mend-1"}
    for _ in range(2):
        answer = running.ask("POST", f"{address}/replay", token, json=mended, headers=headers)
        assert (answer.status_code, answer.json()["state"]) == (200, "replayed"), answer.text
    counted = {"code": "R2.A.bodies", "month": "2022-03"}
    eventually(lambda: counted in receipt(running, poison)["counted"], "counted")
    found = receipt(running, poison)
    assert {line["service"]: line["outcome"] for line in found["handled"]} == {
        "clients": "applied",
        "reporting": "applied",
    }
    added = "SELECT count(*) FROM outbox WHERE type = 'client_added'"
    assert running.one("clients", added) == 2
    assert running.ask("GET", "/dead-letters", token).json()["total"] == 0
    settled = running.ask("GET", address, token).json()
    assert (settled["settled_by"], settled["event"]["data"]) == ("admin", poison["data"])


def test_it_shows_bytes_that_are_no_event_and_takes_an_event_for_them(postgres, rabbit, house):
    running = house(postgres, rabbit, "gateway", "clients")
    for name in running.services:
        running.start(name)
    eventually(running.is_up, "the gateway is up")
    token = eventually(running.token, "signed in")
    straight(running, [b"\xff\xfe\x00", b"{}"])
    letters = eventually(
        lambda: two(running.ask("GET", "/dead-letters", token).json()["items"]), "two letters"
    )
    assert {letter["reason"] for letter in letters} == {"undecodable"}
    details = [running.ask("GET", f"/dead-letters/{one['id']}", token).json() for one in letters]
    assert {base64.b64decode(one["raw"]) for one in details} == {b"\xff\xfe\x00", b"{}"}
    first, second = (f"/dead-letters/{letter['id']}" for letter in letters)
    assert running.ask("POST", f"{first}/replay", token, json={}).status_code == 422
    wire = office("c-7")
    key = {"headers": {"Idempotency-Key": "k-1"}}
    taken = running.ask("POST", f"{first}/replay", token, json={"event": wire}, **key)
    assert (taken.status_code, taken.json()["outcome"]) == (200, "applied"), taken.text
    reason = {"reason": "A probe of the network."}
    assert running.ask("POST", f"{second}/discard", token, json=reason, **key).status_code == 200
    assert running.ask("POST", f"{second}/discard", token, json=reason).status_code == 409
    # The journal, which does not run here, was sent the bytes too.
    empty_queues(rabbit.uri)


def two(items: list[Any]) -> list[Any]:
    return items if len(items) == 2 else []


def test_it_keeps_the_bytes_once_when_it_is_killed_before_the_ack(postgres, rabbit, house):
    running = house(postgres, rabbit, "clients")
    running.start("clients", failpoints="undecodable.after_commit")
    straight(running, [b"\xff"])
    assert running.wait_dead("clients") == 9
    running.start("clients")
    queue = f"clients.dead.{topology.VERSION}"
    eventually(lambda: is_empty(rabbit.uri, queue), "the queue is empty")
    assert running.one("clients", "SELECT count(*) FROM dead_letters") == 1
    empty_queues(rabbit.uri)


def is_empty(uri: str, queue: str) -> bool:
    with Connection(uri) as connection:
        found = connection.default_channel.queue_declare(queue, passive=True)
        return found.message_count == 0 and found.consumer_count == 1


def test_it_says_what_an_early_fact_waits_for(postgres, rabbit, house):
    running = house(postgres, rabbit, "gateway", "clients")
    for name in running.services:
        running.start(name)
    eventually(running.is_up, "the gateway is up")
    token = eventually(running.token, "signed in")
    data = ClientUpdatedV1(client_ref="c-9", phone="0700 111 222")
    early = event(data, at="2022-03-04 11:00", source="https://portal.example").to_wire()
    del early["recordedtime"]
    running.post_until_accepted(early)
    (fact,) = eventually(
        lambda: running.ask("GET", "/waiting", token).json()["items"], "a fact that waits"
    )
    assert (fact["text"], fact["service"]) == ("waiting for client c-9", "clients")
    again = {"service": "clients", "source": fact["source"], "event_id": fact["event_id"]}
    tried = running.ask("POST", "/waiting/try", token, json=again).json()["handled"]
    assert [line["outcome"] for line in tried] == ["waiting"]
    running.post_until_accepted(person("c-9"))
    eventually(lambda: running.ask("GET", "/waiting", token).json()["total"] == 0, "it was applied")
    outcomes = [line["outcome"] for line in receipt(running, early)["handled"]]
    assert outcomes == ["applied"]
