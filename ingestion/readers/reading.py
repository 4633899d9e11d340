"""What every reader gives: the names of the columns, the rows as text, and a record of every guess and repair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ingestion.errors import TooLarge
from ingestion.evidence import INVISIBLE

Cells = list[str | None]
_INVISIBLE = dict.fromkeys(map(ord, INVISIBLE))

MAX_ROW_CHARACTERS = 8 * 1024 * 1024
"""A line, a JSON object or an XML element longer than this is no row of anything."""
MAX_COLUMNS = 1500
"""PostgreSQL holds 1,600 in a table."""


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
        repairs = {name: times for name, times in self.repairs.items() if times}
        return {**self.facts, "repairs": repairs} if repairs else dict(self.facts)


@dataclass(frozen=True)
class PlainBody:
    """The rows of a CSV file that PostgreSQL's COPY reads exactly as Python's csv module would."""

    file: Path
    offset: int  # byte at which the first row begins
    first_row: int  # its number
    encoding: str  # PostgreSQL's name
    codec: str  # Python's name
    delimiter: str


@dataclass(frozen=True)
class ReadTable:
    """A file opened by a reader. `rows` may be iterated once; `plain_body` says how to copy it unread instead."""

    header: tuple[str, ...]
    rows: Iterator[Row]
    reading: Reading
    plain_body: PlainBody | None = None
    own_columns: Mapping[str, str] = field(default_factory=dict)  # our column: the header that fills it, unless mapped


def normalised_name(name: str) -> str:
    """A column name as it is compared: without case, with single plain spaces, without invisible marks."""
    return " ".join(name.translate(_INVISIBLE).split()).casefold()


def too_wide(file: Path, columns: int) -> TooLarge:
    """What to raise for a table of more columns than any has, in whatever format."""
    return TooLarge(
        file.name,
        found=f"{columns:,} columns",
        expected=f"a table of at most {MAX_COLUMNS:,}",
        do="Look whether the file is read rightly (`delimiter`, `sheet`, `rows_at`); if it really is so wide, have it "
        "sent with fewer columns.",
    )
