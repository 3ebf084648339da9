"""A consumer that drains: cancelled first, closed only when all it took is settled (F20, F21).

nameko closes its connection while handlers still run and so loses their acks. It also ends the
process when an ack meets a connection that is gone (F18): here such an ack is only noted, because
the broker has given the message to somebody else, whom the inbox tells that it was handled.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import eventlet
import structlog
from amqp.transport import TCPTransport
from eventlet.semaphore import Semaphore
from kombu.connection import Connection
from kombu.mixins import ConsumerMixin

# How long a broker may take to answer the last words of a connection.
ANSWER_SECONDS = 5
LOOK_SECONDS = 0.05
READ_BYTES = 16 * 1024

log = structlog.get_logger()


class DrainingConsumer(ConsumerMixin):
    """kombu's consuming loop, made again whatever breaks it, that ends only with empty hands."""

    in_hand = 0
    thread: Any = None

    def begin(self, container: Any, identifier: str) -> None:
        """Begin to consume; the broker may still be away."""
        self.writing = Semaphore(1)
        self.thread = container.spawn_managed_thread(self.run_for_ever, identifier=identifier)

    def run_for_ever(self) -> None:
        """Consume until stopped; whatever breaks the connection, connect again."""
        while not self.should_stop:
            try:
                self.run()
            except Exception as problem:
                self.on_connection_revived()
                detail = str(problem)[:300]
                log.warning("consumer_lost", error=type(problem).__name__, detail=detail)
                eventlet.sleep(1)

    @contextmanager
    def establish_connection(self) -> Iterator[Connection]:
        """Connect, trying again each second or two: kombu's own waits grow to half a minute."""
        with self.create_connection() as connection:
            connection.ensure_connection(
                self.on_connection_error, interval_start=0.5, interval_step=0.5, interval_max=2
            )
            read_ahead(connection)
            yield connection

    def on_connection_error(self, problem: Exception, interval: float) -> None:
        """The broker is away (kombu's hook): it is tried again until the process ends."""
        if self.should_stop:
            raise problem
        log.warning("broker_away", error=type(problem).__name__, again_in=interval)

    def on_consume_end(self, connection: Connection, channel: Any) -> None:
        """No more is delivered (kombu's hook); the connection stays until all is settled."""
        log.info("consumers_cancelled", in_hand=self.in_hand)
        while self.should_stop and self.in_hand:
            try:
                connection.drain_events(timeout=LOOK_SECONDS)
            except TimeoutError:
                connection.heartbeat_check()

    def drain(self) -> None:
        """Take no more and return when all in hand is settled and the broker has been told so."""
        self.should_stop = True
        while self.in_hand:
            eventlet.sleep(LOOK_SECONDS)
        with eventlet.Timeout(ANSWER_SECONDS, False):
            while self.thread is not None and not self.thread.dead:
                eventlet.sleep(LOOK_SECONDS)

    def settle(self, last_word: Callable[[], object], *, count: int = 1) -> None:
        """Say the last word about ``count`` messages in hand; one that cannot be said is noted."""
        with self.writing:
            try:
                last_word()
            except Exception as problem:
                log.info("settling_lost", error=type(problem).__name__)
        # Only now: the connection is closed when nothing is in hand.
        self.in_hand -= count

    def leave(self, *, count: int = 1) -> None:
        """Settle nothing: the broker gives the messages to somebody else when this one closes."""
        self.in_hand -= count


def read_ahead(connection: Connection) -> None:
    """Let amqp take from its socket what lies there; it would ask nine times for each message.

    It keeps what it did not ask for in a buffer of its own, which is there for time-outs.
    """
    transport = connection.connection.transport
    if isinstance(transport, TCPTransport):
        receive = transport.sock.recv
        transport._quick_recv = lambda _: receive(READ_BYTES)
