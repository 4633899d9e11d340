from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from demo.check import differences


@pytest.fixture
def connection(bootstrapped_database_url: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(bootstrapped_database_url) as connection:
        connection.execute(
            """
            insert into ops.feeds (feed_id, dealer_code, source_system, entity, path, format_type, delivery, definition)
            values ('f', 'd01', 'dms', 'sales', 'p', 'csv', 'full', '{}')
            """
        )
        yield connection


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    truth = tmp_path / "truth"
    truth.mkdir()
    (truth / "refusals.csv").write_text(
        "night,file,status,why\n1,bad.csv,refused,no_rows\n1,again.csv,skipped,known\n2,later.csv,held,far_fewer_rows\n"
    )
    (truth / "files.csv").write_text(
        "night,file,rows,is_loaded\n1,bad.csv,0,no\n1,good.csv,5,yes\n1,again.csv,5,no\n2,later.csv,3,no\n"
    )
    (truth / "quarantine.csv").write_text("night,file,source_row,rule\n1,good.csv,7,price_not_positive\n")
    return tmp_path


def add_batch(
    connection: psycopg.Connection, file: str, status: str, reason: str | None = None, *, is_repeated: bool = False
) -> None:
    number = None if status != "loaded" or is_repeated else sum(map(ord, file))
    connection.execute(
        """
        insert into ops.batches (
            batch_id, feed_id, dealer_code, source_system, entity, source_file, content_sha256, byte_count,
            delivered_on, arrived_at, status, reason_code, batch_seq
        )
        values (
            %(file)s || %(repeated)s, 'f', 'd01', 'dms', 'sales', %(file)s, '', 1, '2026-03-02', now(), %(status)s,
            %(reason)s, %(number)s
        )
        """,
        {"file": file, "status": status, "reason": reason, "number": number, "repeated": str(is_repeated)},
    )


def add_quarantined(connection: psycopg.Connection, file: str, row: int, rule: str) -> None:
    connection.execute(
        """
        with added as (
            insert into quarantine.rows (
                batch_id, feed_id, source_system, entity, source_file, source_row, source_cells
            )
            values (%(file)s || 'False', 'f', 'dms', 'sales', %(file)s, %(row)s, '{}')
            returning quarantine_id
        )
        insert into quarantine.findings (quarantine_id, rule_code, sentence)
        select quarantine_id, %(rule)s, '' from added
        """,
        {"file": file, "row": row, "rule": rule},
    )


def test_a_run_that_did_what_the_truth_says_differs_in_nothing(connection: psycopg.Connection, folder: Path) -> None:
    add_batch(connection, "good.csv", "loaded")
    add_batch(connection, "bad.csv", "refused", "no_rows")
    add_quarantined(connection, "good.csv", 7, "price_not_positive")

    assert differences(connection, folder, 1) == []


def test_what_was_not_refused_not_loaded_and_not_quarantined_is_told(
    connection: psycopg.Connection, folder: Path
) -> None:
    add_batch(connection, "bad.csv", "loaded")

    assert differences(connection, folder, 1) == [
        "bad.csv should have been refused (no_rows) and was not",
        "bad.csv should have been loaded 0 time(s) and was 1",
        "good.csv should have been loaded 1 time(s) and was 0",
        "good.csv, row 7 should be in quarantine (price_not_positive)",
    ]


def test_what_was_refused_or_quarantined_without_a_reason_is_told(connection: psycopg.Connection, folder: Path) -> None:
    add_batch(connection, "good.csv", "loaded")
    add_batch(connection, "bad.csv", "refused", "no_rows")
    add_batch(connection, "fine.csv", "held", "far_fewer_rows")
    add_quarantined(connection, "good.csv", 7, "price_not_positive")
    add_quarantined(connection, "good.csv", 8, "value_missing")

    assert differences(connection, folder, 1) == [
        "fine.csv was held (far_fewer_rows) and should not have been",
        "good.csv, row 8 is in quarantine (value_missing) and should not be",
    ]


def test_a_file_that_was_sent_again_must_not_be_loaded_again(connection: psycopg.Connection, folder: Path) -> None:
    add_batch(connection, "good.csv", "loaded")
    add_batch(connection, "again.csv", "loaded")
    add_batch(connection, "bad.csv", "refused", "no_rows")
    add_quarantined(connection, "good.csv", 7, "price_not_positive")

    assert differences(connection, folder, 1) == ["again.csv should have been loaded 0 time(s) and was 1"]


def test_a_repetition_is_no_load(connection: psycopg.Connection, folder: Path) -> None:
    add_batch(connection, "good.csv", "loaded")
    add_batch(connection, "good.csv", "loaded", "repeated", is_repeated=True)
    add_batch(connection, "again.csv", "loaded", "repeated", is_repeated=True)
    add_batch(connection, "bad.csv", "refused", "no_rows")
    add_quarantined(connection, "good.csv", 7, "price_not_positive")

    assert differences(connection, folder, 1) == []


def test_later_nights_count_only_when_they_were_run(connection: psycopg.Connection, folder: Path) -> None:
    add_batch(connection, "good.csv", "loaded")
    add_batch(connection, "bad.csv", "refused", "no_rows")
    add_quarantined(connection, "good.csv", 7, "price_not_positive")

    assert differences(connection, folder, 2) == ["later.csv should have been held (far_fewer_rows) and was not"]
