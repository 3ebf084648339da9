"""The nameko extensions of the gateway: broker, services, keys.

Each is made without touching what it stands for: the gateway starts, and stays, while broker and
database are away (quality.md rule 8).
"""

from typing import Any

import eventlet
from nameko.extensions import DependencyProvider
from nameko.rpc import ClusterRpc, get_rpc_exchange

from chassis.errors import Unavailable
from chassis.publish import Publisher, PublisherPool
from chassis.rpc import Caller
from chassis.rpc_queues import CallPublisher, Replies
from chassis.settings import settings
from gateway.keys import KeyRing
from gateway.secrets_kept import check_password

# 503 within 5 seconds (quality.md fault row 1), whatever the broker is doing.
PUBLISH_SECONDS = 4.5
EXCHANGE = "portal.events"


class Broker:
    """Publishes the portal's events; one call lasts at most ``PUBLISH_SECONDS``."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._pool = PublisherPool(lambda: Publisher(uri))

    def publish(self, routing_key: str, body: bytes) -> None:
        """Return when the broker has confirmed; raises ``Unavailable`` when it has not."""
        refusal = Unavailable("broker_away", "not confirmed in time", retry_after=2)
        # In a greenlet of its own, which ends by its own bounds: a connection that hangs in the
        # driver need not heed a Timeout, the wait here does (quality.md F13).
        publishing = eventlet.spawn(self._attempt, routing_key, body)
        with eventlet.Timeout(PUBLISH_SECONDS, refusal):
            problem = publishing.wait()
        if problem is not None:
            raise problem

    def _attempt(self, routing_key: str, body: bytes) -> Exception | None:
        # Returned, not raised: the hub prints what leaves a greenlet, even when it is waited for.
        try:
            self._pool.publish(exchange=EXCHANGE, routing_key=routing_key, body=body)
        except Exception as problem:
            return problem
        return None

    def close(self) -> None:
        """Break the connections."""
        self._pool.abort()


class BrokerProvider(DependencyProvider):
    """Give ``self.broker``."""

    broker: Broker | None = None

    def setup(self) -> None:
        """Make the publishers; they connect when they are needed."""
        self.broker = Broker(settings().amqp_uri)

    def get_dependency(self, worker_ctx: Any) -> Broker:
        """Return the broker."""
        assert self.broker is not None
        return self.broker

    def stop(self) -> None:
        """Break the connections."""
        if self.broker is not None:
            self.broker.close()


class ServicesProvider(ClusterRpc):
    """Give ``self.services``: ``call(service, method, …)``, see `chassis.rpc.Caller`."""

    publisher_cls = CallPublisher
    reply_listener = Replies()

    def setup(self) -> None:
        """Take the broker's address now: nameko took it when this class was imported."""
        self.amqp_uri = settings().amqp_uri
        super().setup()
        # The queue of the replies belongs to the listener's connection alone.
        self.publisher.declare = [get_rpc_exchange()]

    def get_dependency(self, worker_ctx: Any) -> Caller:
        """Return a caller for this worker."""
        return Caller(super().get_dependency(worker_ctx))


class KeyRingProvider(DependencyProvider):
    """Give ``self.keys``, one ring for the process."""

    ring: KeyRing | None = None

    def setup(self) -> None:
        """Make the ring, and compare a password once, so that the first sign-in is not slower."""
        self.ring = KeyRing()
        check_password(None, "")

    def get_dependency(self, worker_ctx: Any) -> KeyRing:
        """Return the ring."""
        assert self.ring is not None
        return self.ring
