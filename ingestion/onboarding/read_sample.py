"""A new dealer's file read as the loader would read it, and how each of its columns looks."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import ZipFile, is_zipfile

from ingestion.dealer_entries import FormatType, type_of_path
from ingestion.dealer_files import FileFormat
from ingestion.errors import RefusedFile, UnreadableFile
from ingestion.onboarding.column_names import tokens_of
from ingestion.onboarding.looks import LOOKS, ColumnLook
from ingestion.readers.excel_damage import SPOILT_CELLS
from ingestion.readers.open_table import open_table
from ingestion.readers.reading import ReadTable, Row
from ingestion.readers.table_header import SEPARATOR, looks_like_data
from ingestion.readers.total_words import total_cell

MOST_ROWS = 50_000
"""Rows whose cells are looked at; of what follows only the last rows are, for the totals."""
_LAST_ROWS = 5
_HEADER_SEARCH_ROWS = 15
_LOOKS_OF_DATA = ("date", "email", "full_name", "number", "phone", "plate", "vin")


@dataclass(frozen=True)
class FoundTotal:
    """The row below the table that holds its totals."""

    column: str
    equals: str
    cells: tuple[tuple[str, str], ...]  # their column and what stands there in that row


@dataclass(frozen=True)
class Sample:
    """A file that is to be a feed: its format, what its reader found, and the look of its columns."""

    file: Path
    form: FileFormat
    facts: dict[str, Any]
    looks: tuple[ColumnLook, ...]
    row_count: int
    total: FoundTotal | None


def read_sample(file: Path, folder: Path, *, is_lead: bool = False) -> Sample:
    """The file as a sample of its feed.

    Args:
        file: what the dealer sent.
        folder: where it is unpacked, made only when it is packed.
        is_lead: it is said to hold leads, so that XML is ADF.

    Raises:
        RefusedFile: it cannot be read.
        UnreadableFile: its ending tells no format that is known.
    """
    kind, member = type_of_path(file.name), None
    if kind is None and is_zipfile(file):
        kind, member = _type_in_archive(file)
    if kind is None:
        raise UnreadableFile(
            file.name,
            found="an ending that tells no format",
            expected="csv, txt, xlsx, xls, json, jsonl, xml, parquet, adf or eml, also packed as .gz or .zip",
            do="Give the file the ending of what it is.",
        )
    form = FileFormat(type=_type_of_leads(file, kind, is_lead=is_lead), member=member)
    if form.type in ("csv", "excel"):
        form = replace(form, survey="detect")
        form = _with_header_row(file, form, folder)
    table = open_table(file, form, frozenset(), scratch_folder=folder)
    looks, row_count, last_rows = _looks_of(table)
    _refuse_data_for_a_header(file, looks)
    total = _total_of(table, last_rows)
    if total is not None:
        looks, row_count, _ = _looks_of(open_table(file, form, frozenset(), scratch_folder=folder), total)
    facts = dict(table.reading.facts)
    return Sample(file, form, facts, looks, row_count, total)


def _type_in_archive(file: Path) -> tuple[FormatType | None, str | None]:
    """The format of the one member of a zip that has one, and its name where there are others beside it."""
    with ZipFile(file) as archive:
        names = [name for name in archive.namelist() if not name.endswith("/")]
    kinds = {name: kind for name in names if (kind := type_of_path(name))}
    known = [name for name in kinds if not name.lower().endswith(".txt")] or list(kinds)
    if len(known) > 1:
        raise UnreadableFile(
            file.name,
            found=f"an archive of {', '.join(known)}",
            expected="one file of a feed",
            do="Unpack it, and make a draft of each file; in the YAML `member` then says which one a feed reads.",
        )
    if not known:
        return None, None
    return kinds[known[0]], known[0] if len(names) > 1 else None


def _refuse_data_for_a_header(file: Path, looks: Sequence[ColumnLook]) -> None:
    """A file without names of columns is told as one: what stands in their place may be a customer."""
    headers = [look.header for look in looks]
    if any(token.is_known for header in headers for token in tokens_of(header)):
        return
    data = sum(1 for header in headers if any(LOOKS[look](header) for look in _LOOKS_OF_DATA))
    if data * 3 >= len(headers):
        raise UnreadableFile(
            file.name,
            found=f"a first row of {len(headers)} cells that reads like data, and no row of names",
            expected="a row that says what the columns are",
            do="Ask the dealer to export the names of the columns too, or write a row of them above the others.",
        )


def _type_of_leads(file: Path, kind: FormatType, *, is_lead: bool) -> FormatType:
    if kind != "xml":
        return kind
    with file.open("rb") as stream:
        return "adf" if is_lead or b"<adf" in stream.read(4096).lower() else "xml"


def _with_header_row(file: Path, form: FileFormat, folder: Path) -> FileFormat:
    """The format with the row or rows of the header, where the reader's own choice does not read like one."""
    table = open_table(file, form, frozenset(), scratch_folder=folder)
    if "survey" in table.reading.facts:
        return form
    best, best_known = form, _known_names(table)
    found = table.reading.facts.get("header_row")
    for row in range(1, _HEADER_SEARCH_ROWS + 1):
        if _share(best_known) >= 0.5:
            break
        known = _known_names_under(file, replace(form, header_row=row), folder)
        if known is None:
            break
        if row != found and _share(known) > _share(best_known):
            best, best_known = replace(form, header_row=row), known
    begins = best.header_row or found or 1
    for row in (begins, begins - 1):
        candidate = replace(form, header_row=row, header_rows=2)
        known = _known_names_under(file, candidate, folder) if row else None
        if known is not None and sum(known) > sum(best_known) and _share(known) >= 0.5:
            best, best_known = candidate, known
    return best


def _known_names_under(file: Path, form: FileFormat, folder: Path) -> list[bool] | None:
    """As `_known_names`; None where no header of several rows is one: what looks like data stands in it."""
    try:
        table = open_table(file, form, frozenset(), scratch_folder=folder)
    except RefusedFile:
        return None
    if form.header_rows is not None and any(looks_like_data(part) for n in table.header for part in n.split(SEPARATOR)):
        return None
    return _known_names(table)


def _known_names(table: ReadTable) -> list[bool]:
    """Of each column of a table, whether it is called by a word which columns are called by."""
    names = [name for name in table.header if name != SPOILT_CELLS]
    return [any(token.is_known for token in tokens_of(name)) for name in names]


def _share(known: list[bool]) -> float:
    return sum(known) / len(known) if len(known) > 1 else 0.0


def _looks_of(table: ReadTable, total: FoundTotal | None = None) -> tuple[tuple[ColumnLook, ...], int, list[Row]]:
    looks = tuple(ColumnLook(header) for header in table.header)
    last: deque[Row] = deque(maxlen=_LAST_ROWS)
    count = 0
    for row in table.rows:
        last.append(row)
        if total is not None and total_cell(row.cells) is not None:
            continue
        count += 1
        if count <= MOST_ROWS and row.shape_fault is None:
            for look, cell in zip(looks, row.cells, strict=True):
                look.add(cell)
    return tuple(look for look in looks if look.header != SPOILT_CELLS), count, list(last)


def _total_of(table: ReadTable, last_rows: list[Row]) -> FoundTotal | None:
    for row in reversed(last_rows):
        if (said_in := total_cell(row.cells)) is not None:
            others = zip(table.header[said_in + 1 :], row.cells[said_in + 1 :], strict=True)
            cells = tuple((name, other) for name, other in others if other)
            return FoundTotal(table.header[said_in], str(row.cells[said_in]).strip(), cells)
    return None
