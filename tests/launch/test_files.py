"""Small files of the state folder."""

import os
from pathlib import Path

from launch import files


def test_it_writes_a_file_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.write_text("old")
    path.chmod(0o644)
    files.write_private(path, "new")
    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_it_makes_a_secret_once(tmp_path: Path) -> None:
    first = files.kept_secret(tmp_path / "a", length=48)
    assert files.kept_secret(tmp_path / "a", length=48) == first
    assert len(first) >= 64
    assert files.kept_secret(tmp_path / "b", length=48) != first


def test_it_shows_the_end_of_a_log(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_text("".join(f"line {n}\n" for n in range(100)))
    assert files.tail(log, lines=2) == "line 98\nline 99"
    assert "was not written" in files.tail(tmp_path / "missing.log")


def test_it_sets_a_large_log_aside_under_its_writer(tmp_path: Path) -> None:
    log = tmp_path / "x.log"
    log.write_bytes(b"x" * (files.LOG_BYTES + 1))
    writer = files.open_log(log)
    assert files.trim_log(log)
    os.write(writer, b"new\n")
    os.close(writer)
    assert log.read_bytes() == b"new\n"
    assert not files.trim_log(log)
    assert (tmp_path / "x.log.1").stat().st_size == files.LOG_BYTES + 1
