"""The reader for a format."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, RefusedFile
from ingestion.readers.adf_reader import open_adf
from ingestion.readers.content_kinds import refuse_other_kind
from ingestion.readers.csv_reader import open_csv
from ingestion.readers.json_reader import open_json
from ingestion.readers.jsonl_reader import open_jsonl
from ingestion.readers.packed_files import UnpackedFile, unpack
from ingestion.readers.parquet_reader import open_parquet
from ingestion.readers.reading import Reading, ReadTable, Row
from ingestion.readers.xml_reader import open_xml

Reader = Callable[[Path, FileFormat, frozenset[str], Reading], ReadTable]


def _open_excel(file: Path, form: FileFormat, expected_names: frozenset[str], reading: Reading) -> ReadTable:
    # What reads workbooks takes as long to import as a small file to load: only who has one waits for it.
    from ingestion.readers.excel_reader import open_excel

    return open_excel(file, form, expected_names, reading)


READERS: Mapping[str, Reader] = {
    "csv": open_csv,
    "excel": _open_excel,
    "jsonl": open_jsonl,
    "json": open_json,
    "xml": open_xml,
    "parquet": open_parquet,
    "adf": open_adf,
    "eml": open_adf,
}


def open_table(
    file: Path,
    form: FileFormat,
    expected_names: frozenset[str],
    *,
    told_as: str | None = None,
    scratch_folder: Path | None = None,
    reading: Reading | None = None,
) -> ReadTable:
    """The table in a file of any format, packed or not; `expected_names` (normalised) help to find its header.

    Args:
        file: what was delivered.
        form: how the YAML says that it is to be read.
        expected_names: the dealer's columns that the YAML maps, normalised.
        told_as: what errors call the file; None: its name.
        scratch_folder: where a packed file is unpacked, until the table is no longer used; None: the system's own.
        reading: what is found out and mended is told there, as far as it went also where the file is refused.

    Raises:
        RefusedFile: the file cannot be read as what the YAML says it is. Its rows raise it too, further down.
    """
    told_as = told_as or file.name
    reading = reading or Reading()
    try:
        if not file.stat().st_size:
            raise EmptyFile(
                file.name, found="an empty file", expected="a header and rows", do="Ask the dealer to resend."
            )
        unpacked = unpack(file, form.member, scratch_folder)
    except RefusedFile as error:
        error.where = error.where.replace(file.name, told_as, 1)
        raise
    if unpacked is None:
        return _opened(file, form, expected_names, told_as, reading)
    reading.facts |= _told_unpacked(unpacked)
    try:
        return _opened(unpacked.file, form, expected_names, f"{told_as}: {unpacked.file.name}", reading, unpacked)
    except BaseException:
        unpacked.remove()
        raise


def _opened(
    file: Path,
    form: FileFormat,
    expected_names: frozenset[str],
    told_as: str,
    reading: Reading,
    unpacked: UnpackedFile | None = None,
) -> ReadTable:
    try:
        refuse_other_kind(file, form.type)
        table = READERS[form.type](file, form, expected_names, reading)
    except RefusedFile as error:
        error.where = error.where.replace(file.name, told_as, 1)
        raise
    return replace(table, rows=_rows_told(table.rows, file.name, told_as, unpacked))


def _rows_told(rows: Iterator[Row], name: str, told_as: str, _kept: UnpackedFile | None) -> Iterator[Row]:
    """The rows; while they can still be asked for, the unpacked file is kept."""
    try:
        yield from rows
    except RefusedFile as error:
        error.where = error.where.replace(name, told_as, 1)
        raise


def _told_unpacked(unpacked: UnpackedFile) -> dict[str, object]:
    facts: dict[str, object] = {"unpacked": f"{unpacked.file.name} ({unpacked.packed_as})"}
    if unpacked.other_members:
        facts["other_members"] = list(unpacked.other_members)
    return facts
