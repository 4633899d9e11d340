"""Tables of an HTML page that is called a workbook: what web CRMs and 1C give out "for Excel".

Excel opens such a page as a sheet; here each table is one. Tables that lie within others are tables of their own, and
their words belong to the cell around them too. Pages of one report are one table, whether each has its header or the
first alone.
"""

from __future__ import annotations

import codecs
import re
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html.parser import HTMLParser
from io import StringIO
from pathlib import Path
from typing import IO, NamedTuple

from ingestion.dealer_files import FileFormat
from ingestion.errors import EncodingContradicted, TooLarge, TruncatedFile, UnclearSheet, UnreadableFile
from ingestion.evidence import BLANKS, number_as_written
from ingestion.readers.excel_cells import ERRORS, MAX_WIDTH
from ingestion.readers.excel_damage import EXPONENT
from ingestion.readers.merged_cells import SheetRow
from ingestion.readers.reading import MAX_ROW_CHARACTERS, Cells, Reading, normalised_name, too_wide
from ingestion.readers.table_header import HEADER_SEARCH_ROWS, best_position, looks_like_data
from ingestion.readers.text_encoding import encoding_of_utf8_or_other, is_utf8_beyond_ascii, told_codec

CHUNK_CHARACTERS = 64 * 1024
MAX_BYTES = 512 * 1024**2
MAX_TAG_CHARACTERS = 1024 * 1024
MAX_DEPTH = 16
"""Of tables within tables."""
MAX_CELL_CHARACTERS = 32_767
"""As many as Excel holds in a cell; the cell of a page's frame would hold the whole page."""
MOST_OF_A_TITLE = 60
MAX_TABLES = 10_000
MAX_CELLS = 20_000_000
MAX_ROWS_MERGED = 65_534
MAX_DESCRIBED_CHARACTERS = 32 * 1024**2
"""Of the first rows of all tables, which are held; tables behind so many are not looked at."""
HEAD_BYTES = 16 * 1024
FEWEST_COLUMNS_OF_A_PAGE = 3
"""Of a table without a header that goes on with the one before it; two columns are often a form."""
PAGES_JOINED = "tables without a header, read as further pages of the one before them"
NEVER_ENDED = "tables that the page never ends, read as whole: their last row is"
SPOILT_LETTERS = "bytes that are no letters, read as \N{REPLACEMENT CHARACTER}"

_DECLARED = re.compile(rb"""<meta\b[^>]{0,300}?charset\s*=\s*["']?\s*([A-Za-z0-9_.:-]+)""", re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}")
_LINE_BREAKS = frozenset(("br", "p", "div", "li"))
_SPACES = re.compile(r"[ \t\r\n\f]+")


class HtmlWorkbook:
    """A page whose tables are sheets, called `table 1`, `table 2` … in the order in which they begin."""

    def __init__(
        self,
        file: Path,
        form: FileFormat,
        expected_names: frozenset[str],
        reading: Reading,
        pages: Sequence[str] | None = None,
    ) -> None:
        """The page in the file; `pages` are those in it, where it is no page itself: no table goes on in another.

        Raises EncodingContradicted, TooLarge, TruncatedFile, UnclearSheet and UnreadableFile (without a table).
        """
        self._file = file
        if (size := file.stat().st_size) > MAX_BYTES:
            raise TooLarge(
                file.name,
                found=f"an HTML page of {size:,} bytes",
                expected=f"at most {MAX_BYTES:,}",
                do="Have a table of this size sent as .xlsx or CSV.",
            )
        self.title = ""  # of the page, as a browser shows it
        self.is_of_1904 = False
        self.errors = 0  # cells in which Excel showed an error
        self.formulas_without_values = 0
        self._pages = pages
        self._codec = "utf-8" if pages is not None else _codec_of(file, form.encoding, expected_names, reading)
        tables = self._described()
        reading.repairs[SPOILT_LETTERS] += self._spoilt_letters
        reading.repairs[NEVER_ENDED] += self._never_ended
        if not tables:
            raise UnreadableFile(
                file.name,
                found="an HTML page without a table",
                expected="a workbook, or a page with one",
                do="Open it and look what it says: perhaps why there is no file. Ask the dealer to resend.",
            )
        tables = self._with_their_pages(tables, expected_names, reading, is_named=form.sheet is not None)
        self._tables = {f"table {position}": table for position, table in enumerate(tables, start=1)}
        self.sheets = list(self._tables)
        self.visible = self.sheets

    def first_rows(self, name: str) -> list[list[str]]:
        """What stands in the first rows of a table."""
        return [[cell or "" for cell in row] for row in self._tables[name].first_rows]

    def rows(self, name: str) -> Iterator[SheetRow]:
        """The rows of a table from the first on, empty ones included."""
        numbers = self._tables[name].numbers
        for row in self._all_rows():
            if row.table in numbers:
                yield row.cells, row.merged

    def _streams(self) -> Iterator[IO[str]]:
        if self._pages is None:
            yield self._file.open(encoding=self._codec, errors="replace", newline="")
        for page in self._pages or ():
            yield StringIO(page, newline="")

    def _described(self) -> list[_Table]:
        tables: list[_Table] = []
        by_number: dict[int, _Table] = {}
        characters = 0
        for row in self._all_rows():
            table = by_number.get(row.table)
            if table is None and characters < MAX_DESCRIBED_CHARACTERS and any(row.cells):
                if tables and tables[-1].goes_on_with(row):
                    table = tables[-1]
                    table.numbers.add(row.table)
                else:
                    table = _Table({row.table}, row.place)
                    tables.append(table)
                by_number[row.table] = table
            if table is not None:
                table.row_count += 1
                if len(table.first_rows) < HEADER_SEARCH_ROWS:
                    table.first_rows.append(row.cells)
                    characters += sum(len(cell or "") for cell in row.cells)
        return tables

    def _with_their_pages(
        self, tables: list[_Table], expected_names: frozenset[str], reading: Reading, *, is_named: bool
    ) -> list[_Table]:
        """The tables; those without a header that are further pages of one before them are part of it.

        Raises:
            UnclearSheet: one is as wide, and nothing tells whether it is a page; unless the YAML names its table.
        """
        joined: list[_Table] = []
        by_place: dict[_Place, tuple[_Table, int]] = {}  # the last with the mapped columns, and how many it has in all
        for table in tables:
            headed, width = by_place.get(table.place, (table, 0))
            if own_width := table.width_of_header(expected_names):
                by_place[table.place] = table, own_width
            elif width >= FEWEST_COLUMNS_OF_A_PAGE and (row := table.first_full_row(width)) is not None:
                if any(looks_like_data(cell or "") for cell in row) and headed.may_go_on_with(
                    table, width, expected_names
                ):
                    headed.numbers |= table.numbers
                    headed.row_count += table.row_count
                    reading.repairs[PAGES_JOINED] += 1
                    continue
                if not is_named:
                    raise self._unclear(joined.index(headed) + 1, row)
            joined.append(table)
        return joined

    def _unclear(self, position: int, row: Cells) -> UnclearSheet:
        return UnclearSheet(
            self._file.name,
            found=f"behind table {position} another of as many columns, {len(row):,}, with none of the mapped names "
            "and rows that are not plainly like its own",
            expected="one table, or pages of one that go on with its rows",
            do=f'If the other is not meant, write `format: {{sheet: "table {position}"}}` in the YAML; if it goes on '
            "with the rows, have all sent as .xlsx or CSV.",
        )

    def _all_rows(self) -> Iterator[_PageRow]:
        self._spoilt_letters = self._never_ended = self.errors = 0
        tables = cells = 0
        for page, stream in enumerate(self._streams()):
            parser = _PageParser(self._file, page, tables, cells)
            with stream:
                yield from self._rows_of_page(parser, stream)
            tables, cells = parser.table_count, parser.cell_count
            self.title = self.title or " ".join(parser.title.split())
            self.errors += parser.errors
            self._never_ended += len(parser.open_tables)

    def _rows_of_page(self, parser: _PageParser, stream: IO[str]) -> Iterator[_PageRow]:
        while text := stream.read(CHUNK_CHARACTERS):
            self._spoilt_letters += text.count("\N{REPLACEMENT CHARACTER}")
            parser.feed(text.replace("\0", ""))
            if len(parser.rawdata) > MAX_TAG_CHARACTERS:
                raise TooLarge(
                    self._file.name,
                    found=f"a tag or a comment of more than {MAX_TAG_CHARACTERS:,} letters",
                    expected="a page of tables",
                    do="Have the table sent as .xlsx or CSV.",
                )
            while parser.found:
                yield parser.found.popleft()
        if "<" in parser.rawdata or not parser.has_ended_its_rows:
            raise TruncatedFile(
                self._file.name,
                found="an HTML page that ends before its table does",
                expected="a whole page, with </tr> and </table> behind its last row",
                do="Ask the dealer to resend.",
            )


_Place = tuple[int, int]
"""Number of the page, and depth of the table within others; 1: within none."""


class _PageRow(NamedTuple):
    table: int  # its number in the file
    place: _Place
    cells: Cells
    merged: tuple[tuple[int, int], ...]


@dataclass
class _Table:
    numbers: set[int]  # of the file's tables that it is made of
    place: _Place
    first_rows: list[Cells] = field(default_factory=list)
    row_count: int = 0

    def goes_on_with(self, row: _PageRow) -> bool:
        """Whether the table that begins with the row is the next page of this one, or the body under this header."""
        first = row.cells
        header = next((row for row in self.first_rows if any(row)), [])
        names = [normalised_name(cell or "") for cell in header]
        is_again = len(names) > 1 and names == [normalised_name(cell or "") for cell in first]
        is_header_alone = self.row_count == 1 and len(names) > 1 and all(names) and len(first) == len(names)
        return row.place == self.place and (is_again or is_header_alone)

    def width_of_header(self, expected_names: frozenset[str]) -> int:
        """Of how many columns the table is, when its first rows hold the expected names; else 0."""
        for row in self.first_rows:
            matches = len({normalised_name(cell or "") for cell in row} & expected_names)
            if matches > 1 or 0 < matches == len(expected_names):
                return len(row)
        return 0

    def may_go_on_with(self, other: _Table, width: int, expected_names: frozenset[str]) -> bool:
        """Whether another table's rows may stand below this one's header: dates below dates, numbers below numbers.

        Where all cells of a column are of one kind here and of none such there, the columns are others; a column of
        words takes anything. The first one, which mostly tells the rows apart, must not be such, nor half of all.
        """
        at = best_position([[cell or "" for cell in row] for row in self.first_rows], 1, expected_names)
        own, others = _kinds(self.first_rows[at + 1 :], width), _kinds(other.first_rows, width)
        is_other = [
            kinds.isdisjoint(found) and "words" not in kinds
            for kinds, found in zip(own, others, strict=True)
            if kinds and found
        ]
        return not is_other or not (is_other[0] or 2 * sum(is_other) >= len(is_other))

    def first_full_row(self, width: int) -> Cells | None:
        """The first row of so many columns whose cells are filled for the greater part; None where none is."""
        return next((row for row in self.first_rows if len(row) == width and 2 * sum(map(bool, row)) > width), None)


def _kinds(rows: Sequence[Cells], width: int) -> list[set[str]]:
    """By column, of what kinds its cells are."""
    return [{_kind(cell) for row in rows if len(row) == width and (cell := row[at])} for at in range(width)]


def _kind(cell: str) -> str:
    if _DATE.match(cell):
        return "date"
    return "number" if number_as_written(cell) is not None else "words"


def _codec_of(file: Path, given: str | None, expected_names: frozenset[str], reading: Reading) -> str:
    codec, by, is_proven = _found_codec(file, expected_names)
    if given:
        wanted = codecs.lookup(given).name
        is_same = codec.removesuffix("-sig") == re.sub("-(?:sig|le|be)$", "", wanted)
        if not is_same and (is_proven or (wanted == "utf-8" and codec != "utf-8")):
            told = codec.removesuffix("-sig")
            raise EncodingContradicted(
                file.name,
                found=f"{told} ({by})",
                expected=f"`encoding: {given}` of the YAML",
                do=f"If the dealer changed the export, set `encoding: {told}` or remove the line.",
            )
        codec, by = codec if is_same else wanted, "the YAML"
    reading.facts |= {"encoding": codec.removesuffix("-sig"), "encoding_by": by}
    return codec


def _found_codec(file: Path, expected_names: frozenset[str]) -> tuple[str, str, bool]:
    """The codec, by what it was found, and whether that leaves no doubt."""
    with file.open("rb") as stream:
        head = stream.read(HEAD_BYTES)
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig", "byte order mark", True
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "byte order mark", True
    of_its_own = Reading()
    codec = encoding_of_utf8_or_other(file, expected_names, of_its_own)
    if codec == "utf-8":
        return codec, "utf-8 throughout", is_utf8_beyond_ascii(file)
    declared = _DECLARED.search(head)
    told = told_codec(declared[1].decode("ascii", "replace")) if declared else None
    if told is not None and not told.startswith("utf"):
        return told, "what the page says", False
    return codec, str(of_its_own.facts.get("encoding_by")), False


@dataclass
class _Cell:
    place: int
    columns: int
    rows: int
    number: str | None  # what Excel or LibreOffice wrote beside the words that it shows
    parts: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, text: str) -> None:
        room = MAX_CELL_CHARACTERS - self.length
        if room > 0:
            self.parts.append(text[:room])
            self.length += len(text[:room])

    @property
    def text(self) -> str | None:
        lines = (_SPACES.sub(" ", line).strip(BLANKS) for line in "".join(self.parts).split("\v"))
        text = "\n".join(filter(None, lines))
        if self.number and EXPONENT.fullmatch(text):
            return self.number
        return text or None


@dataclass
class _OpenTable:
    number: int
    cells: Cells | None = None  # of the row that is open
    cell: _Cell | None = None
    merged: list[tuple[int, int]] = field(default_factory=list)  # of the row: columns that go on below, and their rows
    taken: dict[int, int] = field(default_factory=dict)  # by column: the last row that a cell above it takes
    row_count: int = 0  # rows that have ended
    characters: int = 0  # of the row


class _PageParser(HTMLParser):
    """The rows of a page's tables, which are in `found` as they end."""

    def __init__(self, file: Path, page: int, table_count: int, cell_count: int) -> None:
        """`table_count` and `cell_count` are those of the pages before it."""
        super().__init__(convert_charrefs=True)
        self.file = file
        self.page = page
        self.found: deque[_PageRow] = deque()
        self.open_tables: list[_OpenTable] = []
        self.table_count = table_count
        self.cell_count = cell_count
        self.errors = 0
        self.ended_tables = 0
        self.title = ""
        self._is_in_title = False

    @property
    def has_ended_its_rows(self) -> bool:
        """Whether all tables have ended; or, on a page that ends none, the last row of the only one that is open."""
        if len(self.open_tables) == 1 and not self.ended_tables:
            return self.open_tables[0].row_count > 0 and self.open_tables[0].cells is None
        return not self.open_tables

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "table":
            self._begin_table()
        self._is_in_title = tag == "title"
        if not self.open_tables:
            return
        table = self.open_tables[-1]
        if tag in ("tr", "thead", "tbody", "tfoot"):
            self._end_row(table)
            table.cells = [] if tag == "tr" else None
        elif tag in ("td", "th"):
            self._end_cell(table)
            self.handle_data("\v")  # of the cells around a table within them
            self._begin_cell(table, dict(attrs))
        elif tag in _LINE_BREAKS:
            self.handle_data("\v")

    def handle_endtag(self, tag: str) -> None:
        self._is_in_title = False
        if not self.open_tables:
            return
        table = self.open_tables[-1]
        if tag in ("td", "th"):
            self._end_cell(table)
        elif tag == "tr":
            self._end_row(table)
        elif tag == "table":
            self._end_table()
        elif tag in ("body", "html"):
            while self.open_tables:
                self._end_table()
        elif tag in _LINE_BREAKS:
            self.handle_data("\v")

    def handle_data(self, data: str) -> None:
        if self._is_in_title:
            self.title = (self.title + data)[:MOST_OF_A_TITLE]
        if self.cdata_elem is None:
            for table in self.open_tables:
                if table.cell is not None:
                    table.cell.add(data)

    def parse_marked_section(self, i: int, report: int = 1) -> int:  # noqa: ARG002 - as the library calls it
        """What stands behind `<![`: characters as they are, or a condition of Excel's, which says nothing."""
        is_text = self.rawdata.startswith("<![CDATA[", i)
        end = self.rawdata.find("]]>" if is_text else ">", i)
        if end < 0:
            return -1
        if is_text:
            self.handle_data(self.rawdata[i + len("<![CDATA[") : end])
        return end + (3 if is_text else 1)

    def _begin_table(self) -> None:
        if len(self.open_tables) >= MAX_DEPTH:
            raise TooLarge(
                self.file.name,
                found=f"tables within tables, more than {MAX_DEPTH} deep",
                expected="a page with a table",
                do="Have the table sent as .xlsx or CSV.",
            )
        self.table_count += 1
        if self.table_count > MAX_TABLES:
            raise TooLarge(
                self.file.name,
                found=f"a page of more than {MAX_TABLES:,} tables",
                expected="a page with a table",
                do="Have the table sent as .xlsx or CSV.",
            )
        self.open_tables.append(_OpenTable(self.table_count))

    def _end_table(self) -> None:
        self._end_row(self.open_tables[-1])
        self.open_tables.pop()
        self.ended_tables += 1

    def _begin_cell(self, table: _OpenTable, attributes: Mapping[str, str | None]) -> None:
        if table.cells is None:
            table.cells = []
        while table.taken.get(len(table.cells), -1) >= table.row_count:
            table.cells.append(None)
        place = len(table.cells)
        columns = _bounded(attributes.get("colspan"), MAX_WIDTH)
        rows = _bounded(attributes.get("rowspan"), MAX_ROWS_MERGED)
        if place + columns > MAX_WIDTH:
            raise too_wide(self.file, place + columns)
        table.cell = _Cell(place, columns, rows, attributes.get("x:num") or attributes.get("sdval"))

    def _end_cell(self, table: _OpenTable) -> None:
        cell, table.cell = table.cell, None
        if cell is None or table.cells is None:
            return
        text = cell.text
        if text in ERRORS:
            self.errors += 1
            text = None
        table.cells += [text, *[None] * (cell.columns - 1)]
        if cell.rows > 1:
            table.merged.append((cell.place, cell.rows))
            last = table.row_count + cell.rows - 1
            table.taken.update(dict.fromkeys(range(cell.place, cell.place + cell.columns), last))
        table.characters += len(text or "")
        if table.characters > MAX_ROW_CHARACTERS:
            raise TooLarge(
                self.file.name,
                found=f"a row of more than {MAX_ROW_CHARACTERS:,} letters",
                expected="a table of rows",
                do="Look what the file is: have the table sent as .xlsx or CSV.",
            )

    def _end_row(self, table: _OpenTable) -> None:
        self._end_cell(table)
        if table.cells is None:
            return
        self.found.append(_PageRow(table.number, (self.page, len(self.open_tables)), table.cells, tuple(table.merged)))
        self.cell_count += len(table.cells)
        if self.cell_count > MAX_CELLS:
            raise TooLarge(
                self.file.name,
                found=f"a page of more than {MAX_CELLS:,} cells",
                expected="a table of rows",
                do="Have a table of this size sent as .xlsx or CSV.",
            )
        table.row_count += 1
        table.cells, table.merged, table.characters = None, [], 0


def _bounded(written: str | None, most: int) -> int:
    """A number of columns or rows as a page writes it; 1 where it writes nonsense."""
    digits = (written or "").strip()
    return min(max(1, int(digits)), most) if re.fullmatch("[0-9]{1,9}", digits) else 1
