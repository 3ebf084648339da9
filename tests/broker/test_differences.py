"""What services should agree on and do not is listed over HTTP, and goes when it agrees again."""

from typing import Any

import pytest
import requests
from sqlalchemy import text

from contracts.parts import Contact
from contracts.portal import InquiryOpenedV1
from tests.broker.house import House, eventually
from tests.broker.test_dead_letters import office
from tests.factories import event

pytestmark = [pytest.mark.broker, pytest.mark.flow]

HEARD = "SELECT count(*) FROM inbox WHERE type = 'client_registered' AND outcome = 'applied'"
OLD = "UPDATE inbox SET received_at = received_at - interval '1 hour'"
RECEIPTS = "SELECT count(*) FROM outgoing_mail WHERE run LIKE 'inquiry_receipt:%'"


def change(running: House, service: str, statement: str) -> None:
    with running.databases[service].begin() as session:
        session.execute(text(statement))


def checked(running: House, token: str) -> dict[str, Any]:
    answer = running.ask("POST", "/differences", token)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert found["items"] == running.ask("GET", "/differences", token).json()["items"]
    return found


def test_it_lists_what_was_lost_between_services_until_it_is_there(postgres, rabbit, house):
    running = house(
        postgres, rabbit, "gateway", "clients", "reporting", "feedback", "notifications"
    )
    for name in running.services:
        running.start(name)
    eventually(running.is_up, "the gateway is up")
    token = eventually(running.token, "signed in")
    wire = office("c-1")
    running.post_until_accepted(wire)
    contact = Contact(name="Айгүл", email="aigul@example.org")
    words = {"kind": "question", "subject": "Вода", "text": "Когда?", "language": "ru"}
    inquiry = InquiryOpenedV1(inquiry_ref="q-1", contact=contact, **words)
    running.post_until_accepted(event(inquiry, at="2022-03-04 10:00"))
    for service in ("clients", "reporting"):
        eventually(lambda name=service: running.one(name, HEARD) == 1, f"{service} heard")
    eventually(lambda: running.one("notifications", RECEIPTS) == 1, "a receipt was queued")
    for service in ("clients", "reporting", "feedback", "notifications"):
        change(running, service, OLD)
    change(running, "feedback", "UPDATE inquiry_events SET recorded_at = now() - interval '1 hour'")
    found = eventually(lambda: all_answer(checked(running, token)), "all services answer")
    assert found["items"] == []
    applied = 'aymak_handled_total{listener="portal.client_registered",outcome="applied",'
    eventually(lambda: applied in metrics(running, token), "clients counted what it applied")

    # A registration vanishes from the inbox of clients, as if it had never come there.
    change(running, "clients", "CREATE TABLE lost AS SELECT * FROM inbox")
    change(running, "clients", "DELETE FROM inbox WHERE type = 'client_registered'")
    change(running, "gateway", "DELETE FROM reconciliation")
    change(running, "notifications", "DELETE FROM outgoing_mail")
    lost, receipt = sorted(checked(running, token)["items"], key=lambda item: item["kind"])
    assert (lost["kind"], lost["count"]) == ("fact_missing", 1)
    assert lost["detail"]["facts"][0][:2] == [wire["source"], wire["id"]]
    assert "Unknown to the client base" in lost["text"]
    assert (receipt["kind"], receipt["count"]) == ("inquiry_without_receipt", 1)

    # It comes after all; the inquiry is no longer one of the last two days.
    change(running, "clients", "INSERT INTO inbox SELECT * FROM lost ON CONFLICT DO NOTHING")
    change(running, "feedback", "UPDATE inquiry_events SET recorded_at = now() - interval '3 days'")
    assert checked(running, token)["items"] == []


def metrics(running: House, token: str) -> str:
    headers = {"Authorization": f"Bearer {token}"}
    answer = requests.get(f"{running.address}/metrics", headers=headers, timeout=15)
    return answer.text if answer.ok else ""


def all_answer(found: dict[str, Any]) -> dict[str, Any] | None:
    return found if not found["away"] else None
