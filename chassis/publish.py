"""Publishing with the broker's promise: mandatory, persistent, confirmed, bounded.

A publish that is not confirmed in time breaks its connection by closing the raw socket: under a
memory alarm or a stopped broker even ``channel.close()`` can wait for ever (quality.md F13).
"""

import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from queue import Empty, LifoQueue
from typing import Any

import structlog
from amqp.exceptions import AMQPError
from kombu.connection import Connection
from kombu.exceptions import KombuError
from kombu.messaging import Producer

from chassis import metrics, topology
from chassis.errors import Unavailable

CONFIRM_TIMEOUT = 3.5
CONNECT_TIMEOUT = 3.0
RETRY_AFTER = 2

log = structlog.get_logger()
BROKEN = (OSError, AMQPError, KombuError, TimeoutError)


class Publisher:
    """One connection to the broker with confirms; not shared by two callers at a time."""

    def __init__(self, uri: str, *, confirm_timeout: float = CONFIRM_TIMEOUT) -> None:
        self.uri = uri
        self.confirm_timeout = confirm_timeout
        self._connection: Connection | None = None
        self._producer: Producer | None = None

    def publish(
        self,
        *,
        exchange: str,
        routing_key: str,
        body: bytes,
        headers: Mapping[str, Any] | None = None,
    ) -> None:
        """Return when the broker has confirmed the message.

        Raises ``Unavailable`` when it did not within the bound, refused it, or had no queue for
        it; whether the broker has it is then unknown and the same message is to be sent again.
        """
        try:
            self._ready().publish(
                body,
                exchange=exchange,
                routing_key=routing_key,
                headers=dict(headers or {}),
                content_type="application/cloudevents+json",
                content_encoding="utf-8",
                delivery_mode=2,
                mandatory=True,
                timeout=self.confirm_timeout,
                confirm_timeout=self.confirm_timeout,
            )
            metrics.published(exchange, "confirmed")
        except BROKEN as problem:
            self.abort()
            metrics.published(exchange, "failed")
            log.warning("publish_failed", exchange=exchange, error=type(problem).__name__)
            raise Unavailable("broker_away", "not confirmed", retry_after=RETRY_AFTER) from problem
        except BaseException:
            # A greenlet killed while it waits would leave its confirm to the next caller.
            self.abort()
            raise

    def _ready(self) -> Producer:
        if self._producer is None:
            connection = Connection(
                self.uri,
                connect_timeout=CONNECT_TIMEOUT,
                transport_options={
                    "confirm_publish": True,
                    "read_timeout": self.confirm_timeout,
                    "write_timeout": self.confirm_timeout,
                },
            )
            connection.connect()
            self._connection = connection
            topology.declare(connection)
            self._producer = Producer(connection.default_channel, auto_declare=False)
        return self._producer

    def abort(self) -> None:
        """Break the connection at the socket, without waiting for anybody."""
        connection, self._connection, self._producer = self._connection, None, None
        if connection is None:
            return
        raw = getattr(connection, "_connection", None)
        connection._connection = None
        sock = getattr(getattr(raw, "transport", None), "sock", None)
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                sock.close()


class PublisherPool:
    """A few publishers shared by many callers; the wait for a free one is bounded."""

    def __init__(self, make: Callable[[], Publisher], *, size: int = 6, wait: float = 1.0) -> None:
        self._free: LifoQueue[Publisher] = LifoQueue()
        self._wait = wait
        for _ in range(size):
            self._free.put(make())

    @contextmanager
    def take(self) -> Iterator[Publisher]:
        """Lend a publisher; raises ``Unavailable`` when none is free in time."""
        try:
            publisher = self._free.get(timeout=self._wait)
        except Empty as nobody:
            raise Unavailable("busy", "all publishers are busy", retry_after=1) from nobody
        try:
            yield publisher
        finally:
            self._free.put(publisher)

    def publish(self, **message: Any) -> None:
        """Publish by a free publisher; see :meth:`Publisher.publish`."""
        with self.take() as publisher:
            publisher.publish(**message)

    def abort(self) -> None:
        """Break all connections that are not lent out."""
        with suppress(Empty):
            while True:
                self._free.get_nowait().abort()


def wait_for_broker(uri: str, seconds: float) -> bool:
    """Return whether the broker accepts a connection within ``seconds``."""
    end = time.monotonic() + seconds
    while True:
        try:
            with Connection(uri, connect_timeout=CONNECT_TIMEOUT) as connection:
                connection.connect()
                return True
        except BROKEN:
            if time.monotonic() > end:
                return False
            time.sleep(0.2)
