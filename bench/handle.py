"""How many events a second are handled, each with a database write (quality.md section 1).

Each contender gets the same messages, which lie in its durable queue before it starts; its rate
is read from its own tables between the first tenth and the last row, and beside it the processor
time of its process. Contenders take turns, so that the noise of a shared machine hits all of them;
only the ratios count.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import uuid4

import psycopg2
from kombu import Connection
from sqlalchemy.engine import make_url

from chassis import migrate, topology
from contracts.catalogue import find
from contracts.envelope import Event
from contracts.envelope import parse as parsed
from contracts.parts import ClientName
from contracts.portal import ClientRegisteredV1
from launch.postgres import PrivatePostgres
from launch.rabbitmq import PrivateRabbit

COUNT = 5000
REPEATS = 3
NUMBER = "SELECT count(*) FROM"


@dataclass(frozen=True)
class Contender:
    """A process under measurement: its command, queue, messages and the table that it fills."""

    name: str
    command: tuple[str, ...]
    queue: str
    exchange: str
    type: str
    counted: str
    service: str = "peer"


class Measured(NamedTuple):
    """Events per second, and microseconds of processor time per event in the process itself."""

    rate: float
    processor: float


MAIN = ("chassis.main",)
REGISTERED = topology.queue_of("clients", find("client_registered")).name
CONTENDERS = (
    Contender(
        "nameko @event_handler + SQLAlchemy",
        ("bench.peers.handle_nameko",),
        "evt-portal-client_registered--peer.on_client_registered",
        "portal.events",
        "client_registered",
        f"{NUMBER} handled",
    ),
    Contender(
        "kombu ConsumerMixin + SQLAlchemy",
        ("bench.peers.handle_kombu",),
        "peer.kombu",
        "portal.events",
        "client_registered",
        f"{NUMBER} handled",
    ),
    Contender(
        "aymak: a registration (inbox, client, outbox)",
        (*MAIN, "services.clients.service:ClientsService"),
        REGISTERED,
        "portal.events",
        "client_registered",
        f"{NUMBER} inbox WHERE outcome = 'applied'",
        "clients",
    ),
    Contender(
        "aymak: the journal of events with its projections",
        (*MAIN, "services.reporting.service:ReportingService"),
        topology.journal_queue().name,
        "clients.events",
        "client_added",
        f"{NUMBER} journal",
        "reporting",
    ),
)


def registrations(count: int) -> Iterator[dict[str, Any]]:
    """Return registrations of citizens who were never seen before."""
    run = uuid4().hex[:8]
    for number in range(count):
        yield Event(
            id=str(uuid4()),
            source="https://portal.example",
            time=datetime(2022, 3, 4, 4, 0, tzinfo=UTC),
            data=ClientRegisteredV1(
                client_ref=f"{run}-{number}",
                kind="person",
                audience="citizens",
                name=ClientName(surname="Асанова", name="Айгүл", patronymic="Маратовна"),
                email=f"reader{number}@example.org",
                language="ky",
            ),
            recorded_at=datetime(2022, 3, 4, 4, 0, 1, tzinfo=UTC),
        ).to_wire()


def snapshots(count: int) -> Iterator[dict[str, Any]]:
    """Return first snapshots of clients, as the client base tells them."""
    example = Path(__file__).parents[1] / "contracts/examples/clients.client_added.v1.json"
    wire = json.loads(example.read_text())
    event = parsed(wire)
    for _ in range(count):
        data = replace(event.data, client_id=uuid4())
        yield replace(event, id=str(uuid4()), data=data).to_wire()


@dataclass
class Bench:
    """The servers of a run and the databases on them."""

    rabbit: PrivateRabbit
    postgres: PrivatePostgres
    folder: Path

    def url(self, service: str) -> str:
        """Return the address of a contender's database."""
        url = make_url(self.postgres.url).set(database=f"bench_{service}")
        return url.render_as_string(hide_password=False)

    def ask(self, service: str, query: str) -> int:
        """Return the number that a query gives; 0 where the table is not there yet."""
        plain = make_url(self.url(service)).set(drivername="postgresql")
        connection = psycopg2.connect(plain.render_as_string(hide_password=False))
        try:
            with connection.cursor() as cursor:
                cursor.execute(query)
                return int(cursor.fetchone()[0])
        except psycopg2.errors.UndefinedTable:
            return 0
        finally:
            connection.close()

    def create(self, service: str) -> None:
        """Make an empty database for a contender."""
        connection = psycopg2.connect(self.postgres.url.replace("+psycopg2", ""))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS bench_{service} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE bench_{service}")
        connection.close()
        if service != "peer":
            migrate.upgrade(service, self.url(service))

    def wait_for_depth(self, queue: str, depth: int) -> None:
        """Wait until so many messages lie in a queue; -1 waits only for the queue."""
        while True:
            with Connection(self.rabbit.uri) as connection:
                try:
                    found = connection.default_channel.queue_declare(queue, passive=True)
                    if depth in (-1, found.message_count):
                        return
                except connection.channel_errors:
                    pass
            time.sleep(0.1)

    @contextmanager
    def running(self, contender: Contender) -> Iterator[int]:
        """Run a contender's process for the block; its id is given."""
        base = make_url(self.postgres.url).set(database="bench")
        env = {
            **os.environ,
            "AMQP_URI": self.rabbit.uri,
            "DATABASE_URL": base.render_as_string(hide_password=False),
            "AYMAK_STATE": str(self.folder),
            "AYMAK_SECRET": "a-secret-of-the-bench-0123456789-abc",
            "PEER_BROKER": self.rabbit.uri,
            "PEER_DATABASE": make_url(self.url(contender.service))
            .set(drivername="postgresql+psycopg2")
            .render_as_string(hide_password=False),
        }
        command = [sys.executable, "-W", "ignore", "-m", *contender.command]
        with (self.folder / "log").open("ab") as log:
            process = subprocess.Popen(command, env=env, stdout=log, stderr=log)
        try:
            yield process.pid
        finally:
            process.kill()
            process.wait()

    def load(self, contender: Contender, count: int) -> None:
        """Put the messages of one repeat into the contender's queue."""
        wires = snapshots if contender.type == "client_added" else registrations
        with Connection(self.rabbit.uri) as connection:
            topology.declare(connection)
            connection.default_channel.queue_purge(contender.queue)
            producer = connection.Producer()
            for wire in wires(count):
                producer.publish(
                    json.dumps(wire, ensure_ascii=False).encode(),
                    exchange=contender.exchange,
                    routing_key=contender.type,
                    content_type="application/json",
                    content_encoding="utf-8",
                    delivery_mode=2,
                )
        self.wait_for_depth(contender.queue, count)

    def measure(self, contender: Contender, count: int) -> Measured:
        """Return what one repeat gave."""
        self.create(contender.service)
        if contender.service == "peer":
            # Its queue is made by the process itself.
            with self.running(contender):
                self.wait_for_depth(contender.queue, -1)
        self.load(contender, count)
        samples: list[tuple[int, float, float]] = []
        with self.running(contender) as pid:
            while not samples or samples[-1][0] < count:
                time.sleep(0.05)
                done = self.ask(contender.service, contender.counted)
                samples.append((done, time.monotonic(), processor_seconds(pid)))
        first, began, idle = next(sample for sample in samples if sample[0] >= count / 10)
        last, ended, busy = samples[-1]
        events = last - first
        return Measured(events / (ended - began), (busy - idle) / events * 1_000_000)


def processor_seconds(pid: int) -> float:
    """Return how long a process has computed so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def run(count: int = COUNT, repeats: int = REPEATS) -> None:
    """Measure all contenders in turns and print medians and ratios to the first one."""
    found: dict[str, list[Measured]] = {contender.name: [] for contender in CONTENDERS}
    with (
        TemporaryDirectory() as folder,
        PrivateRabbit.temporary() as rabbit,
        PrivatePostgres.temporary() as postgres,
    ):
        bench = Bench(rabbit, postgres, Path(folder))
        for _ in range(repeats):
            for contender in CONTENDERS:
                found[contender.name].append(bench.measure(contender, count))
    middle = {
        name: Measured(*map(median, zip(*all_of, strict=True))) for name, all_of in found.items()
    }
    stock = middle[CONTENDERS[0].name]
    print(f"{count} events, {repeats} repeats in turns, medians:")
    for name, one in middle.items():
        print(
            f"{name:52} {one.rate:8.0f} events/s {one.rate / stock.rate:6.2f} x"
            f" {one.processor:8.0f} us of processor each {stock.processor / one.processor:6.2f} x"
        )


if __name__ == "__main__":
    run(*map(int, sys.argv[1:]))
