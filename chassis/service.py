"""What every service has beside its own methods: database, relay, status and inbox retries.

``class ThingsService(Service)`` with a ``name`` is all it takes; the entrypoints are found in
this mixin too. Start a service as ``module:Class``, never this class.
"""

from typing import Any

from kombu.connection import Connection

from chassis import inbox, jobs, outbox, outgoing, topology
from chassis.handling import retry_due
from chassis.listen import Listener, listeners_of
from chassis.operations import Operations
from chassis.providers import DatabaseProvider
from chassis.relay import Relay
from chassis.rpc import rpc
from chassis.settings import settings
from chassis.ticks import every, ticked_for


class Service(Operations):
    """Base of the services; the gateway, which owns no facts, does not use it."""

    name: str
    db = DatabaseProvider()
    relay = Relay()

    @rpc
    def status(self, counts: bool = False, queues: bool = False) -> dict[str, Any]:
        """Return how much is waiting here.

        With ``counts`` also what came in and went out, with ``queues`` each queue of the broker.
        """
        with self.db.begin() as session:
            found = {
                "service": self.name,
                "outbox": outbox.count_unsent(session),
                "outbox_lag": outbox.lag_seconds(session),
                "inbox": {**inbox.counts(session), "due": inbox.count_due(session)},
                "mail": {
                    "queued": outgoing.count_due(session),
                    "trouble": outgoing.trouble(session),
                },
                "jobs_due": jobs.count_due(session),
                "consuming": Listener.is_consuming(),
                "foreign_queue": topology.foreign(),
            }
            if counts:
                emitted = outbox.count_by_type(session)
                found["received"] = inbox.received(session)
                found["emitted"] = {f"{self.name}.{key}": n for key, n in emitted.items()}
        if queues:
            with Connection(settings().amqp_uri, connect_timeout=3) as connection:
                found["queues"] = topology.depths(connection, self.name)
        instant = ticked_for()
        return {**found, "ticked_for": instant.isoformat() if instant else None}

    @every(1)
    def tick_inbox(self) -> None:
        """Try the facts again whose time has come."""
        retry_due(self.db, listeners_of(self))
