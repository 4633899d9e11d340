"""What a landed file shows of its own writing: its total row, and how its dates and numbers are written."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql

from ingestion.cells import is_final_number
from ingestion.column_mapping import ColumnMapping, Mapped
from ingestion.dealer_files import Feed
from ingestion.errors import AmbiguousDates
from ingestion.evidence import (
    BLANKS,
    NUMBER_TYPES,
    PREFIX_LENGTH,
    DateWriting,
    NumberColumn,
    NumberWriting,
    Writing,
    are_half_converted,
    decide_dates,
    decide_numbers,
    describe_number_column,
    mark_of_final_numbers,
    number_shape,
)
from ingestion.land import LandedTable, cell_column

FEW_CELLS = 50_000
"""Up to so many different dates of a column are read one by one instead of row by row."""
SAMPLE_ROWS = 1_000
EXCHANGED_DATES = "columns in which days and months may be exchanged"
"""What the reading tells of dates that Excel converted by half."""


def examine(
    connection: psycopg.Connection, landed: LandedTable, feed: Feed, mapping: ColumnMapping, where: str
) -> Writing:
    """How the file writes dates and numbers, from all of its cells; told in the landed table's reading.

    Raises:
        AmbiguousDates, AmbiguousNumbers: the file can be read in two ways.
    """
    return _Examiner(connection, landed, feed, mapping, where).run()


def rows_that_count(landed: LandedTable, feed: Feed, mapping: ColumnMapping) -> sql.Composable:
    """SQL of what distinguishes a row from an empty one and from the total row."""
    filled = sql.SQL("coalesce({}) is not null").format(
        sql.SQL(", ").join(
            sql.SQL("nullif({}, '')").format(sql.Identifier(cell_column(i))) for i in range(len(landed.header))
        )
    )
    is_total = _is_total(feed, mapping)
    return filled if is_total is None else sql.SQL("{} and ({}) is not true").format(filled, is_total)


def find_total_row(
    connection: psycopg.Connection, landed: LandedTable, feed: Feed, mapping: ColumnMapping
) -> tuple[tuple[str, str | None], ...] | None:
    """Our columns and their cells in the file's last total row, which its reading tells; None where there is none."""
    total, is_total = feed.format.total_row, _is_total(feed, mapping)
    if total is None or is_total is None:
        return None
    cells = [mapping.cell_of(header) or sql.SQL("null") for _, header in total.sums]
    row = connection.execute(
        sql.SQL("select {} from {} where {} order by _source_row desc limit 1").format(
            sql.SQL(", ").join([sql.SQL("_source_row"), *cells]), landed.identifier, is_total
        )
    ).fetchone()
    if row is None:
        return None
    landed.reading.facts |= {"total_row": row[0]}
    return tuple((name, cell) for (name, _), cell in zip(total.sums, row[1:], strict=True))


def _is_total(feed: Feed, mapping: ColumnMapping) -> sql.Composable | None:
    total = feed.format.total_row
    cell = mapping.cell_of(total.column) if total else None
    if total is None or cell is None:
        return None
    return sql.SQL("lower(btrim({}, {})) = lower({})").format(
        cell, sql.Literal(BLANKS), sql.Literal(total.equals.strip())
    )


class _Examiner:
    def __init__(
        self, connection: psycopg.Connection, landed: LandedTable, feed: Feed, mapping: ColumnMapping, where: str
    ) -> None:
        self.connection = connection
        self.landed = landed
        self.feed = feed
        self.mapping = mapping
        self.where = where

    def run(self) -> Writing:
        dates, few_cells = self._dates()
        numbers, number_columns = self._numbers([m for m in self.mapping.columns if m.column.type in NUMBER_TYPES])
        return Writing(dates, numbers, number_columns, few_cells)

    def _dates(self) -> tuple[DateWriting, dict[str, tuple[str, ...]]]:
        columns = [m for m in self.mapping.columns if m.column.type in ("moment", "date") and m.header is not None]
        given = self.feed.date_format
        if given is not None:
            self.landed.reading.facts |= {"dates": f"written {given} (the YAML)"}
            return DateWriting("ymd", "the YAML", has_short_years="%y" in given, has_foreign_cells=True), {}
        prefixes: list[tuple[str, int]] = []
        few_cells = {}
        for m in columns:
            begun: sql.Composable = m.cell
            as_it_is: sql.Composable = sql.SQL("")
            if not self.landed.is_trimmed:
                begun = sql.SQL("ltrim({}, {})").format(m.cell, sql.Literal(BLANKS))
                as_it_is = sql.SQL("and min({cell}) = max({cell}) and min({cell}) = min({begun})").format(
                    cell=m.cell, begun=begun
                )
            query = sql.SQL(
                "select left({begun}, {length}), count(*), max(octet_length({cell})) <= {length} {as_it_is} "
                "from {table} group by 1"
            ).format(
                begun=begun,
                cell=m.cell,
                length=sql.Literal(PREFIX_LENGTH),
                as_it_is=as_it_is,
                table=self.landed.identifier,
            )
            found = [row for row in self.connection.execute(query) if row[0]]
            of_column = [(prefix.strip(), count) for prefix, count, _ in found]
            if are_half_converted(of_column):
                self.landed.reading.facts.setdefault(EXCHANGED_DATES, []).append(m.header)
            prefixes += of_column
            if len(found) <= FEW_CELLS and all(is_whole for _, _, is_whole in found):
                few_cells[m.name] = tuple(prefix for prefix, _, _ in found)
        try:
            writing = decide_dates(self.where, prefixes, self.feed.date_order)
        except AmbiguousDates as error:
            error.found += f"; {self._first_rows(columns, error.cells)}"
            raise
        if columns:
            self.landed.reading.facts |= {"date_order": writing.order, "date_order_by": writing.decided_by}
        return writing, few_cells

    def _first_rows(self, columns: Sequence[Mapped], cells: Sequence[str]) -> str:
        """Where to look at such dates: the first row and column of each."""
        found: list[str] = []
        for cell in cells:
            firsts = [
                self.connection.execute(
                    sql.SQL("select min(_source_row) from {} where starts_with(ltrim({}, {}), {})").format(
                        self.landed.identifier, m.cell, sql.Literal(BLANKS), sql.Literal(cell)
                    )
                ).fetchone()
                for m in columns
            ]
            rows = [(first[0], m.header) for first, m in zip(firsts, columns, strict=True) if first and first[0]]
            found.extend(f"row {row} («{header}»)" for row, header in sorted(rows)[:1])
        return f"look at {' and '.join(found)}"

    def _numbers(self, columns: Sequence[Mapped]) -> tuple[NumberWriting, dict[str, NumberColumn]]:
        final = self._final_shapes(columns)
        shapes = {m.name: final[m.name] if m.name in final else self._all_shapes(m) for m in columns}
        given = self.feed.format.decimal
        writing = decide_numbers(self.where, (shape for column in shapes.values() for shape in column), given)
        if shapes:
            self.landed.reading.facts |= {"decimal": writing.decimal, "decimal_by": writing.decided_by}
        return writing, {
            name: describe_number_column(column, writing.decimal, is_final=name in final)
            for name, column in shapes.items()
        }

    def _all_shapes(self, m: Mapped) -> list[str]:
        query = sql.SQL("select distinct translate({}, '123456789', '000000000') from {}")
        rows = self.connection.execute(query.format(m.cell, self.landed.identifier))
        return [shape.strip(BLANKS) for (shape,) in rows if shape and shape.strip(BLANKS)]

    def _final_shapes(self, columns: Sequence[Mapped]) -> dict[str, list[str]]:
        """Shapes of the columns whose cells all stand as raw will hold them, but perhaps for the decimal mark.

        The first rows tell how such a column would look, and one look at all rows whether it does: that takes a
        fraction of the time in which the shapes of a million different amounts are gathered.
        """
        if not columns:
            return {}
        cells = sql.SQL(", ").join(m.cell for m in columns)
        rows = self.connection.execute(
            sql.SQL("select {} from {} limit {}").format(cells, self.landed.identifier, sql.Literal(SAMPLE_ROWS))
        ).fetchall()
        checks: list[sql.Composable] = []
        shapes: dict[str, list[str]] = {}
        for m, sampled in zip(columns, zip(*rows, strict=True), strict=False):
            filled = [cell for cell in sampled if cell is not None]
            mark = mark_of_final_numbers(filled, m.column.type, self.feed.format.decimal)
            if filled and mark is not None:
                checks.append(sql.SQL("coalesce(bool_and({}), true)").format(is_final_number(m.column, m.cell, mark)))
                shapes[m.name] = sorted(set(map(number_shape, filled)))
        if not checks:
            return {}
        kept = self.connection.execute(
            sql.SQL("select {} from {}").format(sql.SQL(", ").join(checks), self.landed.identifier)
        ).fetchone()
        return {name: shapes[name] for name, is_kept in zip(shapes, kept or (), strict=True) if is_kept}
