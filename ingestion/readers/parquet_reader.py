"""Parquet: columns with types of their own, written as the text that raw expects."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, RefusedFile, TooLarge, TruncatedFile, UnreadableFile
from ingestion.readers.json_values import storable
from ingestion.readers.packed_files import is_of_surroundings
from ingestion.readers.reading import MAX_COLUMNS, Reading, ReadTable, Row, too_wide
from ingestion.readers.typed_values import value_text

ROWS_AT_ONCE = 4096
MAX_UNPACKED_BYTES = 4 * 1024**3
MAX_ROWS = 100_000_000
MARK = b"PAR1"


def open_parquet(
    file: Path, form: FileFormat, _expected_names: frozenset[str], reading: Reading | None = None
) -> ReadTable:
    """The table in a Parquet file, a batch of rows at a time; fields of structures are columns `contact.phone`.

    Raises:
        EmptyFile: no column.
        TooLarge: it unpacks to more than any delivery.
        TruncatedFile: its last bytes, which say what is in it, are missing.
        UnreadableFile: no Parquet.
    """
    # Imported here: a third of a second that no other format needs.
    from pyarrow.parquet import ParquetFile

    _refuse_cut(file)
    try:
        parquet = ParquetFile(file)
        metadata, schema = parquet.metadata, parquet.schema_arrow
    except Exception as error:
        if is_of_surroundings(error):
            raise
        raise _unreadable(file, error) from error
    reading = reading or Reading()
    reading.facts |= {"rows_declared": metadata.num_rows}
    unpacked = sum(metadata.row_group(group).total_byte_size for group in range(metadata.num_row_groups))
    if unpacked > MAX_UNPACKED_BYTES or metadata.num_rows > MAX_ROWS:
        raise TooLarge(
            file.name,
            found=f"{metadata.num_rows:,} rows that unpack to {unpacked:,} bytes",
            expected=f"at most {MAX_ROWS:,} rows and {MAX_UNPACKED_BYTES:,} bytes",
            do="Have it sent in parts.",
        )
    header = tuple(_names(schema))
    if not header:
        raise EmptyFile(file.name, found="no column", expected="a table", do="Ask the sender to resend.")
    if len(header) > MAX_COLUMNS:
        raise too_wide(file, len(header))
    return ReadTable(header, _rows(file, parquet, form, reading), reading)


def _refuse_cut(file: Path) -> None:
    with file.open("rb") as stream:
        head = stream.read(len(MARK))
        stream.seek(max(0, file.stat().st_size - len(MARK)))
        tail = stream.read()
    if head == MARK and tail != MARK:
        raise TruncatedFile(
            file.name,
            found="a file that breaks off: the mark `PAR1` with which every Parquet file ends is not there",
            expected="a whole Parquet file",
            do="The transfer broke off: ask the sender to resend.",
        )


def _rows(
    file: Path,
    parquet: Any,  # noqa: ANN401 - pyarrow has no types
    form: FileFormat,
    reading: Reading,
) -> Iterator[Row]:
    number = 0
    try:
        for batch in parquet.iter_batches(batch_size=ROWS_AT_ONCE, use_threads=False):
            columns = [[value_text(value, form.decimal) for value in values] for values in _columns(batch)]
            for cells in zip(*columns, strict=True):
                number += 1
                if any(cells):
                    yield Row(number, list(cells))
                else:
                    reading.repairs["blank rows left out"] += 1
    except (RefusedFile, GeneratorExit):
        raise
    except Exception as error:
        if is_of_surroundings(error):
            raise
        raise _unreadable(file, error) from error


def _names(schema: Any) -> Iterator[str]:  # noqa: ANN401
    def below(field: Any, prefix: str) -> Iterator[str]:  # noqa: ANN401
        if hasattr(field.type, "fields") and str(field.type).startswith("struct"):
            for inner in field.type.fields:
                yield from below(inner, f"{prefix}{field.name}.")
        else:
            yield storable(f"{prefix}{field.name}")

    for field in schema:
        yield from below(field, "")


def _columns(batch: Any) -> Iterator[list[Any]]:  # noqa: ANN401
    for column in batch.columns:
        yield from _flattened(column)


def _flattened(column: Any) -> Iterator[list[Any]]:  # noqa: ANN401
    import pyarrow
    from pyarrow import types

    if types.is_struct(column.type):
        for part in column.flatten():
            yield from _flattened(part)
        return
    if types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pyarrow.timestamp("us", column.type.tz), safe=False)
    yield column.to_pylist()


def _unreadable(file: Path, error: Exception) -> UnreadableFile:
    first = (str(error).splitlines() or [""])[0][:200]
    return UnreadableFile(
        file.name,
        found=f"no readable Parquet file ({type(error).__name__}: {first})",
        expected="a Parquet file",
        do="Ask the sender to resend.",
    )
