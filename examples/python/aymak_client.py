"""Report events to Aymak from Python 3.11 or newer; needs `requests` and nothing else.

    client = Client.from_env()
    client.add("client_verified", {"client_ref": "u-1001"}, id="verified-u-1001-1")   # in the spool
    client.flush()                                                                    # sends them

`add` is quick and survives a crash as soon as it has returned; call it beside the change in your
own database. `flush` sends what waits, from a timer or a worker: see examples/README.md.
As a command: `aymak_client.py add TYPE [ID] < data.json`, `aymak_client.py flush`.
"""

import contextlib
import fcntl
import json
import os
import random
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import requests

BATCH = 100
ATTEMPTS = 6
LONGEST_WAIT = 30.0
LONGEST_RETRY_AFTER = 60.0
# What another attempt may mend; anything else is a mistake of the event or of the settings.
AGAIN = {408, 425, 429, 500, 502, 503, 504}


class Unreachable(Exception):
    """The gateway gave no good answer in all attempts; the events wait in the spool."""


class Misconfigured(Exception):
    """The gateway refuses the request itself: address, key or form; a person must look."""


@dataclass
class Counts:
    """What a flush did; ``left`` events still wait."""

    sent: int = 0
    refused: int = 0
    left: int = 0


class Spool:
    """A folder with one file for each event: ``pending`` waits, ``refused`` needs a person."""

    def __init__(self, folder: Path) -> None:
        self.tmp, self.pending, self.refused = (
            folder / name for name in ("tmp", "pending", "refused")
        )
        for each in (self.tmp, self.pending, self.refused):
            each.mkdir(0o700, parents=True, exist_ok=True)
        self._lock = folder / "lock"

    def add(self, event: dict[str, Any]) -> None:
        """Keep an event; it is on the disk when this returns."""
        self._write(self.pending, f"{time.time_ns():020d}-{uuid.uuid4().hex[:8]}.json", event)

    def waiting(self) -> list[str]:
        """Return the names of what waits, oldest first."""
        return sorted(path.name for path in self.pending.glob("*.json"))

    def read(self, name: str) -> Any:
        """Return a waiting event, or None where a file holds no JSON."""
        with contextlib.suppress(ValueError):
            return json.loads((self.pending / name).read_text("utf-8"))

    def done(self, name: str) -> None:
        """Forget an event that was accepted."""
        (self.pending / name).unlink()

    def set_aside(self, name: str, problem: Any) -> None:
        """Put an event that was refused where it blocks nothing, beside the reason."""
        self._write(self.refused, name.replace(".json", ".problem.json"), problem)
        (self.pending / name).rename(self.refused / name)
        _sync(self.refused)

    @contextlib.contextmanager
    def turn(self) -> Iterator[bool]:
        """Give True to one process at a time; the system ends a dead one's turn."""
        with self._lock.open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    def _write(self, folder: Path, name: str, value: Any) -> None:
        # A name in its final folder is always a whole file: written and synced elsewhere first.
        draft = self.tmp / f"{name}.{os.getpid()}"
        with draft.open("w", encoding="utf-8") as file:
            json.dump(value, file, ensure_ascii=False)
            file.flush()
            os.fsync(file.fileno())
        draft.rename(folder / name)
        _sync(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class Client:
    """Builds events, keeps them and sends them; ``timeout`` and ``first_wait`` are seconds."""

    def __init__(self, url: str, key: str, source: str, folder: Path, **options: float) -> None:
        self.url, self.source, self.spool = f"{url.rstrip('/')}/v1/events", source, Spool(folder)
        self.timeout = options.get("timeout", 10.0)
        self.first_wait = options.get("first_wait", 0.5)
        self._headers = {
            "Authorization": f"Bearer {key}",
            "Content-Type": "application/cloudevents-batch+json",
            "Accept-Language": "en",
        }

    @classmethod
    def from_env(cls) -> "Client":
        """Make a client from AYMAK_URL, AYMAK_KEY, AYMAK_SOURCE and AYMAK_SPOOL."""
        env = os.environ
        return cls(
            env["AYMAK_URL"],
            env["AYMAK_KEY"],
            env["AYMAK_SOURCE"],
            Path(env.get("AYMAK_SPOOL", "spool")),
            timeout=float(env.get("AYMAK_TIMEOUT", "10")),
            first_wait=float(env.get("AYMAK_WAIT", "0.5")),
        )

    def add(
        self, type: str, data: dict[str, Any], *, id: str = "", at: datetime | None = None
    ) -> str:
        """Keep an event and return its id, which stays the same however often it is sent.

        Give an ``id`` that your own data determine where a fact could be added twice.
        """
        event = {
            "specversion": "1.0",
            "id": id or str(uuid.uuid4()),
            "source": self.source,
            "type": type,
            "time": (at or datetime.now(UTC)).isoformat(),
            "datacontenttype": "application/json",
            "data": data,
        }
        self.spool.add(event)
        return str(event["id"])

    def flush(self) -> Counts:
        """Send what waits, oldest first; returns at once while another process does so.

        Raises ``Unreachable`` or ``Misconfigured``; then everything unsent is still there.
        """
        counts = Counts()
        with self.spool.turn() as ours:
            size = BATCH
            while ours and (names := self.spool.waiting()[:size]):
                size = self._send(names, counts)
        counts.left = len(self.spool.waiting())
        return counts

    def _send(self, names: list[str], counts: Counts) -> int:
        """Settle one batch and return how large the next one may be."""
        events = {name: self.spool.read(name) for name in names}
        for name in [name for name, event in events.items() if event is None]:
            self.spool.set_aside(name, {"title": "This file holds no JSON."})
            counts.refused += 1
            del events[name]
        if not events:
            return BATCH
        status, answer = self._post(list(events.values()))
        if status == 413 and len(events) > 1:
            return len(events) // 2
        if status == 413:
            results = [{"status": 413, "problem": answer}]
        else:
            results = answer.get("results") or []
        if status not in (202, 413, 422) or len(results) != len(events):
            raise Misconfigured(f"HTTP {status}: {json.dumps(answer, ensure_ascii=False)[:500]}")
        self._settle(list(events), results, counts)
        return BATCH

    def _settle(self, names: list[str], results: list[Any], counts: Counts) -> None:
        kept = 0
        for name, result in zip(names, results, strict=True):
            if result["status"] == 202:
                self.spool.done(name)
                counts.sent += 1
            elif result["status"] in AGAIN:
                kept += 1
            else:
                self.spool.set_aside(name, result.get("problem"))
                counts.refused += 1
        if kept:
            raise Unreachable(f"{kept} events are to be sent later")

    def _post(self, events: list[Any]) -> tuple[int, dict[str, Any]]:
        """Return status and JSON of the answer; the same bytes again after each failure."""
        body = json.dumps(events, ensure_ascii=False).encode()
        wait, why = 0.0, ""
        for attempt in range(ATTEMPTS):
            if attempt:
                jitter = random.uniform(0, min(LONGEST_WAIT, self.first_wait * 2**attempt))
                time.sleep(wait + jitter)
            wait = 0.0
            try:
                answer = requests.post(
                    self.url,
                    data=body,
                    headers=self._headers,
                    timeout=self.timeout,
                    allow_redirects=False,
                )
                if answer.status_code not in AGAIN:
                    return answer.status_code, _object(answer)
                why, wait = f"HTTP {answer.status_code}", _retry_after(answer)
            except requests.RequestException as problem:
                # Also a good status whose body was cut off: nobody knows what became of it.
                why = type(problem).__name__
        raise Unreachable(f"no good answer in {ATTEMPTS} attempts, the last: {why}")


def _object(answer: requests.Response) -> dict[str, Any]:
    try:
        found = answer.json()
    except requests.JSONDecodeError:
        if answer.status_code == 202:
            raise
        found = {}
    return found if isinstance(found, dict) else {}


def _retry_after(answer: requests.Response) -> float:
    given = answer.headers.get("Retry-After", "")
    return min(LONGEST_RETRY_AFTER, float(given)) if given.isdigit() else 0.0


def main(arguments: list[str]) -> int:
    """Run the command; 0 all is well, 75 try again later, 78 somebody must look."""
    client = Client.from_env()
    match arguments:
        case ["add", type, *id]:
            print(client.add(type, json.load(sys.stdin), id="".join(id[:1])))
            return 0
        case ["flush"]:
            try:
                counts = client.flush()
            except (Unreachable, Misconfigured) as problem:
                print(f"{problem}; left {len(client.spool.waiting())}", file=sys.stderr)
                return 75 if isinstance(problem, Unreachable) else 78
            print(f"sent {counts.sent}, refused {counts.refused}, left {counts.left}")
            return 0
    print("usage: aymak_client.py add TYPE [ID] < data.json | flush", file=sys.stderr)
    return 64


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
