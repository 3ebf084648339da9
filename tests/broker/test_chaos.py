"""Fault row 26 in small: `./aymak chaos` for less than a minute, and the parts it is made of."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from typer.testing import CliRunner

from contracts.envelope import parse
from launch import cli
from launch.chaos import faults
from launch.chaos.events import OTHER_CONTENT, UNDECODABLE, Item, Stream
from launch.chaos.ledger import opened, read
from launch.chaos.verdict import Found, judge, places
from tests.project import ROOT

NOW = datetime(2026, 3, 4, 4, 0, tzinfo=UTC)
VOTE = Item("v-1", "vote_cast", b"{}")


def items(seed: int, count: int) -> list[Item]:
    """Return the first items of a run's stream."""
    return list(islice(Stream(seed, NOW), count))


def found(**changes: object) -> Found:
    """Return what four empty databases would say, but for the changes."""
    empty: dict[str, object] = {
        "handled": {},
        "dead": frozenset(),
        "emitted": {},
        "open": {},
        "doubled": {},
        "buried": {},
    }
    return Found(**{**empty, **changes})  # type: ignore[arg-type]


def ledger(folder: Path, *answers: tuple[Item, int]) -> Path:
    """Write a ledger of tries and their answers."""
    with opened(folder / "ledger.jsonl") as book:
        for item, status in answers:
            book.before(item)
            book.after(item, status)
    return folder / "ledger.jsonl"


def test_it_sends_the_same_events_for_the_same_seed():
    assert items(1, 300) == items(1, 300) != items(2, 300)


def test_it_sends_what_the_gateway_takes_but_for_the_poison():
    sent = items(3, 1100)
    for item in sent:
        if not item.is_past_the_gateway:
            parse(json.loads(item.body))
    poison = Counter(item.poison for item in sent if item.poison)
    assert set(poison) == {"other_content", "broken", "undecodable"}
    ids = Counter(item.id for item in sent if not item.poison)
    assert 60 < sum(count - 1 for count in ids.values()) < 140, "a tenth is repeated"


def test_it_does_every_fault_once_before_any_twice():
    kinds = faults.kinds(2)
    plan = faults.schedule(5, 3600, 2)
    first = [(fault.kind, fault.target) for fault in plan[: len(kinds)]]
    assert sorted(first) == sorted(kinds)
    assert plan == faults.schedule(5, 3600, 2) != faults.schedule(6, 3600, 2)
    assert all(fault.at + fault.held <= 3600 for fault in plan)


def test_it_finds_what_is_lost_and_what_was_recovered(tmp_path):
    other = Item("v-2", "vote_cast", b"{}")
    sent = read(ledger(tmp_path, (VOTE, 0), (VOTE, 202), (other, 503)))
    (place,) = places("portal", "vote_cast")
    there = {("https://chaos.example", "v-2", place): ("applied", 0.0)}
    verdict = judge(sent, found(handled=there))
    assert (verdict.attempted, verdict.acknowledged, verdict.applied) == (2, 1, 0)
    assert (verdict.lost, verdict.recovered) == (["vote_cast v-1"], 1)
    assert not verdict.is_closed


def test_it_finds_ghosts_doubles_and_what_is_left(tmp_path):
    sent = read(ledger(tmp_path, (VOTE, 202)))
    (place,) = places("portal", "vote_cast")
    applied = {("https://chaos.example", "v-1", place): ("applied", 0.0)}
    assert judge(sent, found(handled=applied)).is_closed
    ghost = {**applied, ("https://chaos.example", "v-9", place): ("applied", 0.0)}
    assert judge(sent, found(handled=ghost)).ghost
    assert not judge(sent, found(handled=ghost)).is_closed
    assert not judge(sent, found(handled=applied, doubled={"feedback": 1})).is_closed
    assert not judge(sent, found(handled=applied, open={"clients": (1, 0)})).is_closed
    derived = {"d-1": ("clients", "client_added")}
    assert not judge(sent, found(handled=applied, emitted=derived)).is_closed


def test_it_wants_poison_dead_at_every_place(tmp_path):
    poison = Item("v-1", "vote_cast", b"{}", OTHER_CONTENT)
    sent = read(ledger(tmp_path, (VOTE, 202), (poison, 202)))
    (place,) = places("portal", "vote_cast")
    applied = {("https://chaos.example", "v-1", place): ("applied", 0.0)}
    assert not judge(sent, found(handled=applied)).is_closed
    dead = frozenset({("https://chaos.example", "v-1", place)})
    verdict = judge(sent, found(handled=applied, dead=dead))
    assert (verdict.poison, verdict.poison_dead, verdict.is_closed) == (1, 1, True)


def test_it_wants_bytes_that_are_no_event_dead_at_every_service(tmp_path):
    poison = Item("u-1", "client_registered", b"no event u-1", UNDECODABLE)
    sent = read(ledger(tmp_path, (poison, 202)))
    assert not judge(sent, found(buried={"u-1": 1})).is_closed
    assert judge(sent, found(buried={"u-1": 2})).is_closed


def test_it_refuses_a_folder_in_use(tmp_path):
    (tmp_path / "something").touch()
    done = CliRunner().invoke(cli.app, ["chaos", "--state", str(tmp_path)])
    assert done.exit_code == 1
    assert "not empty" in str(done.exception)


@pytest.mark.broker
@pytest.mark.flow
@pytest.mark.timeout(600)
def test_it_keeps_the_promise_through_a_short_chaos(postgres, rabbit):
    """Row 26: the ledger equation is printed and closed, and the report says of which run."""
    folder = Path(tempfile.mkdtemp(prefix="aymak-chaos-"))
    folder.chmod(0o711)
    state = folder / "state"
    arguments = ["chaos", "--seed", "11", "--minutes", "0.6", "--rate", "10"]
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-m", "launch", *arguments, "--state", str(state)],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr
        report = json.loads((state / "chaos.json").read_text())
        assert (report["seed"], report["closed"]) == (11, True)
        assert "= applied" in (state / "chaos.txt").read_text()
        assert len(report["faults"]) >= 3
        assert all(fault["recovered_after"] is not None for fault in report["faults"])
        assert report["verdict"]["acknowledged"] > 50
    finally:
        shutil.rmtree(folder, ignore_errors=True)
