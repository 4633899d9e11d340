"""Pairs of records to learn from, drawn in the warehouse, with the levels of agreement that its own SQL finds.

Records are drawn at random. Random pairs of them tell how two persons agree by chance (u); pairs that share something
are the ones among which one person's records are to be found (m). Everything is kept in temporary tables.
"""

# ruff: noqa: S608 - statements are put together of names that stand in this module and in the shipped seed

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from stewardship.model_sql import ModelSql

MOST_RANDOM_PAIRS = 1_000_000
MOST_ALIKE_PAIRS = 500_000
_MOST_RECORDS_PER_KEY = 100
"""Of a key that more records share (a surname and first name like Иванов Александр) as many are drawn."""

# What pairs share that are looked at for one person's records, as expressions over a record of
# int_customer_records_standardized.
_KEYS = {
    "phone": "unnest(mobile_phones || landline_phones)",
    "email": "case when is_usable_email then email end",
    "tax_id": "tax_id",
    "national_id": "national_id",
    "names": "case when is_usable_name then concat_ws('|', least(last_name_key, first_name_key),"
    " greatest(last_name_key, first_name_key)) end",
    "birth_date": "case when is_usable_birth_date then cast(birth_date as text) end",
    "address": "case when is_usable_address then concat_ws('|', street_key, address_numbers) end",
    "vehicle": "unnest(vins)",
}


@dataclass(frozen=True)
class DrawnPairs:
    """How much was drawn; the pairs' levels stand in the temporary tables random_pairs and alike_pairs."""

    records_of_group: int
    records: int
    random_pairs: int
    alike_pairs: int

    @property
    def possible_pairs(self) -> int:
        """All pairs of the drawn records."""
        return self.records * (self.records - 1) // 2


@dataclass(frozen=True)
class LevelPatterns:
    """Pairs by what they show: `rows` are a number of pairs and their level in each of `attributes`."""

    attributes: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]

    def level_counts(self) -> dict[tuple[str, str], int]:
        """How many pairs stand at each (attribute, level); `missing` is no level."""
        counts: Counter[tuple[str, str]] = Counter()
        for count, levels in self.rows:
            for key in zip(self.attributes, levels, strict=True):
                counts[key] += count
        return {key: count for key, count in counts.items() if key[1] != "missing"}


def draw_pairs(
    connection: psycopg.Connection, compared: ModelSql, judged: ModelSql, *, sample_size: int, seed: int
) -> DrawnPairs:
    """Draw at most `sample_size` persons' records and pairs of them, the same for the same records and seed.

    `compared` is the model that finds the levels, `judged` the one that knows the hard rules: a pair that every model
    forbids (most of a family on one phone) teaches nothing about one person's records. The connection must be in a
    transaction: the tables end with it.
    """
    parameters = {"sample_size": sample_size, "seed": seed, "most_per_key": _MOST_RECORDS_PER_KEY}
    connection.execute(_DRAW_RECORDS, parameters)
    connection.execute("analyze drawn_records")
    records_of_group = _count(connection, "build.int_customer_records_standardized where customer_type = 'person'")
    records = _count(connection, "drawn_records")
    keys = " union all ".join(
        f"select '{rule}' as rule, record_id, {key} as value from drawn" for rule, key in _KEYS.items()
    )
    connection.execute(_DRAW_ALIKE.format(keys=keys), parameters | {"most": MOST_ALIKE_PAIRS})
    if records * (records - 1) // 2 <= MOST_RANDOM_PAIRS:
        connection.execute(_DRAW_ALL)
    else:
        connection.execute(_DRAW_RANDOM, parameters | {"most": MOST_RANDOM_PAIRS, "records": records})
    for table in ("random_pairs", "alike_pairs"):
        connection.execute(f"analyze drawn_{table}")
        # The model's relation of candidate pairs has columns beside the two ids; these pairs come without.
        connection.execute(
            f"create temporary table candidates_{table} (like build.int_customer_pairs_blocked) on commit drop"
        )
        connection.execute(
            f"insert into candidates_{table} (left_id, right_id) select left_id, right_id from drawn_{table}"
        )
        connection.execute(f"analyze candidates_{table}")
        levels = compared.reading({"int_customer_pairs_blocked": f"pg_temp.candidates_{table}"})
        connection.execute(f"create temporary table {table} on commit drop as {levels}")
    # Without weights only those rules forbid that hold whatever a model has learnt.
    connection.execute("create temporary table no_weights (like build.int_match_weights_chosen) on commit drop")
    forbidden = judged.reading(
        {"int_customer_pairs_compared": "pg_temp.alike_pairs", "int_match_weights_chosen": "pg_temp.no_weights"}
    )
    connection.execute(
        f"delete from alike_pairs using ({forbidden}) as judged where judged.hard_rule is not null"
        " and (alike_pairs.left_id, alike_pairs.right_id) = (judged.left_id, judged.right_id)"
    )
    return DrawnPairs(records_of_group, records, _count(connection, "random_pairs"), _count(connection, "alike_pairs"))


def level_patterns(connection: psycopg.Connection, table: str, attributes: Sequence[str]) -> LevelPatterns:
    """How many pairs of a table stand at each combination of the attributes' levels, in an order that stays."""
    columns = sql.SQL(", ").join(sql.Identifier(f"{attribute}_level") for attribute in attributes)
    statement = sql.SQL("select count(*), {0} from {1} group by {0} order by {0}")
    found = connection.execute(statement.format(columns, sql.Identifier(table))).fetchall()
    return LevelPatterns(tuple(attributes), tuple((count, tuple(levels)) for count, *levels in found))


def write_levels(connection: psycopg.Connection, table: str, attributes: Sequence[str], file: Path) -> None:
    """The levels of a table's pairs as a CSV file with the columns `<attribute>_level`, in an order that stays."""
    columns = sql.SQL(", ").join(sql.Identifier(f"{attribute}_level") for attribute in attributes)
    statement = sql.SQL("copy (select {} from {} order by left_id, right_id) to stdout (format csv, header)")
    with (
        file.open("wb") as stream,
        connection.cursor().copy(statement.format(columns, sql.Identifier(table))) as copy,
    ):
        for block in copy:
            stream.write(block)


def _count(connection: psycopg.Connection, relation: str) -> int:
    row = connection.execute(f"select count(*) from {relation}").fetchone()
    return int(row[0]) if row else 0


_DRAW_RECORDS = """
    create temporary table drawn_records on commit drop as
    select
        row_number() over (order by hashtextextended(cast(record_id as text), %(seed)s), record_id) - 1 as place,
        record_id
    from build.int_customer_records_standardized
    where customer_type = 'person' and not is_test
    order by 1
    limit %(sample_size)s
"""

_DRAW_ALL = """
    create temporary table drawn_random_pairs on commit drop as
    select left_side.record_id as left_id, right_side.record_id as right_id
    from drawn_records as left_side
    inner join drawn_records as right_side on left_side.record_id < right_side.record_id
"""

_DRAW_RANDOM = """
    create temporary table drawn_random_pairs on commit drop as
    with places as (
        select
            abs(hashtextextended('left ' || number, %(seed)s) %% %(records)s) as left_place,
            abs(hashtextextended('right ' || number, %(seed)s) %% %(records)s) as right_place
        from generate_series(1, %(most)s) as number
    )

    select
        least(left_side.record_id, right_side.record_id) as left_id,
        greatest(left_side.record_id, right_side.record_id) as right_id
    from places
    inner join drawn_records as left_side on places.left_place = left_side.place
    inner join drawn_records as right_side on places.right_place = right_side.place
    where places.left_place <> places.right_place
    group by 1, 2
"""

_DRAW_ALIKE = """
    create temporary table drawn_alike_pairs on commit drop as
    with drawn as (
        select records.*
        from build.int_customer_records_standardized as records
        inner join drawn_records using (record_id)
    ),

    keys as (
        select
            rule,
            hashtextextended(value, 0) as key,
            record_id,
            row_number() over (
                partition by rule, hashtextextended(value, 0)
                order by hashtextextended(cast(record_id as text), %(seed)s), record_id
            ) as ordinal
        from ({keys}) as found
        where value is not null
        group by 1, 2, 3
    ),

    pairs as (
        select distinct left_keys.record_id as left_id, right_keys.record_id as right_id
        from keys as left_keys
        inner join keys as right_keys
            on
                left_keys.rule = right_keys.rule
                and left_keys.key = right_keys.key
                and left_keys.record_id < right_keys.record_id
        where left_keys.ordinal <= %(most_per_key)s and right_keys.ordinal <= %(most_per_key)s
    )

    select left_id, right_id
    from pairs
    order by hashtextextended(left_id || ' ' || right_id, %(seed)s), left_id, right_id
    limit %(most)s
"""
