"""One connection to the broker in confirm mode: written in groups, confirmed out of step.

One thread writes, another reads; both are greenlets in a patched process. A publish that is not
confirmed in time, or a peer that is silent, breaks the connection at the raw socket: under a memory
alarm or a stopped broker even ``channel.close()`` can wait for ever (quality.md F13, F14).
"""

import socket
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

import structlog
from kombu.connection import Connection

from chassis import topology
from chassis.frames import BEAT, Message, publish_frames

CONNECT_TIMEOUT = 3.0
HEARTBEAT = 10
TICK = 0.5

log = structlog.get_logger()


class Batch:
    """Messages that one caller waits for; settled by the link that wrote them."""

    def __init__(self, messages: Sequence[Message]) -> None:
        self.messages = messages
        self.abandoned = False
        self._confirmed = bytearray(len(messages))
        self._left = len(messages)
        self._settled = threading.Lock()
        self._settled.acquire()

    def settle(self, index: int, is_confirmed: bool) -> None:
        """Note what became of one message; the last one wakes the caller."""
        self._confirmed[index] = is_confirmed
        self._left -= 1
        if self._left == 0:
            self._settled.release()

    def fail(self) -> None:
        """Wake the caller: what is not settled yet never will be."""
        if self._left > 0:
            self._left = 0
            self._settled.release()

    def wait(self, seconds: float) -> int:
        """Return how many messages, from the first on, were confirmed within ``seconds``."""
        if not self._settled.acquire(timeout=seconds):
            # What nobody waits for need not be written any more.
            self.abandoned = True
        first_missing = self._confirmed.find(0)
        return len(self.messages) if first_missing < 0 else first_missing


class Link:
    """A connection that is up, its topology declared; broken once, it stays broken."""

    def __init__(self, uri: str, confirm_timeout: float) -> None:
        """Connect within bounds; raises what amqp and kombu raise when the broker is away."""
        self.broken = False
        self._confirm_timeout = confirm_timeout
        self._lock = threading.Lock()
        self._tag = 0
        self._waiting: OrderedDict[int, tuple[Batch, int, float]] = OrderedDict()
        connection = Connection(uri, connect_timeout=CONNECT_TIMEOUT, heartbeat=HEARTBEAT)
        connection.connect()
        self._amqp = connection.connection
        # kombu would close it in good order, and could wait for ever while it does.
        connection._connection = None
        self._socket = self._amqp.transport.sock
        self._socket.settimeout(CONNECT_TIMEOUT)
        try:
            topology.declare(self._amqp)
            self._channel = self._open()
        except BaseException:
            self.cut()
            raise
        # Each read ends by itself, so that the confirms that are due are looked at.
        self._socket.settimeout(TICK)
        threading.Thread(target=self._read, daemon=True).start()

    def _open(self) -> Any:
        channel = self._amqp.channel()
        channel.events["basic_ack"].add(lambda tag, many: self._settle(tag, many, True))
        channel.events["basic_nack"].add(lambda tag, many: self._settle(tag, many, False))
        channel.events["basic_return"].add(self._returned)
        channel.confirm_select()
        return channel

    def write(self, batches: Iterable[Batch]) -> None:
        """Send all messages of ``batches`` with one write; raises ``OSError`` when it is broken."""
        where = {"channel": self._channel.channel_id, "frame_max": self._amqp.frame_max}
        data: list[bytes] = []
        with self._lock:
            if self.broken:
                raise ConnectionError("the connection is broken")
            now = time.monotonic()
            for batch in batches:
                for index, message in enumerate(batch.messages):
                    self._tag += 1
                    self._waiting[self._tag] = batch, index, now
                    data.append(publish_frames(message, self._tag, **where))
        self._send(b"".join(data))

    def beat(self) -> None:
        """Tell the broker that this end lives."""
        self._send(BEAT)

    def _send(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[self._socket.send(left) :]
            except TimeoutError:
                # A broker that reads slowly is not gone: the reader knows when it is.
                if self.broken:
                    raise

    def _read(self) -> None:
        heard = time.monotonic()
        try:
            while not self.broken:
                with suppress(TimeoutError):
                    self._amqp.blocking_read()
                    heard = time.monotonic()
                self._check(heard)
        except Exception as problem:
            if not self.broken:
                log.warning("broker_lost", error=type(problem).__name__, detail=str(problem)[:300])
        finally:
            self.cut()

    def _check(self, heard: float) -> None:
        now = time.monotonic()
        if now - heard > 2 * HEARTBEAT:
            raise TimeoutError("the broker is silent")
        with self._lock:
            oldest = next(iter(self._waiting.values()), None)
        if oldest is not None and now - oldest[2] > self._confirm_timeout:
            raise TimeoutError("not confirmed in time")

    def _settle(self, tag: int, multiple: bool, is_confirmed: bool) -> None:
        with self._lock:
            settled = [self._waiting.pop(tag, None)]
            while multiple and self._waiting and next(iter(self._waiting)) < tag:
                settled.append(self._waiting.popitem(last=False)[1])
            for entry in settled:
                if entry is not None:
                    entry[0].settle(entry[1], is_confirmed)

    def _returned(self, problem: Exception, exchange: str, routing_key: str, message: Any) -> None:
        """No queue took it; its ack, which comes later, then finds nobody who waits."""
        log.warning("unroutable", exchange=exchange, routing_key=routing_key)
        self._settle(int(message.properties["message_id"]), False, False)

    def cut(self) -> None:
        """Break the connection at the socket, without waiting for anybody."""
        with self._lock:
            self.broken = True
            lost, self._waiting = self._waiting, OrderedDict()
            for batch, index, _ in lost.values():
                batch.settle(index, False)
        for end in (lambda: self._socket.shutdown(socket.SHUT_RDWR), self._socket.close):
            with suppress(OSError):
                end()
