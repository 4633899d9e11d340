"""Rows in quarantine as a workbook for the dealer to correct; `corrections` reads it when it comes back."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain, count
from pathlib import Path
from time import time as time_now
from typing import Any, cast

import openpyxl
import psycopg
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from psycopg.rows import dict_row

from ingestion.dealer_files import Configuration, Feed, read_configuration
from ingestion.errors import RefusedFile, UnknownBatch
from ingestion.known_files import found_again
from ingestion.readers.open_table import open_table
from ingestion.readers.reading import normalised_name
from warehouse.database import connect
from warehouse.settings import Workspace

MOST_ROWS = 20_000
"""Of a workbook: what waits beyond them is exported into the next. Nobody corrects so many by hand."""
WORK_LASTS_S = 24 * 3600

ROW_COLUMN = "Dealer360: row (keep)"
"""Names the row in quarantine, `<batch>:<row of the file>`; without it nobody could say which row was corrected."""
REASON_COLUMN = "Dealer360: what is wrong"

_AT_FAULT = PatternFill("solid", fgColor="FFE699")
_OF_OURS = PatternFill("solid", fgColor="E7E6E6")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_NO_XML = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
_WIDEST = 40


@dataclass(frozen=True)
class ExportedFile:
    """A workbook of one feed's open rows."""

    file: Path
    feed_id: str
    row_count: int


def export_rows(
    workspace: Workspace,
    *,
    batch_id: str | None = None,
    dealer: str | None = None,
    feed: str | None = None,
    folder: Path | None = None,
) -> list[ExportedFile]:
    """The open rows as workbooks, one a feed (or one for every 20,000 rows), with the columns of the dealer's own file.

    Every cell is text, as it came: a phone keeps its plus and a number its zeros when the dealer types in it, and
    nothing that begins like a formula is one. The cells that a rule speaks of are marked, and the reason stands beside.

    Args:
        workspace: whose quarantine it is.
        batch_id: only rows of this batch.
        dealer: only rows of this dealer's feeds.
        feed: only rows of feeds whose names begin so.
        folder: where the files go; None: the workspace's exports/. Only their owner may read them, and none that lies
            there is overwritten.
    """
    configuration = read_configuration(workspace)
    folder = folder or workspace.exports_dir
    with connect(workspace) as connection:
        rows = _open_rows(connection, batch_id, dealer, feed)
        exported = []
        for feed_name, of_feed in _by_workbook(rows):
            described = next((one for one in configuration.feeds if one.feed_id == feed_name), None)
            header = _header_of(connection, workspace, configuration, of_feed)
            folder.mkdir(parents=True, exist_ok=True)
            file = _not_there_yet(folder / _file_name(feed_name, of_feed))
            _write_workbook(workspace, file, header, of_feed, described)
            exported.append(ExportedFile(file, feed_name, len(of_feed)))
    return exported


def _open_rows(
    connection: psycopg.Connection, batch_id: str | None, dealer: str | None, feed: str | None
) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            """
            select rows.batch_id, rows.feed_id, rows.source_row, rows.source_file, rows.source_cells,
                batches.delivered_on,
                array_agg(distinct findings.column_name) filter (where findings.column_name is not null) as columns,
                string_agg(distinct findings.sentence, ' ') as reasons
            from quarantine.rows
            join ops.batches using (batch_id)
            join quarantine.findings using (quarantine_id)
            where rows.status = 'open'
                and (%(batch)s::text is null or rows.batch_id = %(batch)s)
                and (%(dealer)s::text is null or rows.dealer_code = %(dealer)s
                    or split_part(rows.feed_id, '/', 1) = %(dealer)s)
                and (%(feed)s::text is null or starts_with(rows.feed_id, %(feed)s))
            group by rows.quarantine_id, batches.delivered_on
            order by batches.delivered_on, rows.batch_id, rows.source_row
            """,
            {"batch": batch_id, "dealer": dealer, "feed": feed},
        ).fetchall()


def _by_workbook(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """The rows of each feed, in pieces of as many as a workbook holds."""
    for feed_id in sorted({row["feed_id"] for row in rows}):
        of_feed = [row for row in rows if row["feed_id"] == feed_id]
        for start in range(0, len(of_feed), MOST_ROWS):
            yield feed_id, of_feed[start : start + MOST_ROWS]


def _header_of(
    connection: psycopg.Connection,
    workspace: Workspace,
    configuration: Configuration,
    rows: Sequence[Mapping[str, Any]],
) -> list[str]:
    """The columns of the dealer's files, in their order there; names alone where the files are gone."""
    header: dict[str, None] = {}
    for batch_id in dict.fromkeys(row["batch_id"] for row in rows):
        header |= dict.fromkeys(_header_in_archive(connection, workspace, configuration, batch_id))
    return list(header | dict.fromkeys(name for row in rows for name in row["source_cells"]))


def header_of_batch(workspace: Workspace, batch_id: str) -> tuple[str, ...]:
    """The columns of a batch's file in their order there; none where the file or its feed is gone."""
    with connect(workspace) as connection:
        return _header_in_archive(connection, workspace, read_configuration(workspace), batch_id)


def _header_in_archive(
    connection: psycopg.Connection, workspace: Workspace, configuration: Configuration, batch_id: str
) -> tuple[str, ...]:
    try:
        found = found_again(connection, workspace, configuration, batch_id)
        names = frozenset(normalised_name(name) for _, theirs in found.feed.columns for name in theirs)
        with work_folder(workspace) as folder:
            return open_table(found.file, found.feed.format, names, scratch_folder=folder).header
    except (UnknownBatch, RefusedFile):
        return ()


@contextmanager
def work_folder(workspace: Workspace) -> Iterator[Path]:
    """A folder in the workspace for the block alone: personal data lie nowhere else, also when the process is killed.

    What a killed one left there goes with the next one's, once it is older than any work.
    """
    work = workspace.exports_dir / ".work"
    work.mkdir(mode=0o700, parents=True, exist_ok=True)
    for left in work.iterdir():
        with suppress(FileNotFoundError):  # whose it was has just ended
            if time_now() - left.stat().st_mtime > WORK_LASTS_S:
                shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(dir=work) as folder:
        yield Path(folder)


@contextmanager
def temporary_files_in(folder: Path) -> Iterator[None]:
    """While the block runs Python's temporary files lie there: openpyxl writes each sheet to one first."""
    before = tempfile.tempdir
    tempfile.tempdir = str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def _file_name(feed_id: str, rows: Sequence[Mapping[str, Any]]) -> str:
    dealer, source, entity, _ = feed_id.split("/", 3)
    mark = sha256(feed_id.encode()).hexdigest()[:4]
    last_day = max(row["delivered_on"] for row in rows)
    return f"to_correct_{dealer}_{source}_{entity}_{mark}_{last_day:%Y%m%d}.xlsx"


def _not_there_yet(file: Path) -> Path:
    """The file, or one with a number behind its name: a workbook of before may hold what somebody corrected."""
    numbered = (file.with_stem(f"{file.stem}_{number}") for number in count(2))
    return next(name for name in chain((file,), numbered) if not name.exists())


def _write_workbook(
    workspace: Workspace, file: Path, header: list[str], rows: Sequence[Mapping[str, Any]], feed: Feed | None
) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "to correct"
    places = {normalised_name(name): place for place, name in enumerate(header)}
    for place, name in enumerate([*header, REASON_COLUMN, ROW_COLUMN], start=1):
        cell = _write(sheet, 1, place, name)
        cell.font = Font(bold=True)
        if place > len(header):
            cell.fill = _OF_OURS
    for number, row in enumerate(rows, start=2):
        for place, name in enumerate(header, start=1):
            _write(sheet, number, place, row["source_cells"].get(name))
        for place in _places_at_fault(row["columns"] or (), feed, places):
            cell = cast("Cell", sheet.cell(row=number, column=place + 1))
            cell.fill = _AT_FAULT
            cell.comment = Comment(str(row["reasons"])[:500], "Dealer360")
        _write(sheet, number, len(header) + 1, row["reasons"]).fill = _OF_OURS
        _write(sheet, number, len(header) + 2, f"{row['batch_id']}:{row['source_row']}").fill = _OF_OURS
    for place in range(1, len(header) + 3):
        cells = [str(sheet.cell(row=number, column=place).value or "") for number in range(1, min(len(rows), 200) + 2)]
        sheet.column_dimensions[get_column_letter(place)].width = min(max(map(len, cells)) + 2, _WIDEST)
    sheet.freeze_panes = "A2"
    with (
        work_folder(workspace) as folder,
        temporary_files_in(folder),
        os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream,
    ):
        book.save(stream)


def _write(sheet: Worksheet, row: int, column: int, text: str | None) -> Cell:
    """The cell as text, whatever it looks like: no formula, no number, no date."""
    cell = cast("Cell", sheet.cell(row=row, column=column))
    cell.number_format = "@"
    cell.alignment = Alignment(vertical="top")
    if text is not None:
        cell.value = _NO_XML.sub("", text)
        cell.data_type = "s"
        if text.startswith(_FORMULA_STARTS):
            cell.quotePrefix = True
    return cell


def _places_at_fault(columns: Iterable[str], feed: Feed | None, places: Mapping[str, int]) -> Iterator[int]:
    names = dict(feed.columns) if feed else {}
    for column in columns:
        for name in names.get(column, (column,)):
            if normalised_name(name) in places:
                yield places[normalised_name(name)]
                break


def as_exported(cell: str | None) -> str:
    """A dealer's cell as a workbook holds it: without what no XML holds, and without blanks around it."""
    return _NO_XML.sub("", cell or "").strip()
