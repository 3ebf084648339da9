"""The player's care for the clock, and what it refuses to play on."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from chassis.clock import read_clock
from contracts.portal import ClientRegisteredV1, EventAttendedV1
from launch import demo, ports
from launch.demo import player
from launch.demo.acts import fact
from launch.demo.ledger import NAME
from launch.errors import LaunchError
from launch.state import State

NOON = datetime(2022, 3, 4, 6, tzinfo=UTC)


@pytest.fixture
def place(tmp_path):
    """A demo's state folder whose product does not run."""
    found = State(tmp_path)
    found.prepare(demo=True)
    port = ports.kept_ports(tmp_path / "port.json", ("gateway",))["gateway"]
    kept = {"url": f"http://127.0.0.1:{port}", "admin_login": "a", "admin_password": "p"}
    found.credentials.write_text(json.dumps(kept | {"portal_key": "k"}))
    return found


def test_it_moves_the_clock_forward_and_never_back(place):
    player.move(place.clock, NOON)
    assert read_clock(place.clock) == NOON
    player.move(place.clock, NOON - timedelta(minutes=1))
    assert read_clock(place.clock) == NOON
    assert place.clock.read_text().endswith("\n")


def test_it_knows_what_comes_before_its_client(story):
    registrations = [one for one in story.facts if isinstance(one.data, ClientRegisteredV1)]
    person = next(one for one in registrations if one.data.organisation_ref)
    body = next(one for one in registrations if one.data.client_ref == person.data.organisation_ref)
    attended = EventAttendedV1(event_ref="e-1", client_ref=person.data.client_ref, joined_at=NOON)
    early = fact(2022, attended, at=NOON)
    posted = player.Posted()
    for one in (early, early, person):
        posted.add(one)
    assert posted.early() == {"clients": 2, "notifications": 1}
    posted.add(body)
    assert posted.early() == {}
    assert posted.by_type == {"event_attended": 1, "client_registered": 2}


def test_it_plays_on_a_demo_clock_only(tmp_path, place):
    (tmp_path / "kind").write_text("real")
    with pytest.raises(LaunchError, match="not started with --demo"):
        demo.run(tmp_path)


def test_it_says_how_to_start_the_product(tmp_path, place, monkeypatch):
    monkeypatch.setattr(player, "HELLO_SECONDS", 0)
    with pytest.raises(LaunchError, match=r"Nothing answers at .*: start it with"):
        demo.run(tmp_path)


def test_it_says_that_nothing_was_started_here(tmp_path):
    with pytest.raises(LaunchError, match=r"the first ./aymak up writes it"):
        demo.run(tmp_path)


def test_it_refuses_a_clock_that_somebody_moved(tmp_path, place):
    player.move(place.clock, NOON)
    with pytest.raises(LaunchError, match="is further on"):
        demo.run(tmp_path)


def test_it_takes_a_clock_within_the_day_that_was_cut_off(tmp_path, place, monkeypatch):
    monkeypatch.setattr(player, "HELLO_SECONDS", 0)
    lines = [{"what": "seed", "seed": 2022}, {"what": "day", "on": "2022-03-03"}]
    (tmp_path / NAME).write_text("".join(json.dumps(line) + "\n" for line in lines))
    player.move(place.clock, NOON)
    with pytest.raises(LaunchError, match="Nothing answers"):
        demo.run(tmp_path)
