"""Tables for Excel: text is never a formula, numbers stay numbers, what goes out comes back."""

import csv
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from gateway.jobs.sheets import FORMATS, Csv, Xlsx, harmless

NAUGHTY = (
    '=HYPERLINK("http://evil.example","click")',
    "=1+1",
    "@SUM(A1)",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "\t=1",
    "\r=1",
    "Айыл окмоту; «Кызыл-Туу»\nвторая строка",
    'кавычка " внутри',
    "ө ү ң",
)


def written(kind: Any, path: Path, rows: list[list[Any]]) -> Path:
    sheet = kind(path, ["Имя", "Телефон", "Число"], "Люди: [1]")
    for row in rows:
        sheet.add(row)
    sheet.close()
    return path


def test_a_workbook_holds_text_as_text_and_numbers_as_numbers(tmp_path: Path) -> None:
    rows = [[text, "+996555123456", 7] for text in NAUGHTY]
    book = openpyxl.load_workbook(written(Xlsx, tmp_path / "x.xlsx", rows))
    cells = list(book.active.iter_rows(min_row=2))
    for text, (name, phone, number) in zip(NAUGHTY, cells, strict=True):
        assert name.data_type in ("s", "inlineStr") and name.value.replace("_x000D_", "\r") == text
        assert (phone.value, number.value, number.data_type) == ("+996555123456", 7, "n")
    assert book.active.freeze_panes == "A2" and book.active.auto_filter.ref == "A1:C11"


def test_a_csv_opens_in_a_russian_excel_and_runs_nothing(tmp_path: Path) -> None:
    rows = [[text, "+996 555 123-456", 7] for text in NAUGHTY]
    path = written(Csv, tmp_path / "x.csv", rows)
    raw = path.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf") and b"\r\n" in raw
    with path.open(encoding="utf-8-sig", newline="") as file:
        found = list(csv.reader(file, delimiter=";"))[1:]
    for text, (name, phone, number) in zip(NAUGHTY, found, strict=True):
        assert name == (f"'{text}" if text[0] in "=+-@\t\r" else text)
        assert (phone, number) == ("+996 555 123-456", "7")


@pytest.mark.parametrize("value", ["+996555123456", "0312 66-12-34", 5, -3, None, "текст"])
def test_phones_numbers_and_words_stay_as_they_are(value: Any) -> None:
    assert harmless(value) == value


def test_it_writes_two_formats() -> None:
    assert sorted(FORMATS) == ["csv", "xlsx"]
