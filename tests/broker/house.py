"""A house of real processes for fault tests: start, kill -9 and look into the databases.

Each test has its own databases and, where it hurts one, its own broker or PostgreSQL. The verdict
is computed from the sender's ledger and the databases, never from logs.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests
from kombu import Connection
from sqlalchemy import text
from sqlalchemy.engine import make_url

from chassis import migrate, topology
from chassis.db import Database
from contracts import catalogue
from contracts.envelope import Event
from gateway.accounts import ensure_first_accounts
from launch.cluster import PrivateCluster
from launch.ports import kept_ports
from launch.postgres import PrivatePostgres
from launch.rabbitmq import PrivateRabbit
from tests.conftest import NUMBERS, execute
from tests.project import ROOT

CLASSES = {
    "clients": "services.clients.service:ClientsService",
    "notifications": "services.notifications.service:NotificationsService",
    "feedback": "services.feedback.service:FeedbackService",
    "reporting": "services.reporting.service:ReportingService",
    "gateway": "gateway.service:GatewayService",
}
SECRET = "a-secret-of-the-tests-0123456789-abc"
BATCH = {"Content-Type": "application/cloudevents-batch+json"}
SINGLE = {"Content-Type": "application/cloudevents+json"}


def eventually(check: Callable[[], Any], what: str, seconds: float = 90) -> Any:
    """Return the first true value of ``check``; fail naming ``what`` when it stays false."""
    end = time.monotonic() + seconds
    while True:
        found = check()
        if found:
            return found
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.1)


def empty_queues(uri: str) -> None:
    """Take away what earlier tests left in the queues of a broker they share."""
    with Connection(uri) as connection:
        topology.declare(connection)
        queues = [topology.journal_queue(), *map(topology.dead_queue, catalogue.SERVICES)]
        for contract in catalogue.contracts():
            queues += [topology.queue_of(name, contract) for name in contract.listeners]
        for queue in queues:
            queue(connection.default_channel).purge()


@dataclass
class House:
    """Processes of the product on a given broker and PostgreSQL."""

    postgres: PrivatePostgres
    rabbit: PrivateRabbit | PrivateCluster
    folder: Path
    services: tuple[str, ...]
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    databases: dict[str, Database] = field(default_factory=dict)
    clock: Path | None = None

    def __post_init__(self) -> None:
        self.port = kept_ports(self.folder / "ports.json", ("gateway",))["gateway"]
        self.address = f"http://127.0.0.1:{self.port}"
        self.prefix = f"house_{next(NUMBERS)}"
        url = make_url(self.postgres.url).set(database=self.prefix)
        self.url = url.render_as_string(hide_password=False)
        for service in self.services:
            name = f"{self.prefix}_{service}"
            execute(self.postgres.url, f'CREATE DATABASE "{name}"')
            own = url.set(database=name).render_as_string(hide_password=False)
            migrate.upgrade(service, own)
            self.databases[service] = Database(own)
        empty_queues(self.rabbit.uri)
        self.key = self.password = ""
        if "gateway" in self.services:
            first = ensure_first_accounts(self.databases["gateway"].url)
            assert first is not None
            self.key, self.password = first.portal_key, first.admin_password

    def start(self, name: str, *, mutant: str = "", failpoints: str = "", **settings: str) -> None:
        """Start one process; ``mutant`` switches a guarantee off, ``failpoints`` kill it.

        ``clients-2`` is a second instance of ``clients``; ``settings`` are further environment.
        """
        env = {
            **os.environ,
            "AMQP_URI": self.rabbit.uri,
            "DATABASE_URL": self.url,
            "AYMAK_STATE": str(self.folder),
            "AYMAK_SECRET": SECRET,
            "AYMAK_BIND": f"127.0.0.1:{self.port}",
            "FAILPOINTS": failpoints,
            "MUTANT": mutant,
            **settings,
        }
        if self.clock is not None:
            env["AYMAK_CLOCK_FILE"] = str(self.clock)
        module = "tests.broker.mutants" if mutant else "chassis.main"
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", module, CLASSES[name.partition("-")[0]]],
                cwd=ROOT,
                env=env,
                stdout=log,
                stderr=log,
            )

    def set_clock(self, instant: str) -> None:
        """Put the processes that start from now on onto a clock that stands at ``instant``."""
        self.clock = self.folder / "clock"
        self.clock.write_text(f"{instant}\n")

    def kill(self, name: str) -> None:
        """End a process as a crash would."""
        process = self.processes.pop(name)
        process.send_signal(signal.SIGKILL)
        process.wait()

    def wait_dead(self, name: str) -> int:
        """Wait until a process has ended by itself; return its exit code."""
        code = self.processes[name].wait(90)
        del self.processes[name]
        return code

    def end(self, name: str) -> int:
        """Ask a process to end; return its exit code, that of SIGKILL when it did not go."""
        process = self.processes.pop(name)
        process.terminate()
        try:
            return process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def all_alive(self) -> bool:
        """Return whether no process has ended by itself."""
        return all(process.poll() is None for process in self.processes.values())

    def memory(self, name: str) -> int:
        """Return how much memory a process holds, in MB."""
        status = Path(f"/proc/{self.processes[name].pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) // 1024

    def ready(self) -> requests.Response:
        """Return what the gateway says of the whole, in English."""
        return requests.get(f"{self.address}/readyz", headers={"Accept-Language": "en"}, timeout=30)

    def close(self) -> None:
        """End everything and drop the databases."""
        for name in list(self.processes):
            self.kill(name)
        for service, database in self.databases.items():
            database.close()
            execute(self.postgres.url, f'DROP DATABASE "{self.prefix}_{service}" WITH (FORCE)')

    def one(self, service: str, query: str) -> Any:
        """Return the single value of a query in a service's database; None while it is away."""
        try:
            with self.databases[service].begin() as session:
                return session.scalar(text(query))
        except Exception:
            return None

    def is_up(self) -> bool:
        """Return whether the gateway answers at all."""
        try:
            return requests.get(f"{self.address}/healthz", timeout=5).ok
        except requests.RequestException:
            return False

    def post(self, wire: dict[str, Any]) -> requests.Response:
        """Post one event as the portal does."""
        headers = {**SINGLE, "Authorization": f"Bearer {self.key}"}
        return requests.post(f"{self.address}/v1/events", json=wire, headers=headers, timeout=15)

    def token(self) -> str:
        """Sign in as the administrator; return the session's token."""
        body = {"login": "admin", "password": self.password}
        answer = requests.post(f"{self.address}/v1/session", json=body, timeout=15)
        return str(answer.json()["token"])

    def ask(self, method: str, path: str, token: str, **options: Any) -> requests.Response:
        """Ask the gateway under /v1 with a bearer token, again while a part has no time for it."""
        headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
        headers.update(options.pop("headers", {}))
        address = f"{self.address}/v1{path}"

        def answered() -> requests.Response | None:
            answer = requests.request(method, address, headers=headers, timeout=30, **options)
            away = answer.json().get("away", []) if answer.ok else []
            busy = answer.status_code == 503 or set(away) & set(self.services)
            return None if busy else answer

        # Not the truth of the answer: a refusal is no truth to `requests`.
        return eventually(lambda: [one] if (one := answered()) is not None else [], path)[0]

    def post_until_accepted(self, happened: Event[Any] | dict[str, Any]) -> int:
        """Post the same event until it is answered 202; return how often 503 came before."""
        wire = happened if isinstance(happened, dict) else happened.to_wire()
        wire.pop("recordedtime", None)
        refused, end = 0, time.monotonic() + 90
        while True:
            try:
                answer = self.post(wire)
            except requests.ConnectionError:
                answer = None
            if answer is not None and answer.status_code == 202:
                return refused
            if answer is not None:
                assert answer.status_code == 503, answer.text
                assert int(answer.headers["Retry-After"]) > 0
            refused += 1
            assert time.monotonic() < end, "never accepted"
            time.sleep(0.3)
