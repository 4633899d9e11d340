"""Rows in quarantine as a workbook for the dealer to correct, and the corrected rows judged again and loaded."""

from __future__ import annotations

import csv
import os
import re
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from hashlib import sha256
from itertools import chain, count
from pathlib import Path
from time import time as time_now
from typing import Any, cast
from zipfile import ZipFile

import openpyxl
import psycopg
from openpyxl.cell import Cell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from psycopg.rows import dict_row

from ingestion.dealer_files import Configuration, Feed, FileFormat, read_configuration
from ingestion.discover import FoundFile
from ingestion.errors import NotCorrected, RefusedFile, RowsNotReleasable, UnknownBatch
from ingestion.known_files import found_again
from ingestion.load import Vouched, load_corrections
from ingestion.outcomes import FileOutcome
from ingestion.quarantine import corrected_since, note_decision
from ingestion.readers.open_table import open_table
from ingestion.readers.reading import normalised_name
from warehouse.database import connect
from warehouse.errors import Dealer360Error
from warehouse.settings import Workspace

MOST_ROWS = 20_000
"""Of a workbook: what waits beyond them is exported into the next. Nobody corrects so many by hand."""
MOST_UNPACKED_BYTES = 256 * 1024**2
ROWS_OF_EXCEL = 1_048_576
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


@dataclass(frozen=True)
class ImportedRows:
    """What became of the rows of a corrected workbook."""

    outcomes: tuple[FileOutcome, ...]  # one a batch whose rows were corrected
    corrected: int  # rows that are in raw now
    still_broken: int  # corrected, but not enough
    not_loaded: int  # corrected, but their file failed for another reason: they wait on
    untouched: int  # as they were exported: they wait on
    settled: int  # that no longer wait: released, discarded, corrected before, or superseded by a later delivery
    told: tuple[str, ...]  # of the rows that wait on although they were corrected: which, and why


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


def import_rows(workspace: Workspace, file: Path, *, decided_by: str) -> ImportedRows:
    """What became of an exported workbook that somebody corrected.

    Rows that differ from what was exported are judged again and loaded as of their batch's day, with the workbook's
    name and row as their origin; the workbook is kept in archive/. Rows that nobody touched wait on, as do those that
    still break a rule. Importing a workbook again does nothing.

    Raises:
        NotCorrected: the file is no workbook of an export.
        UnknownBatch: no YAML describes the feed any more.
    """
    configuration = read_configuration(workspace)
    with connect(workspace) as connection:
        sheet = _as_waiting_now(connection, _read_workbook(file))
    outcomes: list[FileOutcome] = []
    told: list[str] = []
    corrected = still_broken = not_loaded = untouched = settled = 0
    for batch_id in dict.fromkeys(row.batch_id for row in sheet.rows):
        given = {row.source_row: row for row in sheet.rows if row.batch_id == batch_id}
        with connect(workspace) as connection:
            waiting = _waiting(connection, batch_id, given)
            feed, batch = _feed_of(connection, configuration, batch_id)
        settled += len(given) - len(waiting)
        changed = [
            given[number]
            for number, cells in waiting.items()
            if _texts(given[number], feed, batch) != [_as_exported(cells.get(name)) for name in sheet.header]
        ]
        untouched += len(waiting) - len(changed)
        if not changed:
            continue
        try:
            outcome = _load_changed(workspace, file, sheet, changed, feed, batch, decided_by)
        except RowsNotReleasable as error:
            still_broken += len(changed)
            told += error.found.splitlines()
            continue
        outcomes.append(outcome)
        if outcome.is_refusal:
            not_loaded += len(changed)
            told.append(outcome.error or outcome.message)
            continue
        corrected += len(outcome.released_rows)
        still_broken += len(changed) - len(outcome.released_rows)
        told += outcome.notes
    return ImportedRows(tuple(outcomes), corrected, still_broken, not_loaded, untouched, settled, tuple(told))


# --- export


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
        with _work_folder(workspace) as folder:
            return open_table(found.file, found.feed.format, names, scratch_folder=folder).header
    except (UnknownBatch, RefusedFile):
        return ()


@contextmanager
def _work_folder(workspace: Workspace) -> Iterator[Path]:
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
def _temporary_files_in(folder: Path) -> Iterator[None]:
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
        _work_folder(workspace) as folder,
        _temporary_files_in(folder),
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


# --- import


@dataclass(frozen=True)
class _CorrectedRow:
    number: int  # in the workbook
    batch_id: str
    source_row: int  # in the dealer's file
    cells: tuple[object, ...]


@dataclass(frozen=True)
class _Sheet:
    header: tuple[str, ...]  # the dealer's columns
    rows: tuple[_CorrectedRow, ...]


def _read_workbook(file: Path) -> _Sheet:
    """The first sheet, read row by row: whatever else the file may be, no more of it is held than an export holds."""
    try:
        with ZipFile(file) as archive:
            unpacked = sum(member.file_size for member in archive.infolist())
        if unpacked > MOST_UNPACKED_BYTES:
            raise _no_export(file, f"a workbook that unpacks to {unpacked:,} bytes")
        with closing(openpyxl.load_workbook(file, data_only=True, read_only=True)) as book:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what the file says of its size need not be so
            return _corrected_rows(file, sheet.iter_rows(values_only=True))
    except Dealer360Error:
        raise
    except Exception as error:  # of a broken workbook openpyxl raises what it likes
        raise _no_export(file, f"no workbook ({type(error).__name__})") from error


def _corrected_rows(file: Path, lines: Iterable[tuple[object, ...]]) -> _Sheet:
    header: tuple[object, ...] = ()
    rows: list[_CorrectedRow] = []
    for number, line in enumerate(lines, start=1):
        if number > ROWS_OF_EXCEL:
            raise _no_export(file, f"more than {ROWS_OF_EXCEL:,} rows")
        if not header:
            header = line if ROW_COLUMN in line else ()
            kept = [at for at, name in enumerate(header) if name not in (None, ROW_COLUMN, REASON_COLUMN)]
            continue
        cells = (*line, *[None] * (len(header) - len(line)))
        batch_id, _, source_row = str(cells[header.index(ROW_COLUMN)] or "").strip().rpartition(":")
        if batch_id and source_row.isdigit():
            rows.append(_CorrectedRow(number, batch_id, int(source_row), tuple(cells[at] for at in kept)))
            if len(rows) > MOST_ROWS:
                raise _no_export(file, f"more than {MOST_ROWS:,} rows to correct")
    if not header:
        raise _no_export(file, f"no column `{ROW_COLUMN}`")
    if not rows:
        raise _no_export(file, f"no row that `{ROW_COLUMN}` names")
    return _Sheet(tuple(str(header[at]) for at in kept), tuple(rows))


def _no_export(file: Path, found: str) -> NotCorrected:
    return NotCorrected(
        str(file),
        found=found,
        expected=f"a workbook of `dealer360 quarantine export`, with its column `{ROW_COLUMN}`",
        do="Export the rows again and correct them there. Nothing was changed.",
    )


def _as_waiting_now(connection: psycopg.Connection, sheet: _Sheet) -> _Sheet:
    """The sheet with the rows that came again unchanged since the export under the names that they wait by now."""
    rows = connection.execute(
        """
        select distinct on (exported.quarantine_id)
            exported.batch_id, exported.source_row, again.batch_id, again.source_row
        from quarantine.rows as exported
        join quarantine.rows as again using (feed_id)
        where exported.batch_id = any(%s) and exported.status = 'superseded' and again.status = 'open'
            and again.source_cells = exported.source_cells
        order by exported.quarantine_id, again.quarantine_id desc
        """,
        (list({row.batch_id for row in sheet.rows}),),
    ).fetchall()
    now = {(batch_id, number): (again, number_again) for batch_id, number, again, number_again in rows}
    moved = []
    for row in sheet.rows:
        batch_id, source_row = now.get((row.batch_id, row.source_row), (row.batch_id, row.source_row))
        moved.append(replace(row, batch_id=batch_id, source_row=source_row))
    return replace(sheet, rows=tuple(moved))


def _waiting(
    connection: psycopg.Connection, batch_id: str, given: Mapping[int, _CorrectedRow]
) -> dict[int, dict[str, str]]:
    rows = connection.execute(
        """
        select source_row, source_cells from quarantine.rows
        where batch_id = %s and source_row = any(%s) and status = 'open'
        """,
        (batch_id, list(given)),
    ).fetchall()
    later = corrected_since(connection, batch_id)
    return {number: cells for number, cells in rows if number not in later}


def _feed_of(
    connection: psycopg.Connection, configuration: Configuration, batch_id: str
) -> tuple[Feed, dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        batch = cursor.execute(
            "select batch_id, feed_id, source_file, delivered_on, reading from ops.batches where batch_id = %s",
            (batch_id,),
        ).fetchone()
    if batch is None:
        raise UnknownBatch(
            f"batch {batch_id}",
            found="no such batch",
            expected="a batch that `dealer360 batches` names",
            do="Import into the warehouse that the rows were exported from. Nothing was changed.",
        )
    feed = next((feed for feed in configuration.feeds if feed.feed_id == batch["feed_id"]), None)
    if feed is None:
        raise UnknownBatch(
            f"batch {batch_id}",
            found=f"no YAML with the feed {batch['feed_id']}",
            expected="the feed in a dealer's YAML",
            do="Put it back, or discard the rows. Nothing was changed.",
        )
    return feed, batch


def _texts(row: _CorrectedRow, feed: Feed, batch: Mapping[str, Any]) -> list[str]:
    return [_text_of(cell, feed, batch) for cell in row.cells]


def _as_exported(cell: str | None) -> str:
    return _NO_XML.sub("", cell or "").strip()


def _text_of(cell: object, feed: Feed, batch: Mapping[str, Any]) -> str:
    """A cell as the feed writes it: what somebody typed as a date or a number in the feed's own way."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(cell).lower()
    if isinstance(cell, datetime | date):
        if feed.date_format is not None:
            return cell.strftime(feed.date_format)
        is_day = not isinstance(cell, datetime) or cell.time() == time()
        return (cell.date() if isinstance(cell, datetime) else cell).isoformat() if is_day else str(cell)
    if isinstance(cell, int | float):
        number = format(Decimal(repr(cell)), "f")
        number = number.rstrip("0").rstrip(".") if "." in number else number
        return number.replace(".", str(feed.format.decimal or batch["reading"].get("decimal") or "."))
    return str(cell).strip()


def _load_changed(
    workspace: Workspace,
    file: Path,
    sheet: _Sheet,
    changed: Sequence[_CorrectedRow],
    feed: Feed,
    batch: Mapping[str, Any],
    decided_by: str,
) -> FileOutcome:
    """The changed rows as a table of their own, in the places they have in the workbook."""
    reading = batch["reading"]
    own_names = {"dealer_code", *feed.contract.column_names} & set(sheet.header) - set(dict(feed.columns))
    as_text = replace(
        feed,
        columns=(*feed.columns, *((name, (name,)) for name in sorted(own_names))),  # that the reader had filled itself
        format=FileFormat(
            type="csv",
            encoding="utf-8",
            delimiter=",",
            decimal=feed.format.decimal or reading.get("decimal"),
            header_row=1,
        ),
        date_order=feed.date_order or (reading.get("date_order") if feed.date_format is None else None),
    )
    by_number = {row.number: row for row in changed}
    with _work_folder(workspace) as folder:
        table = folder / f"{file.stem}.csv"
        with table.open("w", encoding="utf-8", newline="") as stream:
            writer = csv.writer(stream, quoting=csv.QUOTE_ALL)
            writer.writerow(sheet.header)
            for number in range(2, max(by_number) + 1):
                row = by_number.get(number)
                writer.writerow(_texts(row, feed, batch) if row else [])
        found = FoundFile(
            as_text,
            table,
            f"{batch['source_file']} (corrected in {file.name})",
            table.stat().st_size,
            datetime.now(UTC),
            batch["delivered_on"],
        )
        batch_id = batch["batch_id"]

        def settle(connection: psycopg.Connection, into_batch_id: str, numbers: frozenset[int]) -> None:
            rows = [by_number[number].source_row for number in numbers]
            _settle(connection, workspace, file, batch_id, rows, into_batch_id, decided_by)

        def vouch(connection: psycopg.Connection) -> Vouched:
            settled = {row.source_row for row in changed} - set(
                _waiting(connection, batch_id, {row.source_row: row for row in changed})
            )
            if settled:
                raise RowsNotReleasable(
                    f"batch {batch_id}",
                    found=f"row(s) {', '.join(map(str, sorted(settled)))}, settled a moment ago",
                    expected="rows that wait",
                    do="Import the workbook again. Nothing was changed.",
                )
            return Vouched(
                batch_id,
                frozenset(by_number),
                is_release=True,
                are_judged=True,
                settle=settle,
                corrects={"batch": batch_id, "file": file.name, "by": decided_by},
            )

        return load_corrections(workspace, found, vouch)


def _settle(
    connection: psycopg.Connection,
    workspace: Workspace,
    file: Path,
    batch_id: str,
    source_rows: Sequence[int],
    into_batch_id: str,
    decided_by: str,
) -> None:
    """The rows wait no longer, and the workbook lies beside what was loaded of it."""
    path = connection.execute("select archive_path from ops.batches where batch_id = %s", (into_batch_id,)).fetchone()
    if path is not None and path[0]:
        (workspace.archive_dir / path[0]).with_name(file.name).write_bytes(file.read_bytes())
    connection.execute(
        """
        update quarantine.rows set status = 'corrected'
        where batch_id = %s and source_row = any(%s) and status = 'open'
        """,
        (batch_id, source_rows),
    )
    connection.execute(
        "update ops.batches set reason = %s where batch_id = %s",
        (f"rows of batch {batch_id} that the dealer corrected in {file.name}", into_batch_id),
    )
    note_decision(
        connection, batch_id, source_rows, "corrected", decided_by, f"corrected in {file.name}", into_batch_id
    )
