"""The charts of a late month: twelve bars, a forecast and the targets, none upon another."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

from services.reporting.documents.charts import charts
from services.reporting.documents.drawing import WIDTH
from services.reporting.documents.model import InquiryMonth, MonthPoint, ReportData
from services.reporting.documents.phrases import Phrases
from tests.reporting import documents_factory as factory

MONTHS = [f"2022-{number:02}" for number in range(1, 12)]
TEXT = re.compile(r"<text[^>]*translate\(([\d.]+),[^>]*>(.*?)</text>")


def november() -> ReportData:
    """A full November: eleven months of bodies and inquiries, the forecast for December."""
    data = factory.full(ends_on=factory.at("2022-11", 30).date())
    ahead = factory.ahead(121, 130, elapsed_days=334, remaining_days=30)
    points = tuple(
        MonthPoint(month=month, actual=11, cumulative=11 * number)
        for number, month in enumerate(MONTHS, start=1)
    )
    bodies = dataclasses.replace(
        data.indicator("R2.B.bodies"), series=points, cumulative=121, forecast=ahead
    )
    figures = tuple(bodies if item.code == bodies.code else item for item in data.indicators)
    assert data.inquiries is not None
    months = tuple(
        InquiryMonth(month=month, received=9, resolved=8, on_time=7)
        for month in [*MONTHS, "2022-12"]
    )
    inquiries = dataclasses.replace(data.inquiries, months=months)
    return dataclasses.replace(data, indicators=figures, inquiries=inquiries)


def drawn(key: str, **changes: Any) -> list[tuple[float, str]]:
    """The texts of a chart of November in Russian, each with the place that it starts from."""
    data = dataclasses.replace(november(), **changes)
    (svg,) = [chart.svg for chart in charts(Phrases("ru"), data) if chart.key == key]
    return [(float(x), words) for x, words in TEXT.findall(svg)]


def test_it_writes_the_months_of_a_year_without_running_them_together() -> None:
    """Twelve bars are 43 points apart: "01.2022" does not fit, the month over its year does."""
    for key in ("bodies", "inquiries"):
        texts = [words for _, words in drawn(key)]
        assert not any("01.2022" in words for words in texts)
        assert sum(re.sub(r"<[^>]*>", " ", words).split() == ["01", "2022"] for words in texts) == 1


def test_it_writes_targets_behind_the_bars_and_a_forecast_in_two_lines() -> None:
    texts = drawn("bodies")
    assert [x > WIDTH for x, words in texts if words.startswith("план")] == [True, True]
    assert "131" in [words for _, words in texts]
    assert "прогноз" in [words for _, words in texts]
