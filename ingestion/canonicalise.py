"""A landed file in our columns: canonical types and words, made in SQL from the contract and the dealer's YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import psycopg
from psycopg import sql

from expectations.report import shape_of
from ingestion.contracts import Column, Contract
from ingestion.date_formats import pattern_of
from ingestion.dealer_files import GROUP_CODE, Configuration, Feed
from ingestion.errors import NEW_NAME, MissingColumns, RepeatedColumns, RowsNotReleasable
from ingestion.evidence import (
    JUNK_CHARACTERS,
    PREFIX_LENGTH,
    DateWriting,
    NumberColumn,
    NumberWriting,
    decide_dates,
    decide_numbers,
    describe_number_column,
)
from ingestion.land import LandedTable, cell_column
from ingestion.readers.reading import normalised_name

NUMBER_TYPES = ("amount", "decimal", "integer")
SQL_TYPES = {
    "text": "text",
    "word": "text",
    "moment": "timestamptz",
    "date": "date",
    "amount": "numeric",
    "decimal": "numeric",
    "integer": "bigint",
    "boolean": "boolean",
}
BOOLEAN_WORDS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1", "да", "д", "истина"), "true"),
    **dict.fromkeys(("false", "f", "no", "n", "0", "нет", "н", "ложь"), "false"),
}
_BLANKS = " \t\r\n\u00a0\u202f\u2009\ufeff"
_NUMERIC_DATE = r"^(\d{1,4}[-./]\d{1,2}[-./]\d{1,4}|(19|20)\d{6}|\d{1,2}[ -][A-Za-z]{3}|[A-Za-z]{3,9} \d{1,2})"

# Keeps the planner from folding one level of the statement into the next, which would trim and cast every cell again
# wherever it is used; unlike a materialised CTE it leaves the scan parallel.
_FENCE = sql.SQL("clock_timestamp() as _fence")


@dataclass(frozen=True)
class CanonicalTable:
    """A batch in our columns: the table that is published, and the view of it that the gate judges."""

    name: str
    judged: str  # both within schema landing
    contract: Contract
    mapped: tuple[str, ...]  # the contract's columns that the file or the YAML fills, without dealer_code
    row_count: int
    has_copies: bool  # rows that say the same as an earlier row of their key
    total_cells: tuple[tuple[str, str | None], ...] | None  # our column, the total row's cell; None: no total row found
    unmapped: tuple[str, ...]  # the dealer's columns that went to _extra

    @property
    def identifier(self) -> sql.Identifier:
        """The table's name for SQL."""
        return sql.Identifier("landing", self.name)

    def text_of(self, column: str) -> sql.Composable:
        """SQL of a column's canonical text."""
        if self.contract.column(column).type == "moment":
            return sql.Identifier(f"_{column}_text")
        return sql.SQL("{}::text").format(sql.Identifier(column))


@dataclass(frozen=True)
class _Mapped:
    """One of our columns and the SQL of its cell, as the dealer wrote it."""

    column: Column
    cell: sql.Composable
    header: str | None  # None: a constant


def canonicalise(
    connection: psycopg.Connection,
    batch_id: str,
    landed: LandedTable,
    feed: Feed,
    configuration: Configuration,
    delivered_on: date,
) -> CanonicalTable:
    """The landed rows in our columns, in a table of their own; the connection commits by itself.

    Cells that cannot be cast and words that nobody mapped are null there and flagged; what the dealer wrote stands in
    `_source_cells`. What was decided about dates and numbers is added to the landed table's reading.

    Raises:
        MissingColumns: a required column is not in the file.
        RepeatedColumns: a mapped column stands in it twice.
        AmbiguousDates, AmbiguousNumbers: the file can be read in two ways.
    """
    return _Canonicaliser(connection, batch_id, landed, feed, configuration, delivered_on).run()


class _Canonicaliser:
    def __init__(
        self,
        connection: psycopg.Connection,
        batch_id: str,
        landed: LandedTable,
        feed: Feed,
        configuration: Configuration,
        delivered_on: date,
    ) -> None:
        self.connection = connection
        self.name = f"canonical_{batch_id}"
        self.judged = f"judged_{batch_id}"
        self.landed = landed
        self.feed = feed
        self.contract = feed.contract
        self.configuration = configuration
        self.delivered_on = delivered_on
        self.where = f"{feed.dealer_code} / {feed.source}.{feed.entity} / {feed.path}"
        self.positions = _positions_of(landed.header)

    def run(self) -> CanonicalTable:
        mapped, dealer_cell = self._mapped_columns()
        total_cells, rows_filter = self._total_row()
        dates = self._decide_dates(mapped)
        numbers, number_columns = self._decide_numbers(mapped)
        self._reset()
        zones = self._zones(dealer_cell)
        for position, (zone, zone_filter) in enumerate(zones):
            select = self._select(mapped, dealer_cell, dates, numbers, number_columns, rows_filter)
            if zone_filter is not None:
                select = sql.SQL("select * from ({}) as rows_of_all_zones where {}").format(select, zone_filter)
            with self.connection.transaction():
                self.connection.execute("select set_config('timezone', %s, true)", (zone,))
                self.connection.execute("select set_config('datestyle', %s, true)", (f"ISO, {dates.order.upper()}",))
                table = sql.Identifier("landing", self.name)
                if position == 0:
                    self.connection.execute(sql.SQL("create unlogged table {} as {}").format(table, select))
                else:
                    self.connection.execute(sql.SQL("insert into {} {}").format(table, select))
        row_count, has_copies = self._finish(mapped)
        self.landed.reading.facts |= {"unmapped_columns": list(self._unmapped(mapped, dealer_cell))}
        return CanonicalTable(
            name=self.name,
            judged=self.judged,
            contract=self.contract,
            mapped=tuple(m.column.name for m in mapped),
            row_count=row_count,
            has_copies=has_copies,
            total_cells=total_cells,
            unmapped=self._unmapped(mapped, dealer_cell),
        )

    # --- which cell is which column

    def _mapped_columns(self) -> tuple[list[_Mapped], _Mapped | None]:
        self._refuse_repeated_columns()
        constants = dict(self.feed.constants)
        names = self._names_by_column()
        mapped: list[_Mapped] = []
        dealer_cell = None
        dealer_column = Column("dealer_code", "text", "The dealer.")
        missing: list[tuple[str, tuple[str, ...]]] = []
        for column in (dealer_column, *(c for c in self.contract.columns if c.name != "dealer_code")):
            header = next(
                (name for name in names.get(column.name, ()) if normalised_name(name) in self.positions), None
            )
            if header is not None:
                position = self.positions[normalised_name(header)]
                found = _Mapped(column, sql.Identifier(cell_column(position)), self.landed.header[position])
            elif column.name in constants:
                found = _Mapped(column, sql.SQL("{}::text").format(sql.Literal(constants[column.name])), None)
            else:
                if self._is_needed(column, names):
                    missing.append((column.name, names.get(column.name, ())))
                continue
            if column.name == "dealer_code":
                dealer_cell = found
            else:
                mapped.append(found)
        self._refuse_missing(missing, {m.column.name for m in mapped})
        return mapped, dealer_cell

    def _names_by_column(self) -> dict[str, tuple[str, ...]]:
        # ADF is a standard, and so is what a survey tool writes: the reader knows which columns are ours, and a YAML
        # only says what is different.
        known = {"dealer_code", *self.contract.column_names} - ({"dealer_code"} if not self.feed.is_of_group else set())
        own = {name: (header,) for name, header in self.landed.own_columns.items() if name in known}
        return own | dict(self.feed.columns)

    def _is_needed(self, column: Column, names: Mapping[str, tuple[str, ...]]) -> bool:
        if column.name == "dealer_code":
            return column.name in names
        return column.is_required and column.name != "dealer_code"

    def _refuse_missing(self, missing: list[tuple[str, tuple[str, ...]]], present: set[str]) -> None:
        names = dict(self.feed.columns)
        for group in self.contract.require_one_of:
            if not present & set(group):
                missing.extend((name, names[name]) for name in group if name in names)
        if not missing:
            return
        lines = "\n".join(f"  {name}: [{', '.join(_quoted(n) for n in (*known, NEW_NAME))}]" for name, known in missing)
        raise MissingColumns(
            self.where,
            found=self._told_header(),
            expected=", ".join(f"{name} ({' or '.join(known) or 'not mapped'})" for name, known in missing),
            do=(
                f"If the dealer renamed a column, write in {self.feed.file}, line {self.feed.line}, under `columns:`\n"
                f"{lines}\notherwise ask the dealer to resend."
            ),
            missing=missing,
        )

    def _told_header(self) -> str:
        """The names of the file's columns; shapes alone where none is expected: it may be a customer."""
        if any(normalised_name(name) in self.positions for _, names in self.feed.columns for name in names):
            return ", ".join(self.landed.header)
        shapes = ", ".join(shape_of(name) for name in self.landed.header)
        return f"none of the names that the YAML maps (perhaps a file without a header); its first row reads {shapes}"

    def _refuse_repeated_columns(self) -> None:
        keys = [normalised_name(name) for name in self.landed.header]
        wanted = {normalised_name(name) for _, names in self.feed.columns for name in names}
        repeated = sorted({name for name in self.landed.header if keys.count(normalised_name(name)) > 1})
        if hit := [name for name in repeated if normalised_name(name) in wanted]:
            raise RepeatedColumns(
                self.where,
                found=f"more than one column {', '.join(hit)}",
                expected="each mapped column once",
                do="Ask the dealer to give the columns names of their own.",
            )

    def _unmapped(self, mapped: list[_Mapped], dealer_cell: _Mapped | None) -> tuple[str, ...]:
        used = {m.header for m in (*mapped, *((dealer_cell,) if dealer_cell else ()))}
        ignored = {normalised_name(name) for name in self.feed.ignore}
        return tuple(n for n in self.landed.header if n not in used and normalised_name(n) not in ignored)

    # --- what the file shows of its own writing

    def _total_row(self) -> tuple[tuple[tuple[str, str | None], ...] | None, sql.Composable]:
        total = self.feed.format.total_row
        filled = sql.SQL("coalesce({}) is not null").format(
            sql.SQL(", ").join(
                sql.SQL("nullif({}, '')").format(sql.Identifier(cell_column(i))) for i in range(len(self.landed.header))
            )
        )
        if total is None:
            return None, filled
        position = self.positions.get(normalised_name(total.column))
        if position is None:
            return None, filled
        is_total = sql.SQL("lower(btrim({}, {})) = lower({})").format(
            sql.Identifier(cell_column(position)), sql.Literal(_BLANKS), sql.Literal(total.equals.strip())
        )
        cells = [
            sql.Identifier(cell_column(self.positions[normalised_name(header)]))
            if normalised_name(header) in self.positions
            else sql.SQL("null")
            for _, header in total.sums
        ]
        row = self.connection.execute(
            sql.SQL("select {} from {} where {} order by _source_row desc limit 1").format(
                sql.SQL(", ").join([sql.SQL("_source_row"), *cells]), self.landed.identifier, is_total
            )
        ).fetchone()
        rows_filter = sql.SQL("{} and ({}) is not true").format(filled, is_total)
        if row is None:
            return None, rows_filter
        self.landed.reading.facts |= {"total_row": row[0]}
        return tuple((name, cell) for (name, _), cell in zip(total.sums, row[1:], strict=True)), rows_filter

    def _decide_dates(self, mapped: list[_Mapped]) -> DateWriting:
        columns = [m for m in mapped if m.column.type in ("moment", "date") and m.header is not None]
        if self.feed.date_format is not None:
            self.landed.reading.facts |= {"dates": f"written {self.feed.date_format} (the YAML)"}
            has_short_years = "%y" in self.feed.date_format
            return DateWriting("ymd", "the YAML", has_short_years=has_short_years, has_foreign_cells=True)
        prefixes: list[tuple[str, int]] = []
        for m in columns:
            query = sql.SQL("select left({cell}, {length}), count(*) from {table} group by 1")
            prefixes.extend(
                (prefix.strip(), count)
                for prefix, count in self.connection.execute(
                    query.format(
                        cell=m.cell,
                        length=sql.Literal(PREFIX_LENGTH),
                        table=self.landed.identifier,
                    )
                )
                if prefix
            )
        writing = decide_dates(self.where, prefixes, self.feed.date_order)
        if columns:
            self.landed.reading.facts |= {"date_order": writing.order, "date_order_by": writing.decided_by}
        return writing

    def _decide_numbers(self, mapped: list[_Mapped]) -> tuple[NumberWriting, dict[str, NumberColumn]]:
        shapes: dict[str, list[str]] = {}
        for m in mapped:
            if m.column.type in NUMBER_TYPES:
                query = sql.SQL("select distinct translate({}, '123456789', '000000000') from {}")
                rows = self.connection.execute(query.format(m.cell, self.landed.identifier))
                shapes[m.column.name] = [shape.strip() for (shape,) in rows if shape and shape.strip()]
        given = self.feed.format.decimal
        writing = decide_numbers(self.where, (shape for column in shapes.values() for shape in column), given)
        if shapes:
            self.landed.reading.facts |= {"decimal": writing.decimal, "decimal_by": writing.decided_by}
        return writing, {name: describe_number_column(column, writing.decimal) for name, column in shapes.items()}

    # --- the statement

    def _zones(self, dealer_cell: _Mapped | None) -> list[tuple[str, sql.Composable | None]]:
        """Time zones in which the file's times are meant, and the condition for the rows of each."""
        if not self.feed.is_of_group or self.feed.time_zone is not None or dealer_cell is None:
            return [(self.configuration.time_zone_of(self.feed).key, None)]
        zones: dict[str, list[str]] = {}
        for dealer in self.configuration.dealers:
            zones.setdefault(dealer.time_zone, []).append(dealer.dealer_code)
        home = self.configuration.group.time_zone
        zones.setdefault(home, [])
        away = [code for zone, codes in zones.items() if zone != home for code in codes]
        conditions: list[tuple[str, sql.Composable | None]] = [
            (home, sql.SQL("(dealer_code = any({})) is not true").format(sql.Literal(away)))
        ]
        for zone, codes in zones.items():
            if zone != home:
                conditions.append((zone, sql.SQL("dealer_code = any({})").format(sql.Literal(codes))))
        return conditions

    def _select(
        self,
        mapped: list[_Mapped],
        dealer_cell: _Mapped | None,
        dates: DateWriting,
        numbers: NumberWriting,
        number_columns: dict[str, NumberColumn],
        rows_filter: sql.Composable,
    ) -> sql.Composable:
        writer = _CellWriter(self.feed, dates, numbers, number_columns, self.delivered_on)
        trimmed: list[sql.Composable] = []
        typed: list[sql.Composable] = []
        finished: list[sql.Composable] = []
        for m in mapped:
            name = m.column.name
            trimmed.append(sql.SQL("{} as {}").format(writer.cleaned(m.column, m.cell), _id(f"{name}_cell")))
            typed.extend(writer.typed(m))
            finished.append(_id(name))
            if m.column.type == "moment":
                finished.append(_id(f"_{name}_text"))
            if m.column.type not in ("text", "word"):
                finished.append(
                    sql.SQL("{cell} is null or {value} is not null as {flag}").format(
                        cell=_id(f"{name}_cell"), value=_id(name), flag=_id(f"{name}_is_castable")
                    )
                )
            if m.column.type == "word":
                finished.append(_id(f"{name}_is_known"))
        dealer_code, is_known = self._dealer(dealer_cell)
        raw_cells = sql.SQL(", ").join(sql.Identifier(cell_column(i)) for i in range(len(self.landed.header)))
        statement = sql.SQL(
            """
            select _source_row, _shape_fault, dealer_code, is_dealer_known, {record_id} as source_record_id,
                false as is_key_repeated, false as _is_copy, {row_hash} as _row_hash,
                {source_cells} as _source_cells, {extra} as _extra, {finished}
            from (
                select _source_row, _shape_fault, {raw_cells}, _dealer_cell, {dealer_code} as dealer_code,
                    {is_known} as is_dealer_known, {typed}, {fence}
                from (
                    select _source_row, _shape_fault, {raw_cells}, {dealer_cell} as _dealer_cell, {trimmed}, {fence}
                    from {landed}
                    where {rows_filter}
                ) as trimmed
            ) as typed
            """
        )
        return statement.format(
            record_id=self._record_id(mapped),
            row_hash=self._row_hash(mapped),
            source_cells=self._source_cells(mapped, dealer_cell, number_columns),
            extra=self._extra(mapped, dealer_cell),
            finished=sql.SQL(", ").join(finished),
            raw_cells=raw_cells,
            dealer_code=dealer_code,
            is_known=is_known,
            typed=sql.SQL(", ").join(typed),
            fence=_FENCE,
            dealer_cell=_trimmed(dealer_cell.cell) if dealer_cell else sql.SQL("null::text"),
            trimmed=sql.SQL(", ").join(trimmed),
            landed=self.landed.identifier,
            rows_filter=rows_filter,
        )

    def _dealer(self, dealer_cell: _Mapped | None) -> tuple[sql.Composable, sql.Composable]:
        words = {cell.strip().lower(): code for cell, code in dict(self.feed.values).get("dealer_code", ())}
        own = self.feed.dealer_code
        if dealer_cell is None:
            return sql.SQL("{}::text").format(sql.Literal(own)), sql.SQL("true")
        codes = {dealer.dealer_code.lower(): dealer.dealer_code for dealer in self.configuration.dealers}
        names = {dealer.name.lower(): dealer.dealer_code for dealer in self.configuration.dealers}
        known = {**names, **codes, **words}
        lookup = sql.SQL("{}::jsonb ->> lower(_dealer_cell)").format(sql.Literal(json.dumps(known, ensure_ascii=False)))
        if not self.feed.is_of_group:
            code = sql.SQL(
                "case when _dealer_cell is null then {own} else coalesce({lookup}, _dealer_cell) end"
            ).format(own=sql.Literal(own), lookup=lookup)
            return code, sql.SQL("coalesce({lookup}, _dealer_cell, {own}) = {own}").format(
                lookup=lookup, own=sql.Literal(own)
            )
        if not self.contract.carries_person:
            code = sql.SQL("case when _dealer_cell is null then {} else {} end").format(sql.Literal(GROUP_CODE), lookup)
            return code, sql.SQL("_dealer_cell is null or ({}) is not null").format(lookup)
        return lookup, sql.SQL("({}) is not null").format(lookup)

    def _text(self, m: _Mapped) -> sql.Composable:
        name = m.column.name
        return _id(f"_{name}_text") if m.column.type == "moment" else sql.SQL("{}::text").format(_id(name))

    def _record_id(self, mapped: list[_Mapped]) -> sql.Composable:
        by_name = {m.column.name: m for m in mapped}
        key = [self._text(by_name[name]) for name in self.contract.key if name in by_name]
        hashed: sql.Composable = sql.SQL("null")
        if key and tuple(self.contract.key) != ("source_id",):
            cells = sql.SQL(", ").join(sql.SQL("coalesce({}, '')").format(cell) for cell in key)
            filled = sql.SQL("coalesce({}) is not null").format(sql.SQL(", ").join(key))
            hashed = sql.SQL("case when {} then md5(concat_ws(E'\\x1f', {})) end").format(filled, cells)
        if "source_id" not in by_name:
            return hashed
        record_id: sql.Composable = _id("source_id")
        moments = [_id(name) for name in self.contract.year_of if name in by_name]
        if self.feed.yearly_numbers and moments:
            record_id = sql.SQL("extract(year from coalesce({}))::text || '-' || source_id").format(
                sql.SQL(", ").join(moments)
            )
        return sql.SQL("coalesce({}, {})").format(record_id, hashed)

    def _row_hash(self, mapped: list[_Mapped]) -> sql.Composable:
        # Only what is filled goes in, by name: a column that the contract gains changes no hash until it is filled.
        cells = sql.SQL(", ").join(
            sql.SQL("{} || {}").format(sql.Literal(f"{m.column.name}="), self._text(m)) for m in mapped
        )
        return sql.SQL("md5(concat_ws(E'\\x1f', {}))").format(cells)

    def _source_cells(
        self, mapped: list[_Mapped], dealer_cell: _Mapped | None, number_columns: dict[str, NumberColumn]
    ) -> sql.Composable:
        """The dealer's own cells where they differ; those that seldom do are looked at in one go."""
        seldom: list[_Difference] = []
        often: list[_Difference] = []
        for m in mapped:
            if m.header is not None:
                is_kept = m.column.type == "text" or _is_canonical_already(m.column, number_columns)
                (seldom if is_kept else often).append((m.column.name, m.cell, self._text(m)))
        if dealer_cell is not None and dealer_cell.header is not None:
            often.append(("dealer_code", dealer_cell.cell, _id("dealer_code")))
        all_differences = _object_of_differences([*often, *seldom])
        if not seldom:
            return all_differences
        is_seldom = sql.SQL(" or ").join(
            sql.SQL("{} is distinct from {}").format(cell, text) for _, cell, text in seldom
        )
        usual = _object_of_differences(often) if often else sql.SQL("null")
        return sql.SQL("case when {} then {} else {} end").format(is_seldom, all_differences, usual)

    def _extra(self, mapped: list[_Mapped], dealer_cell: _Mapped | None) -> sql.Composable:
        unmapped = set(self._unmapped(mapped, dealer_cell))
        pairs = [
            (name, _trimmed(sql.Identifier(cell_column(position))))
            for position, name in enumerate(self.landed.header)
            if name in unmapped
        ]
        return _json_object(pairs) if pairs else sql.SQL("null::jsonb")

    # --- before and after

    def _reset(self) -> None:
        drop_tables(self.connection, (self.name,))

    def _finish(self, mapped: list[_Mapped]) -> tuple[int, bool]:
        table = sql.Identifier("landing", self.name)
        with self.connection.transaction():
            self.connection.execute("set local work_mem = '128MB'")
            row = self.connection.execute(
                sql.SQL(
                    """
                    select coalesce(sum(times), 0)::bigint, coalesce(max(times), 0)
                    from (
                        select count(*) as times from {} group by dealer_code, source_record_id
                    ) as keys
                    """
                ).format(table)
            ).fetchone()
            row_count, most = row if row else (0, 0)
            if most > 1:
                self.connection.execute(_MARK_REPEATED.format(table=table))
        self.connection.execute(self._judged_view(mapped))
        return int(row_count), most > 1

    def _judged_view(self, mapped: list[_Mapped]) -> sql.Composed:
        present = {m.column.name for m in mapped}
        columns: list[sql.Composable] = []
        for column in self.contract.columns:
            if column.name == "dealer_code":
                continue
            is_filled = column.name in present
            flag = f"{column.name}_is_known" if column.type == "word" else f"{column.name}_is_castable"
            empty = sql.SQL("null::{} as {}").format(sql.SQL(SQL_TYPES[column.type]), _id(column.name))
            columns.append(_id(column.name) if is_filled else empty)
            if column.type != "text":
                columns.append(_id(flag) if is_filled else sql.SQL("true as {}").format(_id(flag)))
        return sql.SQL(
            "create view {} as select _source_row, dealer_code, source_record_id, is_dealer_known, is_key_repeated, {}"
            " from {} where _shape_fault is null"
        ).format(
            sql.Identifier("landing", self.judged), sql.SQL(", ").join(columns), sql.Identifier("landing", self.name)
        )


def keep_only(connection: psycopg.Connection, table: CanonicalTable, source_rows: frozenset[int]) -> CanonicalTable:
    """The table with these rows of the file alone.

    Raises:
        RowsNotReleasable: one of them is not in the file, or has no dealer, no key or another shape.
    """
    connection.execute(
        sql.SQL("delete from {} where _source_row <> all(%s)").format(table.identifier), (list(source_rows),)
    )
    usable = connection.execute(
        sql.SQL(
            "select count(*) from {} "
            "where dealer_code is not null and is_dealer_known and source_record_id is not null "
            "and _shape_fault is null"
        ).format(table.identifier)
    ).fetchone()
    if usable is None or usable[0] != len(source_rows):
        raise RowsNotReleasable(
            f"{len(source_rows):,} row(s) to release",
            found=f"{usable[0] if usable else 0:,} with a dealer and a key, read with the YAML of today",
            expected="a known dealer and a key in each of them",
            do="Correct the YAML or release the rows one by one. Nothing was changed.",
        )
    return replace(table, row_count=len(source_rows))


# A row that says the same as an earlier one of its key is a copy; one that says something else repeats the key.
_MARK_REPEATED = sql.SQL(
    """
    update {table} as marked
    set is_key_repeated = ranked.has_other_before, _is_copy = not ranked.has_other_before
    from (
        select _source_row,
            row_number() over of_key as occurrence,
            _row_hash <> first_value(_row_hash) over of_key
                or count(*) filter (where _row_hash <> first_hash) over of_key > 0 as has_other_before
        from (
            select _source_row, dealer_code, source_record_id, _row_hash,
                first_value(_row_hash) over (
                    partition by dealer_code, source_record_id order by _source_row
                ) as first_hash
            from {table}
            where dealer_code is not null and source_record_id is not null and _shape_fault is null
        ) as hashed
        window of_key as (partition by dealer_code, source_record_id order by _source_row)
    ) as ranked
    where ranked.occurrence > 1 and ranked._source_row = marked._source_row
    """
)


def drop_tables(connection: psycopg.Connection, names: Iterable[str]) -> None:
    """The landing tables of these names, and the views over them, are gone."""
    for name in names:
        connection.execute(sql.SQL("drop table if exists {} cascade").format(sql.Identifier("landing", name)))


class _CellWriter:
    """SQL of single cells: cleaned, typed, flagged, and as canonical text."""

    def __init__(
        self,
        feed: Feed,
        dates: DateWriting,
        numbers: NumberWriting,
        number_columns: dict[str, NumberColumn],
        delivered_on: date,
    ) -> None:
        self.feed = feed
        self.dates = dates
        self.numbers = numbers
        self.number_columns = number_columns
        self.delivered_on = delivered_on
        self.words = {name: {cell.strip().lower(): word for cell, word in words} for name, words in feed.values}

    def cleaned(self, column: Column, cell: sql.Composable) -> sql.Composable:
        """The cell trimmed, the dealer's words replaced, numbers with a decimal point and nothing around them."""
        trimmed = _trimmed(cell)
        if column.type == "word":
            return _looked_up({**column.word_aliases(), **self.words.get(column.name, {})}, trimmed)
        if words := self.words.get(column.name):
            trimmed = sql.SQL("coalesce({}, {})").format(_looked_up(words, trimmed), trimmed)
        if column.type == "boolean":
            return sql.SQL("coalesce({}, {})").format(_looked_up(BOOLEAN_WORDS, trimmed), trimmed)
        if column.type in NUMBER_TYPES:
            return self._cleaned_number(column, trimmed)
        if column.type in ("moment", "date") and self.feed.date_format is not None:
            pattern, iso = pattern_of(self.feed.date_format)
            # What is not written as the YAML says gets a mark that no date survives.
            return sql.SQL(
                "case when {cell} ~ {p} then regexp_replace({cell}, {p}, {iso}) else '?' || {cell} end"
            ).format(cell=trimmed, p=sql.Literal(pattern), iso=sql.Literal(iso))
        return trimmed

    def _cleaned_number(self, column: Column, trimmed: sql.Composable) -> sql.Composable:
        described = self.number_columns[column.name]
        if described.is_plain:
            return trimmed
        if described.has_words:
            trimmed = sql.SQL("regexp_replace({}, '(руб|rub|rur|usd|eur|р)\\.?', '', 'gi')").format(trimmed)
        if self.numbers.decimal == ",":
            source, target = ",(.)" + JUNK_CHARACTERS, ".-"
        else:
            source, target = "(,)" + JUNK_CHARACTERS, "-"
        return sql.SQL("translate({}, {}, {})").format(trimmed, sql.Literal(source), sql.Literal(target))

    def typed(self, mapped: _Mapped) -> list[sql.Composable]:
        """The columns that one of ours becomes: its value, a word's flag, a moment's text."""
        column, name = mapped.column, mapped.column.name
        cell = _id(f"{name}_cell")
        if column.type == "text":
            return [sql.SQL("{} as {}").format(cell, _id(name))]
        if column.type == "word":
            is_known = sql.SQL("{} is not null or {} is null").format(cell, _trimmed(mapped.cell))
            return [
                sql.SQL("{} as {}").format(cell, _id(name)),
                sql.SQL("{} as {}").format(is_known, _id(f"{name}_is_known")),
            ]
        can_be_cast, value = self._cast(column, cell)
        # The cell goes on beside its value: a cell without a value is one that could not be cast, found out once.
        typed: list[sql.Composable] = [
            cell,
            sql.SQL("case when {} then {} end as {}").format(can_be_cast, value, _id(name)),
        ]
        if column.type == "moment":
            text = sql.SQL("""to_char({}, 'YYYY-MM-DD"T"HH24:MI:SSTZH:TZM')""").format(value)
            typed.append(sql.SQL("case when {} then {} end as {}").format(can_be_cast, text, _id(f"_{name}_text")))
        return typed

    def _cast(self, column: Column, cell: sql.Composable) -> tuple[sql.Composable, sql.Composable]:
        if column.type == "boolean":
            return sql.SQL("{} in ('true', 'false')").format(cell), sql.SQL("{}::boolean").format(cell)
        if column.type in ("moment", "date"):
            return self._cast_date(column, cell)
        described = self.number_columns[column.name]
        can_be_cast = sql.SQL(
            "{} is not null" if described.is_plain else "{} ~ '^[-+]?[0-9]{{1,25}}([.][0-9]*)?$'"
        ).format(cell)
        if column.type == "amount":
            value = "round({}::numeric, 2)" if described.most_decimals <= 2 else "{}::numeric"
            return can_be_cast, sql.SQL(value).format(cell)
        if column.type == "decimal":
            return can_be_cast, sql.SQL("trim_scale({}::numeric)").format(cell)
        if described.is_plain and described.is_whole:
            return can_be_cast, sql.SQL("{}::bigint").format(cell)
        whole = sql.SQL("case when {c} ~ '^[-+]?[0-9]{{1,18}}([.]0*)?$' then true else false end").format(c=cell)
        return sql.SQL("{} is not null and {}").format(cell, whole), sql.SQL("{}::numeric::bigint").format(cell)

    def _cast_date(self, column: Column, cell: sql.Composable) -> tuple[sql.Composable, sql.Composable]:
        type_name = "timestamptz" if column.type == "moment" else "date"
        can_be_cast = sql.SQL("ops.is_castable({}, {}) and {} is not null").format(cell, sql.Literal(type_name), cell)
        if self.dates.has_foreign_cells:
            # PostgreSQL reads `today`, `infinity` and bare numbers as dates: no dealer means them.
            can_be_cast = sql.SQL("{} ~ {} and {}").format(cell, sql.Literal(_NUMERIC_DATE), can_be_cast)
        value = sql.SQL("{}::{}").format(cell, sql.SQL(type_name))
        if self.dates.has_short_years and column.name.endswith("birth_date"):
            value = sql.SQL(
                "case when {value} > {today} then ({value} - interval '100 years')::date else {value} end"
            ).format(value=value, today=sql.Literal(self.delivered_on))
        return can_be_cast, value


# --- small pieces of SQL


def _id(name: str) -> sql.Identifier:
    return sql.Identifier(name)


def _trimmed(cell: sql.Composable) -> sql.Composable:
    return sql.SQL("nullif(btrim({}, {}), '')").format(cell, sql.Literal(_BLANKS))


def _looked_up(words: Mapping[str, str], cell: sql.Composable) -> sql.Composable:
    return sql.SQL("{}::jsonb ->> lower({})").format(sql.Literal(json.dumps(dict(words), ensure_ascii=False)), cell)


def _json_object(pairs: list[tuple[str, sql.Composable]]) -> sql.Composable:
    """A jsonb of what is filled, null when nothing is. A call takes 100 arguments: so several of them."""
    objects = []
    for start in range(0, len(pairs), 50):
        arguments = sql.SQL(", ").join(
            sql.SQL("{}, {}").format(sql.Literal(name), value) for name, value in pairs[start : start + 50]
        )
        objects.append(sql.SQL("jsonb_strip_nulls(jsonb_build_object({}))").format(arguments))
    return sql.SQL("nullif({}, '{{}}')").format(sql.SQL(" || ").join(objects))


_Difference = tuple[str, sql.Composable, sql.Composable]
"""Our column, the dealer's cell, and its canonical text."""


def _object_of_differences(cells: Sequence[_Difference]) -> sql.Composable:
    return _json_object(
        [(name, sql.SQL("nullif(nullif({}, ''), {})").format(cell, text)) for name, cell, text in cells]
    )


def _is_canonical_already(column: Column, number_columns: Mapping[str, NumberColumn]) -> bool:
    """Whether nearly every cell of a number column stands in the file as it will stand in raw."""
    described = number_columns.get(column.name)
    if described is None or not described.is_plain:
        return False
    return described.is_whole if column.type == "integer" else described.most_decimals == 2


def _positions_of(header: tuple[str, ...]) -> dict[str, int]:
    positions: dict[str, int] = {}
    for position, name in enumerate(header):
        positions.setdefault(normalised_name(name), position)
    return positions


def _quoted(name: str) -> str:
    return f'"{name}"' if re.search(r"[^\w]", name) else name
