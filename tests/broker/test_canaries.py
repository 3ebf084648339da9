"""No log line holds personal data or a secret, whatever fails (quality.md S18, S22, rule 14)."""

import json
from typing import Any

import pytest

from contracts.parts import ClientName
from contracts.portal import ClientRegisteredV1, InquiryOpenedV1
from tests.broker.house import House, empty_queues, eventually
from tests.broker.test_faults import straight
from tests.factories import event

pytestmark = [pytest.mark.broker, pytest.mark.flow]

EMAIL, PHONE, INN = "kanareika@example.kg", "0555987654", "21905198512345"
SURNAME, TEXT = "Канарейкина", "Секретная жалоба про колодец"
CANARIES = (EMAIL, "555987654", INN, SURNAME, TEXT, "колодец")
OUTCOMES = "SELECT count(*) FROM inbox WHERE outcome = '{}'"


def registered(ref: str, **more: Any) -> dict[str, Any]:
    """Return the registration of a person whose every field is a canary."""
    data = ClientRegisteredV1(
        client_ref=ref,
        kind="person",
        audience="citizens",
        name=ClientName(surname=SURNAME),
        inn=INN,
        email=EMAIL,
        phone=PHONE,
        **more,
    )
    wire = event(data, at="2022-03-04 10:00", source="https://portal.example").to_wire()
    del wire["recordedtime"]
    return wire


def inquired(ref: str) -> dict[str, Any]:
    data = InquiryOpenedV1(
        inquiry_ref=ref,
        kind="complaint",
        subject=f"{SURNAME} о колодце",
        text=TEXT,
        language="ru",
        client_ref="raises",
    )
    wire = event(data, at="2022-03-04 11:00", source="https://portal.example").to_wire()
    del wire["recordedtime"]
    return wire


def logs(running: House) -> str:
    return "".join(path.read_text() for path in sorted(running.folder.glob("*.log")))


def test_it_logs_no_personal_data_and_no_secret(postgres, rabbit, house, monkeypatch):
    monkeypatch.setenv("AYMAK_LOG_LEVEL", "DEBUG")
    running = house(postgres, rabbit, "gateway", "clients", "notifications", "feedback")
    for name in running.services:
        running.start(name, mutant="" if name == "gateway" else "tells_all")
    eventually(running.is_up, "the gateway is up")
    token = eventually(running.token, "signed in")
    # Each reference names how the listener of clients fails, see `tells_all` in mutants.py.
    for ref in ("well", "raises", "violates", "forks"):
        running.post_until_accepted(registered(ref))
    running.post_until_accepted(inquired("q-1"))
    assert (
        running.post({**registered("x"), "data": {"email": EMAIL, "inn": [INN]}}).status_code == 422
    )
    poison = {**registered("poison"), "dataschema": "https://x/client_registered/7"}
    straight(running, [poison, json.dumps(registered("cut"), ensure_ascii=False).encode()[:-9]])
    eventually(lambda: running.one("clients", OUTCOMES.format("failed")) == 2, "two failed")
    eventually(lambda: running.one("clients", OUTCOMES.format("dead")) == 1, "one is dead")
    eventually(lambda: running.one("feedback", OUTCOMES.format("failed")) == 1, "an inquiry failed")
    failing = "/people/6f0f2f2e-0d7a-4d52-9d0e-3a2f0c1f7a11"
    eventually(lambda: running.ask("GET", failing, token).status_code == 500, "a call fails")
    running.ask("GET", f"/people?q={SURNAME}", token)

    kept = running.ask("GET", "/waiting", token).json()["items"]
    assert len(kept) == 3
    written = logs(running)
    for failure in ("listener_failed", "call_failed", "greenlet_failed", "dead_letter"):
        assert f'"{failure}"' in written
    secrets = (running.key, running.password, token, "a-secret-of-the-tests-0123456789-abc")
    seen = json.dumps(kept, ensure_ascii=False) + written
    found = [word for word in (*CANARIES, *secrets) if word in seen]
    assert found == [], [line for line in seen.splitlines() if found and found[0] in line][:3]
    # Every line that a listener wrote names the event, its flow and the listener.
    handled = [json.loads(line) for line in written.splitlines() if '"listener_failed"' in line]
    assert all(line["event_id"] and line["correlation_id"] and line["listener"] for line in handled)
    # Nobody takes the broken bytes from the queue of the journal, which does not run here.
    empty_queues(rabbit.uri)
