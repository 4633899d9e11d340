"""The header of a table in a sheet or a text file: in which row it begins, how many it takes, what its columns are."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise, zip_longest
from pathlib import Path

from ingestion.dealer_files import FileFormat
from ingestion.errors import TwoTables
from ingestion.evidence import BLANKS
from ingestion.readers.reading import PlainBody, Reading, ReadTable, Row, normalised_name
from ingestion.readers.survey_tools import SurveyExport, find_survey_export

HEADER_SEARCH_ROWS = 30
MOST_HEADER_ROWS = 3
"""That are found where no YAML says how many there are."""
FEWEST_NUMBERED = 5
"""Columns of a table whose numbers may stand below its header; fewer may be a row."""
FEWEST_NAMES_AGAIN = 3
HEADER_AGAIN = "rows that say the header again, left out: two files or tables in one"
SEPARATOR = " / "

# What seldom stands in a header and often in a row: five digits and more, a date, an address of an e-mail.
_LOOKS_LIKE_DATA = re.compile(r"\d{5}|\d[./-]\d|@\w|^\s*-?\d+([.,]\d+)?\s*$")
_DRAWN = re.compile(r"([-=_])\1+|:?-{2,}:?")
"""A cell of a line that programmes draw below the names of columns (sqlcmd, psql, Markdown)."""


@dataclass(frozen=True)
class TableHeader:
    """Where a header stands and what it says."""

    names: tuple[str, ...]
    position: int  # of its first row, 0-based
    row_count: int
    survey: SurveyExport | None  # the survey tool that wrote the export
    is_underlined: bool = False  # below it stands 1, 2, 3 …, as in forms that are printed, or a line of dashes
    is_known: bool = True  # it holds a name that is mapped, or a survey tool wrote it

    @property
    def rows_above(self) -> int:
        """Titles and header: rows of the file before the first row of the table."""
        return self.position + self.row_count + self.is_underlined


def find_header(
    rows: Sequence[Sequence[str]], form: FileFormat, expected_names: frozenset[str], reading: Reading
) -> TableHeader | None:
    """The header among the first rows of a file; None when the YAML names a row that is not there.

    The YAML's word counts; else the rows by which a survey tool is known; else the rows with most of the expected
    names. What was chosen stands in `reading`.
    """
    if form.header_row is not None:
        if form.header_row > len(rows):
            return None
        survey = find_survey_export(rows[form.header_row - 1 : form.header_row + 2], form.survey)
        position = form.header_row - 1
    else:
        surveys = ((at, find_survey_export(rows[at : at + 3], form.survey)) for at in range(len(rows)))
        position, survey = next(((at, found) for at, found in surveys if found), (-1, None))
    row_count = form.header_rows or (survey.header_rows if survey else 1)
    if position < 0:
        position = best_position(rows, row_count, expected_names)
        if form.header_rows is None:
            position, row_count = _with_rows_beside(rows, position, expected_names)
    header_rows = [list(row) for row in rows[position : position + row_count]]
    names = survey.names_of(header_rows) if survey else names_of(header_rows, expected_names)
    reading.facts |= {"header_row": position + 1}
    if row_count > 1:
        reading.facts |= {"header_rows": row_count}
    if survey:
        reading.facts |= {"survey": survey.tool, "survey_by": survey.known_by}
    below = [cell.strip() for cell in rows[position + row_count]] if position + row_count < len(rows) else []
    numbers = [str(number) for number in range(1, len(names) + 1)]
    is_numbered = len(names) >= FEWEST_NUMBERED and below[: len(names)] == numbers and not any(below[len(names) :])
    if is_numbered:
        reading.facts |= {"row_of_numbers": position + row_count + 1}
    filled = [cell for cell in below if cell]
    is_drawn = len(filled) > 1 and all(map(_DRAWN.fullmatch, filled))
    if is_drawn:
        reading.facts |= {"line_below_the_header": position + row_count + 1}
    is_known = survey is not None or not expected_names.isdisjoint(map(normalised_name, names))
    return TableHeader(names, position, row_count, survey, is_numbered or is_drawn, is_known)


def finished_table(
    file: Path,
    header: TableHeader,
    names: tuple[str, ...],
    rows: Iterator[Row],
    reading: Reading,
    plain_body: PlainBody | None = None,
) -> ReadTable:
    """The table under a header; `names` are its columns and any that stand behind them in every row.

    What a survey tool's export always says is added to it.
    """
    own = {name: name for name in names[len(header.names) :]}
    if header.row_count == 1:
        rows = _without_the_header(file, header, rows, reading)
    if header.survey is None:
        return ReadTable(names, rows, reading, plain_body, own)
    added, known = header.survey.columns(names)
    return ReadTable(
        (*names, *added), header.survey.rows(rows, names, added, reading), reading, own_columns=own | known
    )


def _without_the_header(file: Path, header: TableHeader, rows: Iterator[Row], reading: Reading) -> Iterator[Row]:
    """The rows without those that say the names of the columns again.

    Raises:
        TwoTables: they come again in other places: what stands below belongs to other columns.
    """
    names = header.names
    named = [(at, normalised_name(name)) for at, name in enumerate(names) if name != name_by_place(at)]
    if not named:
        yield from rows
        return
    first, first_name = named[0][0], names[named[0][0]]
    known = {names[at] for at, _ in named} if header.is_known else set()
    fewest = max(FEWEST_NAMES_AGAIN, len(known) // 2)
    for row in rows:
        if len(known.intersection(row.cells)) >= fewest and any(
            cell in known and cell != name for cell, name in zip(row.cells, names, strict=False)
        ):
            raise TwoTables(
                f"{file.name}, row {row.number}",
                found="the names of the columns once more, in other places: two tables in one file",
                expected="one table",
                do="Look at that row. Ask the dealer to send what stands below it as a file of its own.",
            )
        cell = row.cells[first]
        is_like_it = cell is not None and cell.strip(BLANKS) == first_name
        if is_like_it and all(normalised_name(row.cells[at] or "") == name for at, name in named):
            reading.repairs[HEADER_AGAIN] += 1
        else:
            yield row


def _with_rows_beside(rows: Sequence[Sequence[str]], position: int, expected_names: frozenset[str]) -> tuple[int, int]:
    """Where a header begins and how many rows it takes, when names stand in the rows above or below its best one."""

    def named(begin: int, count: int) -> int:
        names = names_of([list(row) for row in rows[begin : begin + count]], expected_names)
        return len({normalised_name(name) for name in names} & expected_names)

    best, best_named = (position, 1), named(position, 1)
    for count in range(2, MOST_HEADER_ROWS + 1):
        for begin in range(max(0, position - count + 1), min(position, len(rows) - count) + 1):
            beside = rows[begin : begin + count]
            is_header = all(_goes_on(upper, lower, expected_names) for upper, lower in pairwise(beside))
            if is_header and not any(looks_like_data(cell) for row in beside for cell in row):
                if named(begin, count) > best_named:
                    best, best_named = (begin, count), named(begin, count)
    return best


def _goes_on(upper: Sequence[str], lower: Sequence[str], expected_names: frozenset[str]) -> bool:
    """Whether a row says more of the header above it; a row of data may hold a mapped name by chance.

    It fills cells that the upper row leaves empty, as merged cells do, or holds several names and nothing else; and
    nothing but names stands below a name.
    """
    pairs = [(above.strip(), cell.strip()) for above, cell in zip_longest(upper, lower, fillvalue="") if cell.strip()]
    unknown = [above for above, cell in pairs if normalised_name(cell) not in expected_names]
    fills_gaps = not all(above for above, _ in pairs)
    return (fills_gaps or (len(pairs) > 1 and not unknown)) and not any(
        normalised_name(above) in expected_names for above in unknown
    )


def looks_like_data(cell: str) -> bool:
    """Whether a cell shows what seldom stands in a header."""
    return _LOOKS_LIKE_DATA.search(cell) is not None


def best_position(rows: Sequence[Sequence[str]], row_count: int, expected_names: frozenset[str]) -> int:
    """Position (0-based) of the first of `row_count` rows that hold most of the expected names.

    Of equals, those that look least like rows of data, then the fullest, then the first.
    """

    def rank(position: int) -> tuple[int, int, int, int]:
        cells = [cell for row in rows[position : position + row_count] for cell in row if cell.strip()]
        data = sum(1 for cell in cells if looks_like_data(cell)) if row_count > 1 else 0
        return len({normalised_name(cell) for cell in cells} & expected_names), -data, len(cells), -position

    return max(range(max(1, len(rows) - row_count + 1)), key=rank)


def names_of(rows: list[list[str]], expected_names: frozenset[str]) -> tuple[str, ...]:
    """The names of the columns under a header of one row or several.

    A column is called by its cells from top to bottom, joined by ` / `; a cell left empty in an upper row continues
    the one to its left, as merged cells do. Where the YAML maps one of these cells alone, and no other column has it,
    it is the name. Columns without any are called by their position.
    """
    width = max((len(row) for row in rows), default=0)
    stacks = [_stack(rows, position) for position in range(width)]
    while stacks and not any(stacks[-1]):
        stacks.pop()
    times = Counter(normalised_name(part) for stack in stacks for part in dict.fromkeys(stack))
    names = []
    for position, stack in enumerate(stacks, start=1):
        whole = SEPARATOR.join(stack)
        alone = [
            part for part in stack if normalised_name(part) in expected_names and times[normalised_name(part)] == 1
        ]
        if len(stack) > 1 and alone and normalised_name(whole) not in expected_names:
            whole = alone[-1]
        names.append(whole or name_by_place(position - 1))
    return tuple(names)


def name_by_place(at: int) -> str:
    """What the column at a position (0-based) is called when its header is empty."""
    return f"column {at + 1}"


def _stack(rows: list[list[str]], position: int) -> list[str]:
    parts: list[str] = []
    for depth, row in enumerate(rows):
        cell = row[position].strip() if position < len(row) else ""
        if not cell and depth < len(rows) - 1 and _has_cell_below(rows, depth, position):
            cell = next(
                (row[left].strip() for left in range(min(position, len(row) - 1), -1, -1) if row[left].strip()), ""
            )
        if cell and cell not in parts:
            parts.append(cell)
    return parts


def _has_cell_below(rows: list[list[str]], depth: int, position: int) -> bool:
    return any(position < len(row) and row[position].strip() for row in rows[depth + 1 :])
