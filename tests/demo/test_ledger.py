"""The demo's ledger: what a killed demo finds when it is run again."""

import json
from datetime import date

import pytest

from launch.demo.acts import instant
from launch.demo.ledger import NAME, open_ledger
from launch.demo.story import SENDINGS, Day, Stop
from launch.errors import LaunchError

DAY = Day(on=date(2022, 3, 4), stops=(Stop(at=instant(date(2022, 3, 4), SENDINGS[0])),))


def test_it_goes_on_after_the_last_whole_day(tmp_path):
    with open_ledger(tmp_path, 5) as ledger:
        assert ledger.last_day is None
        ledger.begin(DAY.stops[0])
        ledger.done(DAY.stops[0])
        ledger.finish(DAY)
    with open_ledger(tmp_path, 5) as ledger:
        assert ledger.last_day == DAY.on


def test_it_writes_the_intent_before_the_result(tmp_path):
    with open_ledger(tmp_path, 5) as ledger:
        ledger.begin(DAY.stops[0])
        lines = [json.loads(line) for line in (tmp_path / NAME).read_text().splitlines()]
    assert [line["what"] for line in lines] == ["seed", "intent"]


def test_it_forgets_a_line_that_a_kill_cut_off(tmp_path):
    with open_ledger(tmp_path, 5) as ledger:
        ledger.finish(DAY)
        ledger.file.write('{"what": "day", "on": "2022-0')
    with open_ledger(tmp_path, 5) as ledger:
        assert ledger.last_day == DAY.on
        ledger.begin(DAY.stops[0])
    with open_ledger(tmp_path, 5) as ledger:
        assert ledger.last_day == DAY.on


def test_it_refuses_another_seed(tmp_path):
    with open_ledger(tmp_path, 5):
        pass
    with pytest.raises(LaunchError, match="begun with seed 5"), open_ledger(tmp_path, 6):
        pass


def test_it_lets_one_demo_play_at_a_time(tmp_path):
    with (
        open_ledger(tmp_path, 5),
        pytest.raises(LaunchError, match="Another demo"),
        open_ledger(tmp_path, 5),
    ):
        pass
