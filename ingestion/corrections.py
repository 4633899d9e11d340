"""Rows that the dealer corrected in an exported workbook, judged again and loaded."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import openpyxl
import psycopg
from psycopg.rows import dict_row

from ingestion.dealer_files import Configuration, Feed, FileFormat, read_configuration
from ingestion.discover import FoundFile
from ingestion.errors import NotCorrected, RowsNotReleasable, UnknownBatch
from ingestion.load import load_corrections
from ingestion.load_file import VouchedRows
from ingestion.outcomes import FileOutcome
from ingestion.quarantine import corrected_since, note_decision
from ingestion.rows_to_correct import MOST_ROWS, REASON_COLUMN, ROW_COLUMN, as_exported, work_folder
from warehouse.database import connect
from warehouse.errors import Dealer360Error
from warehouse.settings import Workspace

MOST_UNPACKED_BYTES = 256 * 1024**2
ROWS_OF_EXCEL = 1_048_576


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
            if _texts(given[number], feed, batch) != [as_exported(cells.get(name)) for name in sheet.header]
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
    with work_folder(workspace) as folder:
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

        def vouch(connection: psycopg.Connection) -> VouchedRows:
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
            return VouchedRows(
                batch_id=batch_id,
                source_rows=frozenset(by_number),
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
