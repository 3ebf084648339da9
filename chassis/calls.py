"""The entrypoint under ``rpc``: nameko's, draining, and with no error that ends the process.

nameko waits at the start until the broker is there, loses the acks of calls that run at its end
(F20), and dies of a reply that cannot be sent or an ack that comes too late (F18, F19).
"""

from typing import Any

import structlog
from kombu.message import Message
from nameko.amqp.consume import Consumer
from nameko.rpc import Rpc, RpcConsumer

from chassis.draining import DrainingConsumer

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
    """nameko's queue of all calls of a service."""

    consumer_cls = CallQueue

    def start(self) -> None:
        """Begin to consume; the broker may still be away."""
        if self.consumer.thread is None:
            self.consumer.begin(self.container, "rpc consumer")

    def stop(self) -> None:
        """Take no more calls; return when those in hand are answered."""
        self.consumer.drain()

    def handle_result(self, message: Message, result: Any, exc_info: Any) -> tuple[Any, Any]:
        """Answer and acknowledge; an answer that cannot be sent is one nobody waits for."""
        try:
            return super().handle_result(message, result, exc_info)  # type: ignore[no-any-return]
        except Exception as problem:
            log.warning("reply_lost", error=type(problem).__name__)
            self.consumer.ack_message(message)
            return result, exc_info


class Call(Rpc):
    """A method that the gateway may call."""

    rpc_consumer = CallConsumer()


call = Call.decorator
