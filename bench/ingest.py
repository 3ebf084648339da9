"""`./aymak bench ingest`: accepting events, durable and confirmed, beside the peers.

All stand before the same private RabbitMQ, whose queues are the product's own, and are measured in
turns, so that a busy machine is busy for everybody. What counts is the ratio in one run.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from kombu.connection import Connection

from bench.tools import broker, peers
from bench.tools.load import NUMBER, Order
from chassis import migrate, topology
from chassis.db import database_url
from chassis.frames import Message
from chassis.settings import Settings
from contracts import catalogue
from gateway.accounts import ensure_first_accounts
from launch import databases
from launch.ports import LOOPBACK, kept_ports
from launch.postgres import PrivatePostgres
from launch.rabbitmq import PrivateRabbit

REPEATS = 3
SECONDS = 6.0
BATCH = 100
SOURCE = "https://portal.example"
EVENT = {
    "specversion": "1.0",
    "id": f"r-{NUMBER.decode()}",
    "source": SOURCE,
    "type": "client_registered",
    "time": "2022-03-04T10:00:00+06:00",
    "data": {
        "client_ref": f"c-{NUMBER.decode()}",
        "kind": "person",
        "audience": "lsg_bodies",
        "name": {"surname": "Өмүралиева", "name": "Айгүл", "patronymic": "Бакыт кызы"},
        "email": "aigul@example.org",
        "phone": "+996 700 111 222",
        "language": "ky",
        "consent": {"text_version": "1", "at": "2022-03-04T10:00:00+06:00", "channel": "form"},
    },
}
# Requests at a time: one event each, or a batch each.
CONNECTIONS = {1: 64, BATCH: 8}


@dataclass(frozen=True, slots=True, eq=False)
class Server:
    """Who is measured: how it is started, and how it is asked."""

    name: str
    command: list[str]
    env: dict[str, str]
    port: int
    paths: dict[int, str]
    kinds: dict[int, str]
    authorization: str = ""

    def order(self, events: int) -> Order:
        """Return the load of requests with ``events`` events each."""
        headers = {"Content-Type": self.kinds[events]}
        if self.authorization:
            headers["Authorization"] = self.authorization
        text = json.dumps(EVENT, ensure_ascii=False)
        connections = CONNECTIONS[events]
        return Order(self.port, self.paths[events], headers, text, events, connections, SECONDS)


def aymak(amqp: str, postgres: str, port: int, state: Path) -> Server:
    """Return the gateway, its accounts made."""
    env = {
        "AMQP_URI": amqp,
        "DATABASE_URL": postgres,
        "AYMAK_STATE": str(state),
        "AYMAK_SECRET": "the secret of a benchmark, 0123456789",
        "AYMAK_BIND": f"{LOOPBACK}:{port}",
        "AYMAK_PORTAL_SOURCE": SOURCE,
        "PYTHONPATH": str(peers.ROOT),
        "PYTHONWARNINGS": "ignore",
    }
    settings = Settings.from_env(env)
    databases.ensure(settings)
    own = database_url(settings, "gateway")
    migrate.upgrade("gateway", own)
    first = ensure_first_accounts(own)
    assert first is not None
    return Server(
        "aymak",
        [sys.executable, "-m", "chassis.main", "gateway.service:GatewayService"],
        env,
        port,
        {1: "/v1/events", BATCH: "/v1/events"},
        {1: "application/cloudevents+json", BATCH: "application/cloudevents-batch+json"},
        f"Bearer {first.portal_key}",
    )


def stock(programs: Path, amqp: str, ports: dict[str, int]) -> list[Server]:
    """Return the peers as their documentation starts them; uvicorn and nameko are one process."""
    where = {name: f"{LOOPBACK}:{port}" for name, port in ports.items()}
    quiet = ["--log-level", "warning", "--no-access-log"]
    uvicorn = [str(programs / "uvicorn"), "--host", LOOPBACK, *quiet, "--port"]
    nameko = [str(programs / "nameko"), "run", "with_nameko:Portal", "--broker", amqp]
    web = ["--define", f"WEB_SERVER_ADDRESS={where['nameko']}"]
    gunicorn = [str(programs / "gunicorn"), "-w", "4", "-b", where["flask"], "with_flask:app"]
    commands = {
        "nameko": [*nameko, *web],
        "faststream": [*uvicorn, str(ports["faststream"]), "with_faststream:app"],
        "flask": gunicorn,
        "aio_pika": [*uvicorn, str(ports["aio_pika"]), "with_aio_pika:app"],
    }
    kinds = {1: "application/json", BATCH: "application/json"}
    env = {"AMQP_URI": amqp, "PYTHONWARNINGS": "ignore"}
    return [
        Server(name, command, env, ports[name], {1: "/events", BATCH: "/batch"}, kinds)
        for name, command in commands.items()
    ]


@contextmanager
def servers() -> Iterator[tuple[dict[Server, int], str]]:
    """Run everybody on servers of their own; yield them with pids, and the broker's address."""
    programs = peers.environment(print)
    names = ("aymak", "nameko", "faststream", "flask", "aio_pika")
    with ExitStack() as stack:
        rabbit = stack.enter_context(PrivateRabbit.temporary())
        postgres = stack.enter_context(PrivatePostgres.temporary())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="aymak-bench-")))
        ports = kept_ports(folder / "ports", names)
        empty_queues(rabbit.uri)
        found = [
            aymak(rabbit.uri, postgres.url, ports["aymak"], folder),
            *stock(programs, rabbit.uri, ports),
        ]
        pids = {
            server: stack.enter_context(
                peers.running(
                    server.command, server.env, server.port, folder / f"{server.name}.log"
                )
            )
            for server in found
        }
        yield pids, rabbit.uri


def empty_queues(uri: str) -> None:
    """Declare the product's queues and take away what lies in them."""
    with Connection(uri) as connection:
        topology.declare(connection)
        topology.journal_queue()(connection.default_channel).purge()
        for contract in catalogue.contracts():
            for service in contract.listeners:
                topology.queue_of(service, contract)(connection.default_channel).purge()


def measure(server: Server, pid: int, events: int) -> dict[str, Any]:
    """Let the load run against one server, in a process of its own; ``cpu`` is in us an event."""
    order, before = server.order(events), peers.cpu_seconds(pid)
    done = subprocess.run(
        [sys.executable, "-m", "bench.tools.load"],
        cwd=peers.ROOT,
        input=json.dumps(asdict(order)),
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    taken = found["rate"] * (order.seconds + order.warm_up)
    found["cpu"] = 1e6 * (peers.cpu_seconds(pid) - before) / taken if taken else float("nan")
    return found


def broker_alone(uri: str) -> float:
    """Return how many events a second the broker takes from a publisher that does nothing else."""
    body = json.dumps(EVENT, ensure_ascii=False).encode()
    message = Message(topology.exchange_of("portal").name, str(EVENT["type"]), body)
    callers = CONNECTIONS[BATCH]
    return broker.rate(uri, [message] * BATCH, callers=callers, seconds=SECONDS)


def report(title: str, runs: dict[str, list[dict[str, Any]]]) -> None:
    """Print medians and ratios."""
    rates = {name: statistics.median(one["rate"] for one in found) for name, found in runs.items()}
    heads = ("events/s", "p50 ms", "p99 ms", "cpu us", "x nameko")
    print(f"\n{title}\n{'':12}" + "".join(f"{head:>10}" for head in heads))
    for name, found in runs.items():
        middle = (statistics.median(one[key] for one in found) for key in ("p50", "p99", "cpu"))
        texts = "".join(f"{value:10.1f}" for value in middle)
        ratio = rates[name] / rates["nameko"] if rates["nameko"] else float("nan")
        odd = {status for one in found for status in one["statuses"]} - {"202"}
        note = f"  also answered {', '.join(sorted(odd))}" if odd else ""
        print(f"{name:12}{rates[name]:10.0f}{texts}{ratio:10.2f}{note}")
    if rates["faststream"]:
        print(f"aymak / FastAPI + FastStream: {rates['aymak'] / rates['faststream']:.2f}")


def run() -> None:
    """Measure everybody in turns and print medians, latencies and ratios; last the broker alone."""
    with servers() as (found, uri):
        for events in (1, BATCH):
            runs: dict[str, list[dict[str, Any]]] = {server.name: [] for server in found}
            for _ in range(REPEATS):
                for server, pid in found.items():
                    runs[server.name].append(measure(server, pid, events))
                    empty_queues(uri)
            report(f"{events} event(s) a request, {CONNECTIONS[events]} connections", runs)
        alone = broker_alone(uri)
        print(f"The broker alone, batches of {BATCH}: {alone:.0f} events/s.")
