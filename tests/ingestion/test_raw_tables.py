"""The tables of schema raw, made from the contracts, whoever comes first."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import LiteralString

import psycopg
import pytest

from ingestion.contracts import load_contracts
from ingestion.raw_tables import ensure_raw_tables, made_anew_if_empty

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


SALES = load_contracts()["dms", "sales"]


def file_of(connection: psycopg.Connection) -> object:
    """What stands for the table's file: another one when the table was made anew."""
    row = connection.execute("select pg_relation_filenode('raw.dms__sales')").fetchone()
    return row and row[0]


def has_index(connection: psycopg.Connection) -> bool:
    row = connection.execute("select to_regclass('raw.dms__sales_record_idx') is not null").fetchone()
    return bool(row and row[0])


def add_sale(connection: psycopg.Connection) -> None:
    connection.execute(
        """
        insert into raw.dms__sales (
            dealer_code, source_record_id, _source_file, _source_row, _row_hash, _feed_id, _batch_id, _batch_seq,
            _delivered_on, _loaded_at
        ) values ('d01', '1', 'f', 2, 'h', 'feed', 'b', 1, '2026-03-01', now())
        """
    )


def test_an_empty_table_is_made_anew_and_has_its_index_again(bootstrapped_database_url: str) -> None:
    with connected(bootstrapped_database_url) as connection:
        ensure_raw_tables(connection)
        before = file_of(connection)
        with connection.transaction(), made_anew_if_empty(connection, SALES):
            assert not has_index(connection)
            add_sale(connection)
        assert has_index(connection)
        assert file_of(connection) != before
        assert connection.execute("select count(*) from raw.dms__sales").fetchone() == (1,)


def test_what_breaks_off_in_between_leaves_the_table_as_it_was(bootstrapped_database_url: str) -> None:
    with connected(bootstrapped_database_url) as connection:
        ensure_raw_tables(connection)
        before = file_of(connection)
        with pytest.raises(ZeroDivisionError), connection.transaction(), made_anew_if_empty(connection, SALES):
            add_sale(connection)
            raise ZeroDivisionError
        assert has_index(connection)
        assert file_of(connection) == before


def lost(connection: psycopg.Connection) -> list[tuple[object, ...]]:
    return connection.execute("select table_name, lowest_batch_seq from ops.raw_rows_lost order by loss_id").fetchall()


@pytest.mark.parametrize(
    "statement",
    [
        "delete from raw.dms__sales where _batch_seq = 1",
        "update raw.dms__sales set last_name = null",
        "truncate raw.dms__sales",
    ],
)
def test_rows_that_are_erased_are_told_of_with_their_first_batch(
    bootstrapped_database_url: str, statement: LiteralString
) -> None:
    with connected(bootstrapped_database_url) as connection:
        ensure_raw_tables(connection)
        add_sale(connection)
        connection.execute("update raw.dms__sales set _batch_seq = 2 where false")
        assert lost(connection) == []
        connection.execute(statement)
        assert lost(connection) == [("dms__sales", 1)]


def test_where_rows_could_be_erased_unseen_the_triggers_are_made_again(bootstrapped_database_url: str) -> None:
    with connected(bootstrapped_database_url) as connection:
        ensure_raw_tables(connection)
        connection.execute("drop trigger note_rows_updated on raw.dms__sales")
        connection.execute("alter table raw.dms__sales disable trigger note_rows_deleted")
        ensure_raw_tables(connection)
        add_sale(connection)
        connection.execute("update raw.dms__sales set last_name = null")
        connection.execute("delete from raw.dms__sales")
        assert lost(connection) == [("dms__sales", 1), ("dms__sales", 1)]


def test_a_table_that_is_made_anew_has_lost_nothing(bootstrapped_database_url: str) -> None:
    with connected(bootstrapped_database_url) as connection:
        ensure_raw_tables(connection)
        with connection.transaction(), made_anew_if_empty(connection, SALES):
            add_sale(connection)
        assert lost(connection) == []


def test_a_table_that_holds_rows_or_is_being_read_stays_as_it_is(bootstrapped_database_url: str) -> None:
    with connected(bootstrapped_database_url) as connection, connected(bootstrapped_database_url) as reader:
        ensure_raw_tables(connection)
        with reader.transaction():
            reader.execute("select count(*) from raw.dms__sales")
            with connection.transaction(), made_anew_if_empty(connection, SALES):
                assert has_index(connection)
                add_sale(connection)
        with connection.transaction(), made_anew_if_empty(connection, SALES):
            assert has_index(connection)
        assert connection.execute("select count(*) from raw.dms__sales").fetchone() == (1,)
