"""The nameko extensions of the gateway: broker, services, keys.

Each is made without touching what it stands for: the gateway starts, and stays, while broker and
database are away (quality.md rule 8).
"""

from collections.abc import Sequence
from typing import Any

from nameko.extensions import DependencyProvider
from nameko.rpc import ClusterRpc, get_rpc_exchange

from chassis.frames import Message
from chassis.publish import Publisher
from chassis.rpc import Caller
from chassis.rpc_queues import CallPublisher, Replies
from chassis.settings import settings
from gateway.events import Accepted
from gateway.keys import KeyRing
from gateway.limits import Buckets
from gateway.secrets_kept import check_password

EXCHANGE = "portal.events"


class Broker:
    """Publishes the portal's events; one call lasts at most five seconds, `chassis.publish`."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self._publisher = Publisher(uri)

    def publish(self, events: Sequence[Accepted]) -> None:
        """Return when the broker has confirmed all; raises ``Unavailable`` when it has not."""
        self._publisher.publish([Message(EXCHANGE, event.type, event.body) for event in events])

    def close(self) -> None:
        """Break the connection."""
        self._publisher.close()


class BrokerProvider(DependencyProvider):
    """Give ``self.broker``."""

    broker: Broker | None = None

    def setup(self) -> None:
        """Make the publisher; it connects when it is needed."""
        self.broker = Broker(settings().amqp_uri)

    def get_dependency(self, worker_ctx: Any) -> Broker:
        """Return the broker."""
        assert self.broker is not None
        return self.broker

    def stop(self) -> None:
        """Break the connection."""
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


class LimitsProvider(DependencyProvider):
    """Give ``self.limits``, the buckets of the process."""

    buckets: Buckets | None = None

    def setup(self) -> None:
        """Make the buckets, all full."""
        self.buckets = Buckets(settings().rate_scale)

    def get_dependency(self, worker_ctx: Any) -> Buckets:
        """Return the buckets."""
        assert self.buckets is not None
        return self.buckets
