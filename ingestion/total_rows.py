"""A total row that no YAML names: known by its first word, and a control sum all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import psycopg
from psycopg import sql

from ingestion.dealer_files import Feed, TotalRow
from ingestion.land import LandedTable, cell_column
from ingestion.readers.reading import normalised_name

LAST_ROWS = 10
LAST_BLOCKS = 4
"""Of the landed table, in which its last rows stand: they were copied in order."""

_TOTAL = re.compile(r"\W*(?:итого|итог|всего|total|totals|grand total|sum total)\b.{0,40}", re.IGNORECASE)
_NUMBER = re.compile(
    r"[-+]?[\d\s.,'\u00a0\u202f\u2009]*\d[\d\s.,'\u00a0\u202f\u2009]*(?:₽|р\.?|руб\.?|rub)?", re.IGNORECASE
)


def with_its_total_row(connection: psycopg.Connection, landed: LandedTable, feed: Feed) -> Feed:
    """The feed, with the total row of this file where its YAML names none and one of the last rows is plainly one.

    Such a row begins with a word like «Итого» and leaves most cells empty. The mapped amounts in it are its sums. What
    stands below the total row, however it is known, is no row when it fills few cells (who made the report, and when):
    it is left out of the landed table, and told. A database has no such rows: whoever is called so there is a row.
    """
    if feed.format.is_of_database:
        return feed
    last = _last_rows(connection, landed)
    for place, (number, cells) in enumerate(last):
        total = feed.format.total_row
        filled = _filled(cells)
        if total is not None:
            is_total = _says(cells, landed.header, total)
        else:
            is_total = 0 < len(filled) <= max(2, len(cells) // 2) and bool(_TOTAL.fullmatch(_trimmed(cells[filled[0]])))
        if not is_total:
            continue
        _leave_out_notes(connection, landed, last[:place])
        if total is not None:
            return feed
        word = _trimmed(cells[filled[0]])
        landed.reading.facts |= {"total_row": number, "total_row_by": f"its first word, {word[:40]}"}
        total = TotalRow(landed.header[filled[0]], word, tuple(_sums(feed, landed.header, cells)))
        return replace(feed, format=replace(feed.format, total_row=total))
    return feed


def _says(cells: Sequence[str | None], header: tuple[str, ...], total: TotalRow) -> bool:
    names = [normalised_name(name) for name in header]
    column = normalised_name(total.column)
    return column in names and _trimmed(cells[names.index(column)]).lower() == total.equals.strip().lower()


def _leave_out_notes(
    connection: psycopg.Connection, landed: LandedTable, below: Sequence[tuple[int, Sequence[str | None]]]
) -> None:
    notes = [number for number, cells in below if 0 < len(_filled(cells)) <= max(1, len(cells) // 3)]
    if notes:
        query = sql.SQL("delete from {} where _source_row = any(%s)").format(landed.identifier)
        connection.execute(query, (notes,))
        landed.reading.repairs["notes below the total row left out"] += len(notes)


def _filled(cells: Sequence[str | None]) -> list[int]:
    return [position for position, cell in enumerate(cells) if _trimmed(cell)]


def _trimmed(cell: str | None) -> str:
    return (cell or "").strip()


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


def _sums(feed: Feed, header: tuple[str, ...], cells: Sequence[str | None]) -> Iterator[tuple[str, str]]:
    positions = {normalised_name(name): position for position, name in reversed(list(enumerate(header)))}
    for ours, names in feed.columns:
        position = next((positions[normalised_name(n)] for n in names if normalised_name(n) in positions), None)
        if position is not None and feed.contract.column(ours).type == "amount":
            if _NUMBER.fullmatch((cells[position] or "").strip()):
                yield ours, header[position]
