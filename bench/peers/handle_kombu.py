"""Plain kombu in its documented form: a ``ConsumerMixin`` that writes one row per message."""

import os

from kombu import Connection, Exchange, Queue
from kombu.mixins import ConsumerMixin
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from bench.peers.handle_row import Base, Handled

QUEUE = Queue(
    "peer.kombu",
    exchange=Exchange("portal.events", type="topic", durable=True),
    routing_key="client_registered",
    durable=True,
)


class Worker(ConsumerMixin):
    """Write each message and acknowledge it."""

    def __init__(self, connection, engine):
        self.connection, self.engine = connection, engine

    def get_consumers(self, Consumer, channel):
        """Consume the one queue."""
        return [Consumer(queues=[QUEUE], callbacks=[self.on_message], prefetch_count=10)]

    def on_message(self, body, message):
        """Write the row."""
        with Session(self.engine) as session, session.begin():
            session.add(Handled(ref=body["data"]["client_ref"], body=body))
        message.ack()


if __name__ == "__main__":
    engine = create_engine(os.environ["PEER_DATABASE"])
    Base.metadata.create_all(engine)
    with Connection(os.environ["PEER_BROKER"]) as connection:
        Worker(connection, engine).run()
