"""The load: keep-alive connections in one process that send as soon as they are answered.

`python -m bench.tools.load` reads its order as JSON from stdin and prints what it saw as JSON. It
is bounded in connections and seconds, talks to 127.0.0.1 only, and is a small part of the cost of
what it measures: bytes are prepared, answers are looked at only for their status and length.
"""

import json
import re
import selectors
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
CLOSE = re.compile(rb"connection: *close", re.IGNORECASE)
MOST_CONNECTIONS = 256
MOST_SECONDS = 60.0
# A place in the event that is replaced by a number, so that each event is another one.
NUMBER = b"00000000"


@dataclass(frozen=True, slots=True)
class Order:
    """What to send: ``events`` of ``event`` in one request, for ``seconds`` after a warm-up."""

    port: int
    path: str
    headers: dict[str, str]
    event: str
    events: int
    connections: int
    seconds: float
    warm_up: float = 1.0


@dataclass(slots=True)
class Seen:
    """Answers within the measured time: latencies in seconds, and statuses."""

    latencies: list[float] = field(default_factory=list)
    statuses: dict[int, int] = field(default_factory=dict)


def requests_of(order: Order) -> Callable[[], bytes]:
    """Return what makes the bytes of the next request, each event with a number of its own."""
    pieces = order.event.encode().split(NUMBER)
    headers = {"Host": "127.0.0.1", "Accept": "*/*", **order.headers}
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    counter = 0

    def make() -> bytes:
        nonlocal counter
        bodies = []
        for _ in range(order.events):
            counter += 1
            bodies.append((b"%08d" % counter).join(pieces))
        body = bodies[0] if order.events == 1 else b"[" + b",".join(bodies) + b"]"
        head = f"POST {order.path} HTTP/1.1\r\n{lines}Content-Length: {len(body)}\r\n\r\n"
        return head.encode() + body

    return make


class Client:
    """One connection: sends, waits for the whole answer, sends again."""

    def __init__(self, load: "Load") -> None:
        self.load = load
        self.began = 0.0
        self.connect()

    def connect(self) -> None:
        """Open the connection and send the first request over it."""
        self.sock = socket.create_connection(("127.0.0.1", self.load.order.port), timeout=10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.load.selector.register(self.sock, selectors.EVENT_READ, self)
        self.send()

    def send(self) -> None:
        """Send the next request."""
        self.answer = b""
        self.began = time.perf_counter()
        self.sock.sendall(self.load.make())

    def readable(self) -> None:
        """Take what came; a whole answer is noted and followed by the next request."""
        data = self.sock.recv(65536)
        self.answer += data
        end = self.answer.find(b"\r\n\r\n")
        if end < 0 and data:
            return
        head = self.answer[:end]
        length = LENGTH.search(head)
        whole = end + 4 + int(length[1]) if length else len(self.answer) + 1
        if data and len(self.answer) < whole:
            return
        self.load.note(self.began, int(head[9:12] or 0))
        if data and not CLOSE.search(head):
            self.send()
            return
        self.load.selector.unregister(self.sock)
        self.sock.close()
        self.connect()


class Load:
    """All connections and what they saw."""

    def __init__(self, order: Order) -> None:
        if order.connections > MOST_CONNECTIONS or order.seconds > MOST_SECONDS:
            raise ValueError("a benchmark is bounded")
        self.order = order
        self.make = requests_of(order)
        self.selector = selectors.DefaultSelector()
        self.seen = Seen()
        self.starts = time.perf_counter() + order.warm_up

    def note(self, began: float, status: int) -> None:
        """Note an answer, unless it belongs to the warm-up."""
        now = time.perf_counter()
        if now < self.starts:
            return
        self.seen.latencies.append(now - began)
        self.seen.statuses[status] = self.seen.statuses.get(status, 0) + 1

    def run(self) -> Seen:
        """Send until the time is over."""
        for _ in range(self.order.connections):
            Client(self)
        end = self.starts + self.order.seconds
        while time.perf_counter() < end:
            for key, _ in self.selector.select(1):
                key.data.readable()
        return self.seen


def summary(order: Order, seen: Seen) -> dict[str, Any]:
    """Return events accepted a second, p50 and p99 in ms, and the statuses."""
    ordered = sorted(seen.latencies) or [0.0]
    accepted = seen.statuses.get(202, 0) * order.events
    return {
        "rate": accepted / order.seconds,
        "p50": 1000 * ordered[len(ordered) // 2],
        "p99": 1000 * ordered[len(ordered) * 99 // 100],
        "statuses": seen.statuses,
    }


if __name__ == "__main__":
    given = Order(**json.load(sys.stdin))
    json.dump(summary(given, Load(given).run()), sys.stdout)
