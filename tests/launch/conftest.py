"""What the launcher's tests share: a state folder, a free port, waiting for a fact."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from launch import ports
from launch.state import State


@pytest.fixture
def state(tmp_path: Path) -> State:
    """A real (not demo) state folder that was prepared and holds nothing else."""
    place = State(tmp_path / "state")
    place.prepare(demo=False)
    return place


@pytest.fixture
def port(tmp_path: Path) -> int:
    """A loopback port that nobody listens on."""
    return ports.kept_ports(tmp_path / "port.json", ("any",))["any"]


@pytest.fixture
def eventually() -> Iterator[Callable[[Callable[[], object]], None]]:
    """Wait until a condition holds; the bound only ends a test that has failed anyway."""

    def wait(condition: Callable[[], object]) -> None:
        until = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < until, "it never came true"
            time.sleep(0.05)

    yield wait
