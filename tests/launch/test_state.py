"""The state folder: its kind is settled once, and nobody else may look into it."""

from pathlib import Path

import pytest

from launch import state as module
from launch.errors import LaunchError
from launch.state import DEMO_START, State


def test_it_makes_private_folders(tmp_path: Path) -> None:
    state = State(tmp_path / "new" / "state")
    state.prepare(demo=False)
    assert state.folder.stat().st_mode & 0o777 == 0o711
    assert {f.stat().st_mode & 0o777 for f in (state.logs, state.run, state.mail)} == {0o700}
    assert not state.clock.exists()
    assert not state.is_demo


def test_it_sets_the_demo_clock_once(tmp_path: Path) -> None:
    state = State(tmp_path)
    state.prepare(demo=True)
    assert state.clock.read_text() == DEMO_START + "\n"
    state.clock.write_text("2022-05-01T00:00:00+06:00\n")
    state.prepare(demo=True)
    assert state.clock.read_text() == "2022-05-01T00:00:00+06:00\n"


@pytest.mark.parametrize(("first", "words"), [(True, "stays a demo"), (False, "real client base")])
def test_it_refuses_to_mix_demo_and_real(tmp_path: Path, first: bool, words: str) -> None:
    state = State(tmp_path)
    state.prepare(demo=first)
    with pytest.raises(LaunchError, match=words):
        state.prepare(demo=not first)
    assert state.is_demo is first
    assert state.clock.exists() is first


def test_it_names_a_folder_that_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LaunchError, match="--state"):
        State(tmp_path / "file").prepare(demo=False)


def test_it_keeps_root_s_state_where_other_users_can_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert module.default_folder() == Path("/var/lib/aymak")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert module.default_folder() == module.ROOT / "var"
