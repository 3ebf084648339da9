"""The queues of calls and replies, so that the loss of one node of a broker cluster ends neither.

nameko's own are classic queues, which live on one node: while it is away they can be neither used
nor declared, and nameko ends the process over it. Calls wait in a quorum queue; replies come to a
queue of the connection, which is made anew on each one. Nothing here ends the process, and each
call spends at most a second on a node that does not answer.
"""

import uuid
from typing import Any, ClassVar

from kombu.entity import Queue
from nameko.amqp.consume import Consumer
from nameko.amqp.publish import Publisher
from nameko.constants import DEFAULT_TRANSPORT_OPTIONS
from nameko.rpc import ReplyListener, get_rpc_exchange

from chassis import topology
from chassis.draining import DrainingConsumer

EXCHANGE = topology.CALLS
CONNECT_SECONDS = 1.0


def call_queue(service: str) -> Queue:
    """Return the one queue of the calls of a service, for all its instances."""
    return Queue(
        topology.calls_of(service),
        exchange=get_rpc_exchange(),
        routing_key=f"{service}.*",
        durable=True,
        queue_arguments={"x-queue-type": "quorum", "x-delivery-limit": topology.DELIVERY_LIMIT},
    )


class CallPublisher(Publisher):
    """Sends calls and replies."""

    transport_options: ClassVar[dict[str, Any]] = {
        **DEFAULT_TRANSPORT_OPTIONS,
        "connect_timeout": CONNECT_SECONDS,
    }


class ReplyConsumer(DrainingConsumer, Consumer):
    """Consumes replies from a queue that lives as long as the connection."""

    def __init__(self, _: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)

    def get_consumers(self, consumer_cls: Any, channel: Any) -> list[Any]:
        """Declare a new queue for the same routing key (kombu's hook)."""
        self.queues: list[Queue] = [
            Queue(
                f"{topology.REPLIES}.{uuid.uuid4()}",
                exchange=get_rpc_exchange(),
                routing_key=self.queues[0].routing_key,
                durable=False,
                exclusive=True,
            )
        ]
        return list(super().get_consumers(consumer_cls, channel))


class Replies(ReplyListener):
    """Listens for replies, waits for no broker, and never ends the process."""

    consumer_cls = ReplyConsumer

    def start(self) -> None:
        """Start to listen; nameko would hold up the whole start until the broker is there."""
        self.consumer.begin(self.container, "reply consumer")

    def register_for_reply(self, correlation_id: str) -> Any:
        """Return what waits for a reply, and forgets it when the caller gives up."""
        wait = super().register_for_reply(correlation_id)

        def reply() -> Any:
            try:
                return wait()
            finally:
                self.pending.pop(correlation_id, None)

        return reply
