"""The summary says what the figures say, and the lines state plan, pace and formula."""

from __future__ import annotations

import dataclasses
import datetime as dt
from typing import Any

import pytest

from services.reporting.documents import lines, narrative, pages
from services.reporting.documents.model import Forecast, Indicator, ReportData, State
from services.reporting.documents.phrases import Phrases
from tests.reporting import documents_factory as factory

RU, KY, EN = Phrases("ru"), Phrases("ky"), Phrases("en")


def told(phrases: Phrases, data: ReportData) -> str:
    """The summary as one text with common spaces."""
    return " ".join(" ".join(narrative.summary(phrases, data)).split())


def with_figure(data: ReportData, code: str, **changes: Any) -> ReportData:
    """The report with one figure changed."""
    changed = dataclasses.replace(data.indicator(code), **changes)
    figures = tuple(changed if item.code == code else item for item in data.indicators)
    return dataclasses.replace(data, indicators=figures)


@pytest.mark.parametrize("phrases", [RU, KY, EN])
@pytest.mark.parametrize(
    "data", [factory.full(), factory.blank("2022-01"), factory.blank("2022-02"), factory.odd()]
)
def test_it_tells_three_to_six_sentences(phrases: Phrases, data: ReportData) -> None:
    summary = narrative.summary(phrases, data)
    assert 3 <= len(summary) <= 6
    assert all(sentence.endswith(".") and ".." not in sentence for sentence in summary)
    assert not any("{" in sentence for sentence in summary) or "import" in " ".join(summary)


def test_it_names_the_base_and_its_growth() -> None:
    assert "46 органов МСУ (+8 за месяц, план 130) и 201 сотрудник (+35 за месяц" in told(
        RU, factory.full()
    )
    assert "46 ЖӨБ органы (ай ичинде +8, план 130)" in told(KY, factory.full())


def test_it_names_the_day_that_the_figures_are_of() -> None:
    """December is reported on 30 December: nobody knows yet how the base stands on the 31st."""
    last = {"ends_on": dt.date(2022, 12, 31), "made_at": factory.at("2022-12", 30, 3)}
    december = dataclasses.replace(factory.full(), **last)
    assert told(EN, december).startswith("On 30 December 2022 the base holds")
    night = dataclasses.replace(december, made_at=factory.at("2022-12", 30, 19))
    assert told(EN, night).startswith("On 31 December 2022 the base holds")
    assert told(EN, factory.full()).startswith("On 30 June 2022 the base holds")


def test_it_names_the_goals_that_the_pace_misses() -> None:
    text = told(RU, factory.full())
    assert "Нынешнего темпа не хватает: органы МСУ — 92 из 130" in text
    assert "засчитанные мероприятия — 38 из 50 к 30 ноября 2022 г. (нужно 5,8 в месяц)" in text


def test_it_says_that_the_pace_is_enough() -> None:
    data = factory.full()
    for code, target in (("R2.B.bodies", 80), ("R2.B.staff", 300), ("R9", 30)):
        data = with_figure(data, code, target=target)
    assert "The present pace is enough: LSG bodies – 92 by 30 December 2022" in told(EN, data)


def test_it_counts_states_and_names_what_calls_for_attention() -> None:
    text = told(EN, factory.full())
    assert "Of 17 indicators with a target: met – 5, at risk – 3, missed – 1" in text
    assert text.index("Target audiences informed") < text.index("LSG bodies in the base")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"received": 1, "resolved": 1, "on_time": 1, "overdue_at_end": 0},
         "За месяц поступило 1 обращение, решено 1: все в срок."),
        ({"received": 3, "resolved": 2, "on_time": 0, "overdue_at_end": 5},
         "За месяц поступило 3 обращения, решено 2, из них в срок 0. "
         "Просрочено на конец месяца — 5 обращений."),
        ({"received": 2, "resolved": 0, "on_time": 0, "overdue_at_end": 0},
         "За месяц поступило 2 обращения, ни одно обращение не решено."),
        ({"received": 0, "resolved": 0, "on_time": 0, "overdue_at_end": 0},
         "Обращений за месяц не поступало и не решалось."),
    ],
)  # fmt: skip
def test_it_tells_how_inquiries_were_handled(changes: dict[str, Any], sentence: str) -> None:
    data = factory.full()
    assert data.inquiries is not None
    data = dataclasses.replace(data, inquiries=dataclasses.replace(data.inquiries, **changes))
    assert sentence in told(RU, data)


def test_it_keeps_no_events_apart_from_events_not_measured() -> None:
    data = factory.full()
    assert "No event was held this month" in told(EN, dataclasses.replace(data, events=()))
    assert "Events are not measured yet" in told(EN, dataclasses.replace(data, events=None))


@pytest.mark.parametrize(
    ("now", "before", "words"),
    [(8, 5, "grew faster: 8"), (5, 8, "more slowly: 5"), (5, 5, "evenly: 5"),
     (0, 0, "did not grow: no new LSG bodies"), (-2, 5, "shrank: LSG bodies changed by \u22122")],
)  # fmt: skip
def test_it_compares_the_growth_with_the_month_before(now: int, before: int, words: str) -> None:
    data = dataclasses.replace(factory.full(), restatements=())
    data = with_figure(data, "R2.B.bodies", actual=now, previous_actual=before)
    assert words in told(EN, data)


def test_it_announces_restatements() -> None:
    assert "2 figures of earlier months have been restated" in told(EN, factory.full())


def monthly(actual: float, left: int | None) -> Indicator:
    """R4 of a month that goes on for so many working days."""
    ahead = Forecast(due_on=dt.date(2022, 6, 30), base=actual, working_days_left=left)
    return factory.measured("R4", actual=actual, state="at_risk", forecast=ahead)


@pytest.mark.parametrize(
    ("indicator", "pace"),
    [
        (monthly(1, 6), "1 из 2, осталось 6 рабочих дней"),
        (monthly(1, 1), "1 из 2, остался 1 рабочий день"),
        (monthly(0, None), "0 из 2"),
        (monthly(3, 6), "план выполнен"),
        (factory.unmeasured("R5"), "данных нет"),
        (factory.measured("R3", actual=80.0), "собственная мера, без плана"),
        (factory.measured("R2.0", cumulative=0, state="missed"),
         "срок истёк 31.01.2022, документа нет"),
        (factory.measured("R2.0", cumulative=1, state="met"), "документ есть"),
        (factory.measured("R13", cumulative=0, state="on_track"),
         "документа ещё нет, срок 31.12.2022"),
        (factory.measured("R7.s", cumulative=12.0, state="missed"),
         "срок истёк, не хватило 13,0 %"),
    ],
)  # fmt: skip
def test_it_states_the_pace(indicator: Indicator, pace: str) -> None:
    assert " ".join(lines.pace(RU, factory.full(), indicator).split()) == pace


@pytest.mark.parametrize(("reached", "percent"), [(29, 58), (49, 98), (50, 100), (60, 100)])
def test_it_states_whole_percents_of_the_target(reached: int, percent: int) -> None:
    """0.58 times 100 is 57.99 for a computer; 29 of 50 are 58 percent all the same."""
    events = factory.measured("R9", actual=1, cumulative=reached)
    assert lines.progress(events) == percent


@pytest.mark.parametrize(
    ("phrases", "plan"),
    [(RU, "не менее 2 в месяц"), (KY, "айына кеминде 2"), (EN, "at least 2 a month")],
)
def test_it_states_a_monthly_minimum(phrases: Phrases, plan: str) -> None:
    assert lines.plan(phrases, factory.unmeasured("R4")) == plan


def test_it_prints_the_formula_with_its_numbers() -> None:
    bodies = factory.full().indicator("R2.B.bodies")
    assert lines.formula(EN, bodies) == (
        "46 ÷ 181 days × 364 days = 92.5, rounded down: 92",
        "(130 − 46) ÷ (183 days ÷ 30.4) = 14.0 a month",
    )


def test_it_forecasts_events_whole_and_their_need_with_one_decimal() -> None:
    assert lines.forecast(EN, factory.full().indicator("R9")) == (
        "At this pace 38 by 30 November 2022, 12 short; needed 5.8 a month."
    )


@pytest.mark.parametrize(
    ("value", "sentence"),
    [(130, "The target is reached: 130 against 130."),
     (121, "By the due date (30 December 2022) 121 of 130 were reached, 9 short.")],
)  # fmt: skip
def test_it_forecasts_nothing_on_the_due_date(value: int, sentence: str) -> None:
    ahead = factory.ahead(value, 130, elapsed_days=364, remaining_days=0)
    bodies = dataclasses.replace(factory.full().indicator("R2.B.bodies"), forecast=ahead)
    assert lines.forecast(EN, bodies) == sentence


@pytest.mark.parametrize(
    ("state", "pace"), [("at_risk", "121 из 130"), ("missed", "срок истёк, не хватило 9")]
)
def test_it_calls_no_term_over_before_its_day_has_ended(state: State, pace: str) -> None:
    """The plan's last report is made at nine in the morning of the due day."""
    ahead = factory.ahead(121, 130, elapsed_days=364, remaining_days=0)
    bodies = factory.measured("R2.B.bodies", cumulative=121, state=state, forecast=ahead)
    assert lines.pace(RU, factory.full(), bodies) == pace


def test_it_tells_a_zero_from_what_is_not_measured() -> None:
    zero = lines.line(RU, factory.full(), monthly(0, None))
    missing = lines.line(RU, factory.full(), factory.unmeasured("R4"))
    assert (zero.month.text, zero.reason) == ("0", "")
    assert missing.month.text == "–"
    assert "с 1 января 2022" in missing.reason and "решение обращения" in missing.reason


def test_it_shows_thirteen_rows_with_nineteen_figures_and_their_notes() -> None:
    report = pages.report(factory.full(), "ky")
    assert [block.number for block in report.blocks] == list(range(1, 14))
    assert sum(len(block.lines) for block in report.blocks) == len(report.lines) == 19
    assert report.blocks[1].notes == ("A1", "A2", "A3", "A4", "A14")
    assert "Не менее 2 обработанных обращений" in report.blocks[3].official
    assert pages.report(factory.full(), "ru").blocks[3].official == ""
