"""Publishing with the broker's promise: mandatory, persistent, confirmed, bounded.

**Group confirm**: all callers of a process share one connection. What they publish in the same turn
of the event loop is one write; each waits for its own confirm, and one ack may release many.
"""

import threading
import time
from collections import deque
from collections.abc import Sequence

import structlog
from amqp.exceptions import AMQPError
from kombu.connection import Connection
from kombu.exceptions import KombuError

from chassis import metrics
from chassis.errors import Unavailable
from chassis.frames import Message
from chassis.link import CONNECT_TIMEOUT, HEARTBEAT, Batch, Link

# With the tick of the link and a connection that has to be made first, a caller knows within 5 s.
CONFIRM_TIMEOUT = 3.5
PATIENCE = 1.0
RETRY_AFTER = 2

log = structlog.get_logger()
BROKEN = (OSError, AMQPError, KombuError, TimeoutError)


class Unconfirmed(Unavailable):
    """Not all was confirmed; ``confirmed`` messages were, counted from the first on."""

    code = "broker_away"

    def __init__(self, confirmed: int) -> None:
        super().__init__(None, "not confirmed", retry_after=RETRY_AFTER)
        self.confirmed = confirmed


class Publisher:
    """One connection with confirms for all callers; it connects when it is first needed."""

    def __init__(self, uri: str, *, confirm_timeout: float = CONFIRM_TIMEOUT) -> None:
        self.uri = uri
        self.confirm_timeout = confirm_timeout
        self._pending: deque[Batch] = deque()
        self._news = threading.Event()
        self._lock = threading.Lock()
        self._writer: threading.Thread | None = None
        self._link: Link | None = None
        self._closed = False

    def publish(self, messages: Sequence[Message]) -> None:
        """Return when the broker has confirmed all ``messages``, which go out in this order.

        Raises ``Unconfirmed`` when it did not within the bound, refused one, or had no queue for
        one; whether the broker has those is then unknown, and the same are to be sent again.
        """
        if self._closed:
            raise Unconfirmed(0)
        if not messages:
            return
        batch = Batch(messages)
        self._pending.append(batch)
        self._wake_writer()
        confirmed = batch.wait(self.confirm_timeout + PATIENCE)
        _count(messages, confirmed)
        if confirmed < len(messages):
            raise Unconfirmed(confirmed)

    def _wake_writer(self) -> None:
        if self._writer is None:
            with self._lock:
                if self._writer is None:
                    self._writer = threading.Thread(target=self._write, daemon=True)
                    self._writer.start()
        self._news.set()

    def _write(self) -> None:
        while not self._closed:
            self._news.wait(HEARTBEAT / 2)
            self._news.clear()
            batches = self._take()
            try:
                if batches:
                    self._ready().write(batches)
                elif self._link is not None and not self._link.broken:
                    self._link.beat()
            except Exception as problem:
                self._give_up(problem, batches)
        self._end(self._take())

    def _take(self) -> list[Batch]:
        taken = []
        while self._pending:
            batch = self._pending.popleft()
            if not batch.abandoned:
                taken.append(batch)
        return taken

    def _ready(self) -> Link:
        if self._link is None or self._link.broken:
            self._link = Link(self.uri, self.confirm_timeout)
        return self._link

    def _give_up(self, problem: Exception, batches: list[Batch]) -> None:
        """Fail everybody who waits, those included who came while the connection was tried."""
        unforeseen = not isinstance(problem, BROKEN)
        log.warning("publish_failed", error=type(problem).__name__, exc_info=unforeseen)
        self._end([*batches, *self._take()])

    def _end(self, waiting: list[Batch]) -> None:
        # First the link: what it has settled is not failed again.
        self._cut()
        for batch in waiting:
            batch.fail()

    def _cut(self) -> None:
        if self._link is not None:
            self._link.cut()

    def close(self) -> None:
        """Break the connection and end the threads; whoever still waits is told at once."""
        self._closed = True
        self._news.set()
        self._cut()


def _count(messages: Sequence[Message], confirmed: int) -> None:
    counts: dict[tuple[str, bool], int] = {}
    for index, message in enumerate(messages):
        key = message.exchange, index < confirmed
        counts[key] = counts.get(key, 0) + 1
    for (exchange, is_confirmed), count in counts.items():
        metrics.published(exchange, "confirmed" if is_confirmed else "failed", count)


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
