"""What Excel did to cells, mended where it can be, told and left empty where it cannot."""

from __future__ import annotations

import json
from datetime import datetime

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.readers.excel_damage import DAY_ZERO_1900, DAY_ZERO_1904, ExcelDamage
from ingestion.readers.reading import Reading, Row

HEADER = ("id", "Дата", "Телефон")


def mended(
    cell: str | None, column: str = "Телефон", day_zero: datetime = DAY_ZERO_1900
) -> tuple[str | None, str | None, list[str]]:
    """The cell, what is kept beside the row, and what is told."""
    reading = Reading()
    damage = ExcelDamage(HEADER, FileFormat("csv", date_names=("дата",)), reading, day_zero)
    cells = [cell if name == column else "x" for name in HEADER]
    (row,) = damage.mended(iter([Row(2, cells)]))
    return row.cells[HEADER.index(column)], row.cells[-1], list(reading.repairs)


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("79161234567.0", "79161234567"),
        ("79161234567,00", "79161234567"),
        ("7,9161234567E+10", "79161234567"),
        ("7.9161234567E+10", "79161234567"),
        ("1,2345E+3", "1234.5"),
        ("8 (916) 123-45-67", "8 (916) 123-45-67"),
        ("1234.0", "1234.0"),
        ("E+10", "E+10"),
        ("", ""),
        (None, None),
    ],
)
def test_a_number_that_is_still_whole_is_written_out(cell: str | None, text: str | None) -> None:
    assert mended(cell)[0] == text


@pytest.mark.parametrize("cell", ["7,91612E+10", "7.9E+10", "1E+15", "1.23456789012346E+16"])
def test_a_number_that_lost_digits_is_read_as_empty_told_and_kept_beside_the_row(cell: str) -> None:
    text, kept, told = mended(cell)
    assert text is None
    assert kept is not None
    assert json.loads(kept) == {"Телефон": cell}
    (line,) = told
    assert line.startswith("Телефон: numbers of which Excel lost the last digits")


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        ("46086", "2026-03-05"),
        ("46086.427083", "2026-03-05T10:15:00"),
        ("46086,5", "2026-03-05T12:00:00"),
        ("2026", "2026"),
        ("4608", "4608"),
        ("05.03.2026", "05.03.2026"),
    ],
)
def test_a_day_that_excel_counted_is_a_date_in_a_column_of_dates(cell: str, text: str) -> None:
    assert mended(cell, "Дата")[0] == text
    assert mended(cell, "Телефон")[0] == cell


def test_an_old_macs_days_are_counted_from_1904() -> None:
    assert mended("44624", "Дата", DAY_ZERO_1904)[0] == "2026-03-05"
