"""The outbox reaches the broker in order, each row marked after its own confirm."""

import json
from typing import Any

import pytest
from sqlalchemy import text

from chassis import context, outbox
from chassis.frames import Message
from chassis.publish import Unconfirmed
from chassis.relay import relay_once
from tests.chassis.test_handling import CONSENT
from tests.factories import instant


class FakePublisher:
    """A broker that confirms until told otherwise."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.fails_at: int | None = None

    def publish(self, messages: list[Message]) -> None:
        for number, message in enumerate(messages):
            if self.fails_at is not None and len(self.sent) >= self.fails_at:
                raise Unconfirmed(number)
            assert (message.exchange, message.routing_key) == ("clients.events", "consent_recorded")
            self.sent.append(json.loads(message.body)["subject"])


@pytest.fixture(autouse=True)
def _no_pause(monkeypatch):
    monkeypatch.setattr("chassis.relay.PAUSE", 0)


def emit(db: Any, *subjects: str) -> None:
    with db.begin() as session, context.flowing("clients"):
        for subject in subjects:
            outbox.emit(session, CONSENT, at=instant("2022-01-10 10:00"), subject=subject)


def unsent(db: Any) -> list[str]:
    with db.begin() as session:
        return [json.loads(row.body)["subject"] for row in outbox.unsent(session, 10)]


def test_it_publishes_in_the_order_of_birth_and_marks(chassis_db):
    emit(chassis_db, "a", "b", "c")
    publisher = FakePublisher()
    with chassis_db.engine.connect() as connection:
        assert relay_once(connection, publisher, "clients") == 3
        assert relay_once(connection, publisher, "clients") == 0
    assert publisher.sent == ["a", "b", "c"]


def test_it_keeps_what_was_not_confirmed_and_goes_on_from_there(chassis_db):
    emit(chassis_db, "a", "b", "c")
    publisher = FakePublisher()
    publisher.fails_at = 1
    with chassis_db.engine.connect() as connection:
        assert relay_once(connection, publisher, "clients") == 1
        assert unsent(chassis_db) == ["b", "c"]
        publisher.fails_at = None
        relay_once(connection, publisher, "clients")
    assert publisher.sent == ["a", "b", "c"]


def test_it_publishes_nothing_of_a_transaction_that_was_rolled_back(chassis_db):
    with pytest.raises(RuntimeError), chassis_db.begin() as session, context.flowing("clients"):
        outbox.emit(session, CONSENT, at=instant("2022-01-10 10:00"))
        raise RuntimeError
    assert unsent(chassis_db) == []


def test_it_tells_for_how_long_the_oldest_fact_has_waited(chassis_db):
    with chassis_db.begin() as session:
        assert outbox.lag_seconds(session) == 0
    emit(chassis_db, "a", "b")
    with chassis_db.begin() as session:
        session.execute(text("UPDATE outbox SET created_at = now() - interval '90 s'"))
    with chassis_db.begin() as session:
        assert 89 < outbox.lag_seconds(session) < 120
        outbox.mark_sent(session, [row.position for row in outbox.unsent(session, 9)])
        assert outbox.lag_seconds(session) == 0
