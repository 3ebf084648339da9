"""The entrypoint under ``rpc``: nameko's, draining, and with no error that ends the process.

nameko waits at the start until the broker is there, loses the acks of calls that run at its end
(F20), and dies of a reply that cannot be sent or an ack that comes too late (F18, F19).
"""

from typing import Any

import structlog
from kombu.message import Message
from nameko.amqp.consume import Consumer
from nameko.rpc import Responder, Rpc, RpcConsumer, get_rpc_exchange

from chassis.draining import DrainingConsumer
from chassis.rpc_queues import CallPublisher, call_queue

log = structlog.get_logger()


class CallQueue(DrainingConsumer, Consumer):
    """nameko's consumer of one queue, which counts what it has in hand."""

    def on_message(self, body: Any, message: Message) -> None:
        """Begin a call (kombu's hook)."""
        self.in_hand += 1
        for callback in self.callbacks:
            callback(body, message)

    def ack_message(self, message: Message) -> None:
        """Acknowledge a call that was answered."""
        self.settle(message.ack)

    def requeue_message(self, message: Message) -> None:
        """Give a call back that was not begun."""
        self.settle(message.requeue)


class CallConsumer(RpcConsumer):
    """Takes the calls of a service, from one queue for all its instances."""

    consumer_cls = CallQueue

    def setup(self) -> None:
        """Put a quorum queue in the place of nameko's."""
        super().setup()
        self.queue = call_queue(self.container.service_name)
        self.consumer.queues = [self.queue]

    def start(self) -> None:
        """Begin to consume; the broker may still be away."""
        if self.consumer.thread is None:
            self.consumer.begin(self.container, "rpc consumer")

    def stop(self) -> None:
        """Take no more calls; return when those in hand are answered."""
        self.consumer.drain()

    def handle_result(self, message: Message, result: Any, exc_info: Any) -> tuple[Any, Any]:
        """Answer and acknowledge; an answer that cannot be sent is one nobody waits for."""
        responder = Responder(self.amqp_uri, get_rpc_exchange(), message)
        responder.publisher_cls = CallPublisher
        try:
            result, exc_info = responder.send_response(result, exc_info)
        except Exception as problem:
            log.warning("reply_lost", error=type(problem).__name__)
        self.consumer.ack_message(message)
        return result, exc_info


class Call(Rpc):
    """A method that the gateway may call."""

    rpc_consumer = CallConsumer()


call = Call.decorator
