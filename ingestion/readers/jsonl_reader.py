"""JSON lines: one object a line, nested objects as `contact.phone`, lists as JSON text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, EncodingContradicted, TruncatedFile, UnreadableFile
from ingestion.readers.reading import Reading, ReadTable, Row

MAX_KEYS = 1000


def open_jsonl(file: Path, form: FileFormat, _expected_names: frozenset[str]) -> ReadTable:
    """The objects of a file as a table: its columns are the keys of all of them, in the order they first occur.

    Raises:
        EmptyFile: not one object.
        EncodingContradicted: the bytes are not of the encoding (UTF-8 where the YAML names none).
        UnreadableFile: the first line is no JSON object, or there are more than 1,000 keys.
    """
    encoding = "utf-8-sig" if form.encoding is None else form.encoding
    reading = Reading(facts={"encoding": form.encoding or "utf-8"})
    keys: dict[str, int] = {}
    try:
        for _number, _line, content in _objects(file, encoding):
            for key in content or ():
                keys.setdefault(key, len(keys))
            if len(keys) > MAX_KEYS:
                raise UnreadableFile(
                    file.name,
                    found=f"more than {MAX_KEYS} different keys",
                    expected="objects of one kind",
                    do="Ask the sender what the file is.",
                )
    except UnicodeDecodeError as error:
        raise EncodingContradicted(
            file.name,
            found=f"bytes that are not {encoding.removesuffix('-sig')}",
            expected=f"{encoding.removesuffix('-sig')} throughout",
            do="Name the right `encoding` in the YAML, or ask the sender to resend.",
        ) from error
    if not keys:
        raise EmptyFile(
            file.name, found="no JSON object", expected="one JSON object a line", do="Ask the sender to resend."
        )
    return ReadTable(tuple(keys), _rows(file, encoding, keys, reading), reading)


def _rows(file: Path, encoding: str, keys: dict[str, int], reading: Reading) -> Iterator[Row]:
    for number, line, content in _objects(file, encoding):
        if content is None:
            if not line.endswith("\n"):
                raise TruncatedFile(
                    f"{file.name}, line {number}",
                    found="a last line that breaks off",
                    expected="a whole JSON object",
                    do="Ask the sender to resend.",
                )
            yield Row(number, [line.strip(), *[None] * (len(keys) - 1)], "no JSON object")
            continue
        cells: list[str | None] = [None] * len(keys)
        for key, value in content.items():
            cells[keys[key]] = value
        if any(cells):
            yield Row(number, cells)
        else:
            reading.repairs["blank rows left out"] += 1


def _objects(file: Path, encoding: str) -> Iterator[tuple[int, str, dict[str, str | None] | None]]:
    with file.open(encoding=encoding, newline="\n") as stream:
        for number, line in enumerate(stream, start=1):
            if not line.strip():
                continue
            try:
                content = json.loads(line, parse_float=Decimal, parse_constant=str)
            except (ValueError, RecursionError):
                content = None
            yield number, line, _flat(content) if isinstance(content, dict) else None


def _flat(content: dict[str, Any], prefix: str = "") -> dict[str, str | None]:
    flat: dict[str, str | None] = {}
    for key, value in content.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            flat |= _flat(value, f"{name}.")
        elif isinstance(value, bool):
            flat[name] = str(value).lower()
        elif isinstance(value, list):
            flat[name] = json.dumps(value, ensure_ascii=False, default=float) if value else None
        else:
            flat[name] = None if value is None or value == "" else str(value).replace("\0", "")
    return flat
