"""Numbers and other values that have a type become text that is read in one way only."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Literal

import openpyxl
import pyarrow
import pytest
from pyarrow import parquet

from ingestion.dealer_entries import FormatType
from ingestion.dealer_files import FileFormat
from ingestion.evidence import decide_numbers, number_shape
from ingestion.readers import excel_reader
from ingestion.readers.open_table import open_table
from ingestion.readers.typed_values import number_text, value_text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (Decimal("450.000"), "450"),
        (Decimal("999.500"), "999.5"),
        (Decimal("450.125"), "450.1250"),
        (-0.125, "-0.1250"),
        (Decimal("100.50"), "100.50"),
        (Decimal("0.00000000"), "0"),
        (Decimal("1.20500000"), "1.2050"),
        (Decimal("1E+3"), "1000"),
        (1e16, "10000000000000000"),
        (1e-7, "0.0000001"),
        (7.0, "7"),
        (float("inf"), None),
        (Decimal("NaN"), None),
    ],
)
def test_a_number_is_written_out_so_that_its_point_is_no_mark_of_thousands(
    number: float | Decimal, text: str | None
) -> None:
    assert number_text(number, None) == text
    assert number_text(number, ",") == (text and text.replace(".", ","))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (date(2026, 3, 5), "2026-03-05"),
        (timedelta(minutes=2), "120"),
        ({"sum": Decimal("1.5"), "kin": ["Пётр"]}, '{"sum": "1.5", "kin": ["Пётр"]}'),
        ([], None),
        ("Пётр".encode(), "Пётр"),
        (memoryview(b"\xff\x00\x10"), "ff0010"),
        ("a\0b", "ab"),
        ("", None),
        (None, None),
    ],
)
def test_a_value_becomes_the_same_text_each_time(value: object, text: str | None) -> None:
    assert value_text(value, None) == text


AMOUNTS = (450.125, 999.5, 12.0)


def write_parquet(file: Path) -> None:
    numbers = [Decimal(str(amount)).quantize(Decimal("0.001")) for amount in AMOUNTS]
    parquet.write_table(pyarrow.table({"price": pyarrow.array(numbers, pyarrow.decimal128(12, 3))}), file)


def write_excel(file: Path) -> None:
    book = openpyxl.Workbook()
    for value in ("price", *AMOUNTS):
        book.worksheets[0].append([value])
    book.save(file)


def write_json(file: Path) -> None:
    file.write_text("[" + ", ".join(f'{{"price": {amount:.3f}}}' for amount in AMOUNTS) + "]")


def write_jsonl(file: Path) -> None:
    file.write_text("".join(f'{{"price": {amount:.3f}}}\n' for amount in AMOUNTS))


@pytest.mark.parametrize("mark", [None, ","])
@pytest.mark.parametrize(
    ("kind", "write", "cells_held"),
    [
        ("parquet", write_parquet, 1),
        ("excel", write_excel, 1000),
        ("excel", write_excel, 0),  # read row by row
        ("json", write_json, 1),
        ("jsonl", write_jsonl, 1),
    ],
)
def test_amounts_with_three_decimals_stay_what_they_are_in_every_format_with_types(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: FormatType,
    write: Callable[[Path], None],
    cells_held: int,
    mark: Literal[","] | None,
) -> None:
    monkeypatch.setattr(excel_reader, "CELLS_HELD", cells_held)
    file = tmp_path / f"sales.{'xlsx' if kind == 'excel' else kind}"
    write(file)
    cells = [str(row.cells[0]) for row in open_table(file, FileFormat(kind, decimal=mark), frozenset(("price",))).rows]
    decimal = decide_numbers("sales", map(number_shape, cells), mark).decimal
    assert tuple(float(cell.replace(decimal, ".")) for cell in cells) == AMOUNTS
