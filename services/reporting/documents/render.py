"""The front door of the documents: one `ReportData` in, the files of one language out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from services.reporting.documents import letter, pages, paper, workbook
from services.reporting.documents.charts import charts
from services.reporting.documents.letter import InlineImage
from services.reporting.documents.model import ReportData
from services.reporting.documents.phrases import Phrases

Format = Literal["html", "text", "pdf", "xlsx"]


@dataclass(frozen=True, slots=True)
class Documents:
    """What is mailed: `html` refers to `images` by content id, `text` is its plain alternative."""

    subject: str
    html: str
    text: str
    images: tuple[InlineImage, ...]
    pdf: bytes
    xlsx: bytes

    @property
    def web_page(self) -> str:
        """The same HTML with its pictures inside, to be stored or downloaded by itself."""
        return letter.web_page(self.html, self.images)


def render(data: ReportData, language: str) -> Documents:
    """All documents of a report in 'ru', 'ky' or 'en'; LookupError for another language.

    CPU-bound: about a second for the first, a third of that for the next. The same data and
    language give the same bytes.
    """
    report = pages.report(data, language)
    drawn = charts(Phrases(language), data)
    return Documents(
        subject=report.subject,
        html=letter.html(report, drawn, data.month),
        text=letter.text(report),
        images=letter.images(drawn, data.month),
        pdf=paper.pdf(report, drawn, made_at=data.made_at),
        xlsx=workbook.xlsx(report, made_at=data.made_at),
    )


def render_one(data: ReportData, language: str, fmt: Format) -> bytes:
    """One document; 'html' is the page with its pictures inside. ValueError for another format."""
    report = pages.report(data, language)
    match fmt:
        case "text":
            return letter.text(report).encode()
        case "xlsx":
            return workbook.xlsx(report, made_at=data.made_at)
        case "pdf":
            drawn = charts(Phrases(language), data)
            return paper.pdf(report, drawn, made_at=data.made_at)
        case "html":
            drawn = charts(Phrases(language), data)
            page = letter.html(report, drawn, data.month)
            return letter.web_page(page, letter.images(drawn, data.month)).encode()
        case _:
            raise ValueError(f"no document of format {fmt!r}")
