"""Consents: every one is a proof, the newest per purpose holds, topics are noted in the card."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.db import Database
from contracts.notifications import ClientUnsubscribedV1
from contracts.portal import ConsentChangedV1
from services.clients import dossiers
from tests.clients.cast import client_id, consent, deliver, person
from tests.factories import emitted, event, instant

pytestmark = pytest.mark.broker


def changed(at: str, *, given: bool, purposes: list[str] | None = None) -> Any:
    data = ConsentChangedV1(client_ref="p-1", consent=consent(at, purposes=purposes), given=given)
    return event(data, at=at)


def card(db: Database) -> dict[str, Any]:
    with db.begin() as session:
        return dossiers.person(session, client_id(db, "p-1"))


def held(db: Database) -> dict[str, bool]:
    return {one["purpose"]: one["given"] for one in card(db)["consents"]}


def test_it_reads_a_consent_without_purposes_as_all(clients_db: Database) -> None:
    deliver(clients_db, person("p-1", consent=consent("2022-02-01 08:59")))
    assert held(clients_db) == {"service": True, "magazine": True, "campaign": True}
    added, recorded = emitted(clients_db)
    assert (added.type, recorded.type) == ("client_added", "consent_recorded")
    assert recorded.data.purposes == ["service", "magazine", "campaign"]
    assert (recorded.data.text_version, recorded.data.channel) == ("2021-1", "portal")
    assert recorded.data.at == instant("2022-02-01 08:59")
    assert recorded.time == instant("2022-02-01 09:00")


def test_it_lets_the_newest_consent_of_each_purpose_hold(clients_db: Database) -> None:
    deliver(
        clients_db,
        person("p-1"),
        changed("2022-04-01 09:00", given=False, purposes=["campaign"]),
        changed("2022-03-01 09:00", given=True),
    )
    assert held(clients_db) == {"service": True, "magazine": True, "campaign": False}
    proofs = card(clients_db)["consent_proofs"]
    assert [(proof["given"], len(proof["purposes"])) for proof in proofs] == [(False, 1), (True, 3)]


def test_it_takes_a_repeated_consent_for_one(clients_db: Database) -> None:
    agreed = consent("2022-02-01 08:59")
    again = person("p-1", at="2022-02-08 09:00", consent=agreed)
    deliver(clients_db, person("p-1", consent=agreed), again)
    assert len(card(clients_db)["consent_proofs"]) == 1
    assert len(emitted(clients_db, "consent_recorded")) == 1


def test_it_lets_a_withdrawal_win_at_the_same_instant(clients_db: Database) -> None:
    deliver(
        clients_db,
        person("p-1"),
        changed("2022-04-01 09:00", given=False),
        changed("2022-04-01 09:00", given=True),
    )
    assert set(held(clients_db).values()) == {False}


def test_it_lets_a_consent_wait_for_its_client(clients_db: Database) -> None:
    assert deliver(clients_db, changed("2022-04-01 09:00", given=True)) == ["waiting"]
    deliver(clients_db, person("p-1"))
    assert held(clients_db)["magazine"] is True


def test_it_notes_an_unsubscribed_topic_without_withdrawing_a_purpose(clients_db: Database) -> None:
    deliver(clients_db, person("p-1", consent=consent("2022-02-01 08:59")))
    before, told = card(clients_db)["version"], len(emitted(clients_db))
    data = ClientUnsubscribedV1(
        client_id=UUID(client_id(clients_db, "p-1")),
        topic="event_notice",
        channel="one_click",
        at=instant("2022-03-02 10:00"),
    )
    assert deliver(clients_db, event(data, at="2022-03-02 10:00")) == ["applied"]
    now = card(clients_db)
    assert (now["consent_proofs"][0]["topic"], now["consent_proofs"][0]["given"]) == (
        "event_notice",
        False,
    )
    assert set(held(clients_db).values()) == {True}
    assert (now["version"], len(emitted(clients_db))) == (before + 1, told)


def test_it_keeps_an_unsubscription_of_an_unknown_client(clients_db: Database) -> None:
    data = ClientUnsubscribedV1(
        client_id=uuid4(), topic="update", channel="one_click", at=instant("2022-03-02 10:00")
    )
    assert deliver(clients_db, event(data, at="2022-03-02 10:00")) == ["waiting"]
