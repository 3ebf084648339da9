"""The charts: one Vega-Lite spec each, drawn once as SVG; the mail's PNG is made of that SVG."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import vl_convert

from services.reporting.documents import drawing
from services.reporting.documents.cells import capital
from services.reporting.documents.drawing import BLUE, GREY, TEAL, Spec
from services.reporting.documents.model import Indicator, MonthPoint, ReportData
from services.reporting.documents.phrases import Phrases

# vl-convert carries the first, typst the second.
FONT, PDF_FONT = "Liberation Sans", "Libertinus Serif"


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart's key ("bodies"), its title, what it shows in words, and its drawing as SVG."""

    key: str
    title: str
    alt: str
    svg: str

    @property
    def paper_svg(self) -> str:
        """The drawing with its text in the serif of the PDF, which typst carries itself."""
        return self.svg.replace(f'font-family="{FONT}"', f'font-family="{PDF_FONT}"')

    def png(self) -> bytes:
        """The picture for a mail: twice the size that it is shown at, on white."""
        drawn: bytes = vl_convert.svg_to_png(self.svg, scale=2)
        return drawn


def _draw(key: str, title: str, alt: str, spec: Spec) -> Chart:
    return Chart(key, title, alt, vl_convert.vegalite_to_svg(drawing.with_font(spec, FONT, 12)))


def charts(phrases: Phrases, data: ReportData) -> tuple[Chart, ...]:
    """All charts that have something to show; what is not measured has no chart, but words."""
    makers: tuple[Callable[[Phrases, ReportData], Chart | None], ...] = (
        _bodies,
        _staff,
        _events,
        _inquiries,
        _audiences,
    )
    return tuple(chart for make in makers if (chart := make(phrases, data)))


def _bodies(phrases: Phrases, data: ReportData) -> Chart | None:
    return _growth(phrases, data, "bodies", ("R2.A.bodies", "R2.B.bodies"))


def _staff(phrases: Phrases, data: ReportData) -> Chart | None:
    return _growth(phrases, data, "staff", ("R2.A.staff", "R2.B.staff"))


def _events(phrases: Phrases, data: ReportData) -> Chart | None:
    return _growth(phrases, data, "events", ("R9",))


def _growth(phrases: Phrases, data: ReportData, key: str, codes: tuple[str, ...]) -> Chart | None:
    """A cumulative figure by month against its targets, with the forecast at the due date."""
    indicators = [data.indicator(code) for code in codes]
    last = indicators[-1]
    points = [point for point in last.series if point.cumulative is not None]
    if not points:
        return None
    title = phrases.text(f"chart.{key}")
    rows = [_step(phrases, point) for point in points] + _promise(phrases, data, last)
    goals = [_goal(phrases, item) for item in indicators if item.target is not None]
    layers = [*(drawing.goals(goals) if goals else []), drawing.bars(), *drawing.labels()]
    spec = drawing.frame(layers, rows)
    ends = [(row["month"], row["label"]) for row in (rows[0], rows[len(points) - 1])]
    return _draw(key, title, _alt(phrases, title, ends), spec)


def _step(phrases: Phrases, point: MonthPoint) -> Spec:
    value = point.cumulative
    month = phrases.short_month(point.month)
    return {"month": month, "value": value, "label": phrases.plain(value), "kind": "fact"}


def _promise(phrases: Phrases, data: ReportData, indicator: Indicator) -> list[Spec]:
    """The forecast as one pale bar in the month of the due date, unless that month is over."""
    ahead = indicator.forecast
    if ahead is None or ahead.value is None or ahead.due_on <= data.ends_on:
        return []
    value = int(ahead.value)
    month = phrases.short_month(f"{ahead.due_on:%Y-%m}")
    label, word = phrases.number(value), phrases.text("chart.forecast")
    return [{"month": month, "value": value, "label": label, "word": word, "kind": "forecast"}]


def _goal(phrases: Phrases, indicator: Indicator) -> Spec:
    target = phrases.goal(indicator.target, indicator.unit)
    return {"target": indicator.target, "label": phrases.text("chart.plan", target=target)}


def _inquiries(phrases: Phrases, data: ReportData) -> Chart | None:
    """Received and resolved side by side, month by month."""
    months = data.inquiries.months if data.inquiries else ()
    if not months:
        return None
    names = {key: phrases.text(f"label.{key}") for key in ("received", "resolved")}
    rows: list[Spec] = [
        {
            "month": phrases.short_month(item.month),
            "kind": names[key],
            "value": getattr(item, key),
            "label": phrases.number(getattr(item, key)),
        }
        for item in months
        for key in names
    ]
    title = phrases.text("chart.inquiries")
    layers = drawing.pairs(list(names.values()), [GREY, TEAL])
    ends = [(row["month"], row["label"]) for row in (rows[0], rows[-2])]
    return _draw("inquiries", title, _alt(phrases, title, ends), drawing.frame(layers, rows))


def _audiences(phrases: Phrases, data: ReportData) -> Chart | None:
    """People and organisations of each audience, the largest first."""
    if not data.audiences:
        return None
    lines = sorted(data.audiences, key=lambda line: -line.people - line.organisations)
    names = [phrases.text("label.people"), phrases.text("label.organisations")]
    rows: list[Spec] = [
        {
            "name": capital(phrases.code("audience", line.audience)),
            "kind": name,
            "value": count,
            "label": phrases.number(count),
        }
        for line in lines
        for name, count in zip(names, (line.people, line.organisations), strict=True)
    ]
    title = phrases.text("chart.audiences")
    spec = drawing.frame(drawing.lying(names, [BLUE, GREY]), rows, width=250, height=320)
    ends = [(row["name"], row["label"]) for row in (rows[0], rows[-2])]
    return _draw("audiences", title, _alt(phrases, title, ends), spec)


def _alt(phrases: Phrases, title: str, ends: list[tuple[str, str]]) -> str:
    """What the chart shows to those who do not see it: its first and its last bar."""
    (first, from_value), (last, to_value) = ends
    words = {"first": first, "from_value": from_value, "last": last, "to_value": to_value}
    return phrases.text("chart.alt", title=title, **words)
