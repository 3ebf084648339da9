"""The load of the benchmarks: what it sends, what it counts, and where it stops."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

import pytest

from bench.tools.load import Load, Order, requests_of, summary


class Portal(BaseHTTPRequestHandler):
    """Takes every second request and remembers the ids that it was sent."""

    protocol_version = "HTTP/1.1"
    ids: ClassVar[list[str]] = []
    statuses: ClassVar[list[int]] = []

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.ids.extend(event["id"] for event in sent)
        self.statuses.append(202 if len(self.statuses) % 2 else 503)
        self.send_response(self.statuses[-1])
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def portal() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Portal)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def order(port: int = 1, **more: Any) -> Order:
    about = {"events": 3, "connections": 2, "seconds": 0.3, "warm_up": 0.0, **more}
    return Order(port, "/events", {}, json.dumps({"id": "r-00000000"}), **about)


def test_it_counts_events_that_were_accepted_and_no_others(portal: int) -> None:
    given = order(portal)
    seen = Load(given).run()
    found = summary(given, seen)
    assert found["rate"] == seen.statuses[202] * 3 / 0.3
    assert seen.statuses[503] > 0 and len(seen.latencies) == sum(seen.statuses.values())
    assert len(set(Portal.ids)) == len(Portal.ids), "each event is another one"


def test_it_writes_a_batch_as_a_list() -> None:
    head, _, body = requests_of(order())().partition(b"\r\n\r\n")
    assert [event["id"] for event in json.loads(body)] == ["r-00000001", "r-00000002", "r-00000003"]
    assert f"Content-Length: {len(body)}".encode() in head


@pytest.mark.parametrize("more", [{"connections": 1000}, {"seconds": 600.0}])
def test_it_refuses_to_be_a_flood(more: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="bounded"):
        Load(order(**more))
