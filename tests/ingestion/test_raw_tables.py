"""The tables of schema raw, made from the contracts, whoever comes first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import psycopg

from ingestion.contracts import load_contracts
from ingestion.raw_tables import ensure_raw_tables

MANY = 8


def connected(url: str) -> psycopg.Connection:
    connection = psycopg.connect(url, autocommit=True)
    connection.execute("set role dealer360_owner")
    return connection


def test_many_who_begin_at_once_on_an_empty_database_find_the_tables(bootstrapped_database_url: str) -> None:
    barrier = Barrier(MANY)

    def make(_number: int) -> int:
        with connected(bootstrapped_database_url) as connection:
            barrier.wait()
            ensure_raw_tables(connection)
            (count,) = connection.execute("select count(*) from pg_tables where schemaname = 'raw'").fetchone() or (0,)
            return int(count)

    with ThreadPoolExecutor(MANY) as pool:
        assert list(pool.map(make, range(MANY))) == [len(load_contracts())] * MANY


def test_a_column_or_an_index_that_is_lacking_is_added(bootstrapped_database_url: str) -> None:
    with connected(bootstrapped_database_url) as connection:
        ensure_raw_tables(connection)
        connection.execute("alter table raw.dms__sales drop column make")
        connection.execute("drop index raw.dms__sales_record_idx")
        ensure_raw_tables(connection)
        connection.execute("select make from raw.dms__sales")
        assert connection.execute("select to_regclass('raw.dms__sales_record_idx')").fetchone() != (None,)


def test_where_nothing_is_lacking_no_table_is_locked(bootstrapped_database_url: str) -> None:
    with connected(bootstrapped_database_url) as loading, connected(bootstrapped_database_url) as other:
        ensure_raw_tables(loading)
        with loading.transaction():
            loading.execute("lock table raw.dms__sales in row exclusive mode")
            other.execute("set lock_timeout = '100ms'")
            ensure_raw_tables(other)
