from __future__ import annotations

import psycopg
import pytest

from ingestion.news import count_news


@pytest.fixture
def connection(bootstrapped_database_url: str) -> psycopg.Connection:
    with psycopg.connect(bootstrapped_database_url, autocommit=True) as connection:
        connection.execute("set role dealer360_owner")
        connection.execute(
            """
            insert into ops.feeds (feed_id, dealer_code, source_system, entity, path, format_type, delivery, definition)
            select 'd01/' || source, 'd01', source, 'x', 'x', 'csv', 'full', '{}'
            from unnest(array['dms', 'web']) as source
            """
        )
        yield connection


def _batch(connection: psycopg.Connection, source: str, *, new: int = 0, changed: int = 0, absent: int = 0) -> None:
    connection.execute(
        """
        insert into ops.batches (
            batch_id, batch_seq, feed_id, dealer_code, source_system, entity, source_file, content_sha256, byte_count,
            delivered_on, arrived_at, status, rows_read, rows_new, rows_changed, rows_absent
        )
        select gen_random_uuid(), ops.next_batch_seq(), 'd01/' || %(source)s, 'd01', %(source)s, 'x', 'x.csv', 'x', 1,
            date '2026-03-02', now(), 'loaded', %(new)s + %(changed)s, %(new)s, %(changed)s, %(absent)s
        """,
        {"source": source, "new": new, "changed": changed, "absent": absent},
    )


def test_before_the_first_batch_nothing_is_new(connection: psycopg.Connection) -> None:
    assert count_news(connection, source="dms", after_batch_seq=0) == 0


def test_new_changed_and_absent_rows_of_the_source_are_news(connection: psycopg.Connection) -> None:
    _batch(connection, "dms", new=2, changed=3, absent=4)
    _batch(connection, "web", new=10)
    assert count_news(connection, source="dms", after_batch_seq=0) == 9


def test_what_was_there_before_is_no_news(connection: psycopg.Connection) -> None:
    _batch(connection, "dms", new=2)
    _batch(connection, "dms")
    assert count_news(connection, source="dms", after_batch_seq=1) == 0
