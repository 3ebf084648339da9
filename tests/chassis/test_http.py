"""The attack list of quality.md F24-F28 against a real process with short limits."""

import contextlib
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

ROOT = Path(__file__).parents[2]
PROBLEM = "application/problem+json"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """The echo service in a process of its own."""

    def __init__(self) -> None:
        self.port = free_port()
        command = [sys.executable, "-W", "ignore", "-m", "tests.chassis.http_echo", str(self.port)]
        self.process = subprocess.Popen(
            [*command, "drain"], cwd=ROOT, stderr=subprocess.PIPE, text=True
        )
        self.log: list[str] = []
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stderr
        self.log.extend(self.process.stderr)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def wait(self) -> None:
        for _ in range(300):
            with contextlib.suppress(requests.ConnectionError):
                requests.get(self.url("/hello/you"), timeout=5)
                return
            time.sleep(0.1)
        raise AssertionError("".join(self.log))

    def end(self) -> None:
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(20)
        self.process.kill()
        self.process.wait()
        self.reader.join(5)
        assert self.process.stderr
        self.process.stderr.close()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=15)

    def raw(self, data: bytes, *, half_close: bool = False) -> bytes:
        """Send bytes as they are and return all that comes back until the server closes."""
        with self.connect() as sock:
            with contextlib.suppress(OSError):
                sock.sendall(data)
                if half_close:
                    sock.shutdown(socket.SHUT_WR)
            return read_all(sock)


def read_all(sock: socket.socket) -> bytes:
    got = b""
    with contextlib.suppress(OSError):
        while part := sock.recv(65536):
            got += part
    return got


def problem_of(answer: bytes) -> tuple[int, dict[str, Any]]:
    head, _, body = answer.partition(b"\r\n\r\n")
    assert PROBLEM.encode() in head, answer[:300]
    problem: dict[str, Any] = json.loads(body)
    return int(head.split()[1]), problem


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    echo = Server()
    try:
        echo.wait()
        yield echo
    finally:
        echo.end()


def alive(server: Server) -> bool:
    try:
        return bool(requests.get(server.url("/hello/you"), timeout=5).json() == {"hello": "you"})
    except requests.RequestException:
        return False


def test_it_answers_json_with_security_headers(server: Server) -> None:
    answer = requests.get(server.url("/hello/мир"), timeout=5)
    assert answer.json() == {"hello": "мир"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"


def test_it_answers_head_without_a_body(server: Server) -> None:
    answer = requests.head(server.url("/hello/you"), timeout=5)
    assert (answer.status_code, answer.content) == (200, b"")


def test_it_names_the_allowed_methods(server: Server) -> None:
    for method in ("DELETE", "TRACE", "PROPFIND"):
        answer = requests.request(method, server.url("/echo"), timeout=5)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")
        assert answer.headers["Content-Type"] == PROBLEM


def test_it_answers_an_unknown_address_with_a_problem(server: Server) -> None:
    answer = requests.get(server.url("/nowhere"), timeout=5)
    assert answer.status_code == 404
    assert answer.json()["type"].endswith("/no_such_address")


def test_it_hides_the_exception_and_logs_its_id(server: Server) -> None:
    answer = requests.get(server.url("/broken"), timeout=5)
    assert answer.status_code == 500
    assert answer.json()["instance"].startswith("urn:uuid:")
    assert "postgres" not in answer.text and "RuntimeError" not in answer.text
    assert alive(server)


def test_it_says_when_to_come_back(server: Server) -> None:
    answer = requests.get(server.url("/away"), timeout=5)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "7")
    assert "postgres" not in answer.text


def test_it_refuses_a_body_over_the_limit_of_its_route(server: Server) -> None:
    assert requests.post(server.url("/echo"), data=b"x" * 4096, timeout=5).json() == {"bytes": 4096}
    assert requests.post(server.url("/echo"), data=b"x" * 4097, timeout=5).status_code == 413


def test_it_refuses_a_huge_body_before_it_has_come(server: Server) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 200000000\r\n\r\n"
    status, problem = problem_of(server.raw(head + b"x" * 100_000))
    assert (status, problem["status"]) == (413, 413)


def test_it_refuses_a_chunked_body(server: Server) -> None:
    answer = requests.post(server.url("/echo"), data=iter([b"ab", b"cd"]), timeout=5)
    assert answer.status_code == 411
    assert answer.headers["Content-Type"] == PROBLEM


def test_it_refuses_a_body_that_is_half_sent_and_given_up(server: Server) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf"
    assert problem_of(server.raw(head, half_close=True))[0] == 400


def test_it_gives_up_a_body_that_never_ends(server: Server) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf"
    assert problem_of(server.raw(head))[0] == 408


def test_it_gives_up_a_body_that_trickles(server: Server) -> None:
    with server.connect() as sock:
        sock.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\n")
        with contextlib.suppress(OSError):
            for _ in range(30):
                sock.sendall(b"x")
                time.sleep(0.1)
        assert problem_of(read_all(sock))[0] == 408


def test_it_gives_up_a_head_that_trickles(server: Server) -> None:
    with server.connect() as sock:
        sock.sendall(b"GET /hello/you HTTP/1.1\r\n")
        with contextlib.suppress(OSError):
            for _ in range(30):
                sock.sendall(b"X-A: b\r\n")
                time.sleep(0.1)
        assert problem_of(read_all(sock))[0] == 408


def post(path: str, body: bytes, *headers: str) -> bytes:
    lines = "".join(f"{line}\r\n" for line in ("Host: a", f"Content-Length: {len(body)}", *headers))
    return f"POST {path} HTTP/1.1\r\n{lines}\r\n".encode() + body


CLOSE = "Connection: close"
# Headers that differ from one answer to the next.
NOT_THE_SAME = (b"date", b"connection", b"x-request-id")


@pytest.mark.parametrize("path", ["/direct?a=1", "/echo", "/nowhere", "/hello/you"])
def test_it_answers_a_plain_request_as_it_answers_any_other(server: Server, path: str) -> None:
    """The quick reader of plain heads and the careful one say the same."""
    with server.connect() as sock:
        sock.sendall(post(path, b"body"))
        sock.shutdown(socket.SHUT_WR)
        quick = read_all(sock)
    careful = server.raw(post(path, b"body", CLOSE))
    assert comparable(quick) == comparable(careful)


def comparable(answer: bytes) -> list[bytes]:
    """Return the lines of an answer, without what differs from one to the next."""
    body = re.sub(rb"urn:uuid:[0-9a-f-]+", b"", answer)
    lines = [line.lower() for line in body.split(b"\r\n")]
    return sorted(line for line in lines if not line.startswith(NOT_THE_SAME))


def test_it_answers_requests_that_come_together_one_after_the_other(server: Server) -> None:
    together = server.raw(post("/direct", b"one") + post("/direct", b"two") + post("/x", b"3"))
    assert [together.find(word) > 0 for word in (b'"one"', b'"two"', b"404")] == [True] * 3
    assert together.find(b'"one"') < together.find(b'"two"') < together.find(b"404")


def test_it_waits_for_a_body_that_comes_later(server: Server) -> None:
    with server.connect() as sock:
        whole = post("/direct", "тело".encode(), CLOSE).replace(b"Connection: close\r\n", b"")
        for part in (whole[:-4], whole[-4:-1], whole[-1:], post("/direct", b"", CLOSE)):
            sock.sendall(part)
            time.sleep(0.1)
        assert "тело".encode() in read_all(sock)


def test_it_survives_a_method_without_a_worker_that_fails(server: Server) -> None:
    answer = requests.post(server.url("/direct"), data=b"fail", timeout=5)
    assert answer.status_code == 500 and "postgres" not in answer.text
    assert alive(server)


def test_it_closes_an_idle_connection(server: Server) -> None:
    with server.connect() as sock:
        assert read_all(sock) == b""


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX-A: " + b"a" * 9000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X-A: b\r\n" * 200 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + (b"X-A: " + b"a" * 8000 + b"\r\n") * 20 + b"\r\n", 431),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nContent-Length: 1e3\r\n\r\n", 400),
        (b"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0", 411),
        (b"GET / HTTP/9.9\r\n\r\n", 505),
    ],
)
def test_it_answers_odd_heads_with_a_problem(server: Server, data: bytes, status: int) -> None:
    assert problem_of(server.raw(data))[0] == status
    assert alive(server)


def test_it_serves_others_while_half_bodies_hang(server: Server) -> None:
    head = b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf"
    hanging = [server.connect() for _ in range(30)]
    try:
        for sock in hanging:
            sock.sendall(head)
        # nameko's own server stops here: its ten workers are taken by the half bodies (F24).
        assert alive(server)
    finally:
        for sock in hanging:
            sock.close()


def test_it_turns_away_more_connections_than_it_can_hold(server: Server) -> None:
    held = [server.connect() for _ in range(40)]
    try:
        # A busy machine takes its time to accept all that are held.
        soon(lambda: turned_away(server))
    finally:
        for sock in held:
            sock.close()
    soon(lambda: alive(server))


def turned_away(server: Server) -> bool:
    """Return whether one more connection is answered 503 before it has asked anything."""
    try:
        status, problem = problem_of(server.raw(b""))
    except (OSError, ValueError, IndexError):
        return False
    return (status, problem["status"]) == (503, 503)


def soon(check: Callable[[], bool], seconds: float = 30) -> None:
    """Wait until ``check`` holds; fail when it does not within a bound that judges no speed."""
    end = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < end
        time.sleep(0.1)


def test_it_survives_resets(server: Server) -> None:
    for _ in range(20):
        sock = server.connect()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 100\r\n\r\nhalf")
        sock.close()
    assert alive(server)
    assert server.process.poll() is None


def test_it_answers_what_is_in_flight_when_it_is_told_to_end() -> None:
    server = Server()
    try:
        server.wait()
        answers: list[int] = []

        def ask() -> None:
            answers.append(requests.get(server.url("/slow"), timeout=10).status_code)

        asking = threading.Thread(target=ask)
        asking.start()
        time.sleep(0.4)
        server.process.send_signal(signal.SIGTERM)
        asking.join(10)
        assert answers == [200]
        assert server.process.wait(15) == 0
    finally:
        server.end()
