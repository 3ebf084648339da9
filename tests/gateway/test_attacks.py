"""The attack list of quality.md F24-F28 against the whole gateway (fault row 17)."""

import contextlib
import json
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.house import House, registered

KIND = "application/cloudevents+json"


@pytest.fixture(autouse=True)
def _nothing_stored(house: House) -> Any:
    """Whatever is sent here, nothing of it may reach a queue."""
    house.journal()
    yield
    assert house.journal() == []
    assert house.processes["gateway"].poll() is None


def head(house: House, length: int, **more: str) -> bytes:
    headers = {
        "Host": "aymak",
        "Authorization": f"Bearer {house.first.portal_key}",
        "Content-Type": KIND,
        "Content-Length": str(length),
        **more,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"POST /v1/events HTTP/1.1\r\n{lines}\r\n".encode()


def connect(house: House) -> socket.socket:
    return socket.create_connection(("127.0.0.1", house.port), timeout=60)


def talk(house: House, *parts: bytes, half_close: bool = False) -> tuple[int, dict[str, Any]]:
    with connect(house) as sock:
        with contextlib.suppress(OSError):
            for part in parts:
                sock.sendall(part)
            if half_close:
                sock.shutdown(socket.SHUT_WR)
        answer = b""
        with contextlib.suppress(OSError):
            while piece := sock.recv(65536):
                answer += piece
    top, _, body = answer.partition(b"\r\n\r\n")
    assert b"application/problem+json" in top, answer[:200]
    return int(top.split()[1]), json.loads(body)


def test_it_refuses_a_body_half_sent(house: House) -> None:
    event = json.dumps(registered("half")).encode()
    status, problem = talk(house, head(house, len(event)), event[:-20], half_close=True)
    assert (status, problem["type"].rpartition("/")[2]) == (400, "incomplete_body")


def test_it_gives_up_a_body_that_never_comes(house: House) -> None:
    status, problem = talk(house, head(house, 500), b'{"specversion":')
    assert (status, problem["type"].rpartition("/")[2]) == (408, "request_timeout")


def test_it_refuses_200_megabytes_before_they_come(house: House) -> None:
    status, _ = talk(house, head(house, 200_000_000), b" " * 300_000)
    assert status == 413


@pytest.mark.parametrize("size", [70_000, 9_000_000])
def test_it_refuses_an_event_that_is_too_large(house: House, size: int) -> None:
    answer = house.send(b" " * size)
    assert answer.status_code == 413
    assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"not json", KIND, 400),
        (b"", KIND, 400),
        (b'{"id": 1, "id": 2}', KIND, 400),
        (b'{"x": NaN}', KIND, 400),
        (b"[" * 60_000, KIND, 400),
        ('{"id": "я"}'.encode("cp1251"), KIND, 400),
        (b"{}", f"{KIND}; charset=windows-1251", 415),
        (b"<event/>", "application/xml", 415),
        (b"null", KIND, 422),
        (b"[]", KIND, 422),
        (b"{}", "application/cloudevents-batch+json", 400),
    ],
)
def test_it_refuses_what_is_no_event(house: House, body: bytes, kind: str, status: int) -> None:
    answer = house.send(body, kind)
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_it_refuses_a_chunked_event(house: House) -> None:
    chunked = head(house, 0).replace(b"Content-Length: 0", b"Transfer-Encoding: chunked")
    assert talk(house, chunked, b"5\r\nhello\r\n0\r\n\r\n")[0] == 411


def test_it_serves_others_during_a_flood(house: House) -> None:
    """Two hundred half bodies, header floods, resets and odd bytes; others are served."""
    house.token("administrator")
    before = resident(house)
    held = [connect(house) for _ in range(200)]
    try:
        for sock in held:
            sock.sendall(head(house, 60_000) + b"{" * 20_000)
        for number in range(100):
            with contextlib.suppress(OSError), connect(house) as odd:
                odd.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
                odd.sendall(b"\x16\x03\x01" * number)
            with contextlib.suppress(OSError), connect(house) as flood:
                flood.sendall(b"GET / HTTP/1.1\r\n" + b"X-More: of the same\r\n" * 5_000)
        answers: list[int] = []

        def ask() -> None:
            answers.append(house.ask("GET", "/v1/people", who="administrator").status_code)

        asking = [threading.Thread(target=ask) for _ in range(8)]
        for thread in asking:
            thread.start()
        for thread in asking:
            thread.join(30)
        assert answers == [200] * 8
        # The process alone takes about 120 MB.
        assert resident(house) < max(150, before + 30), "MB"
    finally:
        for sock in held:
            sock.close()


def test_it_serves_others_while_a_few_hold_back_large_bodies(house: House) -> None:
    """Strangers fill the bytes of all bodies that are held at once; small ones still pass."""
    largest = 8 * 1024 * 1024
    held = [connect(house) for _ in range(6)]
    try:
        for sock, sent in zip(held, [largest - 1] * 4 + [192 * 1024, 64 * 1024], strict=True):
            sock.sendall(head(house, largest, Authorization="Bearer nobody") + b" " * sent)
        time.sleep(1)
        assert house.send(b" " * 200_000).status_code == 503, "the large ones have their bound"
        assert house.send(b"not json").status_code == 400
    finally:
        for sock in held:
            sock.close()


def test_it_keeps_its_memory_while_strangers_guess(house: House) -> None:
    for number in range(30):
        assert house.sign_in("x", f"stranger-{number}").status_code == 401
    assert resident(house) < 250, "MB"


def resident(house: House) -> int:
    """Return the memory of the gateway's process in MB."""
    status = Path(f"/proc/{house.processes['gateway'].pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0]) // 1024


def test_it_shows_no_exception_to_anybody(house: House) -> None:
    for path in ("/v1/people/%00", "/v1/unsubscribe/%ff%fe", "/%2e%2e/%2e%2e/etc/passwd", "/v1/%"):
        answer = house.ask("GET", path)
        assert answer.status_code in (200, 401, 404)
        assert "Traceback" not in answer.text and "Error" not in answer.text
