"""Plain requests are read quickly; whatever is doubtful is left to the careful reader."""

import pytest

from chassis.http_plain import Body, environ_of

HEAD = (
    b"POST /echo?a=1 HTTP/1.1\r\n"
    b"Host: aymak\r\n"
    b"Content-Type:application/json \r\n"
    b"X-Name: \xd0\xb9\r\n"
    b"Content-Length: 4\r\n"
    b"\r\n"
)


def test_it_reads_what_wsgi_says_of_a_request():
    found = environ_of(HEAD + b"bodyPOST /next")
    assert found is not None
    environ, length = found
    assert length == len(HEAD)
    assert environ == {
        "REQUEST_METHOD": "POST",
        "SCRIPT_NAME": "",
        "PATH_INFO": "/echo",
        "QUERY_STRING": "a=1",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "HTTP_HOST": "aymak",
        "CONTENT_TYPE": "application/json",
        "CONTENT_LENGTH": "4",
        "HTTP_X_NAME": "\xd0\xb9",
    }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"POST", b"GET"),
        (b"POST", b"post"),
        (b"HTTP/1.1", b"HTTP/1.0"),
        (b"HTTP/1.1", b"HTTP/1.1 "),
        (b"/echo", b"http://aymak/echo"),
        (b"/echo", b"//echo"),
        (b"/echo", b"/%65cho"),
        (b"/echo", b"/echo#"),
        (b"/echo", b"/ec\xd0ho"),
        (b"/echo?", b"/echo "),
        (b"Content-Length: 4\r\n", b""),
        (b"Length: 4", b"Length: +4"),
        (b"Length: 4", b"Length: 4, 4"),
        (b"Length: 4", b"Length: \xd9\xa4"),
        (b"Length: 4", b"Length: 4\r\nContent-Length: 4"),
        (b"Length: 4", b"Length: 4\r\nContent-Length: 5"),
        (b"Length: 4", b"Length : 4"),
        (b"Length: 4", b"Length: 99999999999"),
        (b"Host: aymak", b"Host: aymak\r\nhost: other"),
        (b"Host: aymak", b"Host: aymak\r\n folded"),
        (b"Host: aymak", b"Host: ay\x00mak"),
        (b"Host: aymak", b"Host: ay\rmak"),
        (b"Host: aymak", b"Host: aymak\n"),
        (b"Host: aymak", b"Host_: aymak"),
        (b"Host: aymak", b": aymak"),
        (b"Host: aymak", b"aymak"),
        (b"Host: aymak", b"Host: aymak\r\nTransfer-Encoding: chunked"),
        (b"Host: aymak", b"Host: aymak\r\nExpect: 100-continue"),
        (b"Host: aymak", b"Host: aymak\r\nUpgrade: h2c"),
        (b"Host: aymak", b"Host: aymak\r\nTE: trailers"),
        (b"Host: aymak", b"Host: aymak\r\nTrailer: x"),
        (b"Host: aymak", b"Host: aymak\r\nConnection: close"),
        (b"Host: aymak", b"Host: aymak\r\nConnection: keep-alive, TE"),
        (b"\r\n\r\n", b"\r\n"),
        (b"\r\n\r\n", b"\n\n"),
        (b"\r\n", b"\n"),
    ],
)
def test_it_leaves_alone_what_is_doubtful(old: bytes, new: bytes):
    changed = HEAD.replace(old, new)
    assert changed != HEAD
    assert environ_of(changed) is None


def test_it_leaves_alone_what_has_not_come_whole():
    assert all(environ_of(HEAD[:length]) is None for length in range(len(HEAD)))


def test_it_takes_an_explicit_keep_alive():
    assert environ_of(HEAD.replace(b"Host: a", b"Connection: keep-alive\r\nHost: a")) is not None


class Stream:
    def __init__(self, data: bytes) -> None:
        self.data = data

    def read(self, size: int) -> bytes:
        taken, self.data = self.data[:size], self.data[size:]
        return taken


def test_it_reads_no_further_than_the_body():
    body = Body(Stream(b"bodyPOST /next"), 4)
    assert (body.read(3), body.left, body.read(9), body.read(9)) == (b"bod", 1, b"y", b"")
