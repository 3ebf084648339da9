"""The clock, and months in Bishkek at their edges."""

from datetime import UTC, date, datetime

import pytest

from chassis import clock
from tests.factories import instant


@pytest.mark.parametrize(
    ("at", "month"),
    [
        ("2022-05-31T17:30:00+00:00", "2022-05"),
        ("2022-05-31T18:00:00+00:00", "2022-06"),
        ("2022-05-31T20:00:00+00:00", "2022-06"),
        ("2021-12-31T18:00:00+00:00", "2022-01"),
    ],
)
def test_it_counts_months_in_bishkek(at, month):
    assert clock.month_of(datetime.fromisoformat(at)) == month


def test_it_bounds_a_month():
    assert clock.month_bounds("2022-12") == (
        datetime(2022, 11, 30, 18, tzinfo=UTC),
        datetime(2022, 12, 31, 18, tzinfo=UTC),
    )
    assert clock.last_day("2024-02") == date(2024, 2, 29)


def test_it_walks_over_the_year():
    assert clock.months_between("2021-11", "2022-02") == [
        "2021-11",
        "2021-12",
        "2022-01",
        "2022-02",
    ]
    assert clock.previous_month("2022-01") == "2021-12"
    assert clock.months_between("2022-02", "2022-01") == []


def test_it_reads_the_demo_clock(tmp_path, monkeypatch):
    file = tmp_path / "clock"
    file.write_text("2022-03-03T09:00:00+06:00\n")
    monkeypatch.setenv("AYMAK_CLOCK_FILE", str(file))
    assert clock.is_demo()
    assert clock.now() == instant("2022-03-03 09:00")
    file.write_text("2022-03-04T09:00:00+06:00\n")
    assert clock.now() == instant("2022-03-04 09:00")


def test_it_is_frozen_only_in_the_block():
    with clock.freeze(instant("2022-01-01 00:00")):
        assert clock.now() == instant("2022-01-01 00:00")
    assert clock.now() > instant("2026-01-01 00:00")
