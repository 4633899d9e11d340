"""Total rows: known by their first word where no YAML names them, and control sums all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import psycopg
from psycopg import sql

from ingestion.dealer_files import Feed, TotalRow
from ingestion.evidence import number_as_written
from ingestion.land import LandedTable, cell_column
from ingestion.readers.reading import normalised_name
from ingestion.readers.total_words import TOTAL_ALONE, filled_places, total_cell, trimmed

SUBTOTALS = "rows of subtotals left out"
NOTES_BELOW = "notes below the total row left out"
"""Repairs that the load tells: if one of those rows was a record after all, somebody must see it."""

MOST_OF_A_LABEL = 40
LAST_ROWS = 10
LAST_BLOCKS = 4
"""Of the landed table, in which its last rows stand: they were copied in order."""

_COUNT = re.compile(r"\d{1,6}")
_NUMBERS = ("amount", "integer")
_BEGINNINGS = (
    *("итог", "всег", "tota", "gran", "sum ", "gesa", "summ", "raze", "suma", "ogół", "topl", "gene", "барл", "жиын"),
)
"""Of these words: what begins otherwise need not be looked at."""


@dataclass(frozen=True)
class Subtotal:
    """A row of totals above the last one."""

    row: int
    first_row: int  # of the table
    label: str
    cells: tuple[tuple[str, str], ...]  # our amounts, and the numbers that stand there


def with_its_total_row(
    connection: psycopg.Connection, landed: LandedTable, feed: Feed
) -> tuple[Feed, tuple[Subtotal, ...]]:
    """The feed, with the total row of this file where its YAML names none and one of the last rows is plainly one.

    Beside its word it holds nothing but numbers: the sum of a mapped amount at least, and such of columns that are
    numbers or that nobody mapped; or its word stands for the number of a record, with counts beside it. With a phone or
    a key of its own it is a record of somebody who is called so. What stands below the total row, however it is known,
    is no row when it fills few cells (who made the report, and when), nor are the subtotals above it, which are given
    too: they are left out of the landed table, and told with the load.
    A database has no such rows.
    """
    if feed.format.is_of_database:
        return feed, ()
    last = _last_rows(connection, landed)
    for place, (number, cells) in enumerate(last):
        total = feed.format.total_row
        said_in = _said_in(feed, landed.header, cells)
        if not _says(cells, landed.header, total) if total is not None else said_in is None:
            continue
        _leave_out_notes(connection, landed, last[:place])
        subtotals = () if said_in is None else _leave_out_subtotals(connection, landed, feed, number)
        if total is not None or said_in is None:
            return feed, subtotals
        word = trimmed(cells[said_in])
        landed.reading.facts |= {"total_row": number, "total_row_by": f"its first word, {word[:MOST_OF_A_LABEL]}"}
        sums = tuple((ours, landed.header[at]) for ours, at in _sums(feed, landed.header, cells))
        total = TotalRow(landed.header[said_in], word, sums)
        return replace(feed, format=replace(feed.format, total_row=total)), subtotals
    return feed, ()


def _said_in(feed: Feed, header: tuple[str, ...], cells: Sequence[str | None]) -> int | None:
    """The place of a total row's word; None where the row holds no sum, or anything that can be no sum."""
    said_in = total_cell(cells)
    if said_in is None:
        return None
    others = {place for place in filled_places(cells) if place != said_in}
    if not others:
        return said_in if TOTAL_ALONE.fullmatch(trimmed(cells[said_in])) else None
    if said_in in _keys(feed, header) and all(_COUNT.fullmatch(trimmed(cells[place])) for place in others):
        return said_in  # no record is called so and has nothing but counts
    sums = {at for _, at in _sums(feed, header, cells)}
    other_columns = others - sums - {at for ours, at in _mapped(feed, header) if _type(feed, ours) not in _NUMBERS}
    numbers = {place for place in other_columns if _is_number(cells[place])}
    return said_in if sums and others == sums | numbers else None


def _leave_out_subtotals(
    connection: psycopg.Connection, landed: LandedTable, feed: Feed, total_row: int
) -> tuple[Subtotal, ...]:
    columns = [sql.Identifier(cell_column(i)) for i in range(len(landed.header))]
    first_filled = sql.SQL("coalesce({})").format(
        sql.SQL(", ").join(sql.SQL("nullif(btrim({}), '')").format(column) for column in columns)
    )
    query = sql.SQL(
        "select _source_row, (select min(_source_row) from {table}), {columns} from {table} "
        "where _source_row < {total_row} and left(lower({first_filled}), 4) = any({beginnings}) order by _source_row"
    ).format(
        table=landed.identifier,
        columns=sql.SQL(", ").join(columns),
        total_row=sql.Literal(total_row),
        first_filled=first_filled,
        beginnings=sql.Literal(list(_BEGINNINGS)),
    )
    subtotals = []
    for row, first_row, *cells in connection.execute(query).fetchall():
        if (said_in := _said_in(feed, landed.header, cells)) is not None:
            sums = tuple((ours, str(cells[at])) for ours, at in _sums(feed, landed.header, cells))
            subtotals.append(Subtotal(row, first_row, trimmed(cells[said_in])[:MOST_OF_A_LABEL], sums))
    if subtotals:
        delete = sql.SQL("delete from {} where _source_row = any(%s)").format(landed.identifier)
        connection.execute(delete, ([subtotal.row for subtotal in subtotals],))
        landed.reading.repairs[SUBTOTALS] += len(subtotals)
    return tuple(subtotals)


def _says(cells: Sequence[str | None], header: tuple[str, ...], total: TotalRow) -> bool:
    names = [normalised_name(name) for name in header]
    column = normalised_name(total.column)
    return column in names and trimmed(cells[names.index(column)]).lower() == total.equals.strip().lower()


def _leave_out_notes(
    connection: psycopg.Connection, landed: LandedTable, below: Sequence[tuple[int, Sequence[str | None]]]
) -> None:
    notes = [number for number, cells in below if 0 < len(filled_places(cells)) <= max(1, len(cells) // 3)]
    if notes:
        query = sql.SQL("delete from {} where _source_row = any(%s)").format(landed.identifier)
        connection.execute(query, (notes,))
        landed.reading.repairs[NOTES_BELOW] += len(notes)


def _last_rows(connection: psycopg.Connection, landed: LandedTable) -> list[tuple[int, Sequence[str | None]]]:
    blocks = connection.execute(
        "select pg_relation_size(%s::regclass) / current_setting('block_size')::bigint",
        (landed.identifier.as_string(connection),),
    ).fetchone()
    first = max(0, (blocks[0] if blocks else 0) - LAST_BLOCKS)
    query = sql.SQL("select _source_row, {} from {} where ctid >= {}::tid order by _source_row desc limit {}").format(
        sql.SQL(", ").join(sql.Identifier(cell_column(i)) for i in range(len(landed.header))),
        landed.identifier,
        sql.Literal(f"({first},0)"),
        sql.Literal(LAST_ROWS),
    )
    return [(row[0], row[1:]) for row in connection.execute(query)]


def _sums(feed: Feed, header: tuple[str, ...], cells: Sequence[str | None]) -> Iterator[tuple[str, int]]:
    """Our amounts that the row holds a number of, and the places of their cells."""
    for ours, position in _mapped(feed, header):
        if _type(feed, ours) == "amount" and _is_number(cells[position]):
            yield ours, position


def _keys(feed: Feed, header: tuple[str, ...]) -> set[int]:
    return {at for ours, at in _mapped(feed, header) if ours == "source_id"}


def _mapped(feed: Feed, header: tuple[str, ...]) -> Iterator[tuple[str, int]]:
    """Our columns that the file has, and their places."""
    positions = {normalised_name(name): position for position, name in reversed(list(enumerate(header)))}
    for ours, names in feed.columns:
        position = next((positions[normalised_name(n)] for n in names if normalised_name(n) in positions), None)
        if position is not None:
            yield ours, position


def _type(feed: Feed, ours: str) -> str:
    return feed.contract.column(ours).type


def _is_number(cell: str | None) -> bool:
    return number_as_written(cell or "") is not None
