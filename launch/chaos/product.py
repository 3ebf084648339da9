"""The product that a chaos run may hurt: servers and processes of its own, in a new state folder.

Nothing of the caller's settings reaches it: a broker or a database that somebody uses is not one
to try faults on.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from chassis.db import Database
from chassis.settings import Settings
from launch import credentials, databases, environment, up
from launch.children import Child
from launch.ports import kept_ports
from launch.postgres import PrivatePostgres
from launch.rabbitmq import PrivateRabbit
from launch.state import State
from launch.supervisor import Supervisor, sole_owner

SERVER_NAMES = ("rabbitmq", "postgresql")


@dataclass(slots=True)
class Product:
    """A running product; ``databases`` are those of the services, for the verdict."""

    state: State
    url: str
    portal_key: str
    amqp_uri: str
    supervisor: Supervisor
    databases: dict[str, Database] = field(default_factory=dict)

    @property
    def children(self) -> dict[str, Child]:
        """Everything that can be killed, by name."""
        return {each.child.name: each.child for each in self.supervisor.tended}

    @property
    def rabbit(self) -> PrivateRabbit:
        """The broker."""
        found = self.children["rabbitmq"]
        assert isinstance(found, PrivateRabbit)
        return found

    @property
    def postgres(self) -> PrivatePostgres:
        """The database server."""
        found = self.children["postgresql"]
        assert isinstance(found, PrivatePostgres)
        return found


def plan_of(state: State) -> up.Plan:
    """Settle a new product's settings; those of the caller's environment are left out."""
    ours = ("AYMAK_", "AMQP_URI", "DATABASE_URL")
    values = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    state.prepare(demo=False)
    port = kept_ports(state.folder / "ports.json", ("gateway",))["gateway"]
    found = up.Plan(state, values, f"127.0.0.1:{port}", None, None)
    environment.check(found.environment(amqp_uri=up.NO_BROKER, database_url=up.NO_DATABASE))
    return found


@contextmanager
def running(state: State, *, instances: int, say: up.Say) -> Iterator[Product]:
    """Start the product, tend it in the background, stop it at the end; LaunchError if it cannot.

    A signal ends the block's work by ``supervisor.is_asked_to_stop``.
    """
    found = plan_of(state)
    with sole_owner(state):
        supervisor = Supervisor(state, url=found.url, say=say)
        supervisor.listen_to_signals()
        tending = threading.Thread(target=supervisor.run)
        product: Product | None = None
        try:
            settings = up.come_up(found, supervisor, instances=instances)
            product = _product(state, found.url, settings, supervisor)
            tending.start()
            yield product
        finally:
            supervisor.ask_to_stop()
            if tending.is_alive():
                tending.join()
            for database in product.databases.values() if product else ():
                database.close()
            supervisor.stop()


def _product(state: State, url: str, settings: dict[str, str], supervisor: Supervisor) -> Product:
    return Product(
        state,
        url,
        credentials.read(state.credentials).portal_key,
        settings["AMQP_URI"],
        supervisor,
        {
            name: Database(address, pool_size=2)
            for name, address in databases.urls(Settings.from_env(settings)).items()
        },
    )
