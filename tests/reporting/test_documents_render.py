"""The documents as a reader, an auditor and an attacker see them."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import io
import re
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from typing import Any

import openpyxl
import pypdf
import pytest

from services.reporting.documents import codec, paper
from services.reporting.documents.model import ReportData
from services.reporting.documents.render import Documents, render, render_one
from tests.project import ROOT
from tests.reporting import documents_factory as factory

LANGUAGES = ("ru", "ky", "en")
TITLES = {
    "ru": "Отчёт о состоянии и перспективах развития клиентской базы",
    "ky": "Кардарлар базасынын абалы жана өнүгүү келечеги жөнүндө отчёт",
    "en": "Report on the state and development prospects of the client base",
}


@pytest.fixture(scope="module", params=LANGUAGES)
def june(request: pytest.FixtureRequest) -> tuple[str, ReportData, Documents]:
    """The full month of June in one language."""
    data = factory.full()
    return request.param, data, render(data, request.param)


def pdf_text(content: bytes) -> str:
    """The text of a PDF, hyphens of line ends and white space taken out."""
    pages = (page.extract_text() for page in pypdf.PdfReader(io.BytesIO(content)).pages)
    return re.sub(r"\s+", " ", "\n".join(pages).replace("\u200b", ""))


def book(content: bytes) -> openpyxl.Workbook:
    """The workbook as openpyxl reads it."""
    return openpyxl.load_workbook(io.BytesIO(content))


class Page(HTMLParser):
    """Collects the tags, pictures and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "img":
            self.pictures.append(dict(attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


def test_it_prints_title_and_fingerprint_in_each_document(
    june: tuple[str, ReportData, Documents],
) -> None:
    language, data, documents = june
    fingerprint = codec.fingerprint(data)
    assert TITLES[language] in pdf_text(documents.pdf)
    for text in (pdf_text(documents.pdf), documents.html, documents.text):
        assert fingerprint in text
    overview = book(documents.xlsx).worksheets[0]
    values = [cell.value for row in overview.iter_rows() for cell in row]
    assert TITLES[language] in values
    assert fingerprint in values
    assert any(str(value).replace("\xa0", "").replace(",", "") == "48317" for value in values)


def test_it_lets_the_checksum_be_copied_out_of_the_pdf() -> None:
    data = factory.full()
    first = pypdf.PdfReader(io.BytesIO(render_one(data, "ru", "pdf"))).pages[0].extract_text()
    assert first.count(codec.fingerprint(data)) == 2


def test_it_cuts_no_word_for_the_punctuation_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only ids and addresses get places to break; a word is broken by its hyphens."""
    given: list[str] = []

    class Compiler:
        def __init__(self, template: bytes, *, sys_inputs: dict[str, str], **_: Any) -> None:
            given.append(sys_inputs["report"])

        def compile(self, **_: Any) -> bytes:
            return b""

    monkeypatch.setattr(paper.typst, "Compiler", Compiler)
    render_one(factory.full(), "ru", "pdf")
    assert "«Проинформированные" in given[0] and "зарегистрированы." in given[0]
    assert "9f2c6a0e-\u200b5a55" in given[0]


def test_it_states_the_golden_forecast(june: tuple[str, ReportData, Documents]) -> None:
    language, _, documents = june
    sentence = {
        "ru": "При таком темпе — 92 к 30 декабря 2022 г., не хватит 38; нужно 14,0 в месяц.",
        "ky": "Ушул темп менен мөөнөткө карата (2022-ж., 30-декабрь) 92 болот, 38 жетишпейт; "
        "айына 14,0 керек.",
        "en": "At this pace 92 by 30 December 2022, 38 short; needed 14.0 a month.",
    }[language]
    cells = (str(cell.value) for cell in book(documents.xlsx).worksheets[0]["J"])
    for text in (pdf_text(documents.pdf), documents.text, "\n".join(cells)):
        assert sentence in " ".join(text.split())


def test_it_keeps_the_letters_of_kyrgyz_in_the_pdf() -> None:
    content = render_one(factory.full(), "ky", "pdf")
    assert {"ң", "ө", "ү"} <= set(pdf_text(content).lower())
    fonts = set()
    for page in pypdf.PdfReader(io.BytesIO(content)).pages:
        resources: Any = page["/Resources"]
        fonts |= {str(font["/BaseFont"]) for font in resources["/Font"].values()}
    assert fonts
    assert all("Libertinus" in font or "DejaVuSansMono" in font for font in fonts)


def test_it_gives_the_same_bytes_in_another_process() -> None:
    script = (
        "import hashlib, sys\n"
        "from tests.reporting import documents_factory as factory\n"
        "from services.reporting.documents import codec\n"
        "from services.reporting.documents.render import render_one\n"
        "data = codec.from_json(codec.to_json(factory.full()))\n"
        "for name in ('html', 'text', 'pdf', 'xlsx'):\n"
        "    print(hashlib.sha256(render_one(data, 'ky', name)).hexdigest())\n"
    )
    other = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script], cwd=ROOT, capture_output=True, check=True
    )
    documents = render(factory.full(), "ky")
    here = (documents.web_page.encode(), documents.text.encode(), documents.pdf, documents.xlsx)
    assert other.stdout.decode().split() == [hashlib.sha256(item).hexdigest() for item in here]


def test_it_changes_the_bytes_with_the_data() -> None:
    first = render(factory.full(), "ru")
    second = render(factory.full(journal_position=48_318), "ru")
    assert first.pdf != second.pdf
    assert first.xlsx != second.xlsx
    assert first.html != second.html


def test_it_dates_the_files_as_the_report_says() -> None:
    made_at = dt.datetime(2022, 7, 5, 3, 0, tzinfo=dt.UTC)
    documents = render(factory.full(made_at=made_at), "ru")
    info = pypdf.PdfReader(io.BytesIO(documents.pdf)).metadata
    assert info is not None and info.creation_date == made_at
    assert book(documents.xlsx).properties.created == made_at.replace(tzinfo=None)
    with zipfile.ZipFile(io.BytesIO(documents.xlsx)) as parts:
        assert {part.date_time[0] for part in parts.infolist()} == {1980}


def test_it_leads_from_each_figure_to_all_its_rows() -> None:
    data = factory.full()
    workbook = book(render_one(data, "ru", "xlsx"))
    overview = workbook.worksheets[0]
    rows = {cell.value: cell.row for cell in overview["B"] if cell.value}
    for indicator in data.indicators:
        row = rows[indicator.code]
        for column in "BFGM":
            link = overview[f"{column}{row}"].hyperlink
            assert link is not None and link.location == f"'{indicator.code}'!A1"
        assert overview[f"M{row}"].value == len(indicator.evidence)
        sheet = workbook[indicator.code]
        assert sheet.max_row - 4 == len(indicator.evidence) or not indicator.evidence
    assert overview[f"G{rows['R2.B.bodies']}"].value == 46
    assert overview[f"D{rows['R2.B.bodies']}"].value == 130
    assert overview[f"G{rows['R7.s']}"].value == 26.0
    assert workbook["R9"].freeze_panes == "A5"
    assert workbook["R9"]["B5"].value == dt.datetime(2022, 6, 3, 14, 0)


def test_it_stores_text_as_text_and_never_as_a_formula() -> None:
    data = factory.full()
    signs = ("=1+1", "+1", "-1", "@SUM(A1)", "https://example.kg/x", "123")
    events = tuple(
        dataclasses.replace((data.events or ())[0], ref=sign, title=dataclasses.replace(
            data.plan.title, ru=sign)) for sign in signs
    )  # fmt: skip
    workbook = book(render_one(dataclasses.replace(data, events=events), "ru", "xlsx"))
    cells = [cell for row in workbook["База"].iter_rows() for cell in row if cell.value in signs]
    assert [cell.value for cell in cells] == list(signs)
    assert {cell.data_type for cell in cells} == {"s"}
    formulas = [c for sheet in workbook for row in sheet.iter_rows() for c in row]
    assert "f" not in {cell.data_type for cell in formulas}


def test_it_treats_names_as_data_in_every_format() -> None:
    documents = render(factory.odd(), "en")
    assert factory.HOSTILE in pdf_text(documents.pdf)
    page = Page(documents.html)
    assert "script" not in page.tags
    assert factory.HOSTILE in page.text
    assert factory.HOSTILE in " ".join(documents.text.split())
    titles = [cell.value for cell in book(documents.xlsx).worksheets[0]["C"]]
    assert factory.HOSTILE in titles


def test_it_prints_every_page_of_odd_values() -> None:
    for language in LANGUAGES:
        reader = pypdf.PdfReader(io.BytesIO(render_one(factory.odd(), language, "pdf")))
        for page in reader.pages:
            assert page.mediabox.width == pytest.approx(595.28, abs=0.1)
            assert (page.extract_text() or "").strip()


def test_it_refers_to_each_picture_of_the_mail(june: tuple[str, ReportData, Documents]) -> None:
    _, _, documents = june
    shown = [str(picture["src"]) for picture in Page(documents.html).pictures]
    assert shown == [f"cid:{image.cid}" for image in documents.images]
    assert len(shown) == 4
    assert all(image.content.startswith(b"\x89PNG") for image in documents.images)
    assert all(picture["alt"] for picture in Page(documents.html).pictures)
    inside = Page(documents.web_page).pictures
    assert all(str(item["src"]).startswith("data:image/png;base64,") for item in inside)


def test_it_stays_below_what_mail_clients_cut(june: tuple[str, ReportData, Documents]) -> None:
    _, _, documents = june
    assert len(documents.html.encode()) < 100_000
    assert "<style>" not in documents.html.split("</head>")[1]
    assert max(map(len, documents.text.splitlines())) <= 76


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_says_in_words_that_nothing_is_measured(language: str) -> None:
    documents = render(factory.blank("2022-01"), language)
    words = {
        "ru": ("данных пока нет", "Это отсутствие измерения, а не ноль"),
        "ky": ("азырынча маалымат жок", "Бул өлчөөнүн жоктугу, нөл эмес"),
        "en": ("no data yet", "the absence of a measurement, not a zero"),
    }[language]
    assert words[0] in documents.subject
    assert words[1] in pdf_text(documents.pdf)
    assert words[1] in " ".join(documents.text.split())
    assert documents.images == ()
    assert Page(documents.html).pictures == []


def test_it_refuses_an_unknown_format_and_language() -> None:
    data = factory.blank("2022-01")
    with pytest.raises(ValueError, match="docx"):
        render_one(data, "ru", "docx")  # type: ignore[arg-type]
    with pytest.raises(LookupError):
        render(data, "kg")


def test_it_keeps_the_subject_on_one_line() -> None:
    data = factory.full()
    for language in LANGUAGES:
        subject = render(data, language).subject
        assert subject.isprintable()
        assert len(subject) < 120
