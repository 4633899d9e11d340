"""Excel workbooks with what Excel does to cells."""

from __future__ import annotations

from datetime import date, datetime, time
from pathlib import Path

import openpyxl
import pytest

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, TruncatedFile, UnreadableFile
from ingestion.readers.excel_cells import text_of
from ingestion.readers.excel_damage import SPOILT_CELLS
from ingestion.readers.excel_reader import open_excel

EXPECTED = frozenset(("id", "phone"))


def workbook(tmp_path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    del book["Sheet"]
    file = tmp_path / "book.xlsx"
    book.save(file)
    return file


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (79161234567.0, "79161234567"),
        (7.91612e10, "79161200000"),
        (1234.5, "1234.5"),
        (0.1, "0.1"),
        (12, "12"),
        (True, "true"),
        (datetime(2026, 3, 5), "2026-03-05"),
        (datetime(2026, 3, 5, 10, 15), "2026-03-05T10:15:00"),
        (date(2026, 3, 5), "2026-03-05"),
        (time(10, 15), "10:15:00"),
        ("007", "007"),
        ("", None),
        (None, None),
        ("#N/A", None),
    ],
)
def test_a_cell_becomes_text_without_losing_anything(value: object, text: str | None) -> None:
    assert text_of(value) == text


def test_titles_and_blank_rows_are_left_out_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    file = workbook(tmp_path, s=[["Report"], ["id", "phone"], [], [1, 79161234567.0], [2, None]])
    table = open_excel(file, FileFormat("excel"), EXPECTED)
    assert table.header == ("id", "phone", SPOILT_CELLS)
    assert [(row.number, row.cells[:2]) for row in table.rows] == [(4, ["1", "79161234567"]), (5, ["2", None])]


def test_the_sheet_with_the_expected_columns_is_found(tmp_path: Path) -> None:
    file = workbook(tmp_path, cover=[["hello"]], data=[["id", "phone"], [1, 2]])
    assert open_excel(file, FileFormat("excel"), EXPECTED).reading.facts["sheet"] == "data"
    assert open_excel(file, FileFormat("excel", sheet=0), EXPECTED).header[:1] == ("hello",)


def test_a_cell_beyond_the_last_column_is_told(tmp_path: Path) -> None:
    file = workbook(tmp_path, s=[["id", "phone"], [1, 2, 3]])
    (row,) = open_excel(file, FileFormat("excel"), EXPECTED).rows
    assert row.shape_fault == "1 cell(s) beyond the last column"


def test_a_sheet_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="the sheets s"):
        open_excel(workbook(tmp_path, s=[["id"]]), FileFormat("excel", sheet="t"), EXPECTED)


def test_an_empty_sheet_and_a_file_that_is_no_workbook_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile):
        open_excel(workbook(tmp_path, s=[]), FileFormat("excel"), EXPECTED)
    file = tmp_path / "cut.xlsx"
    file.write_bytes(b"PK\x03\x04")
    with pytest.raises(TruncatedFile):
        open_excel(file, FileFormat("excel"), EXPECTED)
