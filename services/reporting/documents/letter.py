"""The mail itself: HTML that mail clients take (tables, inline style, 600 px) and its plain text.

Pictures are referred to by content id. The HTML stays well below the 102 kB at which some clients
cut a mail; what is longer stands in the attached PDF and XLSX.
"""

from __future__ import annotations

import base64
import re
import textwrap
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import css_inline
import jinja2

from services.reporting.documents.cells import capital
from services.reporting.documents.charts import Chart
from services.reporting.documents.view import Report

FOLDER = Path(__file__).parent / "templates"
TEXT_WIDTH = 76
PICTURE_WIDTH = 552
# Pictures of the mail, in its order; the audiences stand in a table of their own.
PICTURES = ("bodies", "staff", "inquiries", "events")


# No-break spaces are none of these: "1 234" stays in one piece.
_SPACES = re.compile(r"[ \t\r\n]+")


@dataclass(frozen=True, slots=True)
class InlineImage:
    """A PNG inside the mail: `cid` without brackets, a file name, its bytes, its words."""

    cid: str
    name: str
    content: bytes
    alt: str


def images(charts: tuple[Chart, ...], month: str) -> tuple[InlineImage, ...]:
    """The pictures of the mail of an ISO month."""
    drawn = {chart.key: chart for chart in charts}
    return tuple(
        InlineImage(_cid(key, month), f"{key}-{month}.png", drawn[key].png(), drawn[key].alt)
        for key in PICTURES
        if key in drawn
    )


def html(report: Report, charts: tuple[Chart, ...], month: str) -> str:
    """The mail as HTML; its pictures are those of `images`."""
    page = _templates().get_template("letter.html")
    drawn = page.render(
        report=report,
        charts=charts,
        cids={chart.key: _cid(chart.key, month) for chart in charts},
        widths=dict.fromkeys(PICTURES, PICTURE_WIDTH),
    )
    inliner = css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
    inlined: str = inliner.inline(drawn)
    return inlined


def text(report: Report) -> str:
    """The mail as plain text, folded at 76 columns."""
    return _templates().get_template("letter.txt").render(report=report).strip() + "\n"


def web_page(page: str, pictures: tuple[InlineImage, ...]) -> str:
    """The mail's HTML as a page of its own: each picture inside it instead of beside it."""
    for picture in pictures:
        data = base64.b64encode(picture.content).decode()
        page = page.replace(f'"cid:{picture.cid}"', f'"data:image/png;base64,{data}"')
    return page


def _cid(key: str, month: str) -> str:
    return f"{key}.{month}@report"


def _fold(text: str, indent: int = 0, first: int = 0) -> str:
    lines = textwrap.wrap(
        _SPACES.sub(" ", text),
        TEXT_WIDTH,
        initial_indent=" " * first,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
    )
    return "\n".join(lines)


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(FOLDER),
        autoescape=jinja2.select_autoescape(["html"]),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"fold": _fold, "capitalize_first": capital}
    return environment
