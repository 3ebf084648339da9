"""What the first page says of its month: a plan that is over, a base with nothing in it yet."""

from datetime import date

import pytest

from chassis import clock
from gateway.console.months import Months
from gateway.console.today import is_measured, is_owed

PLAN = {"months": ["2022-11", "2022-12"], "ends_on": "2022-12-31"}


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (date(2022, 11, 1), None),
        (date(2022, 12, 31), None),
        (date(2023, 1, 1), "2022-12-31"),
        (date(2026, 11, 27), "2022-12-31"),
    ],
)
def test_a_plan_is_over_from_the_day_after_its_last_one(today, said) -> None:
    with clock.freeze(clock.start_of_day(today)):
        assert Months("2022-12", PLAN).ended_on == said


def test_of_a_plan_that_is_not_known_nothing_is_said() -> None:
    assert Months("2022-12", None).ended_on is None


def test_months_step_inside_the_plan() -> None:
    assert (Months("2022-11", PLAN).before, Months("2022-11", PLAN).after) == (None, "2022-12")
    assert (Months("2022-12", PLAN).before, Months("2022-12", PLAN).after) == ("2022-11", None)
    assert Months("2021-01", PLAN).after is None


@pytest.mark.parametrize(
    ("state", "actual", "measured", "owed"),
    [
        ("not_measured", None, False, False),
        (None, None, False, False),
        (None, 3, True, False),
        ("at_risk", 0, True, True),
        ("met", 6, True, False),
    ],
)
def test_nothing_measured_is_told_from_all_done(state, actual, measured, owed) -> None:
    item = {"kind": "monthly_min", "state": state, "actual": actual}
    assert (is_measured(item), is_owed(item)) == (measured, owed)
