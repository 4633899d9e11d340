"""Comma-, semicolon- and tab-separated text: encoding, delimiter and header are found, quotes are watched."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from charset_normalizer import from_bytes

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, EncodingContradicted, TruncatedFile, UnreadableFile
from ingestion.readers.reading import (
    PlainBody,
    Reading,
    ReadTable,
    Row,
    best_header_row,
    named_columns,
    normalised_name,
)

DELIMITERS = (";", ",", "\t", "|")
HEADER_SEARCH_ROWS = 30
SAMPLE_BYTES = 64 * 1024
CHUNK_BYTES = 1024 * 1024
ZERO_BYTE_SHARE = 0.05

_BOMS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_EIGHT_BIT = ("cp1251", "cp866", "koi8-r", "cp1252")
_POSTGRES_ENCODINGS = {
    "utf-8": "UTF8",
    "utf-8-sig": "UTF8",
    "cp1251": "WIN1251",
    "cp866": "WIN866",
    "koi8-r": "KOI8R",
    "cp1252": "WIN1252",
    "iso8859-1": "LATIN1",
}
# Stands behind the last line: where it comes back inside a cell, a quote was never closed.
_END = "\x1eend of file\x1e"


def open_csv(file: Path, form: FileFormat, expected_names: frozenset[str]) -> ReadTable:
    """The table in a CSV file. `expected_names` (normalised) are the dealer's columns that the YAML maps.

    Raises:
        EmptyFile: there is not even a header.
        EncodingContradicted: the YAML names an encoding, and the bytes are of another.
        UnreadableFile: the bytes are no text.
    """
    with file.open("rb") as stream:
        sample = stream.read(SAMPLE_BYTES)
    if not sample.strip():
        raise EmptyFile(
            str(file.name), found="an empty file", expected="a header and rows", do="Ask the dealer to resend."
        )
    reading = Reading()
    encoding = _encoding_of(file, sample, form, expected_names, reading)
    lines = _sample_lines(sample, encoding, file.stat().st_size)
    delimiter = form.delimiter or _delimiter_of(lines, expected_names)
    first_rows = list(islice(csv.reader(lines, delimiter=delimiter), HEADER_SEARCH_ROWS))
    header_at = (form.header_row or best_header_row(first_rows, expected_names) + 1) - 1
    if header_at >= len(first_rows):
        raise EmptyFile(
            str(file.name),
            found=f"{len(first_rows)} row(s)",
            expected=f"column names in row {header_at + 1}",
            do="Correct `header_row` in the YAML, or ask the dealer to resend.",
        )
    header = _header_of(first_rows[header_at : header_at + (form.header_rows or 1)])
    reading.facts |= {"delimiter": delimiter, "header_row": header_at + 1}
    body = _Body(file, encoding, delimiter, header_at + (form.header_rows or 1), len(header), reading)
    return ReadTable(header, body.rows(), reading, body.plain())


def _header_of(rows: list[list[str]]) -> tuple[str, ...]:
    width = max(len(row) for row in rows)
    cells = [next((row[i] for row in rows if i < len(row) and row[i].strip()), "") for i in range(width)]
    while len(cells) > 1 and not cells[-1].strip():
        cells.pop()
    return named_columns(cells)


def _sample_lines(sample: bytes, encoding: str, size: int) -> list[str]:
    text = codecs.getincrementaldecoder(encoding)(errors="replace").decode(sample)
    lines = text.splitlines(keepends=True)
    return lines[:-1] if size > len(sample) and len(lines) > 1 else lines


def _delimiter_of(lines: list[str], expected_names: frozenset[str]) -> str:
    def rank(delimiter: str) -> tuple[int, int]:
        rows = list(islice(csv.reader(lines, delimiter=delimiter), HEADER_SEARCH_ROWS))
        matches = max((len({normalised_name(cell) for cell in row} & expected_names) for row in rows), default=0)
        widths = [len(row) for row in rows if len(row) > 1]
        common = max(widths.count(width) * width for width in widths) if widths else 0
        return matches, common

    return max(DELIMITERS, key=rank)


# --- encoding


def _encoding_of(file: Path, sample: bytes, form: FileFormat, expected_names: frozenset[str], reading: Reading) -> str:
    found, why = _detected_encoding(file, sample, expected_names)
    if form.encoding is None:
        reading.facts |= {"encoding": found.removesuffix("-sig"), "encoding_by": why}
        return found
    given = codecs.lookup(form.encoding).name
    same_family = found.startswith(given.removesuffix("-sig")) or (given.startswith("utf-16") and found == "utf-16")
    is_proven = why in ("byte order mark", "zero bytes", "utf-8 throughout")
    if is_proven and not same_family:
        raise EncodingContradicted(
            file.name,
            found=f"{found.removesuffix('-sig')} ({why})",
            expected=f"`encoding: {form.encoding}` of the YAML",
            do=f"If the dealer changed the export, set `encoding: {found.removesuffix('-sig')}` or remove the line.",
        )
    if given == "utf-8" and not is_proven and why != "nothing but ASCII":
        raise EncodingContradicted(
            file.name,
            found=f"bytes that are not UTF-8 (perhaps {found})",
            expected=f"`encoding: {form.encoding}` of the YAML",
            do=f"If the dealer changed the export, set `encoding: {found}` or remove the line.",
        )
    reading.facts |= {"encoding": form.encoding, "encoding_by": "the YAML"}
    return found if same_family and is_proven else given


def _detected_encoding(file: Path, sample: bytes, expected_names: frozenset[str]) -> tuple[str, str]:
    for mark, encoding in _BOMS:
        if sample.startswith(mark):
            return encoding, "byte order mark"
    if sample.count(0) > ZERO_BYTE_SHARE * len(sample):
        # Two bytes a letter: digits, separators and line ends have their zero behind (le) or before them (be).
        return ("utf-16-le" if sample[1::2].count(0) > sample[::2].count(0) else "utf-16-be"), "zero bytes"
    if _is_utf8(file):
        return "utf-8", "nothing but ASCII" if _is_ascii(file) else "utf-8 throughout"
    best = max(_EIGHT_BIT, key=lambda encoding: _known_names_in(sample, encoding, expected_names))
    if _known_names_in(sample, best, expected_names) > _known_names_in(sample, "ascii", expected_names):
        return best, "the column names"
    guess = from_bytes(sample, cp_isolation=["cp1251", "cp866", "koi8_r", "cp1252"]).best()
    return (codecs.lookup(guess.encoding).name if guess else "cp1251"), "the frequency of letters"


def _known_names_in(sample: bytes, encoding: str, expected_names: frozenset[str]) -> int:
    text = " ".join(sample.decode(encoding, errors="replace").split()).casefold()
    return sum(1 for name in expected_names if name in text)


def _is_utf8(file: Path) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        for chunk in _chunks(file):
            decoder.decode(chunk)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as error:
        # A file cut in the middle of a letter is still UTF-8.
        return error.reason == "unexpected end of data"
    return True


def _is_ascii(file: Path) -> bool:
    return all(chunk.isascii() for chunk in _chunks(file))


def _chunks(file: Path, offset: int = 0) -> Iterator[bytes]:
    with file.open("rb") as stream:
        stream.seek(offset)
        while chunk := stream.read(CHUNK_BYTES):
            yield chunk


# --- rows


@dataclass(frozen=True)
class _Body:
    file: Path
    encoding: str
    delimiter: str
    rows_above: int  # titles and header
    width: int
    reading: Reading

    def plain(self) -> PlainBody | None:
        """Whether COPY would read these rows as the csv module does: quotes only around whole cells, nothing odd."""
        encoding = _POSTGRES_ENCODINGS.get(self.encoding)
        if encoding is None or self.width < 2:
            return None
        offset = 0
        with self.file.open("rb") as stream:
            for _ in range(self.rows_above):
                line = stream.readline()
                if line.count(b'"') % 2:
                    return None
                offset += len(line)
        line_count = self._plain_lines(offset)
        if line_count is None:
            return None
        return PlainBody(self.file, offset, self.rows_above + 1, encoding, self.delimiter, line_count)

    def _plain_lines(self, offset: int) -> int | None:
        """How many lines the body has; None when a quote stands anywhere but around a whole cell."""
        mark = self.delimiter.encode()
        quotes = opening = closing = lines = 0
        before = b"\n"
        for chunk in _chunks(self.file, offset):
            if b"\0" in chunk:
                return None
            lines += chunk.count(b"\n")
            if b'"' in chunk or before.endswith(b'"'):
                text = before + chunk  # a pair may stand across two chunks
                quotes += chunk.count(b'"')
                opening += text.count(mark + b'"') + text.count(b'\n"')
                closing += text.count(b'"' + mark) + text.count(b'"\n') + text.count(b'"\r')
            before = chunk[-1:]
        closing += before == b'"'
        is_plain = quotes == 2 * opening == 2 * closing
        return lines + (before != b"\n") if is_plain else None

    def rows(self) -> Iterator[Row]:
        try:
            yield from self._rows()
        except UnicodeDecodeError as error:
            raise UnreadableFile(
                self.file.name,
                found=f"a byte that is not {self.encoding} (0x{error.object[error.start]:02x})",
                expected=f"{self.encoding} throughout",
                do="Ask the dealer to resend, or name the right `encoding` in the YAML.",
            ) from error
        except csv.Error as error:
            raise UnreadableFile(
                self.file.name,
                found=f"{error} (a quote that is never closed, or no CSV file)",
                expected="rows of cells, quotes in pairs",
                do="Ask the dealer to resend.",
            ) from error

    def _rows(self) -> Iterator[Row]:
        lines: list[str] = []  # of the record being read
        number = 0
        for cells in csv.reader(self._lines(lines), delimiter=self.delimiter):
            number += 1
            record_lines, lines[:] = lines[:], []
            if record_lines[-1] is _END:
                if cells != [_END]:
                    raise self._truncated(number, "a quote that opens there is never closed")
                return
            if number <= self.rows_above:
                continue
            if not any(cells):
                self.reading.repairs["blank rows left out"] += 1
                continue
            row = self._row(number, cells)
            if len(record_lines) > 1 and (row.shape_fault or all(map(self._is_whole_row, record_lines))):
                # A stray quote swallowed the lines behind it: each line is a row of its own then.
                self.reading.repairs["rows freed from a stray quote"] += len(record_lines)
                for position, line in enumerate(record_lines):
                    plain_cells = next(csv.reader([line], delimiter=self.delimiter, quoting=csv.QUOTE_NONE), [])
                    yield self._row(number + position, plain_cells)
                number += len(record_lines) - 1
                continue
            if row.shape_fault and self._is_cut(record_lines[-1]):
                raise self._truncated(number, f"the last line breaks off after {len(cells)} of {self.width} cells")
            yield row

    def _row(self, number: int, cells: list[str]) -> Row:
        if len(cells) > self.width and not any(cells[self.width :]):
            cells = cells[: self.width]
        if len(cells) == self.width:
            return Row(number, [cell or None for cell in cells])
        padded: list[Any] = [*cells[: self.width], *[None] * (self.width - len(cells))]
        return Row(number, [cell or None for cell in padded], f"{len(cells)} cells instead of {self.width}")

    def _lines(self, current: list[str]) -> Iterator[str]:
        with self.file.open(encoding=self.encoding, newline="") as stream:
            for line in stream:
                if "\0" in line:
                    self.reading.repairs["zero bytes left out"] += 1
                    line = line.replace("\0", "")
                current.append(line)
                yield line
        current.append(_END)
        yield _END

    def _is_whole_row(self, line: str) -> bool:
        return line.count(self.delimiter) == self.width - 1

    def _is_cut(self, line: str) -> bool:
        return not line.endswith(("\n", "\r"))

    def _truncated(self, number: int, found: str) -> TruncatedFile:
        return TruncatedFile(
            f"{self.file.name}, row {number}", found=found, expected="a whole file", do="Ask the dealer to resend."
        )
