"""The grammar of the charts: small pieces of Vega-Lite that `charts.py` puts together.

Colours are calm, told apart by the colour-blind, and never the only carrier of meaning: every bar
is labelled with its number. Fonts are those that the drawing programs carry themselves (Libertinus
Serif in typst, Liberation Sans in vl-convert): a chart looks the same on a machine without fonts.
"""

from __future__ import annotations

from typing import Any

WIDTH, HEIGHT = 520, 190
INK, MUTED, GRID, PAPER = "#22313f", "#5f6b76", "#e3e8ec", "#ffffff"
BLUE, TEAL, AMBER, GREY = "#2f6690", "#3a8f85", "#b4661a", "#aab4bd"

Spec = dict[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v5.json"


def frame(
    layers: list[Spec], values: list[Spec], *, width: int = WIDTH, height: int = HEIGHT
) -> Spec:
    """A chart of layers over shared rows."""
    return {
        "$schema": SCHEMA,
        "width": width,
        "height": height,
        "padding": 4,
        "background": PAPER,
        "data": {"values": values},
        "layer": layers,
    }


def with_font(spec: Spec, font: str, size: int) -> Spec:
    """The same chart set in a font."""
    text = {"labelFontSize": size, "titleFontSize": size, "labelColor": INK, "titleColor": MUTED}
    legend = text | {"labelLimit": 260, "symbolSize": 110, "offset": 6}
    config = {
        "font": font,
        "axis": text | {"domainColor": GREY, "tickColor": GREY, "gridColor": GRID, "title": None},
        "legend": legend,
        "text": {"fontSize": size},
        "view": {"stroke": None},
    }
    return spec | {"config": config}


def months() -> Spec:
    """The axis of months, in the order of the rows; month over year, so that twelve fit."""
    axis = {
        "labelAngle": 0,
        "labelExpr": "split(datum.label, '.')",
        "title": None,
        "ticks": False,
        "labelPadding": 6,
    }
    return {"field": "month", "type": "nominal", "sort": None, "axis": axis}


def quantity(field: str = "value") -> Spec:
    """The axis of numbers: few lines, no border."""
    axis = {"title": None, "tickCount": 4, "domain": False, "ticks": False, "tickMinStep": 1}
    return {"field": field, "type": "quantitative", "axis": axis}


def written() -> Spec:
    """The number of a bar as the language writes it."""
    return {"field": "label", "type": "nominal"}


def bars() -> Spec:
    """One bar a month; the forecast is paler than the facts."""
    colour = {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": ["fact", "forecast"], "range": [BLUE, GREY]},
        "legend": None,
    }
    return {
        "mark": {"type": "bar", "cornerRadiusEnd": 2, "width": {"band": 0.6}},
        "encoding": {"x": months(), "y": quantity(), "color": colour},
    }


def labels() -> list[Spec]:
    """The number above each bar, and above that of a forecast its word."""
    word = {"field": "word", "type": "nominal"}
    said = {"transform": [{"filter": "isValid(datum.word)"}]}
    return [*_above(written(), -9), *(layer | said for layer in _above(word, -22))]


def _above(text: Spec, rise: int) -> list[Spec]:
    """A text above its bar, on a white edge that keeps it readable across a line."""
    place = {"x": months(), "y": quantity(), "text": text}
    ink = {"type": "text", "dy": rise, "color": INK}
    edge = ink | {"color": PAPER, "stroke": PAPER, "strokeWidth": 3}
    return [{"mark": edge, "encoding": place}, {"mark": ink, "encoding": place}]


def goals(rows: list[Spec]) -> list[Spec]:
    """A dashed line at each target, its words behind its end, where no bar can cover them."""
    words = {"type": "text", "align": "left", "x": WIDTH + 8, "baseline": "middle", "color": AMBER}
    line = {"type": "rule", "color": AMBER, "strokeDash": [5, 4], "strokeWidth": 1.4}
    data = {"values": rows}
    height = quantity("target")
    return [
        {"data": data, "mark": line, "encoding": {"y": height}},
        {"data": data, "mark": words, "encoding": {"y": height, "text": written()}},
    ]


def pairs(names: list[str], colours: list[str]) -> list[Spec]:
    """Bars of several kinds side by side in each month."""
    shared = {
        "x": months(),
        "xOffset": {"field": "kind", "type": "nominal", "sort": names},
        "y": quantity(),
    }
    bar = {"type": "bar", "cornerRadiusEnd": 2}
    text = {"type": "text", "dy": -8, "color": INK}
    return [
        {"mark": bar, "encoding": shared | {"color": _kinds(names, colours)}},
        {"mark": text, "encoding": shared | {"text": written()}},
    ]


def lying(names: list[str], colours: list[str]) -> list[Spec]:
    """Lying bars of several kinds for each thing on the left, in the order of the rows."""
    axis = {"title": None, "ticks": False, "domain": False, "labelLimit": 310, "labelPadding": 8}
    shared = {
        "y": {"field": "name", "type": "nominal", "sort": None, "axis": axis},
        "yOffset": {"field": "kind", "type": "nominal", "sort": names},
        "x": quantity(),
    }
    bar = {"type": "bar", "cornerRadiusEnd": 2}
    text = {"type": "text", "dx": 5, "align": "left", "color": INK}
    return [
        {"mark": bar, "encoding": shared | {"color": _kinds(names, colours)}},
        {"mark": text, "encoding": shared | {"text": written()}},
    ]


def _kinds(names: list[str], colours: list[str]) -> Spec:
    return {
        "field": "kind",
        "type": "nominal",
        "scale": {"domain": names, "range": colours},
        "legend": {"orient": "top", "title": None, "symbolType": "square"},
    }
