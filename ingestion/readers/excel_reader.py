"""Excel workbooks as rows of text: which sheet is meant, where its header is, and what Excel did to its cells.

Sheets of usual size are read by calamine, larger ones row by row by openpyxl: see docs/decisions/0009.
"""

from __future__ import annotations

import json
import mmap
import re
import subprocess
import sys
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import IO, Any, Protocol
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

import openpyxl
from defusedxml.common import DefusedXmlException
from openpyxl.utils.exceptions import InvalidFileException

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, RefusedFile, TooLarge, TruncatedFile, UnclearSheet, UnreadableFile
from ingestion.readers.content_kinds import content_kind
from ingestion.readers.csv_reader import open_csv
from ingestion.readers.excel_cells import text_of
from ingestion.readers.excel_damage import DAY_ZERO_1900, DAY_ZERO_1904, EXCEL_ERRORS, NEVER_CALCULATED, ExcelDamage
from ingestion.readers.html_workbook import HtmlWorkbook
from ingestion.readers.merged_cells import SheetRow, with_merged_cells
from ingestion.readers.packed_files import is_of_surroundings
from ingestion.readers.reading import MAX_COLUMNS, Cells, Reading, ReadTable, Row, normalised_name, too_wide
from ingestion.readers.table_header import HEADER_SEARCH_ROWS, find_header, finished_table
from ingestion.readers.typed_values import Mark
from ingestion.readers.web_archive import pages_of_web_archive
from ingestion.readers.xml_workbook import XmlWorkbook
from warehouse.settings import PROJECT_ROOT

CELLS_HELD = 3_000_000
"""Of a sheet's rectangle: beyond it calamine's memory would matter, and openpyxl reads row by row."""
MAX_UNPACKED_BYTES = 2 * 1024**3
MAX_SHARED_BYTES = 300 * 1024**2
"""Of all that a reader holds at once: the words that cells share, the styles."""
CHUNK_BYTES = 1024 * 1024

MOST_OTHER_SHEETS = 50
"""That are named with the batch."""
FEWEST_ROWS_OF_A_TABLE = 5
"""Of a page that has none of the mapped columns: fewer are a form or a message, more a table with new names."""
MERGED_CELL_BYTES = 200
MAX_MERGED = 1_000_000
"""Cells of a sheet that are merged over several rows."""
_MERGED_CELL = re.compile(
    rb"""<(?:\w+:)?mergeCell\b[^>]{0,80}?\sref=["']([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})["']"""
)
_ROW = re.compile(rb"""<(?:\w+:)?row\b(?:[^>]{0,300}?\sr=["'](\d{1,9})["'])?""")
_WIDE_CELL = re.compile(rb"""\sr=["']([A-Z]{2,3})\d""")
_FORMULA_WITHOUT_VALUE = re.compile(
    rb"""<(?:\w+:)?c\b(?![^>]*\st=["']str["'])[^>]*>\s*<(?:\w+:)?f\b[^>]*>[^<]*</(?:\w+:)?f>\s*"""
    rb"""(?:<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"""
)
"""A formula of text (`str`) may be empty; any other was not calculated by the programme that wrote it."""
_ERROR_CELL = re.compile(rb"""\st=["']e["']""")
_DATES_OF_1904 = re.compile(rb"""date1904=["'](?:1|true)["']""")
_DATES_OF_1904_IN_AN_OLD_ONE = re.compile(rb"\x22\x00\x02\x00\x01\x00\x0e\x00\x02\x00")
"""The record Date1904 with its value 1, and the head of CalcPrecision, which always follows it: [MS-XLS] 2.1.7.20.3."""
_FORMAT_OF_ZEROS = re.compile(rb"""formatCode=["']0{2,}["']""")
_ZEROS = re.compile(r"0{2,}")
FEWEST_NAMES_OF_TEXT = 2
"""Of the mapped columns, by which text that is called a workbook is known to be a table."""
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BROKEN_ARCHIVE = (BadZipFile, EOFError, zlib.error)
_BROKEN_WORKBOOK = (InvalidFileException, ParseError, DefusedXmlException, ValueError, KeyError, TypeError, IndexError)
_BROKEN_OTHERWISE = (AttributeError, OSError, NotImplementedError, OverflowError, RecursionError)


def open_excel(
    file: Path, form: FileFormat, expected_names: frozenset[str], reading: Reading | None = None
) -> ReadTable:
    """The table on a sheet of a workbook: the sheet of the YAML, else the one with most of the expected columns.

    Raises:
        EmptyFile: the sheet has no row that could be a header.
        TooLarge: it unpacks to more than any delivery.
        TruncatedFile: the workbook is not whole.
        UnclearSheet: several sheets have the expected columns alike.
        UnreadableFile: no workbook, one with a password, or no such sheet.
    """
    try:
        return _open(file, form, expected_names, reading or Reading())
    except (*_BROKEN_ARCHIVE, *_BROKEN_WORKBOOK, *_BROKEN_OTHERWISE) as error:
        if is_of_surroundings(error):
            raise
        raise _refused(file, error) from error


def _open(file: Path, form: FileFormat, expected_names: frozenset[str], reading: Reading) -> ReadTable:
    if _is_text_with_a_header(file, form, expected_names):
        reading.facts |= {"workbook": "text that is called a workbook, as programmes write for Excel"}
        return open_csv(file, form, expected_names, reading)
    book, look = _book_of(file, form, expected_names, reading)
    name = _sheet_of(file, book, form, expected_names, reading)
    first_rows = book.first_rows(name)
    reading.repairs[EXCEL_ERRORS] += look.errors
    reading.repairs[NEVER_CALCULATED] += look.formulas_without_values
    header = find_header(first_rows or [[]], form, expected_names, reading)
    if header is None or not header.names:
        raise EmptyFile(
            file.name, found=f"an empty sheet `{name}`", expected="a header and rows", do="Ask the dealer to resend."
        )
    if len(header.names) > MAX_COLUMNS:
        raise too_wide(file, len(header.names))
    damage = ExcelDamage(header.names, form, reading, DAY_ZERO_1904 if look.is_of_1904 else DAY_ZERO_1900)
    amounts = {normalised_name(amount) for amount in form.amount_names}
    once = {at for at, name in enumerate(header.names) if normalised_name(name) in amounts}
    merged = with_merged_cells(book.rows(name), reading, once=once)
    rows = damage.mended(_rows(file, merged, header.rows_above, len(header.names), reading))
    return finished_table(file, header, damage.header, rows, reading)


# --- what kind of workbook, and how large


class _Look(Protocol):
    """What is known of a workbook beside its sheets."""

    @property
    def is_of_1904(self) -> bool:
        """Whether its days are counted as on old Macs."""

    @property
    def errors(self) -> int:
        """Cells in which Excel shows an error."""

    @property
    def formulas_without_values(self) -> int:
        """Formulas that were never calculated."""


@dataclass(frozen=True)
class _Size:
    """Of an .xlsx or .xls."""

    is_held: bool = True  # small enough to be read at once
    is_of_1904: bool = False
    has_zeros: bool = False  # cells whose format shows zeros that their numbers do not have
    errors: int = 0
    formulas_without_values: int = 0


def _book_of(file: Path, form: FileFormat, expected_names: frozenset[str], reading: Reading) -> tuple[_Workbook, _Look]:
    kind = content_kind(file)
    if kind is not None and kind.workbook == "html":
        reading.facts |= {"workbook": kind.told}
        page = HtmlWorkbook(file, form, expected_names, reading)
        return page, page
    if kind is not None and kind.workbook == "web archive":
        reading.facts |= {"workbook": kind.told}
        page = HtmlWorkbook(file, form, expected_names, reading, pages_of_web_archive(file))
        return page, page
    if kind is not None and kind.workbook == "xml":
        reading.facts |= {"workbook": kind.told}
        book = XmlWorkbook(file, form, expected_names, reading)
        return book, book
    size = _size_of(file)
    if size.is_held:
        return _HeldWorkbook(file, form.decimal), size
    return _StreamedWorkbook(file, form.decimal, has_zeros=size.has_zeros), size


def _is_text_with_a_header(file: Path, form: FileFormat, expected_names: frozenset[str]) -> bool:
    """Whether it is text whose cells, divided by tabs or such, name several of the mapped columns."""
    if form.sheet is not None or len(expected_names) < FEWEST_NAMES_OF_TEXT or content_kind(file) is not None:
        return False
    try:
        names = open_csv(file, form, expected_names).header
    except RefusedFile:
        return False
    return len({normalised_name(name) for name in names} & expected_names) >= FEWEST_NAMES_OF_TEXT


def _size_of(file: Path) -> _Size:
    """What one look into the archive shows, before any library unpacks it."""
    with file.open("rb") as stream:
        head = stream.read(len(_OLD_WORKBOOK))
    if head == _OLD_WORKBOOK:
        # 65,536 rows of 256 cells at most. Formats and errors of single cells are not looked for.
        return _Size(is_of_1904=_old_one_is_of_1904(file))
    if not head.startswith(b"PK"):
        raise UnreadableFile(
            file.name,
            found="no workbook: neither the first bytes of an .xlsx nor those of an .xls",
            expected="an Excel workbook (.xlsx or .xls)",
            do="If it is text with another ending, set `format: {type: csv}` in the YAML; else ask for a resend.",
        )
    with ZipFile(file) as archive:
        members = archive.infolist()
        unpacked = sum(member.file_size for member in members)
        shared = sum(member.file_size for member in members if "/worksheets/" not in member.filename)
        if unpacked > MAX_UNPACKED_BYTES or shared > MAX_SHARED_BYTES:
            raise TooLarge(
                file.name,
                found=f"a workbook that unpacks to {unpacked:,} bytes",
                expected=f"at most {MAX_UNPACKED_BYTES:,}, and {MAX_SHARED_BYTES:,} beside the sheets",
                do="Look what the file is; have a table of this size sent as CSV.",
            )
        sheets = [_cells_in(file, archive, member.filename) for member in members if "/worksheets/" in member.filename]
        has_zeros = _holds(archive, "xl/styles.xml", _FORMAT_OF_ZEROS)
        return _Size(
            is_held=sum(cells for cells, _, _ in sheets) <= CELLS_HELD and not has_zeros,
            is_of_1904=_holds(archive, "xl/workbook.xml", _DATES_OF_1904),
            has_zeros=has_zeros,
            errors=sum(errors for _, errors, _ in sheets),
            formulas_without_values=sum(formulas for _, _, formulas in sheets),
        )


def _old_one_is_of_1904(file: Path) -> bool:
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return _DATES_OF_1904_IN_AN_OLD_ONE.search(content) is not None


def _cells_in(file: Path, archive: ZipFile, member: str) -> tuple[int, int, int]:
    """The rectangle around a sheet's cells (its own dimension is often wrong), errors and formulas without values."""
    rows = last = errors = formulas = 0
    columns = 26
    before = b""
    with archive.open(member) as stream:
        while chunk := stream.read(CHUNK_BYTES):
            text = before + chunk
            cut = max(0, text.rfind(b"<"))
            whole, before = text[:cut], text[cut:][:CHUNK_BYTES]
            for match in _ROW.finditer(whole):
                rows += 1
                last = max(last, int(match[1] or 0))
            if b"<!DOCTYPE" in whole or b"<!ENTITY" in whole:
                raise UnreadableFile(
                    file.name,
                    found="a document type or entities of its own on a sheet",
                    expected="a workbook as Excel writes it",
                    do="Nothing of it was resolved. Ask the dealer to save it in Excel and resend.",
                )
            errors += len(_ERROR_CELL.findall(whole))
            if b"</f>" in whole or b":f>" in whole:
                formulas += len(_FORMULA_WITHOUT_VALUE.findall(whole))
            columns = max([columns, *(_column_number(letters) for letters in set(_WIDE_CELL.findall(whole)))])
    return max(rows, last) * columns, errors, formulas


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _holds(archive: ZipFile, member: str, pattern: re.Pattern[bytes]) -> bool:
    return member in archive.namelist() and pattern.search(archive.read(member)) is not None


def _refused(file: Path, error: Exception) -> TruncatedFile | UnreadableFile:
    """What to raise for an error of a library."""
    if isinstance(error, _BROKEN_ARCHIVE):
        return TruncatedFile(
            file.name,
            found=f"a workbook that is not whole ({error})",
            expected="a whole Excel workbook",
            do="The transfer broke off: ask the dealer to resend.",
        )
    return _unreadable(
        file, str(error) if isinstance(error, InvalidFileException | ParseError) else type(error).__name__
    )


def _unreadable(file: Path, reason: str) -> UnreadableFile:
    return UnreadableFile(
        file.name,
        found=f"no readable workbook ({reason})",
        expected="an Excel workbook (.xlsx or .xls)",
        do="Ask the dealer to open it in Excel, save it and resend; set `format: {type: …}` where it is no workbook.",
    )


# --- sheets


class _Workbook(Protocol):
    """A workbook whichever library reads it."""

    sheets: list[str]  # names of those that hold cells, in their order
    visible: list[str]  # of those that a person sees

    def first_rows(self, name: str) -> list[list[str]]:
        """What stands in the first rows of a sheet."""

    def rows(self, name: str) -> Iterator[SheetRow]:
        """The rows of a sheet from the first on, empty ones included."""


class _HeldWorkbook:
    """By calamine: a sheet at once, in a process of its own."""

    def __init__(self, file: Path, mark: Mark | None) -> None:
        self._file = file
        self._mark = mark
        (described,) = self._read(str(HEADER_SEARCH_ROWS))
        tables = [sheet for sheet in described if sheet["is_table"]]
        self.sheets = [sheet["name"] for sheet in tables]
        self.visible = [sheet["name"] for sheet in tables if sheet["is_visible"]]
        self._first_rows = {sheet["name"]: sheet["first_rows"] for sheet in tables}
        self._merged = {sheet["name"]: _by_row(sheet["merged"]) for sheet in tables}

    def first_rows(self, name: str) -> list[list[str]]:
        return [[cell or "" for cell in row] for row in self._first_rows[name]]

    def rows(self, name: str) -> Iterator[SheetRow]:
        merged = self._merged[name]
        for number, cells in enumerate(self._read("--sheet", name)):
            yield cells, merged.get(number, ())

    def _read(self, *asked: str) -> Iterator[Any]:
        command = [
            sys.executable,
            "-m",
            "ingestion.readers.calamine_process",
            str(self._file.absolute()),
            self._mark or ".",
            *asked,
        ]
        process = subprocess.Popen(
            command, cwd=PROJECT_ROOT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        assert process.stdout is not None  # noqa: S101 - asked for above
        try:
            for line in process.stdout:
                content = json.loads(line)
                if isinstance(content, dict):
                    raise self._refused(content["refused"])
                yield content
            if process.wait():
                raise _unreadable(self._file, "damaged, or far larger than it says")
        finally:
            process.kill()
            process.stdout.close()
            process.wait()

    def _refused(self, reason: str) -> UnreadableFile:
        if reason != "password":
            return _unreadable(self._file, reason)
        return UnreadableFile(
            self._file.name,
            found="a workbook with a password",
            expected="one that opens without",
            do="Ask the dealer to save it without a password and resend.",
        )


class _StreamedWorkbook:
    """By openpyxl: row by row, from the file each time."""

    def __init__(self, file: Path, mark: Mark | None, *, has_zeros: bool) -> None:
        self._file = file
        self._mark = mark
        self._has_zeros = has_zeros
        with self._opened() as book:
            self.sheets = [sheet.title for sheet in book.worksheets]
            self.visible = [sheet.title for sheet in book.worksheets if sheet.sheet_state == "visible"]

    @contextmanager
    def _opened(self) -> Iterator[Any]:  # the type stubs do not know a workbook that is only read
        with self._file.open("rb") as stream:  # a path of another ending it would refuse
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            try:
                yield book
            finally:
                book.close()

    def first_rows(self, name: str) -> list[list[str]]:
        with self._opened() as book:
            return [[cell or "" for cell in row] for row in islice(self._cells(book[name]), HEADER_SEARCH_ROWS)]

    def rows(self, name: str) -> Iterator[SheetRow]:
        with self._opened() as book:
            sheet = book[name]
            merged = self._merged_on(sheet)
            for number, cells in enumerate(self._cells(sheet)):
                yield cells, merged.get(number, ())

    def _cells(self, sheet: Any) -> Iterator[Cells]:  # noqa: ANN401
        sheet.reset_dimensions()  # some programs write a wrong size
        for row in sheet.iter_rows(values_only=not self._has_zeros):
            yield [text_of(_with_zeros(cell) if self._has_zeros else cell, self._mark) for cell in row]

    def _merged_on(self, sheet: Any) -> dict[int, list[tuple[int, int]]]:  # noqa: ANN401
        """The library reads them of no workbook that is only read."""
        with ZipFile(self._file) as archive, archive.open(sheet._worksheet_path) as stream:
            merged = list(islice(_merged_cells(stream), MAX_MERGED + 1))
        if len(merged) > MAX_MERGED:
            raise TooLarge(
                self._file.name,
                found=f"a sheet with more than {MAX_MERGED:,} merged cells",
                expected="a table",
                do="Have a table of this size sent as CSV.",
            )
        return _by_row(merged)


def _by_row(merged: Iterable[Sequence[int]]) -> dict[int, list[tuple[int, int]]]:
    """By row (from 0): columns of cells that go on below, and how many rows they take."""
    by_row: dict[int, list[tuple[int, int]]] = {}
    for row, column, row_count in merged:
        by_row.setdefault(row, []).append((column, row_count))
    return by_row


def _merged_cells(sheet: IO[bytes]) -> Iterator[tuple[int, int, int]]:
    before = b""
    while chunk := sheet.read(CHUNK_BYTES):
        text = before + chunk
        end = 0
        for match in _MERGED_CELL.finditer(text):
            first, last = int(match[2]), int(match[4])
            if last > first:
                yield first - 1, _column_number(match[1]) - 1, last - first + 1
            end = match.end()
        before = text[max(end, len(text) - MERGED_CELL_BYTES) :]


def _with_zeros(cell: Any) -> object:  # noqa: ANN401 - a cell of openpyxl
    """The cell's value; a number whose format is nothing but zeros as it is shown: 007."""
    value = cell.value
    if isinstance(value, int) and not isinstance(value, bool) and _ZEROS.fullmatch(cell.number_format or ""):
        return str(value).zfill(len(cell.number_format))
    return value


def _sheet_of(file: Path, book: _Workbook, form: FileFormat, expected_names: frozenset[str], reading: Reading) -> str:
    names = book.sheets
    if form.sheet is not None:
        chosen, by = _named_sheet(file, names, form.sheet), "the YAML"
    else:
        chosen, by = _found_sheet(file, book, names, expected_names)
        _refuse_what_says_something_else(file, book, chosen, expected_names)
    reading.facts |= {"sheet": chosen}
    if len(names) > 1:
        reading.facts |= {
            "sheet_by": by,
            "other_sheets": [name for name in names if name != chosen][:MOST_OTHER_SHEETS],
        }
    return chosen


def _named_sheet(file: Path, names: list[str], wanted: str | int) -> str:
    if isinstance(wanted, int) and 0 <= wanted < len(names):
        return names[wanted]
    for name in names:
        if normalised_name(name) == normalised_name(str(wanted)):
            return name
    raise UnreadableFile(
        file.name,
        found=f"the sheets {', '.join(names)}",
        expected=f"a sheet `{wanted}`" if isinstance(wanted, str) else f"more than {wanted} sheets: 0 is the first",
        do="Correct `sheet` in the YAML, or ask the dealer to resend.",
    )


def _found_sheet(file: Path, book: _Workbook, names: list[str], expected_names: frozenset[str]) -> tuple[str, str]:
    visible = book.visible or names
    if len(visible) == 1:
        return visible[0], "the only one that is not hidden"
    ranks = {name: _rank(book.first_rows(name), expected_names) for name in visible}
    filled = [name for name in visible if any(ranks[name])]
    if not filled:
        raise EmptyFile(
            file.name,
            found=f"no cell on the sheets {', '.join(names)}",
            expected="a header and rows",
            do="Ask the dealer to resend.",
        )
    best = max(ranks[name] for name in filled)
    candidates = [name for name in filled if ranks[name] == best]
    if len(candidates) > 1 and best[0]:
        raise UnclearSheet(
            file.name,
            found=f"the same columns on the sheets {', '.join(candidates)}",
            expected="one sheet that is meant",
            do=f'Write `format: {{sheet: "{candidates[0]}"}}` (or its position, from 0) in the YAML; for each further '
            "sheet have a file of its own sent.",
        )
    return candidates[0], "the mapped columns that stand on it" if best[0] else "its place: none has a mapped column"


def _refuse_what_says_something_else(file: Path, book: _Workbook, chosen: str, expected_names: frozenset[str]) -> None:
    """None of the mapped columns where a person looks: a hidden sheet has them, or the page says why there is no file.

    Raises:
        UnclearSheet, UnreadableFile: so it is.
    """
    if not expected_names or _rank(book.first_rows(chosen), expected_names)[0]:
        return
    for name in book.sheets:
        if name not in book.visible and _rank(book.first_rows(name), expected_names)[0] > 1:
            raise UnclearSheet(
                file.name,
                found=f"the mapped columns on the sheet {name}, which is hidden, and on none that a person sees",
                expected="a sheet that a person sees",
                do=f'If that one is meant, write `format: {{sheet: "{name}"}}` in the YAML; else ask the dealer to '
                "resend.",
            )
    if isinstance(book, HtmlWorkbook) and len(book.first_rows(chosen)) < FEWEST_ROWS_OF_A_TABLE:
        called = f" called «{book.title}»" if book.title else ""
        raise UnreadableFile(
            file.name,
            found=f"an HTML page{called} with {len(book.sheets):,} table(s), and none of the mapped columns in them",
            expected="a page with the table",
            do="Open it in a browser and read what it says: perhaps why there is no file (a login, an error). If it is "
            "the table with new names, correct `columns` in the YAML; else ask the dealer to resend.",
        )


def _rank(rows: list[list[str]], expected_names: frozenset[str]) -> tuple[int, bool]:
    """How many expected names a row of the sheet has, and whether anything stands below it."""
    best, below = 0, any(any(row) for row in rows)
    for position, row in enumerate(rows):
        matches = len({normalised_name(cell) for cell in row} & expected_names)
        if matches > best:
            best, below = matches, any(any(row) for row in rows[position + 1 :])
    return best, below


# --- rows


def _rows(file: Path, sheet: Iterator[Cells], rows_above: int, width: int, reading: Reading) -> Iterator[Row]:
    try:
        for number, cells in enumerate(sheet, start=1):
            if number <= rows_above:
                continue
            if not any(cells):
                reading.repairs["blank rows left out"] += 1
                continue
            surplus = [cell for cell in cells[width:] if cell]
            fault = f"{len(surplus)} cell(s) beyond the last column" if surplus else None
            yield Row(number, (cells + [None] * width)[:width], fault)
    except (*_BROKEN_ARCHIVE, *_BROKEN_WORKBOOK, *_BROKEN_OTHERWISE) as error:
        if is_of_surroundings(error):
            raise
        raise _refused(file, error) from error
