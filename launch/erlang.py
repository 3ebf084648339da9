"""epmd, Erlang's register of node names, and how processes of a private broker are started."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from launch import processes
from launch.errors import LaunchError
from launch.files import open_log
from launch.ports import LOOPBACK


class Epmd:
    """The epmd of one private broker, on loopback: started here, ended by `end`."""

    def __init__(self, directory: Path, port: int, log: Path) -> None:
        self._mark = directory / "epmd.pid"
        command = [_program(), "-address", LOOPBACK, "-port", str(port)]
        self._process = run(command, os.environ, directory, log)
        processes.write_mark(self._mark, self.pid)

    @property
    def pid(self) -> int:
        """The pid of the process."""
        return self._process.pid

    def end(self) -> None:
        """End it when it runs still; it holds the port of the next one."""
        if self._process.poll() is None:
            self._process.kill()
            self._process.wait()
            self._mark.unlink(missing_ok=True)


def run(
    command: list[str], env: Mapping[str, str], directory: Path, log: Path
) -> "subprocess.Popen[bytes]":
    """Start a process that leads a session of its own and writes to `log`."""
    output = open_log(log)
    try:
        return subprocess.Popen(
            command,
            env=dict(env),
            cwd=directory,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    finally:
        os.close(output)


def _program() -> str:
    found = shutil.which("epmd") or next(
        (str(path) for path in Path("/usr/lib/erlang").glob("erts-*/bin/epmd")), None
    )
    if found is None:
        raise LaunchError("Erlang's epmd was not found beside RabbitMQ: install erlang-base.")
    return found
