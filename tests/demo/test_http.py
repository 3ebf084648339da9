"""The demo's portal and administrator against a small server of the tests' own."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
import requests

from launch.credentials import Credentials
from launch.demo import portal as portals
from launch.demo.administrator import Administrator
from launch.demo.portal import Portal
from launch.demo.wire import Wire
from launch.errors import LaunchError


class Gateway(HTTPServer):
    """Answers with ``plan`` in turn, then as a gateway would; keeps what it was asked."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[tuple[str, str, dict[str, str], bytes]] = []
        self.plan: list[tuple[int, dict]] = []
        self.items: list[dict] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.asked.append((self.command, self.path, dict(self.headers), body))
        if self.server.plan:
            self.answer(*self.server.plan.pop(0))
        elif self.path == "/v1/session":
            self.answer(201, {"token": f"token-{len(self.server.asked)}"})
        elif self.path == "/v1/events":
            events = json.loads(body)
            events = events if isinstance(events, list) else [events]
            self.answer(202, {"results": [{"id": "x", "status": 202} for _ in events]})
        else:
            self.answer(200, {})

    def do_GET(self) -> None:
        self.server.asked.append((self.command, self.path, dict(self.headers), b""))
        if self.path.startswith("/v1/inquiries?"):
            self.answer(200, {"items": self.server.items, "next": None})
        else:
            self.answer(200, {"ref": self.path.rpartition("/")[2].replace("id", "inquiry")})

    def answer(self, status: int, body: dict) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def wire(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Iterator[Wire]:
    monkeypatch.setattr("launch.demo.wire.FIRST_WAIT", 0.0)
    with requests.Session() as session:
        yield Wire(gateway.url, session, patience=5)


@pytest.fixture
def administrator(wire: Wire) -> Administrator:
    return Administrator(wire, Credentials(wire.url, "admin", "a password", "key"))


def forms(gateway: Gateway) -> list[str]:
    return [headers["Content-Type"] for _, _, headers, _ in gateway.asked]


def test_it_posts_all_facts_in_three_forms(gateway, wire, story):
    facts = story.facts[:400]
    Portal(wire, "key").post(facts)
    assert set(forms(gateway)) == {
        "application/cloudevents-batch+json",
        "application/cloudevents+json",
        "application/json",
    }
    ids = []
    for _, _, headers, body in gateway.asked:
        assert headers["Authorization"] == "Bearer key"
        event = json.loads(body)
        if "ce-id" in headers:
            ids.append(headers["ce-id"])
        else:
            ids += [one["id"] for one in (event if isinstance(event, list) else [event])]
    assert ids == [one.id for one in facts]


def test_it_sends_batches_of_at_most_a_hundred(gateway, wire, story, monkeypatch):
    monkeypatch.setattr(portals, "ALONE", 10**9)
    Portal(wire, "key").post(story.facts[:250])
    assert [len(json.loads(body)) for *_, body in gateway.asked] == [100, 100, 50]


def test_it_sends_the_same_again_when_the_product_is_away(gateway, wire, story):
    gateway.plan = [(503, {"title": "away"}), (500, {"title": "broken"})]
    Portal(wire, "key").post(story.facts[:3])
    bodies = [body for *_, body in gateway.asked]
    assert len(bodies) == 3
    assert len(set(bodies)) == 1


def test_it_says_why_a_fact_was_refused(gateway, wire, story):
    problem = {"title": "Wrong", "errors": [{"field": "data.kind", "message": "unknown"}]}
    gateway.plan = [(422, {"results": [{"id": "x", "status": 422, "problem": problem}]})]
    one = next(fact for fact in story.facts if int(fact.id[-6:], 16) % portals.ALONE > 1)
    with pytest.raises(LaunchError, match=f"refused {one.type} {one.id}.*data.kind"):
        Portal(wire, "key").post([one])


def test_it_says_that_the_key_is_refused(gateway, wire, story):
    gateway.plan = [(401, {"title": "who?"})]
    with pytest.raises(LaunchError, match="the portal's key"):
        Portal(wire, "key").post(story.facts[:1])


def test_it_gives_up_with_the_reason(wire, gateway):
    wire.patience = 0
    gateway.plan = [(503, {"title": "The broker is away"})]
    with pytest.raises(LaunchError, match="The broker is away"):
        wire.ask("POST", "/v1/events", data=b"[]")


def test_it_signs_in_again_when_the_session_is_lost(gateway, administrator):
    assert administrator.ask("POST", "/v1/x", json={}).ok
    gateway.plan = [(401, {"title": "gone"})]
    assert administrator.ask("POST", "/v1/x", json={}).ok
    paths = [path for _, path, _, _ in gateway.asked]
    assert paths == ["/v1/session", "/v1/x", "/v1/x", "/v1/session", "/v1/x"]
    assert gateway.asked[-1][2]["Authorization"] == "Bearer token-4"


def test_it_acts_with_the_key_of_the_story(gateway, administrator, story):
    act = story.acts[0]
    number = act.inquiry_ref.rpartition("-")[2]
    gateway.items = [{"id": "id-9999"}, {"id": f"id-{number}"}]
    administrator.do(act)
    method, path, headers, body = gateway.asked[-1]
    assert (method, path) == ("POST", f"/v1/inquiries/id-{number}/answer")
    assert (headers["Idempotency-Key"], headers["If-Match"]) == (act.key, "*")
    assert json.loads(body) == {"text": act.text}


def test_it_says_that_an_inquiry_is_not_there(administrator, story):
    with pytest.raises(LaunchError, match="does not list"):
        administrator.do(story.acts[0])
