"""Tables as files for Excel: XLSX, and CSV as the Russian Excel opens it (quality.md S13).

Text is never a formula: XLSX cells are written as strings, CSV cells that would begin one get an
apostrophe in front; numbers and phone numbers are exempt.
"""

import csv
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import xlsxwriter

PHONE = re.compile(r"\+?\d[\d ()-]*")
DANGEROUS = ("=", "+", "-", "@", "\t", "\r")
WIDEST, NARROWEST = 60, 8
LONGEST = 32_767
Cell = str | int | float | None


class Sheet(Protocol):
    """A table that is being written."""

    media: str
    suffix: str

    def add(self, row: Sequence[Cell]) -> None:
        """Write one row."""

    def close(self) -> None:
        """Finish the file."""


class Xlsx:
    """A workbook of one sheet; rows go to disk as they come."""

    media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    suffix = "xlsx"

    def __init__(self, path: Path, headings: Sequence[str], title: str) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
        }
        self._book = xlsxwriter.Workbook(str(path), options)
        self._sheet = self._book.add_worksheet(re.sub(r"[\[\]:*?/\\]", " ", title)[:31])
        bold = self._book.add_format({"bold": True, "bottom": 1})
        self._sheet.freeze_panes(1, 0)
        for column, heading in enumerate(headings):
            width = min(WIDEST, max(NARROWEST, len(heading) + 4))
            self._sheet.set_column(column, column, max(width, 16))
            self._sheet.write_string(0, column, heading, bold)
        self._columns, self._rows = len(headings), 0

    def add(self, row: Sequence[Cell]) -> None:
        """Write one row; text stays text whatever it begins with."""
        self._rows += 1
        for column, value in enumerate(row):
            if isinstance(value, str):
                self._sheet.write_string(self._rows, column, value[:LONGEST])
            elif value is not None:
                self._sheet.write_number(self._rows, column, value)

    def close(self) -> None:
        """Finish the workbook with a filter over all its rows."""
        self._sheet.autofilter(0, 0, self._rows, self._columns - 1)
        self._book.close()


class Csv:
    """UTF-8 with its mark, semicolons and CRLF: what the Russian Excel opens by a double click."""

    media = "text/csv"
    suffix = "csv"

    def __init__(self, path: Path, headings: Sequence[str], title: str) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._writer = csv.writer(self._file, delimiter=";", lineterminator="\r\n")
        self._writer.writerow(headings)

    def add(self, row: Sequence[Cell]) -> None:
        """Write one row."""
        self._writer.writerow([harmless(value) for value in row])

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


FORMATS: dict[str, Any] = {"xlsx": Xlsx, "csv": Csv}


def harmless(value: Cell) -> Cell:
    """Return a CSV cell that no spreadsheet takes for a formula."""
    if not isinstance(value, str) or not value.startswith(DANGEROUS) or PHONE.fullmatch(value):
        return value
    return f"'{value}"
