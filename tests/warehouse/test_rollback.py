from collections.abc import Iterator

import psycopg
import pytest

from ingestion.raw_tables import ensure_raw_tables
from tests.warehouse.fake_builds import make_build, rows
from warehouse.build import AnotherBuildRuns, open_build
from warehouse.database import connect
from warehouse.publish import publish
from warehouse.rollback import ErasedSince, NothingToRollBackTo, rollback
from warehouse.settings import Workspace


@pytest.fixture
def connection(workspace: Workspace) -> Iterator[psycopg.Connection]:
    with connect(workspace, autocommit=True) as connection:
        yield connection


def test_rolling_back_shows_the_build_before_with_its_ids(workspace, connection):
    first = make_build(connection, 1, assigned={"d01/dms/sales/1": "c1", "d01/dms/sales/2": "c2"})
    publish(workspace, first)
    second = make_build(connection, 2, assigned={"d01/dms/sales/1": "c1", "d01/dms/sales/2": "c1"})
    publish(workspace, second)
    outcome = rollback(workspace)
    assert (outcome.withdrawn_build_id, outcome.live_build_id) == (second, first)
    assert rows(connection, "select distinct number from marts.fct_vehicle_sales") == [(1,)]
    assert rows(connection, "select slot, build_id from ops.live") == [(outcome.slot, first)]
    assert rows(connection, "select status from ops.builds order by build_id") == [("published",), ("rolled_back",)]
    assert rows(connection, "select customer_id from identity.current_record_map order by 1") == [("c1",), ("c2",)]
    assert rows(connection, "select count(*) from identity.customer_registry where status <> 'current'") == [(0,)]


def test_a_second_rollback_in_a_row_is_refused_with_the_reason(workspace, connection):
    for number in (1, 2, 3):
        publish(workspace, make_build(connection, number))
    rollback(workspace)
    with pytest.raises(NothingToRollBackTo, match="build 2 is live, and build 3 in the other slot was rolled back"):
        rollback(workspace)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(2,)]


def test_the_first_build_cannot_be_rolled_back(workspace, connection):
    with pytest.raises(NothingToRollBackTo, match="nothing was published yet"):
        rollback(workspace)
    publish(workspace, make_build(connection, 1))
    with pytest.raises(NothingToRollBackTo, match="slot a holds no whole build"):
        rollback(workspace)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(1,)]


def test_the_build_after_a_rollback_is_published_and_can_be_rolled_back(workspace, connection):
    first = make_build(connection, 1)
    publish(workspace, first)
    publish(workspace, make_build(connection, 2))
    rollback(workspace)
    publish(workspace, make_build(connection, 3))
    assert rows(connection, "select distinct number from marts.dim_customers") == [(3,)]
    assert rollback(workspace).live_build_id == first
    assert rows(connection, "select distinct number from marts.dim_customers") == [(1,)]


def test_a_rollback_while_somebody_builds_is_refused(workspace, connection):
    publish(workspace, make_build(connection, 1))
    publish(workspace, make_build(connection, 2))
    connection.execute("update ops.batch_sequence set last_batch_seq = 9")
    open_build(workspace, holder="airflow:nightly")
    with pytest.raises(AnotherBuildRuns, match="airflow:nightly"):
        rollback(workspace)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(2,)]


def put_row_into_raw(connection: psycopg.Connection) -> None:
    connection.execute(
        """
        insert into raw.dms__customers (
            dealer_code, source_record_id, _source_file, _source_row, _row_hash, _feed_id, _batch_id, _batch_seq,
            _delivered_on, _loaded_at
        )
        values ('d01', '1', 'f', 2, 'h', 'd01/dms/customers', 'b', 1, date '2026-03-01', now())
        """
    )


def test_a_build_that_shows_people_who_were_erased_since_comes_back_only_when_that_is_wanted(workspace, connection):
    ensure_raw_tables(connection)
    put_row_into_raw(connection)
    for number in (1, 2):
        publish(workspace, make_build(connection, number))
    connection.execute("delete from raw.dms__customers")
    with pytest.raises(ErasedSince, match=r"rows of raw\.dms__customers were erased") as raised:
        rollback(workspace)
    assert "rollback --with-erased" in raised.value.do
    assert rows(connection, "select distinct number from marts.dim_customers") == [(2,)]
    rollback(workspace, erased_allowed=True)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(1,)]


def test_what_was_erased_before_a_build_does_not_keep_it_from_coming_back(workspace, connection):
    ensure_raw_tables(connection)
    put_row_into_raw(connection)
    connection.execute("delete from raw.dms__customers")
    for number in (1, 2):
        publish(workspace, make_build(connection, number))
    rollback(workspace)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(1,)]


def test_what_was_being_erased_when_a_build_began_keeps_it_from_coming_back(workspace, connection):
    ensure_raw_tables(connection)
    put_row_into_raw(connection)
    with connect(workspace) as erasing:
        erasing.execute("delete from raw.dms__customers")
        publish(workspace, make_build(connection, 1))
    publish(workspace, make_build(connection, 2))
    with pytest.raises(ErasedSince):
        rollback(workspace)
