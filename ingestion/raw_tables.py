"""The tables of schema raw, made from the contracts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import LiteralString

import psycopg
from psycopg import sql

from ingestion.contracts import Contract, load_contracts

# The same on every raw table, after the contract's own columns.
TECHNICAL_COLUMNS: dict[str, str] = {
    "_source_file": "text not null",
    "_source_row": "bigint not null",
    "_row_hash": "text not null",
    "_feed_id": "text not null",
    "_batch_id": "text not null",
    "_batch_seq": "bigint not null",
    "_delivered_on": "date not null",
    "_is_absent": "boolean not null default false",
    "_source_cells": "jsonb",
    "_extra": "jsonb",
    "_loaded_at": "timestamptz not null",
}

# Tell the warehouse that raw no longer holds what it held: rows were erased.
_TRIGGERS: dict[str, LiteralString] = {
    "note_rows_deleted": "after delete on {} referencing old table as lost",
    "note_rows_updated": "after update on {} referencing old table as lost",
    "note_rows_truncated": "before truncate on {}",
}

FEWEST_ROWS_COUNTED = 1_000
SHARE_COUNTED = 0.1
"""Of a table's rows: as many as make the server itself count anew."""


def contract_columns_of_raw(contract: Contract) -> tuple[str, ...]:
    """The contract's columns as raw holds them: `dealer_code` is part of the key and stands before them."""
    return tuple(name for name in contract.column_names if name != "dealer_code")


def ensure_raw_tables(connection: psycopg.Connection) -> None:
    """Raw has a table for every contract, with every column of it; what is there already stays.

    Many may call it at once: what is lacking is made by one of them, in one transaction, and where nothing is lacking
    no lock is taken.
    """
    contracts = list(load_contracts().values())
    if not _lacking(connection, contracts):
        return
    with connection.transaction():
        connection.execute("select pg_advisory_xact_lock(hashtextextended('dealer360 raw tables', 0))")
        for statement in _lacking(connection, contracts):
            connection.execute(statement)


def _lacking(connection: psycopg.Connection, contracts: list[Contract]) -> list[sql.Composed]:
    """The statements that make what the catalog lacks."""
    held: dict[str, set[str]] = {}
    for table, name in connection.execute(
        """
        select relname, attname from pg_class
        join pg_attribute on attrelid = pg_class.oid and attnum > 0 and not attisdropped
        where relnamespace = 'raw'::regnamespace and relkind in ('r', 'p', 'i')
        union all
        select relname, tgname from pg_trigger
        join pg_class on tgrelid = pg_class.oid
        where relnamespace = 'raw'::regnamespace and tgenabled <> 'D'
        """
    ):
        held.setdefault(table, set()).add(name)
    return [statement for contract in contracts for statement in _lacking_of(contract, held)]


def _lacking_of(contract: Contract, held: dict[str, set[str]]) -> Iterator[sql.Composed]:
    table = sql.Identifier("raw", contract.table)
    if contract.table not in held:
        columns = [
            sql.SQL("dealer_code text not null"),
            sql.SQL("source_record_id text not null"),
            *(sql.SQL("{} text").format(sql.Identifier(name)) for name in contract_columns_of_raw(contract)),
            *(
                sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(declaration))
                for name, declaration in TECHNICAL_COLUMNS.items()
            ),
        ]
        yield sql.SQL("create table {} ({})").format(table, sql.SQL(", ").join(columns))
    else:
        for name in contract_columns_of_raw(contract):
            if name not in held[contract.table]:
                yield sql.SQL("alter table {} add column {} text").format(table, sql.Identifier(name))
    for name, event in _TRIGGERS.items():
        if name not in held.get(contract.table, ()):
            yield sql.SQL(
                "create or replace trigger {} {} for each statement execute function ops.note_rows_lost()"
            ).format(sql.Identifier(name), sql.SQL(event).format(table))
    if _record_index(contract) not in held:
        yield _make_record_index(contract)
    # Raw grows at its end, batch after batch: a block-range index tells as much as a tree and costs next to nothing.
    if (index := f"{contract.table}_batch_seq_idx") not in held:
        yield sql.SQL("create index {} on {} using brin (_batch_seq)").format(sql.Identifier(index), table)


def keep_statistics(connection: psycopg.Connection, contract: Contract, rows_written: int) -> None:
    """The planner knows what the table holds by now, where so many rows make a difference; the connection commits.

    Without it the next delivery would be compared by a plan that is made for an empty table: the server looks for
    itself only a minute later, and not while others write.
    """
    known = connection.execute(
        "select reltuples from pg_class where oid = %s::regclass", (f"raw.{contract.table}",)
    ).fetchone()
    if known is None or rows_written < max(FEWEST_ROWS_COUNTED, SHARE_COUNTED * known[0]):
        return
    # Statistics make the next load faster, and none of this one's rows better.
    with suppress(psycopg.Error):
        connection.execute(
            sql.SQL("analyze {} (dealer_code, source_record_id, _feed_id, _delivered_on, _batch_seq)").format(
                sql.Identifier("raw", contract.table)
            )
        )


def _record_index(contract: Contract) -> str:
    return f"{contract.table}_record_idx"


def _make_record_index(contract: Contract) -> sql.Composed:
    return sql.SQL("create index {} on {} (dealer_code, source_record_id)").format(
        sql.Identifier(_record_index(contract)), sql.Identifier("raw", contract.table)
    )


@contextmanager
def made_anew_if_empty(connection: psycopg.Connection, contract: Contract) -> Iterator[None]:
    """Within the block an empty table of raw is a new one without its index of records, which it has at the end again.

    What a transaction writes into a table that it made is not written to the log as well (where `wal_level` is
    minimal), and an index over all of it takes a quarter of the time of as many additions to one. A table that holds
    rows, or that somebody else is reading, stays as it is. The block must be within a transaction: others wait for the
    table until it ends.
    """
    is_made_anew = False
    table = sql.Identifier("raw", contract.table)
    with suppress(psycopg.errors.LockNotAvailable), connection.transaction():
        # Nobody can have rows on their way into it once it is locked.
        connection.execute(sql.SQL("lock table {} in access exclusive mode nowait").format(table))
        held = connection.execute(sql.SQL("select exists (select from {})").format(table)).fetchone()
        if held is None or held[0]:
            raise psycopg.Rollback
        connection.execute(sql.SQL("truncate {}").format(table))
        connection.execute(sql.SQL("drop index if exists {}").format(sql.Identifier("raw", _record_index(contract))))
        is_made_anew = True
    yield
    if is_made_anew:
        connection.execute(_make_record_index(contract))
