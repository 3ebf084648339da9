"""The product as docker-compose.yml runs it, without the containers.

The same files of `./aymak secrets`, the same commands and environment names, on a RabbitMQ and a
PostgreSQL of the test's own: only the addresses of the two servers differ.
"""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

import psycopg2
import requests

from chassis.settings import Settings
from launch import credentials
from launch.container_secrets import contents
from launch.ports import kept_ports
from launch.postgres import PrivatePostgres, binaries
from launch.rabbitmq import PrivateRabbit
from tests.broker.house import CLASSES, SINGLE
from tests.project import ROOT


class Operated:
    """Servers, users, roles and processes; everything ends with the block."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.stack = ExitStack()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self.port = kept_ports(folder / "ports.json", ("gateway",))["gateway"]
        self.address = f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.rabbit = stack.enter_context(PrivateRabbit.temporary())
            self.postgres = stack.enter_context(PrivatePostgres.temporary(durable=False))
            self.secrets = self.folder / "secrets"
            self.secrets.mkdir()
            for name, text in contents().items():
                (self.secrets / name).write_text(self._here(text))
            self.rabbit.ctl("import_definitions", str(self.secrets / "rabbitmq_definitions.json"))
            self._run_script(self.secrets / "postgres_roles.sql")
            self.stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for name in list(self.processes):
            self.kill(name)
        self.stack.close()

    def environment(self, name: str) -> dict[str, str]:
        """Return what docker-compose.yml gives to a process; ``owner`` is the migration."""
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "AMQP_URI_FILE": str(self.secrets / f"{name}_amqp_uri"),
            "DATABASE_URL_FILE": str(self.secrets / f"{name}_database_url"),
            "AYMAK_SECRET_FILE": str(self.secrets / "aymak_secret"),
            "AYMAK_SMTP_URL_FILE": str(self.secrets / "aymak_smtp_url"),
            "AYMAK_STATE": str(self.folder),
            "AYMAK_BIND": f"127.0.0.1:{self.port}",
        }

    def settings(self, name: str) -> Settings:
        """Return the settings of a process."""
        return Settings.from_env(self.environment(name))

    def migrate(self) -> None:
        """Run the one-shot migration."""
        subprocess.run(
            [sys.executable, "-P", "-m", "launch.migrate", "--topology"],
            env=self.environment("owner"),
            cwd=self.folder,
            check=True,
            capture_output=True,
        )

    def start(self, name: str) -> None:
        """Start one process."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-P", "-m", "chassis.main", CLASSES[name]],
                env=self.environment(name),
                cwd=self.folder,
                stdout=log,
                stderr=log,
            )

    def kill(self, name: str) -> None:
        """End a process as a crash would."""
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def get(self, path: str) -> requests.Response | None:
        """Ask the gateway; None while it does not answer."""
        try:
            return requests.get(f"{self.address}{path}", timeout=10)
        except requests.RequestException:
            return None

    def is_ready(self) -> bool:
        """Return whether the whole product is."""
        answer = self.get("/readyz")
        return answer is not None and answer.ok

    def post(self, wire: dict[str, object]) -> requests.Response:
        """Post one event as the portal does, with the key that the migration made."""
        key = credentials.read(self.folder / "credentials.json").portal_key
        headers = {**SINGLE, "Authorization": f"Bearer {key}"}
        url = f"{self.address}/v1/events"
        return requests.post(url, json=wire, headers=headers, timeout=15)

    def query(self, user: str, database: str, statement: str) -> list[tuple[object, ...]]:
        """Run a statement as a role in a database (``clients`` for aymak_clients)."""
        url = (self.secrets / f"{user}_database_url").read_text()
        connection = psycopg2.connect(f"{url}_{database}")
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    def _here(self, text: str) -> str:
        return text.replace("@rabbitmq:5672/", f"@127.0.0.1:{self.rabbit.port}/").replace(
            "@postgres:5432/", f"@127.0.0.1:{self.postgres.port}/"
        )

    def _run_script(self, script: Path) -> None:
        folder = binaries()
        assert folder is not None
        psql = [str(folder / "psql"), "-X", "-q", "-d", self.postgres.url, "-f", str(script)]
        subprocess.run(psql, check=True, capture_output=True)
