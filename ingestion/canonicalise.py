"""A landed file in our columns: canonical types and words, made in SQL from the contract and the dealer's YAML."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from typing import NamedTuple

import psycopg
from psycopg import sql
from psycopg.rows import class_row

from ingestion.cells import SQL_TYPES, CellWriter, identifier, json_object, looked_up, trimmed
from ingestion.column_mapping import ColumnMapping, Mapped, map_columns
from ingestion.contracts import Contract
from ingestion.dealer_entries import GROUP_CODE
from ingestion.dealer_files import Configuration, Feed
from ingestion.evidence import Writing
from ingestion.examine import examine, find_total_row, rows_that_count
from ingestion.land import LandedTable, cell_column


@dataclass(frozen=True)
class CanonicalTable:
    """A batch in our columns: the table that is published, and the view of it that the gate judges."""

    name: str
    judged: str  # both within schema landing
    contract: Contract
    mapped: tuple[str, ...]  # the contract's columns that the file or the YAML fills, without dealer_code
    total_cells: tuple[tuple[str, str | None], ...] | None  # our column, the total row's cell; None: no total row found

    @property
    def identifier(self) -> sql.Identifier:
        """The table's name for SQL."""
        return sql.Identifier("landing", self.name)

    def text_of(self, column: str) -> sql.Identifier:
        """The column of the table that holds our column's canonical text."""
        return identifier(_text_column(self.contract, column))


@dataclass(frozen=True, kw_only=True)
class CountedTable(CanonicalTable):
    """A canonical table whose rows were looked at: those that repeat a key are marked in it."""

    row_count: int
    rows_without_key: int  # whose record cannot be told: without a key or a dealer, or of another shape than the header
    rows_of_unknown_dealers: int
    has_copies: bool  # rows that say the same as an earlier row of their key


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
    `_source_cells`. What was decided about dates and numbers is added to the landed table's reading. Rows that repeat
    a key are not yet marked: see `count_rows`.

    Raises:
        MissingColumns: a required column is not in the file.
        RepeatedColumns: a mapped column stands in it twice.
        AmbiguousDates, AmbiguousNumbers: the file can be read in two ways.
    """
    where = f"{feed.dealer_code} / {feed.source}.{feed.entity} / {feed.path}"
    mapping = map_columns(landed, feed, where)
    total_row = find_total_row(connection, landed, feed, mapping)
    writing = examine(connection, landed, feed, mapping, where)
    own = landed.own_columns.values()  # that the reader makes of any such file: nobody has to be told of them
    landed.reading.facts |= {"unmapped_columns": [name for name in mapping.unmapped if name not in own]}
    name, judged = f"canonical_{batch_id}", f"judged_{batch_id}"
    drop_tables(connection, (name,))
    statement = _Statement(landed, feed, configuration, mapping, writing, delivered_on)
    for position, (zone, select) in enumerate(statement.by_zone()):
        with connection.transaction():
            connection.execute("select set_config('timezone', %s, true)", (zone,))
            connection.execute("select set_config('datestyle', %s, true)", (f"ISO, {writing.dates.order.upper()}",))
            # As the planner takes it, what two workers find is dearer to hand over than to find alone: it is not.
            connection.execute("set local parallel_tuple_cost = 0")
            into = sql.SQL("insert into {} {}" if position else "create unlogged table {} as {}")
            connection.execute(into.format(sql.Identifier("landing", name), select))
    connection.execute(_judged_view(name, judged, feed.contract, mapping))
    return CanonicalTable(
        name=name,
        judged=judged,
        contract=feed.contract,
        mapped=tuple(m.name for m in mapping.columns),
        total_cells=total_row,
    )


def count_rows(connection: psycopg.Connection, table: CanonicalTable) -> CountedTable:
    """The table with what its rows are counted to be; those that repeat a key are marked. The connection commits."""
    counted = _counted(connection, table.identifier)
    return CountedTable(
        name=table.name,
        judged=table.judged,
        contract=table.contract,
        mapped=table.mapped,
        total_cells=table.total_cells,
        row_count=counted.rows,
        rows_without_key=counted.without_key,
        rows_of_unknown_dealers=counted.of_unknown_dealers,
        has_copies=counted.repeat_a_key and _mark_repeated(connection, table.identifier),
    )


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


class _Steps:
    """Nested selects: each step computes from the columns of the step within it, and passes those on."""

    def __init__(self, source: sql.Composable, columns: Sequence[str]) -> None:
        self.statement = source
        self.columns = list(columns)

    def compute(self, new: Mapping[str, sql.Composable], constants: Mapping[str, sql.Composable] | None = None) -> None:
        """One more step, with these columns; `constants` are such that no row need be looked at for them."""
        outputs = [
            *(identifier(name) for name in self.columns),
            *(
                sql.SQL("{} as {}").format(value, identifier(name))
                for name, value in {**new, **(constants or {})}.items()
            ),
        ]
        if not all(isinstance(value, sql.Identifier) for value in new.values()):
            # The clock keeps the planner from folding a step into the next, which would compute every cell again
            # wherever it is used; unlike a materialised CTE it leaves the scan parallel.
            outputs.append(sql.SQL("clock_timestamp() as _fence"))
        self.statement = sql.SQL("(select {} from {}) as step").format(sql.SQL(", ").join(outputs), self.statement)
        self.columns.extend((*new, *(constants or {})))


class _Statement:
    """The select that makes the canonical table."""

    def __init__(
        self,
        landed: LandedTable,
        feed: Feed,
        configuration: Configuration,
        mapping: ColumnMapping,
        writing: Writing,
        delivered_on: date,
    ) -> None:
        self.landed = landed
        self.feed = feed
        self.contract = feed.contract
        self.configuration = configuration
        self.mapping = mapping
        self.writing = writing
        self.writer = CellWriter(
            feed, writing, delivered_on, currency=configuration.group.currency, is_trimmed=landed.is_trimmed
        )

    def by_zone(self) -> list[tuple[str, sql.Composable]]:
        """Time zones in which the file's times are meant, and the select for the rows of each."""
        select = self._select()
        if not self.feed.is_of_group or self.feed.time_zone is not None or self.mapping.dealer_cell is None:
            return [(self.configuration.time_zone_of(self.feed).key, select)]
        zones: dict[str, list[str]] = {}
        for dealer in self.configuration.dealers:
            zones.setdefault(dealer.time_zone, []).append(dealer.dealer_code)
        home = self.configuration.group.time_zone
        zones.pop(home, None)
        away = [code for codes in zones.values() for code in codes]
        conditions = [(home, sql.SQL("(dealer_code = any({})) is not true").format(sql.Literal(away)))]
        conditions += [
            (zone, sql.SQL("dealer_code = any({})").format(sql.Literal(codes))) for zone, codes in zones.items()
        ]
        of_zone = sql.SQL("select * from ({}) as rows_of_all_zones where {}")
        return [(zone, of_zone.format(select, condition)) for zone, condition in conditions]

    def _select(self) -> sql.Composable:
        one_by_one = [m for m in self.mapping.columns if m.name in self.writing.few_cells]
        row_by_row = [m for m in self.mapping.columns if m.name not in self.writing.few_cells]
        source = sql.SQL("{}{} where {}").format(
            self.landed.identifier,
            sql.SQL("").join(map(self._few_cells, one_by_one)),
            rows_that_count(self.landed, self.feed, self.mapping),
        )
        steps = _Steps(
            source,
            [
                "_source_row",
                "_shape_fault",
                *map(cell_column, range(len(self.landed.header))),
                *(name for m in one_by_one for name in (*_columns_of(m), f"{m.name}_difference")),
            ],
        )
        self._write_cells(steps, row_by_row)
        dealer_cell = self.mapping.dealer_cell
        if dealer_cell is None:
            own = sql.SQL("{}::text").format(sql.Literal(self.feed.dealer_code))
            steps.compute({}, {"dealer_code": own, "is_dealer_known": sql.SQL("true")})
        else:
            steps.compute({"_dealer_cell": self.writer.trimmed(dealer_cell)})
            code, is_known = self._dealer()
            steps.compute({"dealer_code": code, "is_dealer_known": is_known})
        finished: list[sql.Composable] = []
        for m in self.mapping.columns:
            finished.append(identifier(m.name))
            if m.column.type == "word":
                is_known = sql.SQL("{} is not null or {} is null as {}")
                known = identifier(f"{m.name}_is_known")
                finished.append(is_known.format(identifier(m.name), self.writer.trimmed(m), known))
            elif m.column.type != "text":
                finished.append(identifier(f"_{m.name}_text"))
                finished.append(
                    sql.SQL("{cell} is null or {value} is not null as {flag}").format(
                        cell=identifier(f"{m.name}_cell"),
                        value=identifier(m.name),
                        flag=identifier(f"{m.name}_is_castable"),
                    )
                )
        return sql.SQL(
            """
            select _source_row, _shape_fault, dealer_code, is_dealer_known, {record_id} as source_record_id,
                false as is_key_repeated, false as _is_copy, {row_hash} as _row_hash,
                {source_cells} as _source_cells, {extra} as _extra, {finished}
            from {steps}
            """
        ).format(
            record_id=self._record_id(),
            row_hash=self._row_hash(),
            source_cells=self._source_cells(one_by_one, row_by_row),
            extra=self._extra(),
            finished=sql.SQL(", ").join(finished),
            steps=steps.statement,
        )

    def _write_cells(self, steps: _Steps, columns: Sequence[Mapped]) -> None:
        """The steps from cells to values to texts."""
        steps.compute(
            {f"{m.name}_cell": self.writer.cell(m) for m in columns if m.header is not None},
            {f"{m.name}_cell": self.writer.cell(m) for m in columns if m.header is None},
        )
        steps.compute({m.name: self.writer.value(m.column) for m in columns})
        steps.compute(
            {f"_{m.name}_text": self.writer.text(m.column) for m in columns if m.column.type not in ("text", "word")}
        )

    def _few_cells(self, m: Mapped) -> sql.Composable:
        """A join to the cells that occur in a column: each of them is read once, however many rows have it."""
        cells = sql.SQL("unnest({}::text[]) as cells (dealer_cell)").format(
            sql.Literal(list(self.writing.few_cells[m.name]))
        )
        steps = _Steps(cells, ["dealer_cell"])
        cell = Mapped(m.column, identifier("dealer_cell"), m.header)
        self._write_cells(steps, [cell])
        difference = json_object([(m.name, _difference(cell.cell, self._text(m)))])
        # Each cell stands in the list once; `distinct on` tells the planner so.
        return sql.SQL(
            """
            left join (
                select distinct on (dealer_cell) dealer_cell, {columns}, {difference} as {name}
                from {steps}
            ) as {relation} on {relation}.dealer_cell = {cell}
            """
        ).format(
            columns=sql.SQL(", ").join(map(identifier, _columns_of(m))),
            difference=difference,
            name=identifier(f"{m.name}_difference"),
            steps=steps.statement,
            relation=identifier(f"{m.name}_cells"),
            cell=m.cell,
        )

    def _dealer(self) -> tuple[sql.Composable, sql.Composable]:
        """The code of the dealer that a row names, and whether that is one whose rows the feed may bring."""
        words = {cell.strip().lower(): code for cell, code in dict(self.feed.values).get("dealer_code", ())}
        codes = {dealer.dealer_code.lower(): dealer.dealer_code for dealer in self.configuration.dealers}
        names = {dealer.name.lower(): dealer.dealer_code for dealer in self.configuration.dealers}
        lookup = looked_up({**names, **codes, **words}, identifier("_dealer_cell"))
        if not self.feed.is_of_group:
            own = sql.Literal(self.feed.dealer_code)
            code = sql.SQL(
                "case when _dealer_cell is null then {own} else coalesce({lookup}, _dealer_cell) end"
            ).format(own=own, lookup=lookup)
            return code, sql.SQL("coalesce({lookup}, _dealer_cell, {own}) = {own}").format(lookup=lookup, own=own)
        if not self.contract.carries_person:
            code = sql.SQL("case when _dealer_cell is null then {} else {} end").format(sql.Literal(GROUP_CODE), lookup)
            return code, sql.SQL("_dealer_cell is null or ({}) is not null").format(lookup)
        return lookup, sql.SQL("({}) is not null").format(lookup)

    def _text(self, m: Mapped) -> sql.Identifier:
        return identifier(_text_column(self.contract, m.name))

    def _record_id(self) -> sql.Composable:
        by_name = {m.name: m for m in self.mapping.columns}
        key = [self._text(by_name[name]) for name in self.contract.key if name in by_name]
        hashed: sql.Composable = sql.SQL("null")
        if key and tuple(self.contract.key) != ("source_id",):
            cells = sql.SQL(", ").join(sql.SQL("coalesce({}, '')").format(cell) for cell in key)
            filled = sql.SQL("coalesce({}) is not null").format(sql.SQL(", ").join(key))
            hashed = sql.SQL("case when {} then md5(concat_ws(E'\\x1f', {})) end").format(filled, cells)
        if "source_id" not in by_name:
            return hashed
        record_id: sql.Composable = identifier("source_id")
        moments = [identifier(name) for name in self.contract.year_of if name in by_name]
        if self.feed.yearly_numbers and moments:
            record_id = sql.SQL("extract(year from coalesce({}))::text || '-' || source_id").format(
                sql.SQL(", ").join(moments)
            )
        return sql.SQL("coalesce({}, {})").format(record_id, hashed)

    def _row_hash(self) -> sql.Composable:
        # Only what is filled counts: a column that the contract gains changes no hash until it is.
        hashes = sql.SQL(" # ").join(
            sql.SQL("coalesce(hashtextextended({}, {}), 0)").format(self._text(m), sql.Literal(_seed_of(m.name)))
            for m in self.mapping.columns
        )
        return sql.SQL("({})::text").format(hashes)

    def _source_cells(self, one_by_one: Sequence[Mapped], row_by_row: Sequence[Mapped]) -> sql.Composable:
        """The dealer's own cells where they differ; those that seldom do are looked at in one go."""
        seldom: list[tuple[str, sql.Composable, sql.Composable]] = []
        often: list[tuple[str, sql.Composable]] = []
        for m in row_by_row:
            if self.writer.never_differs(m):
                continue
            if self.writer.seldom_differs(m):
                seldom.append((m.name, m.cell, self._text(m)))
            else:
                often.append((m.name, _difference(m.cell, self._text(m))))
        dealer_cell = self.mapping.dealer_cell
        if dealer_cell is not None and dealer_cell.header is not None:
            often.append(("dealer_code", _difference(dealer_cell.cell, identifier("dealer_code"))))
        objects: list[sql.Composable] = [identifier(f"{m.name}_difference") for m in one_by_one]
        if often:
            objects.append(json_object(often))
        if seldom:
            is_any = sql.SQL(" or ").join(
                sql.SQL("{} is distinct from {}").format(cell, text) for _, cell, text in seldom
            )
            differences = json_object([(name, _difference(cell, text)) for name, cell, text in seldom])
            objects.append(sql.SQL("case when {} then {} end").format(is_any, differences))
        if len(objects) <= 1:
            return objects[0] if objects else sql.SQL("null::jsonb")
        filled = sql.SQL(" || ").join(sql.SQL("coalesce({}, '{{}}')").format(one) for one in objects)
        return sql.SQL("nullif({}, '{{}}')").format(filled)

    def _extra(self) -> sql.Composable:
        unmapped = set(self.mapping.unmapped)
        times: Counter[str] = Counter()
        pairs = []
        for position, name in enumerate(self.landed.header):
            if name in unmapped:
                times[name] += 1  # a second column of the same name would take the place of the first
                key = name if times[name] == 1 else f"{name} ({times[name]})"
                pairs.append((key, trimmed(identifier(cell_column(position)))))
        return json_object(pairs) if pairs else sql.SQL("null::jsonb")


def _seed_of(column: str) -> int:
    """A number of 64 bits for the name: what two columns hold in exchange gives another hash."""
    return int.from_bytes(sha256(column.encode()).digest()[:8], "big", signed=True)


def _columns_of(m: Mapped) -> tuple[str, ...]:
    """The columns that one of ours becomes on its way."""
    cell_and_value = (f"{m.name}_cell", m.name)
    return cell_and_value if m.column.type in ("text", "word") else (*cell_and_value, f"_{m.name}_text")


def _text_column(contract: Contract, column: str) -> str:
    return column if contract.column(column).type in ("text", "word") else f"_{column}_text"


def _difference(cell: sql.Composable, text: sql.Composable) -> sql.Composable:
    """The dealer's cell where it is another than its canonical text."""
    return sql.SQL("nullif(nullif({}, ''), {})").format(cell, text)


class _Counted(NamedTuple):
    """The rows of a canonical table."""

    rows: int
    without_key: int
    of_unknown_dealers: int
    repeat_a_key: bool


def _counted(connection: psycopg.Connection, table: sql.Identifier) -> _Counted:
    with connection.transaction():
        connection.execute("set local work_mem = '128MB'")
        # Hashes of keys are told apart in half the time of keys. Two keys with one hash cost a second look, no more.
        with connection.cursor(row_factory=class_row(_Counted)) as cursor:
            counted = cursor.execute(
                sql.SQL(
                    """
                    select
                        count(*) as rows,
                        count(*) filter (where is_without_key) as without_key,
                        count(*) filter (where not is_dealer_known) as of_unknown_dealers,
                        count(hashed) > count(distinct hashed) as repeat_a_key
                    from (
                        select
                            is_dealer_known,
                            dealer_code is null or source_record_id is null or _shape_fault is not null
                                as is_without_key,
                            hashtextextended(source_record_id, hashtext(dealer_code)) as hashed
                        from {}
                    ) as keys
                    """
                ).format(table)
            ).fetchone()
    return counted or _Counted(0, 0, 0, repeat_a_key=False)


def _mark_repeated(connection: psycopg.Connection, table: sql.Identifier) -> bool:
    """Whether a row repeats the key of an earlier one; all that do are marked."""
    with connection.transaction():
        connection.execute("set local work_mem = '128MB'")
        return connection.execute(_MARK_REPEATED.format(table=table)).rowcount > 0


def _judged_view(name: str, judged: str, contract: Contract, mapping: ColumnMapping) -> sql.Composed:
    """What the gate sees of the table: the contract's columns alone, those that nobody fills as null."""
    present = {m.name for m in mapping.columns}
    columns: list[sql.Composable] = []
    for column in contract.columns:
        if column.name == "dealer_code":
            continue
        is_filled = column.name in present
        flag = f"{column.name}_is_known" if column.type == "word" else f"{column.name}_is_castable"
        empty = sql.SQL("null::{} as {}").format(sql.SQL(SQL_TYPES[column.type]), identifier(column.name))
        columns.append(identifier(column.name) if is_filled else empty)
        if column.type != "text":
            columns.append(identifier(flag) if is_filled else sql.SQL("true as {}").format(identifier(flag)))
    return sql.SQL(
        "create view {} as select _source_row, dealer_code, source_record_id, is_dealer_known, is_key_repeated, {}"
        " from {} where _shape_fault is null"
    ).format(sql.Identifier("landing", judged), sql.SQL(", ").join(columns), sql.Identifier("landing", name))
