"""What every reader gives: the names of the columns, the rows as text, and a record of every guess and repair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Cells = list[str | None]


@dataclass(frozen=True)
class Row:
    """One row of a file: its number as a spreadsheet shows it, its cells, and what is wrong with its shape."""

    number: int
    cells: Cells
    shape_fault: str | None = None


@dataclass
class Reading:
    """How a file was read. Filled while its rows are read; complete when the last one was given."""

    facts: dict[str, Any] = field(default_factory=dict)  # encoding, delimiter, header_row, date order …
    repairs: Counter[str] = field(default_factory=Counter)  # what was mended, and how often

    def as_json(self) -> dict[str, Any]:
        """For ops.batches: facts and repairs in one object."""
        return {**self.facts, "repairs": dict(self.repairs)} if self.repairs else dict(self.facts)


@dataclass(frozen=True)
class PlainBody:
    """The rows of a CSV file that PostgreSQL's COPY reads exactly as Python's csv module would."""

    file: Path
    offset: int  # byte at which the first row begins
    first_row: int  # its number
    encoding: str  # PostgreSQL's name
    delimiter: str
    line_count: int  # as many rows as lines: where COPY counts fewer, a quote ran over the end of a line


@dataclass(frozen=True)
class ReadTable:
    """A file opened by a reader. `rows` may be iterated once; `plain_body` says how to copy it unread instead."""

    header: tuple[str, ...]
    rows: Iterator[Row]
    reading: Reading
    plain_body: PlainBody | None = None


def normalised_name(name: str) -> str:
    """A column name as it is compared: without case, with single plain spaces, without an invisible mark before it."""
    return " ".join(name.replace("\ufeff", "").split()).casefold()


def named_columns(cells: list[str]) -> tuple[str, ...]:
    """The names of the columns from the cells of a header: empty ones are called by their position."""
    return tuple(cell.strip() or f"column {position}" for position, cell in enumerate(cells, start=1))


def best_header_row(rows: list[list[str]], expected_names: frozenset[str]) -> int:
    """Position (0-based) of the row that holds the column names: the one with most of the expected names.

    Where none of them occurs, the first row with the most filled cells.
    """

    def rank(position: int) -> tuple[int, int, int]:
        names = {normalised_name(cell) for cell in rows[position]}
        return len(names & expected_names), sum(1 for cell in rows[position] if cell.strip()), -position

    return max(range(len(rows)), key=rank)
