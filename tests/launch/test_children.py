"""When a process that died is started again."""

from pathlib import Path

import pytest

from launch import children
from launch.children import FIRST_WAIT, LONGEST_WAIT, SETTLED_AFTER, Tended
from launch.errors import LaunchError


class FakeChild:
    """A process that lives as long as the test says."""

    name = "fake"
    pid: int | None = None

    def __init__(self) -> None:
        self.is_alive = False
        self.starts = 0
        self.refuses = False

    def spawn(self) -> None:
        if self.refuses:
            raise LaunchError("fake cannot be started")
        self.is_alive = True
        self.starts += 1

    def ask_to_stop(self) -> None: ...
    def stop(self) -> None: ...
    def kill(self) -> None: ...


@pytest.fixture
def child() -> FakeChild:
    return FakeChild()


@pytest.fixture
def tended(child: FakeChild, tmp_path: Path) -> Tended:
    each = Tended(child, tmp_path / "fake.pid")
    each.begin(0.0)
    return each


def next_start(tended: Tended, child: FakeChild, died_at: float) -> float:
    """Let the child die; return how long it takes until it is started again."""
    child.is_alive = False
    now = died_at
    while not child.is_alive:
        tended.tend(now, str)
        now += 0.25
    return now - died_at - 0.25


def test_it_leaves_a_living_process_alone(tended: Tended, child: FakeChild) -> None:
    assert not tended.tend(1.0, str)
    assert (child.starts, tended.restarts) == (1, 0)


def test_it_starts_a_dead_process_again_and_counts(tended: Tended, child: FakeChild) -> None:
    said: list[str] = []
    child.is_alive = False
    assert tended.tend(10.0, said.append)
    assert said == ["fake ended; it is started again in 0.5 s"]
    assert not tended.tend(10.25, said.append)
    assert tended.tend(10.5, said.append)
    assert child.is_alive
    assert tended.as_row()["restarts"] == 1


def test_it_waits_longer_each_time_up_to_a_bound(tended: Tended, child: FakeChild) -> None:
    now, waits = 1.0, []
    for _ in range(9):
        waits.append(next_start(tended, child, now))
        now += waits[-1] + 1
    assert waits == [0.5, 1, 2, 4, 8, 16, 30, 30, 30]
    assert waits[0] == FIRST_WAIT and waits[-1] == LONGEST_WAIT


def test_it_forgets_the_waits_after_a_settled_life(tended: Tended, child: FakeChild) -> None:
    for at in (1.0, 10.0, 20.0):
        next_start(tended, child, at)
    assert next_start(tended, child, 30.0 + SETTLED_AFTER) == FIRST_WAIT


def test_it_tries_again_when_a_start_is_refused(tended: Tended, child: FakeChild) -> None:
    said: list[str] = []
    child.is_alive, child.refuses = False, True
    tended.tend(1.0, said.append)
    tended.tend(2.0, said.append)
    assert said[-1] == "fake cannot be started"
    child.refuses = False
    assert next_start(tended, child, 3.0) >= 0
    assert child.is_alive


def test_it_knows_the_five_processes(tmp_path: Path) -> None:
    made = children.services({"AYMAK_STATE": "x"}, tmp_path)
    assert [each.name for each in made] == [
        "clients",
        "notifications",
        "feedback",
        "reporting",
        "gateway",
    ]
    assert made[0].command[-2:] == ["chassis.main", "services.clients.service:ClientsService"]
    assert made[-1].log == tmp_path / "gateway.log"
