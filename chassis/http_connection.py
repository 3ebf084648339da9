"""One client connection under `chassis.http`: bounds on its head, and a decent end.

nameko's own server waits for ever for a head and answers broken ones in bare text. Here the head
has a deadline, a body of doubtful length is refused, and each refusal is a problem (F24-F28).
"""

import contextlib
import functools
import logging
import socket
from dataclasses import dataclass
from typing import Any

import eventlet
from eventlet import wsgi

from chassis.http_plain import Body, answer_bytes, environ_of
from chassis.problems import Refusal

log = logging.getLogger(__name__)

MIB = 1024 * 1024
CHUNK = 64 * 1024
HANDLE = "aymak.connection"
# eventlet's own caps stay: 8 KiB for the address, 8 KiB for one header line, 64 KiB for all.


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """Bounds of the server; sizes in bytes, times in seconds.

    A body has ``body_seconds`` plus the time that ``slowest`` bytes a second would take.
    ``bodies`` bounds the bytes of all bodies that are held at once.
    """

    connections: int = 512
    idle_seconds: float = 15
    head_seconds: float = 10
    body_seconds: float = 10
    slowest: int = 128 * 1024
    stall_seconds: float = 20
    worker_seconds: float = 4
    linger_seconds: float = 2
    drain_seconds: float = 5
    bodies: int = 32 * MIB


class Connection(wsgi.HttpProtocol):
    """One client connection: the head has a deadline, and every error is a problem."""

    refused = False
    rfile: Any

    def handle_one_request(self) -> None:
        """Read one request, refuse it or hand it to the application."""
        buffered = self._peek()
        if not buffered:
            self.close_connection = True
            return
        if self._answer_plain(buffered):
            return
        self.raw_requestline = self._read_request_line()
        self.conn_state[2] = wsgi.STATE_REQUEST
        if not self.raw_requestline:
            self.close_connection = True
            return
        if not self._read_head():
            return
        self.environ = self.get_environ()
        self.application = self.server.app
        try:
            self.handle_one_response()
        except OSError as problem:
            self.close_connection = True
            log.debug("connection lost: %s", problem)

    def _answer_plain(self, buffered: bytes) -> bool:
        """Answer a plain request, see `chassis.http_plain`; False when this is none."""
        found = environ_of(buffered)
        if found is None:
            return False
        environ, head = found
        self.conn_state[2] = wsgi.STATE_REQUEST
        self.close_connection = False
        self.rfile.read(head)
        length = int(environ["CONTENT_LENGTH"])
        body = Body(self.rfile, length, is_here=head + length <= len(buffered))
        host, port = self.client_address[:2]
        environ |= {HANDLE: self, "wsgi.input": body, "REMOTE_ADDR": host, "REMOTE_PORT": str(port)}
        environ |= {"SERVER_NAME": self.local[0], "SERVER_PORT": self.local[1]}
        try:
            response = self.server.app.answer(environ)
            if body.left:
                self.give_up()
            self.connection.sendall(
                answer_bytes(response, environ, closing=bool(self.close_connection))
            )
        except OSError as problem:
            self.close_connection = True
            log.debug("connection lost: %s", problem)
        return True

    def _peek(self) -> bytes:
        """Return what has come of the next request, waiting for its first bytes."""
        data: bytes = b""
        with contextlib.suppress(OSError, ValueError):
            self.connection.settimeout(self.server.limits.idle_seconds)
            data = self.rfile.peek()
            self.connection.settimeout(self.server.limits.stall_seconds)
        return data

    @functools.cached_property
    def local(self) -> tuple[str, str]:
        """Host and port that the client has reached."""
        host, port = self.connection.getsockname()[:2]
        return host, str(port)

    def get_environ(self) -> dict[str, Any]:
        """Return the WSGI environment; a content type that was not given is not made up."""
        environ: dict[str, Any] = super().get_environ()
        if self.headers.get("content-type") is None:
            environ["CONTENT_TYPE"] = ""
        environ[HANDLE] = self
        return environ

    def _read_request_line(self) -> bytes:
        line: bytes = b""
        with eventlet.Timeout(self.server.limits.idle_seconds, False):
            line = super()._read_request_line()
        return line

    def _read_head(self) -> bool:
        plain, self.rfile = self.rfile, wsgi.FileObjectForHeaders(self.rfile)
        try:
            if len(self.raw_requestline) >= self.server.url_length_limit:
                raise Refusal(414, "uri_too_long")
            with eventlet.Timeout(self.server.limits.head_seconds, Refusal(408, "request_timeout")):
                if not self.parse_request():
                    return False
            self._check_framing()
        except Refusal as refusal:
            self.refuse(refusal)
            return False
        except (wsgi.HeaderLineTooLong, wsgi.HeadersTooLarge):
            self.refuse(Refusal(431, "headers_too_large"))
            return False
        finally:
            self.rfile = plain
        return True

    def _check_framing(self) -> None:
        """Refuse a body of unknown or doubtful length (RFC 9112 section 6.3)."""
        if self.headers.get("transfer-encoding") is not None:
            raise Refusal(411, "length_required")
        lengths = set(self.headers.get_all("content-length") or ["0"])
        if len(lengths) > 1 or not all(n.isascii() and n.isdigit() for n in lengths):
            raise Refusal(400, "bad_request")

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what http.server refuses while it reads the head; its words are not shown."""
        codes = {414: "uri_too_long", 431: "headers_too_large", 505: "http_version"}
        self.refuse(Refusal(code, codes.get(code, "bad_request")))

    def refuse(self, refusal: Refusal) -> None:
        """Write a problem without the application and end the connection."""
        self.give_up()
        headers = getattr(self, "headers", None)
        language = headers.get("accept-language", "") if headers else ""
        with contextlib.suppress(OSError):
            self.wfile.write(self.server.refusal_bytes(refusal, language))

    def give_up(self) -> None:
        """Close after this answer: what the client still sends is not read as a request."""
        self.refused = self.close_connection = True

    def finish(self) -> None:
        """Flush, let a refused client read its answer, and close."""
        with contextlib.suppress(OSError, ValueError, eventlet.Timeout):
            self.wfile.flush()
            if self.refused:
                self._linger()
        for part in (self.wfile, self.rfile, self.connection):
            with contextlib.suppress(OSError, ValueError):
                part.close()

    def _linger(self) -> None:
        """Closing with unread bytes would reset the connection and lose the answer on its way."""
        self.connection.shutdown(socket.SHUT_WR)
        with eventlet.Timeout(self.server.limits.linger_seconds):
            while self.connection.recv(CHUNK):
                pass
