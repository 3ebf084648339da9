"""The queues of calls and replies, so that the loss of one node of a broker cluster ends neither.

nameko's own are classic queues, which live on one node: while it is away they can be neither used
nor declared, and nameko ends the process over it. Calls wait in a quorum queue; replies come to a
queue of the connection, which is made anew on each one. Nothing here ends the process, and each
call spends at most a second on a node that does not answer.
"""

import uuid
from typing import Any, ClassVar

import eventlet
import structlog
from amqp.exceptions import AMQPError
from kombu.entity import Queue
from kombu.exceptions import KombuError
from nameko.amqp.consume import Consumer
from nameko.amqp.publish import Publisher
from nameko.constants import DEFAULT_TRANSPORT_OPTIONS
from nameko.rpc import ReplyListener, Responder, Rpc, RpcConsumer, get_rpc_exchange

from chassis import topology

# Calls have an exchange of their own: nameko's would fill the classic queues of earlier versions,
# which nobody empties any more.
EXCHANGE = "aymak.rpc"
CONNECT_SECONDS = 1.0
BROKEN = (OSError, AMQPError, KombuError)

log = structlog.get_logger()


def calls_of(service: str) -> str:
    """Return the name of the queue in which calls to a service wait."""
    return f"rpc-{service}.{topology.VERSION}"


class CallPublisher(Publisher):
    """Sends calls and replies."""

    transport_options: ClassVar[dict[str, Any]] = {
        **DEFAULT_TRANSPORT_OPTIONS,
        "connect_timeout": CONNECT_SECONDS,
    }


class PatientConsumer(Consumer):
    """Consumes until it is stopped, whatever the broker answers meanwhile."""

    def run(self, **options: Any) -> None:
        """Consume; what kombu does not take for a lost connection is one here."""
        while not self.should_stop:
            try:
                super().run(**options)
            except BROKEN as problem:
                log.warning("rpc_consumer_lost", error=type(problem).__name__)
                eventlet.sleep(1)

    def on_connection_error(self, exc: Exception, interval: float) -> None:
        """Say it without the address, which holds passwords."""
        log.warning("broker_away", error=type(exc).__name__, again_in=interval)


class Calls(RpcConsumer):
    """Takes the calls of a service, from one queue for all its instances."""

    consumer_cls = PatientConsumer

    def setup(self) -> None:
        """Put a quorum queue in the place of nameko's."""
        super().setup()
        name = self.container.service_name
        self.queue = Queue(
            calls_of(name),
            exchange=get_rpc_exchange(),
            routing_key=f"{name}.*",
            durable=True,
            queue_arguments={"x-queue-type": "quorum", "x-delivery-limit": topology.DELIVERY_LIMIT},
        )
        self.consumer.queues = [self.queue]

    def handle_result(self, message: Any, result: Any, exc_info: Any) -> tuple[Any, Any]:
        """Reply and acknowledge; a broker that is away has lost a caller who stopped waiting."""
        responder = Responder(self.amqp_uri, get_rpc_exchange(), message)
        responder.publisher_cls = CallPublisher
        try:
            result, exc_info = responder.send_response(result, exc_info)
            self.consumer.ack_message(message)
        except BROKEN as problem:
            log.warning("reply_lost", error=type(problem).__name__)
        return result, exc_info


class Call(Rpc):
    """nameko's entrypoint of a call, on our queue."""

    rpc_consumer = Calls()


class ReplyConsumer(PatientConsumer):
    """Consumes replies from a queue that lives as long as the connection."""

    def __init__(self, _: Any, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)

    def get_consumers(self, consumer_cls: Any, channel: Any) -> list[Any]:
        """Declare a new queue for the same routing key (kombu's hook)."""
        known = self.queues[0]
        self.queues: list[Queue] = [
            Queue(
                f"{known.name.partition(':')[0]}:{uuid.uuid4()}",
                exchange=get_rpc_exchange(),
                routing_key=known.routing_key,
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
        self.container.spawn_managed_thread(self.consumer.run)

    def register_for_reply(self, correlation_id: str) -> Any:
        """Return what waits for a reply, and forgets it when the caller gives up."""
        wait = super().register_for_reply(correlation_id)

        def reply() -> Any:
            try:
                return wait()
            finally:
                self.pending.pop(correlation_id, None)

        return reply
