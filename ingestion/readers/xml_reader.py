"""XML of any make: one element that comes again and again is a row, what stands in it are the columns."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError, XMLPullParser

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, TooLarge, TruncatedFile, UnreadableFile
from ingestion.readers.reading import (
    MAX_COLUMNS,
    MAX_ROW_CHARACTERS,
    Reading,
    ReadTable,
    Row,
    normalised_name,
    too_wide,
)
from ingestion.readers.text_encoding import encoding_of_utf8_or_other, is_utf8_beyond_ascii, told_codec

CHUNK_BYTES = 64 * 1024
MAX_DEPTH = 64
MAX_PLACES = 5000
"""Different places of elements in one file: a table has as many as it has columns."""
OWN_TEXT = "text"
HEAD_BYTES = 1024
_DECLARED = re.compile(rb"""\s*<\?xml[^>]{0,300}?encoding\s*=\s*["']([A-Za-z0-9_.-]+)""")

_Place = tuple[str, ...]


def open_xml(file: Path, form: FileFormat, expected_names: frozenset[str], reading: Reading | None = None) -> ReadTable:
    """The rows of an XML file: the elements that `rows_at` names, else those with most of the expected names in them.

    Attributes and child elements are columns by their names, nested ones as `contact.phone`, repeated ones as a JSON
    list; text around child elements (`first<br/>second`) is one cell; name spaces are left out. Document types and
    entities are refused. An outermost element that holds nothing is a table of the expected columns without rows: no
    calls were made today.

    Raises:
        EmptyFile: no element that could be a row.
        TooLarge: an element longer than any row, or more columns than any table.
        TruncatedFile: the text ends before its last element does.
        UnreadableFile: no XML, entities of its own, or no element of that name.
    """
    reading = reading or Reading()
    encoding = codecs.lookup(form.encoding).name if form.encoding else xml_encoding(file, expected_names, reading)
    places = _places_in(file, encoding)
    (root, outermost), *below = places.items()
    if expected_names and not (below or outermost.attributes or outermost.has_text):
        reading.facts |= {"rows": f"none: an empty <{root[-1]}>"}
        return ReadTable(tuple(sorted(expected_names)), iter(()), reading)
    place = _chosen(file, places, form.rows_at, expected_names)
    _refuse_one_that_says_something_else(file, place, places, form.rows_at, expected_names)
    names = {name: None for name in places[place].columns(place, places)}
    if len(names) > MAX_COLUMNS:
        raise too_wide(file, len(names))
    if not names:
        raise EmptyFile(
            file.name,
            found=f"nothing in <{place[-1]}>",
            expected="elements with values in them",
            do="Name the element that is a row: `format: {rows_at: …}` in the YAML; or ask the sender to resend.",
        )
    reading.facts |= {"rows_at": "/".join(place), "rows_at_by": "the YAML" if form.rows_at else "what stands in it"}
    positions = {name: position for position, name in enumerate(names)}
    return ReadTable(tuple(names), _rows(file, encoding, place, positions, reading), reading)


def xml_encoding(file: Path, expected_names: frozenset[str], reading: Reading) -> str | None:
    """The encoding where it is not the one that the file declares (or, silent, means); None where it is."""
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or b"\0" in head[:4]:
        found = "utf-16" if head[:1] in b"\xff\xfe" else "utf-16-le" if head[1:2] == b"\0" else "utf-16-be"
        reading.facts |= {"encoding": found, "encoding_by": "its first bytes"}
        return found
    declaration = _DECLARED.match(head.removeprefix(codecs.BOM_UTF8))
    if declaration is not None and told_codec(declaration[1].decode()) != "utf-8":
        if not is_utf8_beyond_ascii(file):
            return None
        # Letters of another encoding are never UTF-8 by chance: a programme kept the declaration, and changed the rest.
        reading.facts |= {"encoding": "utf-8", "encoding_by": f"utf-8 throughout, and not {declaration[1].decode()}"}
        return "utf-8"
    found = encoding_of_utf8_or_other(file, expected_names, reading)
    return None if found == "utf-8" else found


@dataclass
class _Element:
    """All elements of one place in the file."""

    count: int = 0
    has_text: bool = False
    attributes: dict[str, None] = field(default_factory=dict)

    def columns(self, place: _Place, places: dict[_Place, _Element]) -> Iterator[str]:
        """The names of the values in and below elements of this place."""
        for below, element in places.items():
            if below[: len(place)] == place:
                prefix = below[len(place) :]
                yield from (".".join((*prefix, name)) for name in element.attributes)
                if element.has_text:
                    yield ".".join(prefix) or OWN_TEXT


def _places_in(file: Path, encoding: str | None) -> dict[_Place, _Element]:
    places: dict[_Place, _Element] = {}
    path: list[str] = []
    above: list[Element] = []
    ended: Element | None = None
    for event, element in xml_events(file, encoding):
        if ended is not None and (ended.tail or "").strip():  # only now it is known what follows that element
            places[tuple(path)].has_text = True
        ended = element if event == "end" else None
        if event == "start":
            path.append(_tag(element))
            above.append(element)
            if tuple(path) not in places and len(places) >= MAX_PLACES:
                raise TooLarge(
                    file.name,
                    found=f"more than {MAX_PLACES:,} kinds of elements",
                    expected="a table: one element that comes again and again",
                    do="Ask the sender what the file is.",
                )
            found = places.setdefault(tuple(path), _Element())
            found.count += 1
            found.attributes.update(dict.fromkeys(map(local_name, element.attrib)))
        else:
            place = places[tuple(path)]
            place.has_text = place.has_text or bool((element.text or "").strip())
            path.pop()
            above.pop()
            if above:
                above[-1].remove(element)
    return places


def _chosen(file: Path, places: dict[_Place, _Element], wanted: str | None, expected_names: frozenset[str]) -> _Place:
    candidates = [place for place in places if wanted is None or place[-1].casefold() == wanted.casefold()]
    if not candidates:
        told = ", ".join(dict.fromkeys(place[-1] for place in list(places)[:15]))
        raise UnreadableFile(
            file.name,
            found=f"the elements {told}",
            expected=f"elements <{wanted}>",
            do="Correct `rows_at` in the YAML, or ask the sender to resend.",
        )

    def rank(place: _Place) -> tuple[int, bool, int, int]:
        columns = {normalised_name(name) for name in places[place].columns(place, places)}
        has_parts = bool(places[place].attributes) or any(p[:-1] == place for p in places)
        return len(columns & expected_names), has_parts and places[place].count > 1, -len(place), has_parts

    return max(candidates, key=rank)


def _refuse_one_that_says_something_else(
    file: Path, place: _Place, places: dict[_Place, _Element], wanted: str | None, expected_names: frozenset[str]
) -> None:
    """One element alone with none of the mapped columns is what a service says instead of data."""
    names = list(dict.fromkeys(places[place].columns(place, places)))
    if wanted or places[place].count > 1 or not expected_names or expected_names & set(map(normalised_name, names)):
        return
    if names:
        raise UnreadableFile(
            file.name,
            found=f"one element <{place[-1]}> alone, with {', '.join(names[:10])}",
            expected="elements that come again and again, with the mapped columns",
            do="Where it says why there are no data, see to that and have them fetched again. Where its values are a "
            "row, correct `columns` in the YAML.",
        )


def _rows(
    file: Path, encoding: str | None, place: _Place, positions: dict[str, int], reading: Reading
) -> Iterator[Row]:
    path: list[str] = []
    above: list[Element] = []
    number = 0
    for event, element in xml_events(file, encoding, depth_of_rows=len(place)):
        if event == "start":
            path.append(_tag(element))
            above.append(element)
            continue
        is_row = tuple(path) == place
        is_within = len(path) > len(place) and tuple(path[: len(place)]) == place
        path.pop()
        above.pop()
        if is_row:
            number += 1
            cells = _cells(element, positions)
            if any(cells):
                yield Row(number, cells)
            else:
                reading.repairs["blank rows left out"] += 1
        if above and not is_within:
            above[-1].remove(element)


def _cells(element: Element, positions: dict[str, int]) -> list[str | None]:
    found: dict[str, list[str]] = {}
    _collect(element, (), found)
    cells: list[str | None] = [None] * len(positions)
    for name, values in found.items():
        if name in positions:
            cells[positions[name]] = values[0] if len(values) == 1 else json.dumps(values, ensure_ascii=False)
    return cells


def _collect(element: Element, prefix: _Place, found: dict[str, list[str]]) -> None:
    for name, value in element.attrib.items():
        if value.strip():
            found.setdefault(".".join((*prefix, local_name(name))), []).append(value.strip())
    parts = (element.text, *(child.tail for child in element))
    if text := " ".join(part.strip() for part in parts if part and part.strip()):
        found.setdefault(".".join(prefix) or OWN_TEXT, []).append(text)
    for child in element:
        _collect(child, (*prefix, _tag(child)), found)


@lru_cache(maxsize=MAX_PLACES)
def local_name(name: str) -> str:
    """The name of an element or an attribute without its name space."""
    return name.rsplit("}", 1)[-1]


def _tag(element: Element) -> str:
    return local_name(element.tag) if isinstance(element.tag, str) else ""


def xml_events(file: Path, encoding: str | None, *, depth_of_rows: int | None = None) -> Iterator[tuple[str, Element]]:
    """The starts and ends of all elements. Nothing is resolved; no element is longer or deeper than a row can be.

    Args:
        file: the XML.
        encoding: of its letters; None: what it declares.
        depth_of_rows: how deep the elements lie that are rows (the outermost is 1); None: any may be.

    Raises:
        TooLarge, TruncatedFile, UnreadableFile: as `open_xml`.
    """
    target: Any = DefusedXMLParser(forbid_dtd=True, encoding=encoding)
    parser = XMLPullParser(("start", "end"), _parser=target)
    depth = 0
    since = 0
    try:
        with file.open("rb") as stream:
            # Pages of PHP begin with the blank lines that stand before their programme.
            chunk = stream.read(CHUNK_BYTES).lstrip(b" \t\r\n") or stream.read(CHUNK_BYTES)
            while chunk:
                parser.feed(chunk)
                since += len(chunk)
                events: Any = parser.read_events()
                for event, element in events:
                    depth += 1 if event == "start" else -1
                    if event == "end" and (depth_of_rows is None or depth < depth_of_rows):
                        since = 0
                    if depth > MAX_DEPTH:
                        raise _too_large(file, f"elements nested more than {MAX_DEPTH} deep")
                    yield event, element
                if since > MAX_ROW_CHARACTERS:
                    raise _too_large(file, f"an element of more than {MAX_ROW_CHARACTERS:,} bytes")
                chunk = stream.read(CHUNK_BYTES)
            parser.close()
    except DefusedXmlException as error:
        raise UnreadableFile(
            file.name,
            found=f"a document type or entities of its own ({type(error).__name__})",
            expected="XML that holds nothing but its data",
            do="Nothing of it was resolved. Ask the sender to leave the document type out.",
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise _no_xml(file, error) from error


def _too_large(file: Path, found: str) -> TooLarge:
    return TooLarge(
        file.name,
        found=found,
        expected="rows, each an element",
        do="Name the element that is a row: `format: {rows_at: …}` in the YAML; or ask the sender what the file is.",
    )


def _no_xml(file: Path, error: Exception) -> TruncatedFile | UnreadableFile:
    line = getattr(error, "position", (0, 0))[0]
    where = f"{file.name}, line {line}" if line else file.name
    if str(error).startswith(("no element found", "unclosed token", "unclosed CDATA", "partial character")):
        return TruncatedFile(
            where,
            found=f"XML that ends before its last element does ({error})",
            expected="a whole file",
            do="Ask the sender to resend.",
        )
    do = "Ask the sender to resend."
    if "junk after document element" in str(error):
        do = f"Two documents stand in it one after the other: have each sent as a file of its own. {do}"
    if "invalid token" in str(error):
        do = f"Most often that is an `&` or `<` that should be written `&amp;` or `&lt;`, or a control character. {do}"
    return UnreadableFile(where, found=f"no XML ({error})", expected="XML", do=do)
