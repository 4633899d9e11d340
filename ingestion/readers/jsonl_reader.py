"""JSON lines: one object a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, TooLarge, TruncatedFile
from ingestion.readers.json_reader import (
    CHUNK_CHARACTERS,
    COMMAS_TOO_MANY,
    encoding_of_json,
    open_json,
    starts_with_a_list,
)
from ingestion.readers.json_values import flat_cells, loads
from ingestion.readers.reading import MAX_COLUMNS, MAX_ROW_CHARACTERS, Reading, ReadTable, Row, too_wide
from ingestion.readers.text_encoding import letters_refused


def open_jsonl(
    file: Path, form: FileFormat, expected_names: frozenset[str], reading: Reading | None = None
) -> ReadTable:
    """The objects of a file as a table: its columns are the keys of all of them, in the order they first occur.

    A file that is one JSON list all the same, or objects over several lines each, is read as that.

    Raises:
        EmptyFile: not one object.
        TooLarge: a line that is longer than any row, or more keys than any table has columns.
        TruncatedFile: it ends within a letter.
        UnreadableFile: the bytes are not of the encoding (UTF-8 where the YAML names none).
    """
    reading = reading or Reading()
    encoding = encoding_of_json(file, form.encoding, expected_names, reading)
    if starts_with_a_list(file, encoding):
        return open_json(file, form, expected_names, reading)
    keys: dict[str, int] = {}
    try:
        for _number, _line, content in _objects(file, encoding, form):
            for key in content or ():
                keys.setdefault(key, len(keys))
            if len(keys) > MAX_COLUMNS:
                raise too_wide(file, len(keys))
    except UnicodeDecodeError as error:
        raise letters_refused(file, encoding, error) from error
    if not keys and _begins_an_object(file, encoding):
        return open_json(file, form, expected_names, reading)
    if not keys:
        raise EmptyFile(
            file.name, found="no JSON object", expected="one JSON object a line", do="Ask the sender to resend."
        )
    return ReadTable(tuple(keys), _rows(file, encoding, form, keys, reading), reading)


def _rows(file: Path, encoding: str, form: FileFormat, keys: dict[str, int], reading: Reading) -> Iterator[Row]:
    for number, line, content in _objects(file, encoding, form, reading):
        if content is None:
            if not line.endswith("\n"):
                raise TruncatedFile(
                    f"{file.name}, line {number}",
                    found="a last line that breaks off",
                    expected="a whole JSON object",
                    do="Ask the sender to resend.",
                )
            yield Row(number, [line.strip().replace("\0", ""), *[None] * (len(keys) - 1)], "no JSON object")
            continue
        cells: list[str | None] = [None] * len(keys)
        for key, value in content.items():
            cells[keys[key]] = value
        if any(cells):
            yield Row(number, cells)
        else:
            reading.repairs["blank rows left out"] += 1


def _objects(
    file: Path, encoding: str, form: FileFormat, reading: Reading | None = None
) -> Iterator[tuple[int, str, dict[str, str | None] | None]]:
    with file.open(encoding=encoding, newline="\n") as stream:
        number = 0
        while line := stream.readline(MAX_ROW_CHARACTERS + 1):
            number += 1
            if len(line) > MAX_ROW_CHARACTERS:
                raise TooLarge(
                    f"{file.name}, line {number}",
                    found=f"more than {MAX_ROW_CHARACTERS:,} characters",
                    expected="one JSON object a line",
                    do="Look what the file is, or ask the sender to resend it with a line for each object.",
                )
            if not line.strip("\0 \t\r\n\ufeff"):
                continue
            yield number, line, _object_in(line, form, reading)


def _object_in(line: str, form: FileFormat, reading: Reading | None) -> dict[str, str | None] | None:
    """The cells of the object on a line; a comma behind it belongs to no object."""
    text = line.rstrip()
    try:
        content = loads(text.removesuffix(","))
        if reading is not None and text.endswith(","):
            reading.repairs[COMMAS_TOO_MANY] += 1
        return flat_cells(content, form.decimal) if isinstance(content, dict) else None
    except (ValueError, RecursionError):
        return None


def _begins_an_object(file: Path, encoding: str) -> bool:
    with file.open(encoding=encoding, errors="replace") as stream:
        return stream.read(CHUNK_CHARACTERS).lstrip("\0 \t\r\n\ufeff").startswith("{")
