"""What every reader gives: the names of the columns, the rows as text, and a record of every guess and repair."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Cells = list[str | None]

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
    line_count: int  # as many rows as lines: where COPY counts fewer, a quote ran over the end of a line


@dataclass(frozen=True)
class ReadTable:
    """A file opened by a reader. `rows` may be iterated once; `plain_body` says how to copy it unread instead."""

    header: tuple[str, ...]
    rows: Iterator[Row]
    reading: Reading
    plain_body: PlainBody | None = None
    own_columns: Mapping[str, str] = field(default_factory=dict)  # our column: the header that fills it, unless mapped


def normalised_name(name: str) -> str:
    """A column name as it is compared: without case, with single plain spaces, without an invisible mark before it."""
    return " ".join(name.replace("\ufeff", "").split()).casefold()


_NOT_HOW = ("repairs", "definition_hash", "unmapped_columns")
_MOST_NAMED = 12
_LONGEST_NAMED = 60


def told_reading(reading: Mapping[str, Any]) -> list[str]:
    """How a batch was read, a line each choice, guess and repair, from what ops.batches keeps of it.

    What decided stands behind: `encoding: cp1251 (by the column names)`; how often, behind a repair.
    """
    lines = []
    for name, value in reading.items():
        if name in _NOT_HOW or name.endswith("_by") or value in (None, [], "") or isinstance(value, dict):
            continue
        by = reading.get(f"{name}_by")
        lines.append(f"{name.replace('_', ' ')}: {_told(name, value)}" + (f" (by {by})" if by else ""))
    if unmapped := reading.get("unmapped_columns"):
        lines.append(f"not mapped, kept in _extra: {_told('', unmapped)}")
    repairs = reading.get("repairs", {})
    lines.extend(f"repaired: {name} ({times:,} ×)" for name, times in repairs.items())
    return lines


def _told(name: str, value: Any) -> str:  # noqa: ANN401 - whatever a reader noted
    if name == "delimiter":
        return "a tab" if value == "\t" else f"`{value}`"
    if isinstance(value, list):
        named = [str(v) if len(str(v)) <= _LONGEST_NAMED else f"{str(v)[:_LONGEST_NAMED]}…" for v in value]
        further = f" and {len(named) - _MOST_NAMED:,} more" if len(named) > _MOST_NAMED else ""
        return ", ".join(named[:_MOST_NAMED]) + further
    return str(value)
