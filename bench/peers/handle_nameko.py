"""Stock nameko in its documented form: ``@event_handler`` and one SQLAlchemy row per event."""

import eventlet

eventlet.monkey_patch()

import os  # noqa: E402

from nameko import config  # noqa: E402
from nameko.events import event_handler  # noqa: E402
from nameko.extensions import DependencyProvider  # noqa: E402
from nameko.runners import ServiceRunner  # noqa: E402
from sqlalchemy import create_engine  # noqa: E402
from sqlalchemy.orm import sessionmaker  # noqa: E402

from bench.peers.handle_row import Base, Handled  # noqa: E402


class DatabaseSession(DependencyProvider):
    """A session per worker, as nameko's documentation of dependency providers shows."""

    def setup(self):
        """Make the engine and the tables."""
        engine = create_engine(os.environ["PEER_DATABASE"])
        Base.metadata.create_all(engine)
        self.sessions = sessionmaker(engine)

    def get_dependency(self, worker_ctx):
        """Return a session of the worker's own."""
        self.session = self.sessions()
        return self.session

    def worker_teardown(self, worker_ctx):
        """Close the session."""
        worker_ctx.service.db.close()


class Peer:
    """One listener that writes one row."""

    name = "peer"
    db = DatabaseSession()

    @event_handler("portal", "client_registered")
    def on_client_registered(self, payload):
        """Write the row."""
        self.db.add(Handled(ref=payload["data"]["client_ref"], body=payload))
        self.db.commit()


if __name__ == "__main__":
    config.setup({"AMQP_URI": os.environ["PEER_BROKER"]})
    runner = ServiceRunner()
    runner.add_service(Peer)
    runner.start()
    runner.wait()
