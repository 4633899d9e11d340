"""The shape of published tables: what dbt built, what the two slots hold, and the views of `marts` over them.

A view locks the tables of both slots for as long as a reader's transaction lasts. So while a view stands, slot tables
are never truncated, dropped or renamed; a new column, which has to be added to both, is added in a transaction of its
own that gives up after a moment and tries again, so that no reader waits longer than that.
"""

from __future__ import annotations

import hashlib
import time
from dataclasses import dataclass

import psycopg
from psycopg import sql

from warehouse.bootstrap import READER_ROLES
from warehouse.errors import Dealer360Error

SLOTS = ("a", "b")
PREFIXES = ("dim_", "fct_", "bridge_", "mart_", "rpt_")
"""What a table of schema `build` is called when it is meant for readers."""

PERSONAL_MARTS = frozenset({"dim_customer_contacts"})
"""Marts that hold personal data: head office reads them, BI does not."""

_BI, _HEAD_OFFICE = READER_ROLES
_LOCK_TIMEOUT_MS = 300
_LOCK_ATTEMPTS = 100


class MartWithoutKey(Dealer360Error):
    """A mart was built without a primary key, so its rows cannot be compared with the slot's."""


class MartReshaped(Dealer360Error):
    """A mart's columns changed their types, or its key changed, since it was published."""


class MartsBusy(Dealer360Error):
    """Readers hold a mart whose columns have to change, one after another without a pause."""

    is_transient = True


@dataclass(frozen=True)
class MartTable:
    """One table for readers: `columns` maps names to SQL types in their order, `key` names its primary key's columns.

    `indexes` are those besides the key's, each as the text after its table's name: `USING btree (customer_id)`.
    """

    name: str
    columns: dict[str, str]
    key: tuple[str, ...]
    indexes: tuple[str, ...]


def read_tables(connection: psycopg.Connection, schema: str) -> dict[str, MartTable]:
    """The tables for readers in `schema`, by name.

    Raises:
        MartWithoutKey: a table has no primary key.
    """
    tables = {
        name: MartTable(name=name, columns=columns, key=tuple(key or ()), indexes=tuple(indexes or ()))
        for name, columns, key, indexes in connection.execute(_SHAPES, {"schema": schema})
        if name.startswith(PREFIXES) and "__dbt_" not in name
    }
    if keyless := [name for name, table in tables.items() if not table.key]:
        raise MartWithoutKey(
            f"schema {schema}",
            found=f"no primary key on {', '.join(keyless)}",
            expected="a primary_key constraint in the yml of every mart, and contract: {enforced: true}",
            do="add it to the model's yml and build again; the build before stays published",
        )
    return tables


def reshaped_tables(built: dict[str, MartTable], held: dict[str, MartTable]) -> list[str]:
    """Tables that are published already, but cannot take the build's rows by adding columns to them."""
    return [
        name
        for name, table in built.items()
        if name in held
        and (
            table.key != held[name].key
            or any(held[name].columns.get(column, kind) != kind for column, kind in table.columns.items())
        )
    ]


def refuse_reshaped(names: list[str], built: dict[str, MartTable], held: dict[str, MartTable]) -> None:
    """Say which tables changed their shape.

    Raises:
        MartReshaped: `names` is not empty.
    """
    if not names:
        return
    changes = [
        f"{name}.{column} was {held[name].columns[column]}, is {kind}"
        for name in names
        for column, kind in built[name].columns.items()
        if held[name].columns.get(column, kind) != kind
    ]
    changes += [
        f"key of {name} was ({', '.join(held[name].key)}), is ({', '.join(built[name].key)})"
        for name in names
        if built[name].key != held[name].key
    ]
    raise MartReshaped(
        "schema marts",
        found="\n".join(changes),
        expected="published columns that keep their types and keys; new ones may be added",
        do="if the change is meant, `dealer360 build --full-refresh` makes these marts anew (their readers wait for "
        "moments, and one build cannot be rolled back); the build before stays published",
    )


def add_new_columns(connection: psycopg.Connection, built: dict[str, MartTable], held: dict[str, MartTable]) -> None:
    """Add to both slots and to the views the columns that the build has and they do not; empty until the switch.

    `connection` must not be inside a transaction.

    Raises:
        MartsBusy: there was no moment without readers in about a minute.
    """
    for name, table in built.items():
        new = {
            column: kind for column, kind in table.columns.items() if name in held and column not in held[name].columns
        }
        if not new:
            continue
        for attempt in range(_LOCK_ATTEMPTS):
            try:
                with connection.transaction():
                    _add_columns(connection, name, new)
                break
            except (psycopg.errors.LockNotAvailable, psycopg.errors.DeadlockDetected):
                time.sleep(min(0.05 * (attempt + 1), 0.5))
        else:
            raise MartsBusy(
                f"marts.{name}",
                found=f"readers held it at {_LOCK_ATTEMPTS} attempts to add {', '.join(new)}",
                expected="a moment without an open transaction on it",
                do="end sessions that stay in a transaction after reading (pg_stat_activity: idle in transaction) and "
                "build again; the build before stays published",
            )


def create_tables(connection: psycopg.Connection, table: MartTable) -> None:
    """Make the tables of both slots and the view for a mart that was not published before."""
    for slot in SLOTS:
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in table.columns.items()
        )
        connection.execute(
            sql.SQL("create table {} ({}, primary key ({}))").format(
                slot_table(slot, table.name), columns, sql.SQL(", ").join(map(sql.Identifier, table.key))
            )
        )
    _create_view(connection, table.name, list(table.columns))


def drop_tables(connection: psycopg.Connection, name: str) -> None:
    """Drop a mart's view and its tables; readers wait until the transaction ends.

    Raises:
        MartReshaped: views of somebody else stand on it.
    """
    try:
        connection.execute(sql.SQL("drop view {}").format(sql.Identifier("marts", name)))
    except psycopg.errors.DependentObjectsStillExist as error:
        raise MartReshaped(
            f"marts.{name}",
            found=(error.diag.message_detail or str(error)).strip(),
            expected="nothing that depends on a mart whose columns change their types",
            do="drop what depends on it, build again, and make it anew; the build before stays published",
        ) from error
    for slot in SLOTS:
        connection.execute(sql.SQL("drop table {}").format(slot_table(slot, name)))


def ensure_indexes(connection: psycopg.Connection, slot: str, table: MartTable) -> None:
    """Have the indexes of the built table on the slot's, under names of their own."""
    for definition in table.indexes:
        digest = hashlib.sha256(definition.encode()).hexdigest()[:8]
        connection.execute(
            sql.SQL("create index if not exists {} on {} {}").format(
                sql.Identifier(f"{table.name[:48]}_{digest}_idx"), slot_table(slot, table.name), sql.SQL(definition)
            )
        )


def slot_table(slot: str, name: str) -> sql.Identifier:
    """`slot_a.t` or `slot_b.t`."""
    return sql.Identifier(f"slot_{slot}", name)


def _add_columns(connection: psycopg.Connection, name: str, new: dict[str, str]) -> None:
    connection.execute(sql.SQL("set local lock_timeout = {}").format(sql.Literal(_LOCK_TIMEOUT_MS)))
    for slot in SLOTS:
        additions = sql.SQL(", ").join(
            sql.SQL("add column {} {}").format(sql.Identifier(column), sql.SQL(kind)) for column, kind in new.items()
        )
        connection.execute(sql.SQL("alter table {} {}").format(slot_table(slot, name), additions))
    _create_view(connection, name, list(read_tables(connection, f"slot_{SLOTS[0]}")[name].columns))


def _create_view(connection: psycopg.Connection, name: str, columns: list[str]) -> None:
    """The view that readers see: one slot's rows, whichever `ops.live` names. The other side is never executed.

    It reads slots and pointer with its owner's rights, so readers need none there.
    """
    listed = sql.SQL(", ").join(map(sql.Identifier, columns))
    sides = sql.SQL(" union all ").join(
        sql.SQL("select {} from {} where (select slot from ops.live) = {}").format(
            listed, slot_table(slot, name), sql.Literal(slot)
        )
        for slot in SLOTS
    )
    view = sql.Identifier("marts", name)
    connection.execute(sql.SQL("create or replace view {} as {}").format(view, sides))
    readers = [_HEAD_OFFICE] if name in PERSONAL_MARTS else [_HEAD_OFFICE, _BI]
    connection.execute(
        sql.SQL("grant select on {} to {}").format(view, sql.SQL(", ").join(map(sql.Identifier, readers)))
    )


_SHAPES = """
    select
        class.relname::text,
        (
            select json_object_agg(
                attribute.attname, format_type(attribute.atttypid, attribute.atttypmod) order by attribute.attnum
            )
            from pg_attribute as attribute
            where attribute.attrelid = class.oid and attribute.attnum > 0 and not attribute.attisdropped
        ),
        (
            select array_agg(attribute.attname::text order by array_position(constr.conkey, attribute.attnum))
            from pg_constraint as constr
            inner join pg_attribute as attribute
                on attribute.attrelid = constr.conrelid and attribute.attnum = any (constr.conkey)
            where constr.conrelid = class.oid and constr.contype = 'p'
        ),
        (
            select array_agg(
                substring(pg_get_indexdef(index.indexrelid) from ' ON .*? (USING .*)$')
                order by pg_get_indexdef(index.indexrelid)
            )
            from pg_index as index
            where index.indrelid = class.oid and not index.indisprimary
        )
    from pg_class as class
    inner join pg_namespace as namespace on namespace.oid = class.relnamespace
    where namespace.nspname = %(schema)s and class.relkind in ('r', 'p')
    order by class.relname
"""
