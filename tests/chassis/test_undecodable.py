"""What the broker gave up becomes one dead letter, whatever its bytes and headers hold."""

import base64
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

from chassis import dead_letters, undecodable
from tests.chassis.test_dead_letters import verified

QUEUE = "clients.portal.client_verified.q1"
DEATH = {"queue": QUEUE, "reason": "rejected", "time": datetime(2022, 1, 10, tzinfo=UTC)}


def message(body: bytes, **headers: Any) -> Any:
    """Return a message as kombu hands it over, dead of ``QUEUE``."""
    return SimpleNamespace(body=body, headers={"x-death": [DEATH], **headers})


def kept(db: Any, *messages: Any) -> list[dict[str, Any]]:
    for one in messages:
        with db.begin() as session:
            undecodable.keep(session, "clients", one)
    with db.begin() as session:
        letters = dead_letters.listed(session, {})["items"]
        return [dead_letters.inspected(session, letter["id"]) for letter in letters]


def test_it_keeps_the_bytes_and_the_headers(chassis_db):
    (letter,) = kept(chassis_db, message(b"\xff\x00", odd="a\0b\ud800", deep={"n": [1, None]}))
    assert base64.b64decode(letter["raw"]) == b"\xff\x00"
    assert (letter["reason"], letter["listener"]) == ("undecodable", "portal.client_verified")
    assert letter["headers"]["odd"] == "ab?"
    assert letter["headers"]["deep"] == {"n": [1, None]}


def test_it_keeps_a_delivery_that_comes_again_once(chassis_db):
    first = message(b"\xff", **{"x-delivery-count": 1})
    again = message(b"\xff", **{"x-delivery-count": 2})
    later = message(b"\xff", **{"x-death": [{**DEATH, "time": datetime(2022, 1, 11, tzinfo=UTC)}]})
    assert len(kept(chassis_db, first, again)) == 1
    assert len(kept(chassis_db, later)) == 2


def test_it_knows_an_event_that_was_delivered_too_often(chassis_db):
    wire = verified()
    (letter,) = kept(chassis_db, message(json.dumps(wire).encode()))
    assert (letter["reason"], letter["event_id"], letter["event"]) == (
        "delivery_limit",
        wire["id"],
        wire,
    )


def test_it_keeps_what_says_nothing_of_its_death(chassis_db):
    (letter,) = kept(chassis_db, SimpleNamespace(body="nonsense", headers={}))
    assert (letter["listener"], letter["reason"]) == ("", "undecodable")
