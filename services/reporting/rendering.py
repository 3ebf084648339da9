"""From `ReportData` to the files of one language, as they are stored, mailed and downloaded.

CPU-bound: `service.py` runs it beside the event loop, never inside a transaction.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from services.reporting.documents import render as documents
from services.reporting.documents.letter import InlineImage
from services.reporting.documents.model import ReportData
from services.reporting.documents.render import Format

# `mail` is the HTML whose pictures lie beside it, `html` the same as a page of its own.
MAIL, TEXT, HTML, PDF, XLSX = "mail", "text", "html", "pdf", "xlsx"
DOWNLOADS = (HTML, PDF, XLSX)
INLINE = "inline:"
MEDIA_TYPES = {
    MAIL: "text/html",
    TEXT: "text/plain",
    HTML: "text/html",
    PDF: "application/pdf",
    XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One file; `format` is mail, text, html, pdf, xlsx, or `inline:<cid>`: the mail's pictures."""

    format: str
    name: str
    media_type: str
    content: bytes

    @property
    def sha256(self) -> str:
        """The hash of the bytes, in hex."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A report in one language: the subject of its mail and all its files."""

    language: str
    subject: str
    documents: tuple[Document, ...]


Render = Callable[[ReportData, str], Edition]


def render(data: ReportData, language: str) -> Edition:
    """Render everything in one language; the same data gives the same bytes."""
    made = documents.render(data, language)
    files = {
        MAIL: made.html.encode(),
        TEXT: made.text.encode(),
        HTML: made.web_page.encode(),
        PDF: made.pdf,
        XLSX: made.xlsx,
    }
    found = [_document(data, language, name, content) for name, content in files.items()]
    return Edition(
        language=language,
        subject=made.subject,
        documents=(*found, *(_picture(image) for image in made.images)),
    )


def render_one(data: ReportData, language: str, fmt: str) -> Document:
    """Render one download, html, pdf or xlsx."""
    if fmt not in DOWNLOADS:
        raise ValueError(f"no document of format {fmt!r}")
    return _document(data, language, fmt, documents.render_one(data, language, cast(Format, fmt)))


def _document(data: ReportData, language: str, fmt: str, content: bytes) -> Document:
    # A name that no file system and no mail client trips over, the same in each language.
    stem = f"aymak-{data.month}-{language}"
    ending = {MAIL: "mail.html", TEXT: "txt"}.get(fmt, fmt)
    return Document(
        format=fmt, name=f"{stem}.{ending}", media_type=MEDIA_TYPES[fmt], content=content
    )


def _picture(image: InlineImage) -> Document:
    return Document(
        format=f"{INLINE}{image.cid}",
        name=image.name,
        media_type="image/png",
        content=image.content,
    )
