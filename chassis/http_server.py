"""The HTTP server under `chassis.http`: eventlet's WSGI server with bounds (quality.md F24-F28).

nameko's own server takes a worker before it reads the body and reads bodies of any size. Here the
body is read with a limit and a deadline on the connection's own greenlet; only a whole, small
enough request reaches a worker.
"""

import contextlib
import logging
import socket
from collections.abc import Iterator
from functools import partial
from typing import Any

import eventlet
from eventlet import wsgi
from nameko.extensions import ProviderCollector
from nameko.web.server import WebServer
from werkzeug.wrappers import Request

from chassis.http_connection import CHUNK, Connection, Limits
from chassis.problems import NoWords, Refusal, Words, problem_response, secure

log = logging.getLogger(__name__)


class BoundedServer(WebServer):
    """nameko's web server with the bounds of ``limits``; ``words`` is set by a subclass."""

    limits = Limits()
    words: Words = NoWords()
    _starting: bool
    _is_accepting: bool

    def __init__(self) -> None:
        super().__init__()
        self.open = 0
        self.busy = 0
        self.held = 0

    def refusal_bytes(self, refusal: Refusal, language: str = "") -> bytes:
        """Return the whole HTTP answer to a request that never reached the application."""
        response = problem_response(refusal, self.words, language)
        secure(response)
        response.headers["Connection"] = "close"
        head = "".join(f"{name}: {value}\r\n" for name, value in response.headers)
        return f"HTTP/1.1 {response.status}\r\n{head}\r\n".encode("latin-1") + response.get_data()

    def get_wsgi_server(
        self, sock: Any, wsgi_app: Any, protocol: type = Connection, debug: bool = False
    ) -> wsgi.Server:
        """Return eventlet's server with our connection class, time-outs and no access log."""
        server = wsgi.Server(
            sock,
            sock.getsockname(),
            wsgi_app,
            protocol=protocol,
            debug=debug,
            log_output=False,
            socket_timeout=self.limits.stall_seconds,
        )
        # Its constructor would put an access log there, which this server does not keep.
        server.log = log
        server.limits = self.limits
        server.refusal_bytes = self.refusal_bytes
        return server

    def start(self) -> None:
        """Listen; a port that somebody else holds is an error (no SO_REUSEPORT)."""
        if self._starting:
            return
        self._starting = True
        self._sock = eventlet.listen(self.bind_addr, backlog=511, reuse_port=False)
        self._sock.settimeout(None)
        self._serv = self.get_wsgi_server(self._sock, self.get_wsgi_app())
        self._gt = self.container.spawn_managed_thread(self.run)

    def close_door(self) -> None:
        """Accept no more connections; what is in flight goes on (quality.md rule 7)."""
        if self._is_accepting and self._gt is not None:
            self._is_accepting = False
            self._gt.kill()
            self._sock.close()

    def stop(self) -> None:
        """Wait for the answers that are being written, then stop."""
        self.close_door()
        self.drain()
        ProviderCollector.stop(self)

    def drain(self) -> None:
        """Return when nothing is in flight, or when that has lasted too long."""
        with eventlet.Timeout(self.limits.drain_seconds, False):
            while self.busy:
                eventlet.sleep(0.02)

    def run(self) -> None:
        """Accept connections until stopped; one too many is told so and closed."""
        while self._is_accepting:
            try:
                sock, address = self._sock.accept()
            except OSError as problem:
                # Out of file descriptors, or a client that went away in the queue.
                log.warning("accept failed: %s", problem)
                eventlet.sleep(0.1)
                continue
            if self.open >= self.limits.connections:
                self._turn_away(sock)
                continue
            sock.settimeout(self.limits.stall_seconds)
            self.open += 1
            self.container.spawn_managed_thread(
                partial(self.process_request, sock, address), identifier="http connection"
            )

    def process_request(self, sock: Any, address: Any) -> None:
        """Serve one connection; whatever happens to it, the process lives on (quality.md F27)."""
        try:
            self._serv.process_request([address, sock, wsgi.STATE_IDLE])
        except Exception as problem:
            log.info("connection ended: %s", type(problem).__name__)
        finally:
            self.open -= 1
            sock.close()

    def _turn_away(self, sock: Any) -> None:
        with contextlib.suppress(OSError):
            sock.settimeout(0)
            sock.sendall(self.refusal_bytes(Refusal(503, "too_many_connections")))
            sock.shutdown(socket.SHUT_WR)
            sock.recv(CHUNK)
        sock.close()

    @contextlib.contextmanager
    def body(self, request: Request, limit: int) -> Iterator[bytes]:
        """Read the whole body of ``request`` with its deadline; its bytes are counted meanwhile.

        Raises :class:`Refusal`: 413 over ``limit``, 408 too slow, 400 half sent, 503 when the
        bodies at hand together are too many bytes. A body of one chunk is always taken: a few
        strangers who hold back the end of large ones stop no single event.
        """
        length = request.content_length or 0
        if length > limit:
            raise Refusal(413, "too_large")
        stream = request.environ["wsgi.input"]
        if getattr(stream, "is_here", False):
            # It came with its head and lies in the connection's own buffer.
            yield stream.read(length)
            return
        counted = [0]
        seconds = self.limits.body_seconds + length / self.limits.slowest
        try:
            with eventlet.Timeout(seconds, Refusal(408, "request_timeout")):
                body = b"".join(self._chunks(stream, length, counted))
            if len(body) < length:
                raise Refusal(400, "incomplete_body")
            yield body
        finally:
            self.held -= counted[0]

    def _chunks(self, stream: Any, length: int, counted: list[int]) -> Iterator[bytes]:
        is_small = length <= CHUNK
        while length > 0:
            try:
                chunk = stream.read(min(CHUNK, length))
            except TimeoutError as problem:
                raise Refusal(408, "request_timeout") from problem
            except OSError as problem:
                raise Refusal(400, "incomplete_body") from problem
            if not chunk:
                return
            counted[0] += len(chunk)
            self.held += len(chunk)
            length -= len(chunk)
            if self.held > self.limits.bodies and not is_small:
                raise Refusal(503, "too_busy", retry_after=2)
            yield chunk
