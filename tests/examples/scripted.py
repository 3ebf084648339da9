"""A gateway that does as it is told: it accepts, refuses, is silent, or cuts the connection."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

BATCH = "application/cloudevents-batch+json"


class Gateway:
    """``script`` holds what becomes of the next requests; an empty one accepts all.

    An event whose id begins with "poison" is refused as the real gateway does. ``accepted`` are
    the ids in the order in which they were taken, repeats included; ``arrived`` counts requests
    and ``released`` lets those go that were told to wait.
    """

    def __init__(self) -> None:
        self.script: deque[str] = deque()
        self.accepted: list[str] = []
        self.asked: list[list[str]] = []
        self.arrived = threading.Semaphore(0)
        self.released = threading.Event()
        self.url = ""

    def act(self) -> str:
        return self.script.popleft() if self.script else "accept"

    def judge(self, event: dict[str, Any]) -> dict[str, Any]:
        if event["id"].startswith("poison"):
            problem = {"type": "https://aymak.example/problems/invalid_event", "status": 422}
            return {"id": event["id"], "status": 422, "problem": problem}
        self.accepted.append(event["id"])
        return {"id": event["id"], "status": 202}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: "Server"

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        gateway = self.server.gateway
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        is_batch = self.headers["Content-Type"] == BATCH
        events = body if is_batch else [body]
        gateway.asked.append([event["id"] for event in events])
        act = gateway.act()
        gateway.arrived.release()
        if self.headers.get("Authorization") != "Bearer secret":
            act = "401"
        if act == "too_large" and len(events) == 1:
            act = "accept"
        self.play(act, events, is_batch)

    def play(self, act: str, events: list[Any], is_batch: bool) -> None:
        gateway = self.server.gateway
        if act == "wait":
            gateway.released.wait(60)
            return self.cut()
        if act == "cut":
            return self.cut()
        if act.isdigit() or act == "too_large":
            status = 413 if act == "too_large" else int(act)
            return self.answer(status, {"status": status, "title": "No"})
        results = [gateway.judge(event) for event in events]
        good = any(result["status"] == 202 for result in results)
        status = 202 if good else 422
        found: Any = {"results": results} if is_batch else results[0].get("problem", results[0])
        if act == "accept_then_cut":
            return self.cut()
        if act == "accept_then_wait":
            gateway.released.wait(60)
            return self.cut()
        self.answer(status, found, whole=act != "half")

    def answer(self, status: int, found: Any, whole: bool = True) -> None:
        text = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        if status in (429, 503):
            self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(text if whole else text[: len(text) // 2])
        if not whole:
            self.cut()

    def cut(self) -> None:
        self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    gateway: Gateway

    def handle_error(self, *_: object) -> None:
        """A client that was killed is no error here."""


@contextmanager
def running() -> Iterator[Gateway]:
    """Run a scripted gateway on a free port."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.gateway = Gateway()
        server.gateway.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server.gateway
        finally:
            server.gateway.released.set()
            server.shutdown()
            thread.join()
