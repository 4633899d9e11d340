"""JSON: a list of objects, alone or somewhere within an object, read an element at a time."""

from __future__ import annotations

import json
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import IO, Any

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, RefusedFile, TooLarge, TruncatedFile, UnreadableFile
from ingestion.readers.json_lists import MetList, NamedRows, named_rows
from ingestion.readers.json_values import DECODER, cell_of, flat_cells, storable
from ingestion.readers.reading import (
    MAX_COLUMNS,
    MAX_ROW_CHARACTERS,
    Reading,
    ReadTable,
    Row,
    normalised_name,
    too_wide,
)
from ingestion.readers.text_encoding import encoding_of_utf8_or_other, letters_refused

CHUNK_CHARACTERS = 64 * 1024
MAX_DEPTH = 6
"""Of the objects around the list."""
MAX_LISTS = 1000
SHOWN_CHARACTERS = 1500
"""Of an element that is no object."""
COMMAS_TOO_MANY = "commas behind the last element, or between lines, left out"
_BLANKS = " \t\r\n\ufeff\0"


def open_json(
    file: Path, form: FileFormat, expected_names: frozenset[str], reading: Reading | None = None
) -> ReadTable:
    """The objects of a list as a table: the list that `rows_at` names, else the one with most of the expected keys.

    Nested objects are columns `contact.phone`; an object alone is a table of one row; objects one after another are
    rows too; an empty list is a table of the expected columns without rows: no calls were made today. Rows may be lists
    of values under a list of their names: the first row, or one that stands beside them (`columns`, `fields`).

    Raises:
        EmptyFile: not one object.
        TooLarge: an element longer than any row, or more keys than any table.
        TruncatedFile: the text ends before its end.
        UnreadableFile: no JSON, another encoding, or no list of that name.
    """
    reading = reading or Reading()
    encoding = encoding_of_json(file, form.encoding, expected_names, reading)
    lists, empty = _lists_in(file, encoding, form)
    place: _Path = tuple(form.rows_at.split(".")) if form.rows_at else ()
    if expected_names and place in empty and place not in lists:
        reading.facts |= {"rows": "none: an empty list"}
        return ReadTable(tuple(sorted(expected_names)), iter(()), reading)
    if named := named_rows(lists, place or None, expected_names):
        reading.facts |= {"rows_at": ".".join(named.path) or "the outermost list", "names_at": named.told}
        return ReadTable(named.names, _rows_of_values(file, encoding, form, named, reading), reading)
    _refuse_a_lone_message(file, lists, expected_names)
    path = _chosen(file, lists, form.rows_at, expected_names)
    if len(lists) > 1 or path:
        by = "the YAML" if form.rows_at else "the mapped columns"
        reading.facts |= {"rows_at": ".".join(path) or "the outermost list", "rows_at_by": by}
    keys = {name: position for position, name in enumerate(lists[path].keys)}
    return ReadTable(tuple(keys), _rows(file, encoding, form, path, keys, reading), reading)


def encoding_of_json(file: Path, given: str | None, expected_names: frozenset[str], reading: Reading) -> str:
    """The codec of a JSON file: the YAML's, else by its first bytes UTF-8, UTF-16, UTF-32, or another that it shows."""
    with file.open("rb") as stream:
        found = given or json.detect_encoding(stream.read(4))
    reading.facts |= {"encoding": found.removesuffix("-sig")}
    if given is None and found == "utf-8":
        found = encoding_of_utf8_or_other(file, expected_names, reading)
    return "utf-8-sig" if found == "utf-8" and given is None else found


def starts_with_a_list(file: Path, encoding: str) -> bool:
    """Whether the first letter is a `[`."""
    with file.open(encoding=encoding, errors="replace") as stream:
        return stream.read(CHUNK_CHARACTERS).lstrip(_BLANKS).startswith("[")


_Path = tuple[str, ...]


def _lists_in(file: Path, encoding: str, form: FileFormat) -> tuple[dict[_Path, MetList], set[_Path]]:
    """The lists by their places, and the places of empty ones."""
    lists: dict[_Path, MetList] = {}
    empty: set[_Path] = set()
    for path, element in _elements(file, encoding, empty):
        if path not in lists and len(lists) >= MAX_LISTS:
            continue
        found = lists.setdefault(path, MetList())
        found.note(element)
        if isinstance(element, dict):
            found.object_count += 1
            found.keys.update(dict.fromkeys(_cells(element, form)))
        if max(len(found.keys), found.width) > MAX_COLUMNS:
            raise too_wide(file, max(len(found.keys), found.width))
    return lists, empty


def _refuse_a_lone_message(file: Path, lists: dict[_Path, MetList], expected_names: frozenset[str]) -> None:
    """One object alone with none of the keys that are wanted is what a service says instead of data."""
    columns = [path[0] for path, met in lists.items() if len(path) == 1 and met.length > 1 and not met.keys]
    named = [name for name in columns if normalised_name(name) in expected_names]
    whole = lists.get((), MetList())
    # Where another of the mapped keys is no list, the lists are what one row says several times.
    is_row = any(normalised_name(key) in expected_names and key not in columns for key in whole.keys)
    if len(named) > 1 and whole.object_count <= 1 and not is_row:
        raise UnreadableFile(
            file.name,
            found=f"an object of columns: a list under each of {', '.join(named[:10])}",
            expected="a list of objects, each a row",
            do="Ask the sender to write rows (of pandas: `to_json(orient='records')`).",
        )
    alone = lists.get(()) if len(lists) == 1 else None
    if alone is None or alone.object_count != 1 or not expected_names:
        return
    if not expected_names & set(map(normalised_name, alone.keys)):
        raise UnreadableFile(
            file.name,
            found=f"one object alone, with {', '.join(list(alone.keys)[:10]) or 'nothing in it'}",
            expected="a list of objects",
            do="Where it says why there are no data, see to that and have them fetched again. Where its values are the "
            "rows, have them sent as a list of objects.",
        )


def _chosen(file: Path, lists: dict[_Path, MetList], wanted: str | None, expected_names: frozenset[str]) -> _Path:
    filled = {path: found for path, found in lists.items() if found.keys}
    told = ", ".join(f"`{'.'.join(path)}`" if path else "an outermost list" for path in list(filled)[:10])
    if wanted is not None:
        path = tuple(wanted.split("."))
        if path in filled:
            return path
        raise UnreadableFile(
            file.name,
            found=f"lists of objects at {told}" if told else "no list of objects",
            expected=f"one at `{wanted}`",
            do="Correct `rows_at` in the YAML, or ask the sender to resend.",
        )
    if not filled:
        raise EmptyFile(
            file.name,
            found="no JSON object with anything in it",
            expected="a list of objects",
            do="Where rows stand in it as lists of values alone ([1, …]), have each sent as an object with its names; "
            "else ask the sender to resend.",
        )

    def rank(path: _Path) -> tuple[int, int, int]:
        matches = len({normalised_name(key) for key in filled[path].keys} & expected_names)
        return matches, filled[path].object_count, -len(path)

    return max(filled, key=rank)


def _rows(
    file: Path, encoding: str, form: FileFormat, path: _Path, keys: dict[str, int], reading: Reading
) -> Iterator[Row]:
    number = 0
    for found_at, element in _elements(file, encoding, reading=reading):
        if found_at != path:
            continue
        number += 1
        cells: list[str | None] = [None] * len(keys)
        if not isinstance(element, dict):
            told = "null" if element is None else storable(str(element)[:SHOWN_CHARACTERS])
            cells[0] = told or '""'  # never empty: a row of nothing but empty cells would count as blank
            yield Row(number, cells, "no JSON object")
            continue
        for key, value in _cells(element, form).items():
            cells[keys[key]] = value
        if any(cells):
            yield Row(number, cells)
        else:
            reading.repairs["blank rows left out"] += 1


def _rows_of_values(file: Path, encoding: str, form: FileFormat, named: NamedRows, reading: Reading) -> Iterator[Row]:
    width = len(named.names)
    elements = (element for path, element in _elements(file, encoding, reading=reading) if path == named.path)
    for number, element in enumerate(elements, start=1):
        if number == 1 and named.is_first_row:
            continue
        values = element if isinstance(element, list) else [element]
        cells = [cell_of(value, form.decimal) for value in values]
        if any(cells):
            is_row = isinstance(element, list) and len(cells) == width
            fault = None if is_row else f"{len(cells)} cell(s) instead of {width}"
            yield Row(number, [*cells, *[None] * width][:width], fault)
        else:
            reading.repairs["blank rows left out"] += 1


def _cells(element: dict[str, Any], form: FileFormat) -> dict[str, str | None]:
    try:
        return flat_cells(element, form.decimal)
    except RecursionError:
        return {"nested too deeply": "true"}


def _elements(
    file: Path, encoding: str, empty: set[_Path] | None = None, reading: Reading | None = None
) -> Iterator[tuple[_Path, Any]]:
    """Every element of every list that stands in objects alone, with the list's place; and objects without lists.

    The places of empty lists are added to `empty`.
    """
    with file.open(encoding=encoding, newline="") as stream:
        walker = _Walker(file, stream, set() if empty is None else empty)
        try:
            yield from walker.elements()
            if reading is not None:
                reading.repairs[COMMAS_TOO_MANY] += walker.commas_too_many
        except RefusedFile:
            raise
        except UnicodeDecodeError as error:
            raise letters_refused(file, encoding, error) from error
        except (ValueError, RecursionError) as error:
            raise walker.refused(error) from error


class _Walker:
    """Reads JSON from a stream, holding no more of it than one element."""

    def __init__(self, file: Path, stream: IO[str], empty: set[_Path]) -> None:
        self.file = file
        self.empty = empty  # places of empty lists, so far
        self.stream = stream
        self.buffer = ""
        self.at = 0
        self.before = 0  # characters that left the buffer
        self.is_at_end = False
        self.commas_too_many = 0  # behind the last element of a list
        self.listed = 0  # characters of the values in the lists of the outermost object
        self.has_rows_of_values = False  # a list whose elements are lists

    def elements(self) -> Iterator[tuple[_Path, Any]]:
        """Every element of every list, with the list's place; objects in which no list of objects stands, whole."""
        count = 0
        while self._next():
            count += 1
            if self.buffer[self.at] == "[":
                yield from self._list(())
            elif self.buffer[self.at] == "{":
                self.listed = 0
                whole = yield from self._object((), 0)
                if whole and self.listed > MAX_ROW_CHARACTERS:
                    if not self.has_rows_of_values or count > 1 or self._next():
                        raise self._too_large()
                elif whole:
                    yield (), whole
            else:
                raise ValueError("neither a list nor an object")

    def _list(self, path: _Path) -> Iterator[tuple[_Path, Any]]:
        self._take("[")
        if self._next() == "]":
            self._take("]")
            if len(self.empty) < MAX_LISTS:
                self.empty.add(path)
            return
        while True:
            yield path, self._value()
            if self._next() != ",":
                break
            self._take(",")
            if self._next() == "]":
                self.commas_too_many += 1
                break
        self._take("]")

    def _object(self, path: _Path, depth: int) -> Generator[tuple[_Path, Any], None, dict[str, Any] | None]:
        """The elements of the lists in an object; what it returns is the object itself, when it holds no such list."""
        self._take("{")
        own: dict[str, Any] = {}
        holds_lists = False
        while self._next() != "}":
            key = str(self._value())
            self._take(":")
            kind = self._next()
            if kind == "[":
                own[key] = []
                for at, element in self._list((*path, key)):
                    holds_lists = holds_lists or isinstance(element, dict)
                    self.has_rows_of_values = self.has_rows_of_values or isinstance(element, list)
                    if not holds_lists and self.listed <= MAX_ROW_CHARACTERS:
                        own[key].append(element)
                        self.listed += len(str(element))
                    yield at, element
            elif kind == "{" and depth < MAX_DEPTH:
                inner = yield from self._object((*path, key), depth + 1)
                holds_lists = holds_lists or inner is None
                own[key] = inner
            else:
                own[key] = self._value()
            if len(own) > MAX_COLUMNS:
                raise too_wide(self.file, len(own))
            if self._next() != ",":
                break
            self._take(",")
        self._take("}")
        return None if holds_lists else own

    # --- letters

    def _next(self) -> str:
        """The next letter that is no blank; empty at the end."""
        while True:
            while self.at < len(self.buffer):
                if self.buffer[self.at] not in _BLANKS:
                    return self.buffer[self.at]
                self.at += 1
            if not self._fill(CHUNK_CHARACTERS):
                return ""

    def _take(self, letter: str) -> None:
        found = self._next()
        if found != letter:
            raise ValueError(f"`{letter}` expected")
        self.at += 1

    def _value(self) -> Any:  # noqa: ANN401 - whatever JSON holds
        self._next()
        size = CHUNK_CHARACTERS
        while True:
            try:
                value, end = DECODER.raw_decode(self.buffer, self.at)
                if end < len(self.buffer) or self.is_at_end:
                    self.at = end
                    return value
            except ValueError:
                if self.is_at_end:
                    raise
            if len(self.buffer) - self.at > MAX_ROW_CHARACTERS:
                raise self._too_large()
            self._fill(size)
            size *= 2

    def _fill(self, size: int) -> bool:
        more = self.stream.read(size)
        self.is_at_end = not more
        self.before += self.at
        self.buffer, self.at = self.buffer[self.at :] + more, 0
        return bool(more)

    def _too_large(self) -> TooLarge:
        return TooLarge(
            self.file.name,
            found=f"an element of more than {MAX_ROW_CHARACTERS:,} characters, or one that never ends",
            expected="a list of objects, each a row",
            do="Look what the file is, or ask the sender to resend.",
        )

    def refused(self, error: Exception) -> RefusedFile:
        """What to raise where the text is no JSON."""
        if isinstance(error, RecursionError):
            found = "values nested too deeply"
        elif self.is_at_end and not self.buffer[self.at :].strip(_BLANKS) or "Unterminated" in str(error):
            return self._truncated()
        else:
            place = self.before + getattr(error, "pos", self.at)
            if self.is_at_end and place >= self.before + len(self.buffer.rstrip(_BLANKS)):
                return self._truncated()
            reason = getattr(error, "msg", str(error))
            found = f"no JSON from character {place + 1:,} on ({reason})"
        return UnreadableFile(
            self.file.name,
            found=found,
            expected="JSON: a list of objects",
            do="Look at that place: comments, single quotes and calls of a programme around it are no JSON. Ask the "
            "sender to resend.",
        )

    def _truncated(self) -> TruncatedFile:
        return TruncatedFile(
            self.file.name,
            found="a text that breaks off before its last bracket",
            expected="a whole JSON file",
            do="Ask the sender to resend.",
        )
