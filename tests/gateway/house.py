"""A gateway in a process of its own, with real servers and stand-in services, for the tests."""

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import requests
from kombu import Connection  # type: ignore[attr-defined]

from chassis import topology
from gateway.accounts import FirstAccounts
from gateway.policy import STAFF
from tests.gateway import fake_services

ROOT = Path(__file__).parents[2]
SERVICES = tuple(service.name for service in fake_services.ALL)
SOURCE = "https://portal.example"
PASSWORD = "four calm horses under a bridge"
NUMBERS = itertools.count(1)
METRICS_KEY = "metrics key 9876543210 abcdefghijklm"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class House:
    """The gateway as a client meets it; ``log`` is what its process wrote."""

    def __init__(
        self, folder: Path, amqp_uri: str, database_url: str, first: FirstAccounts
    ) -> None:
        self.folder = folder
        self.amqp_uri = amqp_uri
        self.first = first
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.env = {
            **os.environ,
            "AMQP_URI": amqp_uri,
            "DATABASE_URL": database_url,
            "AYMAK_STATE": str(folder),
            "AYMAK_SECRET": "test secret 0123456789 abcdefghijklm",
            "AYMAK_BIND": f"127.0.0.1:{self.port}",
            "AYMAK_PORTAL_SOURCE": SOURCE,
            # Tests ask more in a minute than people do; see test_limits.py.
            "AYMAK_RATE_SCALE": "100",
            "AYMAK_METRICS_KEY": METRICS_KEY,
            "AYMAK_LOG_LEVEL": "DEBUG",
            "PYTHONWARNINGS": "ignore",
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._tokens: dict[str, str] = {}

    # --- processes -----------------------------------------------------------------------------

    def start(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", *command], cwd=ROOT, env=self.env, stdout=log, stderr=log
            )

    def start_gateway(self) -> None:
        self.start("gateway", "chassis.main", "gateway.service:GatewayService")
        self.wait_for("/healthz")

    def start_services(self, *names: str) -> None:
        self.start("services", "tests.gateway.fake_services", self.amqp_uri, *(names or SERVICES))
        self.wait_for("/readyz")

    def end(self, name: str, number: int = signal.SIGTERM) -> int:
        process = self.processes.pop(name)
        process.send_signal(number)
        try:
            return process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()

    def wait_for(self, path: str, status: int = 200, seconds: float = 60) -> requests.Response:
        end = time.monotonic() + seconds
        answer = None
        while time.monotonic() < end:
            with contextlib.suppress(requests.RequestException):
                answer = requests.get(self.url + path, timeout=15)
                if answer.status_code == status:
                    return answer
            time.sleep(0.1)
        raise AssertionError(f"{path}: {answer and answer.text}\n{self.log()[-3000:]}")

    def log(self) -> str:
        return "".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    # --- clients -------------------------------------------------------------------------------

    def ask(self, method: str, path: str, *, who: str = "", **options: Any) -> requests.Response:
        """Send a request as nobody, in a role, or with a token."""
        headers = dict(options.pop("headers", {}))
        if who:
            headers["Authorization"] = f"Bearer {self.token(who)}"
        return requests.request(method, self.url + path, headers=headers, timeout=40, **options)

    def token(self, who: str) -> str:
        if who == "portal":
            return self.first.portal_key
        if who not in STAFF:
            return who
        if who not in self._tokens:
            is_first = who == "administrator"
            login = "admin" if is_first else self.invite(who)["login"]
            answer = self.sign_in(self.first.admin_password if is_first else PASSWORD, login)
            self._tokens[who] = answer.json()["token"]
        return self._tokens[who]

    def give_token(self, role: str, token: str) -> None:
        self._tokens[role] = token

    def invite(self, role: str, **more: Any) -> dict[str, Any]:
        """Return a new account whose owner has chosen ``PASSWORD``."""
        asked = {"login": f"{role}-{next(NUMBERS)}", "role": role, **more}
        made: dict[str, Any] = self.ask(
            "POST", "/v1/accounts", who="administrator", json=asked
        ).json()
        self.choose(made["link"]["token"])
        return made

    def choose(self, token: str, password: str = PASSWORD) -> requests.Response:
        body = {"token": token, "password": password}
        return self.ask("PUT", "/v1/password", json=body)

    def sign_in(self, password: str, login: str = "admin") -> requests.Response:
        body = {"login": login, "password": password}
        return requests.post(f"{self.url}/v1/session", json=body, timeout=40)

    def send(self, body: Any, kind: str = "application/cloudevents+json", **headers: str) -> Any:
        """Post events as the portal does; ``body`` is bytes, or anything for JSON."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.ask(
            "POST",
            "/v1/events",
            who="portal",
            data=data,
            headers={"Content-Type": kind, **headers},
        )

    def journal(self) -> list[dict[str, Any]]:
        """Take all events that lie in the journal's queue."""
        taken: list[dict[str, Any]] = []
        with Connection(self.amqp_uri) as connection:
            topology.declare(connection)
            channel = connection.channel()
            while message := channel.basic_get("reporting.everything.q1", no_ack=True):
                taken.append(json.loads(message.body))
        return taken


def registered(number: str, **more: Any) -> dict[str, Any]:
    """Return a good event in structured form."""
    return {
        "specversion": "1.0",
        "id": number,
        "source": SOURCE,
        "type": "client_registered",
        "time": "2022-03-04T10:00:00+06:00",
        "data": {
            "client_ref": f"c-{number}",
            "kind": "person",
            "audience": "lsg_bodies",
            "name": {"surname": "Өмүралиева", "name": "Айгүл"},
        },
        **more,
    }
