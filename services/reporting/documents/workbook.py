"""The XLSX: an overview whose every figure leads to the sheet with the rows behind it.

One sheet of evidence per figure, all its rows; frozen heads, filters, real numbers and dates. The
creation date is that of the report, so the same data gives the same bytes.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import io

import xlsxwriter

from services.reporting.documents.sheet import Book, Sheet
from services.reporting.documents.view import Cell, Line, Report, Table

_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}
# The columns of the overview, in characters.
_WIDTHS = (5, 13, 44, 12, 13, 12, 14, 10, 18, 50, 44, 40, 12)
_HEADS = (
    "row", "code", "indicator", "plan", "due", "fact_month", "total", "percent_done", "state",
    "pace", "formula", "beside", "evidence_rows",
)  # fmt: skip
_CHARTED = ("R2.B.bodies", "R2.B.staff", "R9")
# Excel refuses a chart's title above 255 characters.
_TITLE = 120


def xlsx(report: Report, *, made_at: dt.datetime) -> bytes:
    """The report as XLSX; `made_at` (aware) becomes its creation date."""
    buffer = io.BytesIO()
    file = xlsxwriter.Workbook(buffer, _OPTIONS)
    created = made_at.astimezone(dt.UTC).replace(tzinfo=None, microsecond=0)
    properties = {"title": report.title, "subject": report.month, "created": created}
    file.set_properties(properties | {"comments": f"sha256 {report.fingerprint}"})
    book = Book(file)
    _overview(book, report)
    _base(book, report)
    _prospects(book, report)
    _history(book, report)
    _notes(book, report)
    for table in report.evidence:
        _evidence(book, report, table)
    file.close()
    return buffer.getvalue()


def _overview(book: Book, report: Report) -> None:
    labels = report.labels
    sheet = book.sheet(labels["overview_sheet"], _WIDTHS)
    sheet.title(report.title)
    sheet.title(report.month, "section")
    sheet.row += 1
    sheet.lines(report.summary, columns=10)
    sheet.row += 1
    sheet.head([labels[key] for key in _HEADS])
    sheet.page.freeze_panes(sheet.row, 3)
    for line in report.lines:
        _line(sheet, line)
    sheet.row += 1
    for pair in report.header:
        sheet.text(sheet.row, 1, pair.label, book.style("muted"))
        sheet.text(sheet.row, 3, pair.text, book.style("muted"))
        sheet.row += 1


def _line(sheet: Sheet, line: Line) -> None:
    row = sheet.row
    beside = "; ".join(f"{pair.label}: {pair.text}" for pair in line.beside)
    pace = line.forecast or line.reason or line.pace
    percent = float(line.progress) if line.progress is not None else None
    sheet.cells(
        (
            Cell(str(line.row), float(line.row)),
            Cell(line.code),
            Cell(line.title),
            line.target if line.target.value is not None else Cell(line.plan),
            Cell(line.due),
            line.month,
            line.total,
            Cell("", percent, "percent") if percent is not None else Cell(""),
            Cell(f"{line.mark} {line.state}", tone=line.tone),
            Cell(" ".join(filter(None, (pace, line.restated)))),
            Cell("; ".join(line.formula)),
            Cell(beside),
            Cell("", float(line.evidence)),
        ),
        right=(3, 5, 6, 7, 12),
    )
    for column, cell in ((1, Cell(line.code)), (5, line.month), (6, line.total)):
        sheet.link(row, column, cell, line.code)
    sheet.link(row, 12, Cell(str(line.evidence), float(line.evidence)), line.code)


def _base(book: Book, report: Report) -> None:
    labels = report.labels
    sheet = book.sheet(labels["base_sheet"], (48, 18, 16, 18, 14))
    for key in ("audiences", "territories"):
        sheet.title(labels[key], "section")
        sheet.table(report.tables[key])
    sheet.title(labels["inquiries"], "section")
    if report.inquiries:
        sheet.pairs(report.inquiries)
    sheet.row += 1
    for key in ("kinds", "events"):
        sheet.title(labels[key], "section")
        sheet.table(report.tables[key])


def _prospects(book: Book, report: Report) -> None:
    labels = report.labels
    sheet = book.sheet(labels["prospects_sheet"], (52, 16, 14, 16, 34, 44, 18))
    for key in ("prospects", "comparison", "restatements"):
        sheet.title(labels[key], "section")
        sheet.table(report.tables[key])
    sheet.title(labels["actions"], "section")
    sheet.lines(report.actions or (labels["empty.actions"],), columns=6)


def _history(book: Book, report: Report) -> None:
    labels, table = report.labels, report.tables["history"]
    sheet = book.sheet(labels["history_sheet"], (12, *(13 for _ in report.lines)))
    sheet.table(table, freeze=True)
    if not table.body:
        return
    drawn = [line for line in report.lines if line.code in _CHARTED]
    for place, line in enumerate(drawn):
        _chart(sheet, table, line, at=place)


def _chart(sheet: Sheet, table: Table, line: Line, *, at: int) -> None:
    """A native chart of one column of the history, drawn from its cells."""
    column, last = table.head.index(line.code), len(table.body)
    name = sheet.page.get_name()
    chart = sheet.book.file.add_chart({"type": "column"})
    values = [name, 1, column, last, column]
    months = [name, 1, 0, last, 0]
    look = {"fill": {"color": "#2f6690"}, "data_labels": {"value": True}}
    chart.add_series({"name": line.code, "categories": months, "values": values} | look)
    title = f"{line.code} {line.title}"[:_TITLE]
    chart.set_title({"name": title, "name_font": {"size": 10}})
    chart.set_y_axis({"major_gridlines": {"visible": True, "line": {"color": "#e3e8ec"}}})
    chart.set_legend({"none": True})
    chart.set_size({"width": 460, "height": 260})
    sheet.page.insert_chart(last + 2, at * 5, chart)


def _notes(book: Book, report: Report) -> None:
    labels = report.labels
    sheet = book.sheet(labels["notes_sheet"], (13, 60, 34, 70))
    sheet.title(labels["how"], "section")
    sheet.lines((report.how,), columns=4)
    sheet.row += 1
    sheet.title(labels["unmeasured"], "section")
    sheet.table(report.tables["unmeasured"])
    sheet.title(labels["notes"], "section")
    for pair in report.notes:
        sheet.lines((f"{pair.label}. {pair.text}",), columns=4)
    sheet.row += 1
    sheet.title(labels["wording"], "section")
    sheet.head([labels[key] for key in ("row", "indicator", "terms", "wording")])
    for block in report.blocks:
        sheet.cells(
            (
                Cell(str(block.number), float(block.number)),
                Cell(block.activity),
                Cell(block.terms),
                Cell("\n".join(filter(None, (block.indicators, block.official)))),
            )
        )


def _evidence(book: Book, report: Report, table: Table) -> None:
    """All the rows behind one figure; its head stays in sight."""
    sheet = book.sheet(table.key, (44, 18, 62, 10, 34, 40))
    sheet.link(0, 0, Cell(report.labels["back"]), report.labels["overview_sheet"])
    sheet.row = 1
    sheet.title(f"{table.key}. {table.title}", "section")
    sheet.row += 1
    sheet.table(dataclasses.replace(table, title=""), freeze=True)
