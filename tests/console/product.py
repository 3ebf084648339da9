"""The real product with two months of the demo, and the people who use its console."""

import os
import socket
import subprocess
import sys
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from chassis.clock import BISHKEK, read_clock
from launch import credentials, detach
from launch.processes import read_mark
from launch.state import ROOT, State

PASSWORD = "тоо-суусу булактан агат"
PORTAL = "https://portal.example/aymak"
MONTHS = 2


@dataclass
class Product:
    """A running product; ``session(role)`` signs somebody of that role in."""

    state: State
    url: str
    sessions: dict[str, str] = field(default_factory=dict)
    run: str = field(default_factory=lambda: uuid.uuid4().hex[:6])

    @property
    def first(self) -> credentials.Credentials:
        """The first administrator and the portal's key."""
        return credentials.read(self.state.credentials)

    @property
    def now(self) -> datetime:
        """What the demo's clock shows, in Bishkek."""
        return read_clock(self.state.clock).astimezone(BISHKEK)

    def login(self, role: str) -> tuple[str, str]:
        """Return login and password of somebody of that role, made when first asked for."""
        if role == "administrator":
            return self.first.admin_login, self.first.admin_password
        if role not in self.sessions:
            made = self.api("POST", "/v1/accounts", json={"login": self.name(role), "role": role})
            body = {"token": made["link"]["token"], "password": PASSWORD}
            requests.put(f"{self.url}/v1/password", json=body, timeout=30).raise_for_status()
        return self.name(role), PASSWORD

    def name(self, role: str) -> str:
        """Return a login that no earlier run has taken."""
        return f"{role}-{self.run}"

    def token(self, role: str = "administrator") -> str:
        """Return the session of somebody of that role."""
        login, password = self.login(role)
        if role not in self.sessions:
            body = {"login": login, "password": password}
            answer = requests.post(f"{self.url}/v1/session", json=body, timeout=30)
            self.sessions[role] = answer.json()["token"]
        return self.sessions[role]

    def api(self, method: str, path: str, role: str = "administrator", **options: Any) -> Any:
        """Ask the JSON API; raises for any refusal."""
        headers = {"Authorization": f"Bearer {self.token(role)}", **options.pop("headers", {})}
        answer = requests.request(method, self.url + path, headers=headers, timeout=60, **options)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def page(self, path: str, role: str = "administrator", **options: Any) -> requests.Response:
        """Read a page as somebody's browser does, without running anything."""
        headers = {"Cookie": f"__Host-aymak={self.token(role)}", "Accept": "text/html"}
        return requests.get(self.url + path, headers=headers, timeout=60, **options)

    def tell(self, type_: str, *, at: str | None = None, **data: Any) -> str:
        """Let the portal report a fact of now, or of the instant ``at``; return its id."""
        fact_id = str(uuid.uuid4())
        event = {"specversion": "1.0", "id": fact_id, "source": PORTAL, "type": type_}
        event |= {"time": at or self.now.isoformat()}
        headers = {
            "Authorization": f"Bearer {self.first.portal_key}",
            "Content-Type": "application/cloudevents+json",
        }
        answer = requests.post(
            f"{self.url}/v1/events", json=event | {"data": data}, headers=headers, timeout=30
        )
        answer.raise_for_status()
        return fact_id

    def ask_something(self, **more: Any) -> dict[str, Any]:
        """Let a client ask something, and return the inquiry once it is there."""
        ref = f"t-{uuid.uuid4()}"
        client = self.api("GET", "/v1/people?limit=1&registered=true")["items"][0]
        card = self.api("GET", f"/v1/people/{client['id']}")
        asked = {
            "inquiry_ref": ref,
            "kind": "question",
            "subject": f"Суу түтүгү {ref[-4:]}",
            "text": "Качан оңдолот? Биздин айылда эки жумадан бери суу жок.",
            "language": "ky",
            "client_ref": card["keys"][0]["ref"],
            **more,
        }
        self.tell("inquiry_opened", **asked)
        return self.until(lambda: self._inquiry(asked["subject"]))

    def _inquiry(self, subject: str) -> dict[str, Any] | None:
        found = self.api("GET", "/v1/inquiries", params={"q": subject, "limit": 1})["items"]
        return found[0] if found else None

    @staticmethod
    def until(found: Any, seconds: float = 30.0) -> Any:
        """Return what ``found`` returns as soon as it is something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if (value := found()) not in (None, False, [], {}):
                return value
            time.sleep(0.2)
        raise AssertionError("it did not come about")


def start(folder: Path) -> Product:
    """Start a product of its own and play the first months of the demo on it."""
    _launch("up", "--demo", "--detach", "--state", str(folder), "--port", str(_free_port()))
    _launch("demo", "--state", str(folder), "--months", str(MONTHS))
    return of(folder)


def of(folder: Path) -> Product:
    """Return the product that runs from a state folder."""
    state = State(folder)
    word = detach.last_word(state)
    assert word is not None and word["url"]
    return Product(state, word["url"])


def stop(folder: Path) -> None:
    """Stop it, whatever state it is in."""
    if read_mark(State(folder).supervisor) is not None:
        _launch("down", "--state", str(folder))


def _launch(*arguments: str) -> None:
    command = [sys.executable, "-P", "-m", "launch", *arguments]
    ours = ("AYMAK_", "AMQP_URI", "DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(ours)}
    own = kept | {"PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    done = subprocess.run(command, cwd=ROOT, env=own, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
