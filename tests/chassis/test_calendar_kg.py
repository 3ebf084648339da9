"""The Kyrgyz working calendar against the golden numbers of 2022 and a local decree."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import calendar_kg
from chassis.calendar_kg import CalendarError

MONTHS_2022 = [17, 20, 22, 21, 17, 22, 20, 22, 22, 21, 20, 22]
DAYS = st.dates(date(2020, 1, 1), date(2030, 12, 31))


@pytest.fixture
def decree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "calendar.txt"
    monkeypatch.setenv("AYMAK_CALENDAR", str(path))
    return path


@pytest.mark.parametrize(("month", "days"), list(enumerate(MONTHS_2022, start=1)))
def test_it_knows_the_working_days_of_2022(month: int, days: int) -> None:
    last = date(2022 + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    before = date(2022, month, 1) - timedelta(days=1)
    assert calendar_kg.working_days_between(before, last) == days


@pytest.mark.parametrize(
    ("day", "n", "due"),
    [
        (date(2021, 12, 31), 1, date(2022, 1, 10)),
        (date(2021, 12, 31), 14, date(2022, 1, 26)),
        (date(2022, 1, 10), 14, date(2022, 1, 27)),
        (date(2022, 3, 4), 1, date(2022, 3, 7)),
        (date(2022, 3, 4), 14, date(2022, 3, 26)),
        (date(2022, 4, 29), 1, date(2022, 4, 30)),
        (date(2022, 4, 29), 14, date(2022, 5, 25)),
        (date(2022, 5, 4), 14, date(2022, 5, 26)),
    ],
)
def test_it_adds_working_days_and_does_not_count_the_first(day: date, n: int, due: date) -> None:
    assert calendar_kg.add_working_days(day, n) == due
    assert calendar_kg.working_days_between(day, due) == n


@pytest.mark.parametrize("day", ["01-15", "02-26", "03-26", "04-30", "05-14"])
def test_it_works_on_the_moved_saturdays(day: str) -> None:
    assert calendar_kg.is_working_day(date.fromisoformat(f"2022-{day}"))


@pytest.mark.parametrize("day", ["01-04", "01-05", "01-06", "05-04", "05-06", "03-08", "03-05"])
def test_it_rests_on_holidays_and_moved_days(day: str) -> None:
    assert not calendar_kg.is_working_day(date.fromisoformat(f"2022-{day}"))


def test_it_goes_back_in_time() -> None:
    assert calendar_kg.add_working_days(date(2022, 3, 26), -14) == date(2022, 3, 4)
    assert calendar_kg.add_working_days(date(2022, 3, 5), 0) == date(2022, 3, 5)
    assert calendar_kg.working_days_between(date(2022, 3, 26), date(2022, 3, 4)) == -14


def test_it_finds_the_third_and_the_last_working_day_of_a_month() -> None:
    assert calendar_kg.nth_working_day(2022, 4, 3) == date(2022, 4, 5)
    assert calendar_kg.nth_working_day(2022, 1, 1) == date(2022, 1, 10)
    assert calendar_kg.last_working_day(2022, 12) == date(2022, 12, 30)
    assert calendar_kg.last_working_day(2022, 4) == date(2022, 4, 30)


@pytest.mark.parametrize("n", [0, 18])
def test_it_refuses_a_working_day_that_the_month_has_not(n: int) -> None:
    with pytest.raises(ValueError, match="2022-05 has 17 working days"):
        calendar_kg.nth_working_day(2022, 5, n)


def test_it_turns_a_local_hour_into_utc() -> None:
    nine = calendar_kg.at_local(date(2022, 4, 5), 9)
    assert nine == datetime(2022, 4, 5, 3, tzinfo=UTC)
    assert nine.tzinfo is UTC


def test_it_follows_a_local_decree(decree: Path) -> None:
    decree.write_text("# cabinet decree\n2022-03-07 off\n\n2022-03-12 work  # instead\n", "utf-8")
    assert not calendar_kg.is_working_day(date(2022, 3, 7))
    assert calendar_kg.is_working_day(date(2022, 3, 12))
    assert calendar_kg.add_working_days(date(2022, 3, 4), 1) == date(2022, 3, 9)
    assert calendar_kg.add_working_days(date(2022, 3, 4), 14) == date(2022, 3, 26)


@pytest.mark.parametrize("line", ["2022-03-07", "07.03.2022 off", "2022-03-07 rest", "a b c"])
def test_it_names_the_wrong_line_of_a_decree(decree: Path, line: str) -> None:
    decree.write_text(f"2022-01-03 off\n{line}\n", "utf-8")
    with pytest.raises(CalendarError, match=r"AYMAK_CALENDAR=.*calendar\.txt, line 2"):
        calendar_kg.is_working_day(date(2022, 3, 7))


def test_it_names_a_decree_that_is_not_there(decree: Path) -> None:
    with pytest.raises(CalendarError, match="cannot be read"):
        calendar_kg.is_working_day(date(2022, 3, 7))


@given(day=DAYS, n=st.integers(1, 60))
def test_adding_and_counting_are_each_others_inverse(day: date, n: int) -> None:
    due = calendar_kg.add_working_days(day, n)
    assert calendar_kg.is_working_day(due)
    assert calendar_kg.working_days_between(day, due) == n
    assert calendar_kg.working_days_between(due, day) == -n
