"""Labels: what people, or a truth file, say about who is who. Read from CSV into a temporary table."""

from __future__ import annotations

import csv
from pathlib import Path

import psycopg

from warehouse.errors import Dealer360Error

RECORD_KEY = ("dealer_code", "source_system", "entity", "source_record_id")
CLUSTER_COLUMNS = (*RECORD_KEY, "cluster")
PAIR_COLUMNS = (
    *(f"left_{column}" for column in RECORD_KEY),
    *(f"right_{column}" for column in RECORD_KEY),
    "is_match",
)
_IS_MATCH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


class LabelsUnreadable(Dealer360Error):
    """The file is no label file."""


def copy_labels(connection: psycopg.Connection, file: Path) -> str:
    """Fill the temporary table `label_clusters` or `label_pairs` from a CSV file; says which of the two.

    Raises:
        LabelsUnreadable: the file is missing, or its columns or values are not those of labels.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as stream:
            rows = csv.DictReader(stream)
            columns = set(rows.fieldnames or ())
            if columns >= set(PAIR_COLUMNS):
                return _copy(connection, "label_pairs", PAIR_COLUMNS, rows, file)
            if columns >= set(CLUSTER_COLUMNS):
                return _copy(connection, "label_clusters", CLUSTER_COLUMNS, rows, file)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise _unreadable(file, str(error)) from error
    raise _unreadable(file, f"the columns {', '.join(sorted(columns)) or 'of an empty file'}")


def _copy(
    connection: psycopg.Connection, table: str, columns: tuple[str, ...], rows: csv.DictReader[str], file: Path
) -> str:
    types = ", ".join(f"{column} {'boolean' if column == 'is_match' else 'text'}" for column in columns)
    connection.execute(f"drop table if exists {table}")
    connection.execute(f"create temporary table {table} ({types})")
    with connection.cursor().copy(f"copy {table} from stdin") as copy:
        for row in rows:
            cells: list[str | bool | None] = [row[column] for column in columns]
            if columns[-1] == "is_match":
                word = str(row["is_match"]).strip().lower()
                if word not in _IS_MATCH:
                    raise _unreadable(file, f"line {rows.line_num}: is_match is {row['is_match']!r}")
                cells[-1] = _IS_MATCH[word]
            copy.write_row(cells)
    connection.execute(f"analyze {table}")
    return table


def _unreadable(file: Path, found: str) -> LabelsUnreadable:
    return LabelsUnreadable(
        str(file),
        found=found,
        expected=f"a UTF-8 CSV file with the columns {', '.join(CLUSTER_COLUMNS)}; or, for pairs, "
        f"{', '.join(PAIR_COLUMNS)} with is_match true or false",
        do="name the columns so, or write the file again; nothing was changed",
    )
