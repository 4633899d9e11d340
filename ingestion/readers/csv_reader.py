"""Comma-, semicolon- and tab-separated text: encoding, delimiter and header are found, quotes are watched."""

from __future__ import annotations

import csv
import re
from codecs import BOM_UTF8
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Any

from ingestion.dealer_files import FileFormat
from ingestion.errors import DelimiterContradicted, EmptyFile, TruncatedFile, UnclosedQuote
from ingestion.readers.excel_damage import DAY_ZERO_1900, ExcelDamage
from ingestion.readers.reading import (
    MAX_COLUMNS,
    MAX_ROW_CHARACTERS,
    PlainBody,
    Reading,
    ReadTable,
    Row,
    normalised_name,
    too_wide,
)
from ingestion.readers.table_header import HEADER_SEARCH_ROWS, find_header, finished_table, name_by_place
from ingestion.readers.text_encoding import TextEncoding, chunks, decoded_sample, find_encoding, letters_refused

DELIMITERS = (";", ",", "\t", "|", "^", "~")
_NAMES_OF_DELIMITERS = {";": "semicolons", ",": "commas", "\t": "tabs", "|": "bars"}
_EMPTY_QUOTES = re.compile(
    rf'(^|[{re.escape("".join(DELIMITERS))}])""(?=[{re.escape("".join(DELIMITERS))}\r\n]|$)', re.MULTILINE
)

# A comment of a lead, or a document that a database holds as JSON, is longer than the 128 KiB of the csv module.
csv.field_size_limit(MAX_ROW_CHARACTERS)

_POSTGRES_ENCODINGS = {
    "utf-8": "UTF8",
    "utf-8-sig": "UTF8",
    "cp1251": "WIN1251",
    "cp866": "WIN866",
    "koi8-r": "KOI8R",
    "cp1252": "WIN1252",
    "iso8859-1": "LATIN1",
}
_END_OF_DOS = "\x1a"
_MARK_OF_UTF8 = "\ufeff"
QUOTES_NOT_DOUBLED = "rows with quotes within a cell that were not doubled, kept as they are"
# Stands behind the last line: where it comes back inside a cell, a quote was never closed.
_END = "\x1eend of file\x1e"


def open_csv(file: Path, form: FileFormat, expected_names: frozenset[str], reading: Reading | None = None) -> ReadTable:
    """The table in a CSV file. `expected_names` (normalised) are the dealer's columns that the YAML maps.

    Raises:
        EmptyFile: there is not even a header.
        DelimiterContradicted, EncodingContradicted: the file has another than the YAML says.
        TooLarge: a line longer than any row, or more columns than any table has.
        TruncatedFile, UnclosedQuote: the file breaks off; told while its rows are read.
        UnreadableFile: the bytes are no text.
    """
    reading = reading or Reading()
    encoding = find_encoding(file, form.encoding, expected_names, reading)
    lines = _sample_lines(encoding, file.stat().st_size)
    _refuse_another_delimiter(file, form.delimiter, lines, expected_names)
    delimiter = form.delimiter or _delimiter_of(lines, expected_names)
    escape = None if form.is_of_database else _escape_in(lines, delimiter)
    dialect = _Dialect(delimiter, escape)
    reading.facts |= {"delimiter": dialect.delimiter}
    if not _ends_with_a_line_end(file):
        reading.facts |= {"last_line": "without a line end: whole as far as its cells can tell"}
    if escape:
        reading.facts |= {"quotes within cells": "behind a backslash"}
    sample_rows = _sample_rows(lines, dialect)
    first_rows = sample_rows if form.header_row else sample_rows[:HEADER_SEARCH_ROWS]
    header = find_header(first_rows, form, expected_names, reading)
    if header is None or not header.names:
        raise EmptyFile(
            file.name,
            found=f"{len(sample_rows):,} row(s), of which none holds a column name",
            expected=f"column names in row {form.header_row}" if form.header_row else "a header and rows",
            do="Correct `header_row` in the YAML, or ask the dealer to resend."
            if form.header_row
            else "Ask the dealer to resend.",
        )
    if len(header.names) > MAX_COLUMNS:
        raise too_wide(file, len(header.names))
    body = _Body(file, encoding, dialect, header.rows_above, header.names, reading, is_exact=form.is_of_database)
    if form.is_of_database:
        return finished_table(file, header, header.names, body.rows(), reading, body.plain())
    damage = ExcelDamage(header.names, form, reading, DAY_ZERO_1900)
    if encoding.has_marks_of_excel or damage.is_in(sample_rows[header.rows_above :]):
        return finished_table(file, header, damage.header, damage.mended(body.rows()), reading)
    return finished_table(file, header, header.names, body.rows(), reading, body.plain())


@dataclass(frozen=True)
class _Dialect:
    delimiter: str
    escape: re.Pattern[str] | None  # finds backslashes, with what they escape as its first group

    def reader(self, lines: Iterable[str]) -> Any:  # noqa: ANN401 - the csv module has no name for what its reader is
        if self.escape is None:
            return csv.reader(lines, delimiter=self.delimiter)
        # The csv module leaves out every backslash: those that escape nothing are written twice for it.
        lines = (self.escape.sub(lambda found: found[1] or "\\\\", line) for line in lines)
        return csv.reader(lines, delimiter=self.delimiter, escapechar="\\")


def _ends_with_a_line_end(file: Path) -> bool:
    with file.open("rb") as stream:
        stream.seek(max(0, file.stat().st_size - 4))
        return stream.read().rstrip(b"\0").endswith((b"\n", b"\r", b"\x1a"))


def _sample_lines(encoding: TextEncoding, size: int) -> list[str]:
    text = decoded_sample(encoding).replace("\0", "")
    lines = list(StringIO(text, newline=""))
    return lines[:-1] if size > len(encoding.sample) and len(lines) > 1 else lines


def _sample_rows(lines: list[str], dialect: _Dialect) -> list[list[str]]:
    rows = []
    try:
        rows.extend(dialect.reader(lines))
    except csv.Error:  # a quote that is not closed within the sample: what stands before it is enough
        pass
    return rows


def _escape_in(lines: list[str], delimiter: str) -> re.Pattern[str] | None:
    """How quotes within cells stand behind backslashes; None where they do not.

    One at the end of a cell may be the cell's own last letter and no escape: as the rows are of equal width.
    """
    text = "".join(lines)
    ends = rf"(?:[{re.escape(delimiter)}\r\n]|$)"
    if not re.search(rf'\\"(?!{ends})', text) or re.search(r'(?<!\\)""', _EMPTY_QUOTES.sub(r"\1", text)):
        return None
    readings = (re.compile(r'(\\["\\])|\\'), re.compile(rf'(\\\\|\\"(?!{ends}))|\\'))
    return max(readings, key=lambda escape: _equally_wide(_sample_rows(lines, _Dialect(delimiter, escape))))


def _equally_wide(rows: list[list[str]]) -> int:
    """How many cells rows of the commonest width have, of those that have more than one."""
    widths = Counter(len(row) for row in rows if len(row) > 1)
    return max((width * times for width, times in widths.items()), default=0)


def _delimiter_of(lines: list[str], expected_names: frozenset[str]) -> str:
    return max(DELIMITERS, key=lambda delimiter: _rank(delimiter, lines, expected_names))


def _rank(delimiter: str, lines: list[str], expected_names: frozenset[str]) -> tuple[int, int]:
    """How many of the mapped names it divides from each other, and how many cells of rows that are equally wide."""
    rows = _sample_rows(list(islice(lines, HEADER_SEARCH_ROWS)), _Dialect(delimiter, None))
    matches = max((len({normalised_name(cell) for cell in row} & expected_names) for row in rows), default=0)
    return matches, _equally_wide(rows)


def _refuse_another_delimiter(file: Path, given: str | None, lines: list[str], expected_names: frozenset[str]) -> None:
    """The YAML's word holds unless with it not one of the mapped names is found, and with another one several are."""
    if given is None or _rank(given, lines, expected_names)[0]:
        return
    found = _delimiter_of(lines, expected_names)
    if found != given and _rank(found, lines, expected_names)[0] > 1:
        shown = {"\t": "\\t"}.get(found, found)
        raise DelimiterContradicted(
            file.name,
            found=f"cells that are divided by {_NAMES_OF_DELIMITERS.get(found, f'`{found}`')}",
            expected=f"{_NAMES_OF_DELIMITERS.get(given, f'`{given}`')}, as `delimiter` in the YAML says",
            do=f'If the dealer changed the export, set `delimiter: "{shown}"` or remove the line.',
        )


# --- rows


@dataclass(frozen=True)
class _Body:
    file: Path
    encoding: TextEncoding
    dialect: _Dialect
    rows_above: int  # titles and header
    names: tuple[str, ...]
    reading: Reading
    is_exact: bool  # no quote in it is a stray one

    @cached_property
    def width(self) -> int:
        return len(self.names)

    def plain(self) -> PlainBody | None:
        """Whether COPY would read these rows as the csv module does: quotes only around whole cells, nothing odd."""
        encoding = _POSTGRES_ENCODINGS.get(self.encoding.codec)
        if encoding is None or self.width < 2 or self.encoding.errors != "strict" or self.dialect.escape:
            return None
        offset = 0
        with self.file.open("rb") as stream:
            line = b""
            for _ in range(self.rows_above):
                line = stream.readline()
                if line.count(b'"') % 2 or b"\r" in line.rstrip(b"\r\n"):
                    return None  # a cell over several lines, or lines that end as they did on old Macs
                offset += len(line)
        if not self._is_plain(offset, (line.strip(b"\r\n").removeprefix(BOM_UTF8), *self._first_names(), BOM_UTF8)):
            return None
        return PlainBody(self.file, offset, self.rows_above + 1, encoding, self.encoding.codec, self.dialect.delimiter)

    def _first_names(self) -> Iterator[bytes]:
        """The first name in a line that says the header again, whichever of its cells are in quotes this time.

        Where the names come in another order it stands behind a delimiter.
        """
        codec, mark = self.encoding.codec.removesuffix("-sig"), self.dialect.delimiter
        at = next((at for at, name in enumerate(self.names) if name != name_by_place(at)), 0)
        before, behind = mark if at else "\n", mark if at < self.width - 1 else ""
        for quote in ("", '"'):
            yield f"{before}{quote}{self.names[at]}{quote}{behind}".encode(codec)
            yield f"{mark}{quote}{self.names[at]}".encode(codec)

    def _is_plain(self, offset: int, headers: tuple[bytes, ...]) -> bool:
        """Whether every quote is around a whole cell, and the header does not come again."""
        mark = self.dialect.delimiter.encode()
        unquoted = tuple(header for header in headers if b'"' not in header)
        quotes = opening = closing = 0
        before = end = b"\n"
        longest = max(map(len, headers))
        for chunk in chunks(self.file, offset):
            edge = end + chunk[:longest]
            has_quotes = b'"' in chunk
            looked_for = headers if has_quotes or b'"' in edge else unquoted
            if b"\0" in chunk or any(header in edge or header in chunk for header in looked_for):
                return False
            end = chunk[-longest:]
            if has_quotes or before.endswith(b'"'):
                text = before + chunk  # a pair may stand across two chunks
                quotes += chunk.count(b'"')
                opening += text.count(mark + b'"') + text.count(b'\n"')
                closing += text.count(b'"' + mark) + text.count(b'"\n') + text.count(b'"\r')
            before = chunk[-1:]
        closing += before == b'"'
        return before != _END_OF_DOS.encode() and quotes == 2 * opening == 2 * closing

    def rows(self) -> Iterator[Row]:
        try:
            yield from self._rows()
        except UnicodeDecodeError as error:
            raise letters_refused(self.file, self.encoding.codec, error) from error

    def _rows(self) -> Iterator[Row]:
        lines = _Lines(self.file, self.encoding, self.reading)
        records = self.dialect.reader(lines)
        number = 0
        while True:
            number += 1
            try:
                cells = next(records)
            except csv.Error as error:
                longest = f"within the {MAX_ROW_CHARACTERS:,} characters that a row may have"
                raise self._unclosed(number, lines, longest) from error
            except StopIteration:
                return
            record_lines = lines.taken()
            if record_lines[-1] is _END:
                if cells != [_END]:
                    raise self._unclosed(number, lines, "to the end of the file")
                return
            if number <= self.rows_above:
                continue
            if not any(cells):
                self.reading.repairs["blank rows left out"] += 1
                continue
            cells = self._with_its_quotes(cells, record_lines)
            row = self._row(number, cells)
            is_swallowed = row.shape_fault or all(map(self._is_whole_row, record_lines))
            if len(record_lines) > 1 and is_swallowed and not self.is_exact:
                yield from self._freed(number, lines.first, record_lines)
                number += len(record_lines) - 1
                continue
            if row.shape_fault and self._is_cut(record_lines[-1]):
                raise self._truncated(number, f"the last line breaks off after {len(cells)} of {self.width} cells")
            yield row

    def _freed(self, number: int, first_line: int, record_lines: list[str]) -> Iterator[Row]:
        """A stray quote swallowed the lines behind it: each line is a row of its own then."""
        self.reading.repairs[f"rows freed from a stray quote in row {number}, line {first_line}"] += len(record_lines)
        for position, line in enumerate(record_lines):
            reader = csv.reader([line], delimiter=self.dialect.delimiter, quoting=csv.QUOTE_NONE)
            yield self._row(number + position, self._cells_as_meant(line) or [*map(_unquoted, next(reader, []))])

    def _with_its_quotes(self, cells: list[str], lines: list[str]) -> list[str]:
        """The cells of a record; read once more where quotes within one were not doubled: the csv module drops some."""
        if len(lines) > 1 or '"' not in lines[0] or self.is_exact or self.dialect.escape is not None:
            return cells
        if self._well_quoted.fullmatch(lines[0]) or (meant := self._cells_as_meant(lines[0])) is None:
            return cells
        self.reading.repairs[QUOTES_NOT_DOUBLED] += 1
        return meant

    @cached_property
    def _well_quoted(self) -> re.Pattern[str]:
        mark = re.escape(self.dialect.delimiter)
        cell = rf'(?:"(?:[^"]++|"")*+"|[^"{mark}\r\n][^{mark}\r\n]*+)?+'
        return re.compile(rf"{cell}(?:{mark}{cell})*+[\r\n]*")

    def _cells_as_meant(self, line: str) -> list[str] | None:
        """The cells of a line when each quoted one goes on to the quote before a delimiter; None if they do not fit.

        So `"ООО "Ромашка"";5` is meant, which people write and some programmes too.
        """
        if line.count(f'{self.dialect.delimiter}"') > self.width:
            return None
        cells = [_unquoted(found[1]) for found in self._quoted_as_meant.finditer(line.rstrip("\r\n"))]
        return cells if len(cells) == self.width else None

    @cached_property
    def _quoted_as_meant(self) -> re.Pattern[str]:
        mark = re.escape(self.dialect.delimiter)
        return re.compile(rf'(?:^|{mark})("(?:.*?)"(?={mark}|$)|[^{mark}]*)')

    def _row(self, number: int, cells: list[str]) -> Row:
        if len(cells) > self.width and not any(cells[self.width :]):
            cells = cells[: self.width]
        if len(cells) == self.width:
            return Row(number, [cell or None for cell in cells])
        padded: list[Any] = [*cells[: self.width], *[None] * (self.width - len(cells))]
        return Row(number, [cell or None for cell in padded], f"{len(cells)} cell(s) instead of {self.width}")

    def _is_whole_row(self, line: str) -> bool:
        return line.count(self.dialect.delimiter) == self.width - 1

    def _is_cut(self, line: str) -> bool:
        return not line.endswith(("\n", "\r"))

    def _truncated(self, number: int, found: str) -> TruncatedFile:
        return TruncatedFile(
            f"{self.file.name}, row {number}", found=found, expected="a whole file", do="Ask the dealer to resend."
        )

    def _unclosed(self, number: int, lines: _Lines, how_far: str) -> UnclosedQuote:
        swallowed = max(0, lines.read - lines.first)
        behind = f": it swallows {swallowed:,} line(s) behind it" if swallowed else ""
        return UnclosedQuote(
            f"{self.file.name}, row {number}, line {lines.first}",
            found=f"a quote that opens there and is not closed {how_far}{behind}",
            expected="quotes in pairs, so that the file's lines are its rows",
            do=f'Look at line {lines.first} for a `"` too many, or whether the file breaks off: '
            "ask the dealer to resend.",
        )


def _unquoted(cell: str) -> str:
    """What stands between the quotes around a cell; where those within are all doubled, each pair is one."""
    if len(cell) < 2 or not (cell.startswith('"') and cell.endswith('"')):
        return cell
    within = cell[1:-1]
    return within if '"' in within.replace('""', "") else within.replace('""', '"')


class _Lines:
    """The lines of a file for the csv module, which is told the end by a line of its own."""

    def __init__(self, file: Path, encoding: TextEncoding, reading: Reading) -> None:
        self.current: list[str] = []  # of the record being read
        self.read = 0  # lines so far
        self.first = 0  # number of the line with which the last record began
        self.reading = reading
        self._lines = self._all(file, encoding)

    def __iter__(self) -> Iterator[str]:
        return self._lines

    def taken(self) -> list[str]:
        """The lines of the record that was just read."""
        taken, self.current[:] = self.current[:], []
        return taken

    def _all(self, file: Path, encoding: TextEncoding) -> Iterator[str]:
        with file.open(encoding=encoding.codec, errors=encoding.errors, newline="") as stream:
            for line in stream:
                if "\0" in line:
                    self.reading.repairs["zero bytes left out"] += line.count("\0")
                    line = line.replace("\0", "")
                line = line.removeprefix(_MARK_OF_UTF8)  # where files were put one behind the other
                if (without_end := line.rstrip("\r\n")).endswith(_END_OF_DOS):
                    self.reading.repairs["a mark of the end, as DOS wrote it, left out"] += 1
                    line = without_end.rstrip(_END_OF_DOS) + line[len(without_end) :]
                    if not line.strip():
                        continue
                self._add(line)
                yield line
        self.current.append(_END)
        yield _END

    def _add(self, line: str) -> None:
        self.read += 1
        if not self.current:
            self.first = self.read
        self.current.append(line)
