"""The tables of schema raw, made from the contracts."""

from __future__ import annotations

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


def contract_columns_of_raw(contract: Contract) -> tuple[str, ...]:
    """The contract's columns as raw holds them: `dealer_code` is part of the key and stands before them."""
    return tuple(name for name in contract.column_names if name != "dealer_code")


def ensure_raw_tables(connection: psycopg.Connection) -> None:
    """Raw has a table for every contract, with every column of it; what is there already stays."""
    for contract in load_contracts().values():
        _ensure_raw_table(connection, contract)


def _ensure_raw_table(connection: psycopg.Connection, contract: Contract) -> None:
    table = sql.Identifier("raw", contract.table)
    columns = [
        sql.SQL("dealer_code text not null"),
        sql.SQL("source_record_id text not null"),
        *(sql.SQL("{} text").format(sql.Identifier(name)) for name in contract_columns_of_raw(contract)),
        *(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(declaration))
            for name, declaration in TECHNICAL_COLUMNS.items()
        ),
    ]
    connection.execute(sql.SQL("create table if not exists {} ({})").format(table, sql.SQL(", ").join(columns)))
    held = {
        row[0]
        for row in connection.execute(
            "select column_name from information_schema.columns where table_schema = 'raw' and table_name = %s",
            (contract.table,),
        )
    }
    for name in contract_columns_of_raw(contract):
        if name not in held:
            connection.execute(sql.SQL("alter table {} add column {} text").format(table, sql.Identifier(name)))
    connection.execute(
        sql.SQL("create index if not exists {} on {} (dealer_code, source_record_id)").format(
            sql.Identifier(f"{contract.table}_record_idx"), table
        )
    )
    # Raw grows at its end, batch after batch: a block-range index tells as much as a tree and costs next to nothing.
    connection.execute(
        sql.SQL("create index if not exists {} on {} using brin (_batch_seq)").format(
            sql.Identifier(f"{contract.table}_batch_seq_idx"), table
        )
    )
