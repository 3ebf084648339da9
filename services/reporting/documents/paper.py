"""The PDF on A4: a typst template fed with data, in typst's own fonts.

The data goes in as JSON, so no name can become markup. System fonts are left out and the creation
date is that of the report: the same data gives the same bytes on any machine.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from pathlib import Path
from typing import Any, cast

import typst

from services.reporting.documents.charts import Chart
from services.reporting.documents.phrases import Phrases
from services.reporting.documents.view import Report, Table

TEMPLATE = Path(__file__).parent / "templates" / "report.typ"
EVIDENCE_ROWS = 10
# A run of letters longer than this gets places to break, else it would leave its table cell.
_LONG = 16
_SIGN = re.compile(r"([/.@_=&?-])(?=\w)")
_RUN = re.compile(rf"\S{{{_LONG + 1},}}")
# A word of any language, with its hyphens and the punctuation around it: typst breaks it rightly.
_WORD = re.compile(r"\W*[^\W\d_]+(?:-[^\W\d_]+)*\W*")


def pdf(report: Report, charts: tuple[Chart, ...], *, made_at: dt.datetime) -> bytes:
    """The report as PDF; `made_at` (aware) becomes its creation date."""
    inputs = {f"chart-{chart.key}": chart.paper_svg for chart in charts}
    inputs["report"] = json.dumps(_content(report, charts), ensure_ascii=False, default=str)
    compiler = typst.Compiler(TEMPLATE.read_bytes(), ignore_system_fonts=True, sys_inputs=inputs)
    stamp = made_at.astimezone(dt.UTC).replace(microsecond=0)
    return cast(bytes, compiler.compile(format="pdf", timestamp=stamp))


def _content(report: Report, charts: tuple[Chart, ...]) -> dict[str, Any]:
    phrases = Phrases(report.language)
    content = cast(dict[str, Any], _soften(dataclasses.asdict(report)))
    content["fingerprint"] = report.fingerprint
    # Whoever copies the checksum out of the page must get its letters and nothing between them.
    content["header"] = [dataclasses.asdict(pair) for pair in report.header]
    content["author"] = report.header[2].text
    content["charts"] = [
        {"key": chart.key, "title": chart.title, "alt": chart.alt} for chart in charts
    ]
    content["evidence"] = [_annex(phrases, sheet) for sheet in report.evidence]
    return content


def _annex(phrases: Phrases, sheet: Table) -> dict[str, Any]:
    """The first rows of a sheet, and in words how many there are in all."""
    count = len(sheet.body)
    cut = dataclasses.replace(sheet, body=sheet.body[:EVIDENCE_ROWS])
    shown = phrases.number(len(cut.body))
    words = phrases.count("evidence.shown", count, shown=shown) if count > EVIDENCE_ROWS else ""
    return cast(dict[str, Any], _soften(dataclasses.asdict(cut))) | {"shown": words}


def _soften(value: Any) -> Any:
    """The same data with places to break in runs of letters that are too long for a cell."""
    if isinstance(value, str):
        return _RUN.sub(_breakable, value)
    if isinstance(value, dict):
        return {key: _soften(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_soften(item) for item in value]
    return value


def _breakable(run: re.Match[str]) -> str:
    """Break addresses and ids behind their signs, and whatever is still too long anywhere."""
    text = run.group()
    if len(text) < 2 * _LONG and _WORD.fullmatch(text):
        return text
    parts = _SIGN.sub("\\1\u200b", text).split("\u200b")
    return "\u200b".join(
        part[i : i + _LONG] for part in parts for i in range(0, max(1, len(part)), _LONG)
    )
