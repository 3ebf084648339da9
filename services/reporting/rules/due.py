"""When the rows of the plan and its monthly reports are due; all days are those of Bishkek.

The report of a month is due on the third working day of the next one, that of the plan's last
month on the plan's last working day, so that the act can show twelve of twelve (contracts.md
section 3a). Notes are due on the last working day of a two-month window (switch A13).
"""

from __future__ import annotations

import datetime as dt

from services.reporting.rules.workdays import WorkDays

REPORT_WORKING_DAY = 3


def month_start(month: str) -> dt.date:
    """The first day of "2022-03"."""
    return dt.date.fromisoformat(f"{month}-01")


def month_end(month: str) -> dt.date:
    """The last day of "2022-03"."""
    following = month_start(month) + dt.timedelta(days=31)
    return following.replace(day=1) - dt.timedelta(days=1)


def report_day(month: str, plan_ends_on: dt.date, workdays: WorkDays) -> dt.date:
    """The day on which the report of `month` is due."""
    end = month_end(month)
    if end >= plan_ends_on:
        return workdays.last(plan_ends_on.year, plan_ends_on.month)
    following = end + dt.timedelta(days=1)
    return workdays.nth(following.year, following.month, REPORT_WORKING_DAY)


def window(month: str, plan_starts_on: dt.date) -> tuple[str, str]:
    """The two-month window that `month` lies in, counted from the plan's first month."""
    day = month_start(month)
    position = (day.year - plan_starts_on.year) * 12 + day.month - plan_starts_on.month
    if position % 2:
        return f"{day - dt.timedelta(days=1):%Y-%m}", month
    return month, f"{month_end(month) + dt.timedelta(days=1):%Y-%m}"


def window_end(month: str, plan_starts_on: dt.date, workdays: WorkDays) -> dt.date:
    """The last working day of the window that `month` lies in (switch A13)."""
    last = month_start(window(month, plan_starts_on)[1])
    return workdays.last(last.year, last.month)
