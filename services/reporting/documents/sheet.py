"""One sheet of the workbook: a cursor that writes titles, tables and pairs, row after row.

Text is always written as text: a name that begins with "=", "+", "-" or "@" stays a name (S13).
Numbers stay numbers with a number format, moments become dates by the clock of Bishkek.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from services.reporting.documents.phrases import BISHKEK, DASH
from services.reporting.documents.view import Cell, Pair, Table, Tone

# Excel's own limit; a longer text would silently be left out.
_LONGEST = 32_767
# Points of a line and of the highest row; how much wider a letter is than the digit that widths
# are counted in.
_LINE, _HIGHEST, _LETTER = 15.0, 300.0, 1.12
_FORE: dict[Tone, str] = {
    "met": "#1b6e45",
    "on_track": "#1f5fa8",
    "at_risk": "#8a5000",
    "missed": "#a3231c",
    "not_measured": "#565e66",
    "none": "#565e66",
}
_BACK: dict[Tone, str] = {
    "met": "#e2f2ea",
    "on_track": "#e4eef9",
    "at_risk": "#fcf0da",
    "missed": "#fae8e6",
    "not_measured": "#eceff1",
    "none": "#ffffff",
}
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "font_color": "#1f4e6e"},
    "section": {"bold": True, "font_size": 12, "font_color": "#1f4e6e"},
    "muted": {"font_color": "#5f6b76", "valign": "top"},
    "text": {"text_wrap": True, "valign": "top", "indent": 1},
    "head": {
        "bold": True, "text_wrap": True, "valign": "vcenter", "bg_color": "#1f4e6e",
        "font_color": "#ffffff", "border": 1, "border_color": "#d5dce2",
    },
    "plain": {"num_format": "#,##0.##", "align": "right", "valign": "top"},
    "count": {"num_format": "#,##0", "align": "right", "valign": "top"},
    "change": {"num_format": "+#,##0.#;-#,##0.#;0", "align": "right", "valign": "top"},
    "percent": {"num_format": '0.0" %"', "align": "right", "valign": "top"},
    "moment": {"num_format": "dd.mm.yyyy hh:mm", "align": "left", "valign": "top"},
    "right": {"align": "right", "valign": "top"},
    "link": {"font_color": "#1f5fa8", "underline": 1, "valign": "top"},
}  # fmt: skip


class Book:
    """The workbook with its formats, each made once."""

    def __init__(self, file: xlsxwriter.Workbook) -> None:
        self.file = file
        self._formats: dict[tuple[str, ...], Format] = {}

    def style(self, name: str, **changes: Any) -> Format:
        """The format of a name, with changes; XlsxWriter wants each made only once."""
        key = (name, *(f"{key}={value}" for key, value in sorted(changes.items())))
        if key not in self._formats:
            self._formats[key] = self.file.add_format(_STYLES.get(name, {}) | changes)
        return self._formats[key]

    def sheet(self, name: str, widths: Sequence[float]) -> Sheet:
        """A new sheet with columns of these widths, ready to print on A4."""
        page = self.file.add_worksheet(name)
        page.set_paper(9)
        page.set_landscape()
        page.fit_to_pages(1, 0)
        page.hide_gridlines(2)
        for column, width in enumerate(widths):
            page.set_column(column, column, width)
        return Sheet(self, page, tuple(widths))


class Sheet:
    """A worksheet and the row that is written next."""

    def __init__(self, book: Book, page: Worksheet, widths: tuple[float, ...]) -> None:
        self.book, self.page, self.widths, self.row = book, page, widths, 0
        self._heights: dict[int, float] = {}

    def title(self, text: str, style: str = "title") -> None:
        """A line over the columns."""
        self.text(self.row, 0, text, self.book.style(style))
        self.row += 1

    def lines(self, texts: Iterable[str], *, columns: int) -> None:
        """Paragraphs, each merged over the columns and as high as its text needs."""
        style = self.book.style("text")
        for text in texts:
            self.page.merge_range(self.row, 0, self.row, columns - 1, "", style)
            self.text(self.row, 0, text, style)
            self._grow(text, sum(self.widths[:columns]))
            self.row += 1

    def _grow(self, text: str, width: float) -> None:
        """Make the row as high as the text needs in a column of that many characters.

        Programs differ in whether they fit the height of a row when they open a file.
        """
        lines = sum(1 + int(len(part) * _LETTER / width) for part in text.split("\n"))
        height = min(_HIGHEST, _LINE * lines)
        if height > self._heights.get(self.row, _LINE):
            self._heights[self.row] = height
            self.page.set_row(self.row, height)

    def pairs(self, pairs: Iterable[Pair]) -> None:
        """Labels with what stands behind them."""
        for pair in pairs:
            self.text(self.row, 0, pair.label, self.book.style("muted"))
            if pair.value is None:
                self.text(self.row, 1, pair.text, self.book.style("right", align="left"))
            else:
                self.page.write_number(self.row, 1, pair.value, self.book.style("plain"))
            self.row += 1

    def table(self, table: Table, *, freeze: bool = False) -> None:
        """A table with its head, or the words that stand for its absence; then an empty row."""
        if not table.body:
            self.text(self.row, 0, table.empty, self.book.style("muted"))
            self.row += 2
            return
        self.head(table.head)
        if freeze:
            self.page.freeze_panes(self.row, 0)
            self.page.repeat_rows(self.row - 1)
            last = self.row + len(table.body) - 1
            self.page.autofilter(self.row - 1, 0, last, len(table.head) - 1)
        for row in table.body:
            self.cells(row, right=table.right)
        if table.total:
            self.cells(table.total, right=table.right, bold=True, top=1)
        self.row += 1

    def head(self, words: Sequence[str]) -> None:
        """The heads of the columns."""
        for column, word in enumerate(words):
            self.text(self.row, column, word, self.book.style("head"))
            self._grow(word, self.widths[column] * 0.8)
        self.row += 1

    def cells(self, row: Sequence[Cell], *, right: Container[int] = (), **changes: Any) -> None:
        """One row of cells, each with the type that it has; `right` are columns of numbers."""
        for column, cell in enumerate(row):
            side = {"align": "right", "indent": 0} if column in right else {}
            self.cell(self.row, column, cell, **(changes | side))
            if cell.value is None and cell.at is None:
                self._grow(cell.text, self.widths[column])
        self.row += 1

    def cell(self, row: int, column: int, cell: Cell, **changes: Any) -> None:
        """A number, a moment, a coloured state or a text."""
        style = self.book.style
        if cell.value is not None:
            self.page.write_number(row, column, cell.value, style(_number(cell), **changes))
        elif cell.at is not None:
            local = cell.at.astimezone(BISHKEK).replace(tzinfo=None)
            self.page.write_datetime(row, column, local, style("moment", **changes))
        elif cell.tone is not None:
            colours = {"font_color": _FORE[cell.tone], "bg_color": _BACK[cell.tone]}
            self.text(row, column, cell.text, style("text", bold=True, **colours))
        else:
            self.text(row, column, cell.text, style("text", **changes))

    def text(self, row: int, column: int, text: str, style: Format) -> None:
        """A text, whatever it looks like."""
        self.page.write_string(row, column, text[:_LONGEST], style)

    def link(self, row: int, column: int, cell: Cell, target: str) -> None:
        """A cell that leads to a sheet; a number stays a number under its link."""
        style = self.book.style("link", align="right" if cell.text == DASH else "left")
        self.page.write_url(row, column, f"internal:'{target}'!A1", style, cell.text)
        if cell.value is not None:
            look = {"font_color": "#1f5fa8", "underline": 1}
            self.page.write_number(row, column, cell.value, self.book.style(_number(cell), **look))


def _number(cell: Cell) -> str:
    if cell.text.startswith(("+", "\u2212")):
        return "change"
    if cell.unit == "percent":
        return "percent"
    return "count" if cell.value is not None and float(cell.value).is_integer() else "plain"
