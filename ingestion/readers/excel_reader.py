"""Excel workbooks as rows of text: read row by row, so that a big sheet needs no more memory than a small one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.workbook import Workbook

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, UnreadableFile
from ingestion.readers.reading import Reading, ReadTable, Row, best_header_row, named_columns, normalised_name

HEADER_SEARCH_ROWS = 30
_ERRORS = frozenset(("#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!"))


def open_excel(file: Path, form: FileFormat, expected_names: frozenset[str]) -> ReadTable:
    """The table on a sheet of a workbook: the sheet of the YAML, else the one with most of the expected columns.

    Raises:
        EmptyFile: the sheet has no row that could be a header.
        UnreadableFile: no workbook, or no such sheet.
    """
    try:
        with closing(openpyxl.load_workbook(file, read_only=True, data_only=True)) as workbook:
            sheet = _sheet_of(file, workbook, form, expected_names)
            first_rows = _first_rows(workbook, sheet)
    except (BadZipFile, InvalidFileException, KeyError, OSError) as error:
        raise UnreadableFile(
            file.name,
            found=f"no readable workbook ({error})",
            expected="an Excel workbook (.xlsx)",
            do="Ask the dealer to resend; an old .xls must be saved as .xlsx.",
        ) from error
    if not any(any(row) for row in first_rows):
        raise EmptyFile(
            file.name, found=f"an empty sheet `{sheet}`", expected="a header and rows", do="Ask the dealer to resend."
        )
    header_at = (form.header_row or best_header_row(first_rows, expected_names) + 1) - 1
    names = first_rows[header_at] if header_at < len(first_rows) else []
    while names and not names[-1]:
        names.pop()
    header = named_columns(names)
    reading = Reading(facts={"sheet": sheet, "header_row": header_at + 1})
    return ReadTable(header, _rows(file, sheet, header_at + (form.header_rows or 1), len(header), reading), reading)


def _sheet_of(file: Path, workbook: Workbook, form: FileFormat, expected_names: frozenset[str]) -> str:
    names = workbook.sheetnames
    if form.sheet is None:

        def rank(name: str) -> tuple[int, int]:
            rows = _first_rows(workbook, name)
            matches = max((len({normalised_name(cell) for cell in row} & expected_names) for row in rows), default=0)
            return matches, -names.index(name)

        return max(names, key=rank)
    if isinstance(form.sheet, int) and 0 <= form.sheet < len(names):
        return names[form.sheet]
    if form.sheet in names:
        return str(form.sheet)
    raise UnreadableFile(
        file.name,
        found=f"the sheets {', '.join(names)}",
        expected=f"a sheet `{form.sheet}`",
        do="Correct `sheet` in the YAML, or ask the dealer to resend.",
    )


def _values(workbook: Workbook, name: str) -> Iterator[tuple[object, ...]]:
    if name not in [sheet.title for sheet in workbook.worksheets]:
        raise InvalidFileException(f"{name} is no sheet of cells")
    worksheet: Any = workbook[name]  # a sheet that is only read, which the type stubs do not know
    worksheet.reset_dimensions()  # some programs write a wrong size
    yield from worksheet.iter_rows(values_only=True)


def _first_rows(workbook: Workbook, name: str) -> list[list[str]]:
    rows = islice(_values(workbook, name), HEADER_SEARCH_ROWS)
    return [[text_of(value) or "" for value in row] for row in rows]


def _rows(file: Path, sheet: str, rows_above: int, width: int, reading: Reading) -> Iterator[Row]:
    with closing(openpyxl.load_workbook(file, read_only=True, data_only=True)) as workbook:
        for number, values in enumerate(_values(workbook, sheet), start=1):
            if number <= rows_above:
                continue
            cells = [text_of(value) for value in values]
            if not any(cells):
                reading.repairs["blank rows left out"] += 1
                continue
            reading.repairs["Excel errors read as empty"] += sum(1 for value in values if value in _ERRORS)
            surplus = [cell for cell in cells[width:] if cell]
            fault = f"{len(surplus)} cell(s) beyond the last column" if surplus else None
            yield Row(number, (cells + [None] * width)[:width], fault)
    reading.repairs += type(reading.repairs)()  # counts of zero go


def text_of(value: object) -> str | None:
    """A cell as text: dates in ISO, whole numbers without `.0`, numbers never in powers of ten."""
    if value is None or value == "" or (isinstance(value, str) and value in _ERRORS):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else format(Decimal(repr(value)), "f")
    return str(value)
