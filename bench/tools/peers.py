"""The peers' own environment, made once for each lock file, and their processes."""

import hashlib
import os
import shutil
import subprocess
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import requests

from launch.errors import LaunchError
from launch.ports import LOOPBACK

ROOT = Path(__file__).parents[2]
PEERS = ROOT / "bench" / "peers"
LOCK = PEERS / "requirements.lock"
FOLDER = ROOT / ".venv-bench"
START_SECONDS = 60.0
STOP_SECONDS = 15.0


def environment(say: Callable[[str], None]) -> Path:
    """Return the folder of the peers' programs; it is made when it is not there or outdated."""
    stamp, wanted = FOLDER / "lock", hashlib.sha256(LOCK.read_bytes()).hexdigest()
    with suppress(FileNotFoundError):
        if stamp.read_text() == wanted:
            return FOLDER / "bin"
    say(f"installing the peers into {FOLDER} ...")
    shutil.rmtree(FOLDER, ignore_errors=True)
    venv.create(FOLDER, with_pip=True)
    python = FOLDER / "bin" / "python"
    pip = [str(python), "-m", "pip", "install", "--quiet", "--require-hashes", "-r", str(LOCK)]
    if subprocess.run(pip, check=False).returncode != 0:
        raise LaunchError("The peers could not be installed, see above.")
    stamp.write_text(wanted)
    return FOLDER / "bin"


@contextmanager
def running(command: list[str], env: dict[str, str], port: int, log: Path) -> Iterator[int]:
    """Run a server for the block, from the moment when it answers on its port; yield its pid."""
    with log.open("ab") as out:
        process = subprocess.Popen(
            command, cwd=PEERS, env={**os.environ, **env}, stdout=out, stderr=out
        )
    try:
        end = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > end:
                raise LaunchError(f"{command[0]} does not run:\n{log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cpu_seconds(pid: int) -> float:
    """Return the processor time of a process and its children so far (proc(5))."""
    spent = 0.0
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            values = stat.read_text().rpartition(")")[2].split()
            if pid in (int(stat.parent.name), int(values[1])):
                spent += (int(values[11]) + int(values[12])) / os.sysconf("SC_CLK_TCK")
    return spent


def _answers(port: int) -> bool:
    with suppress(requests.RequestException):
        requests.get(f"http://{LOOPBACK}:{port}/healthz", timeout=1)
        return True
    return False
