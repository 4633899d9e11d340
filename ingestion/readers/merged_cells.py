"""Cells that are merged over several rows: what stands in them is said of each of these rows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from ingestion.readers.reading import Cells, Reading
from ingestion.readers.total_words import total_cell

SheetRow = tuple[Cells, Sequence[tuple[int, int]]]
"""A row's cells, and those of them that are merged with rows below: column (from 0) and rows in all."""

MERGED_CELLS = "cells merged over several rows, read as standing in each of them"


def with_merged_cells(rows: Iterator[SheetRow], reading: Reading, *, once: Set[int] = frozenset()) -> Iterator[Cells]:
    """The rows as a person sees them: a programme writes a merged cell's value into its first row alone.

    A row that holds nothing else stays empty, and one of totals as it is: it is none of the merged rows.

    Args:
        rows: of a sheet, from the first on.
        reading: is told how many cells were filled.
        once: columns (from 0) whose merged cells are said once of all their rows together: amounts.
    """
    merged: dict[int, tuple[str, int]] = {}  # by column: the value, and how many rows it still stands in
    for cells, begun in rows:
        if merged:
            merged = _went_on(cells, merged, reading)
        for column, row_count in begun:
            if column not in once and column < len(cells) and (value := cells[column]):
                merged[column] = (value, row_count - 1)
        yield cells


def _went_on(cells: Cells, merged: dict[int, tuple[str, int]], reading: Reading) -> dict[int, tuple[str, int]]:
    if any(cells) and total_cell(cells) is None:
        for column, (value, _) in merged.items():
            cells.extend([None] * (column + 1 - len(cells)))
            if cells[column] is None:
                cells[column] = value
                reading.repairs[MERGED_CELLS] += 1
    return {column: (value, left - 1) for column, (value, left) in merged.items() if left > 1}
