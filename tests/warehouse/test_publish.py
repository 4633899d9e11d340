import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.warehouse.fake_builds import MARTS, begin_build, make_build, make_identity, make_marts, rows
from warehouse import mart_tables
from warehouse import publish as publish_module
from warehouse.database import connect
from warehouse.mart_tables import MartReshaped, MartsBusy, MartWithoutKey
from warehouse.publish import BuildNotPublishable, MartChange, NothingToPublish, publish
from warehouse.settings import Workspace

READERS = "a reader of the test"


@pytest.fixture
def connection(workspace: Workspace) -> Iterator[psycopg.Connection]:
    with connect(workspace, autocommit=True) as connection:
        yield connection


def test_a_build_is_seen_as_soon_as_it_is_published_and_not_before(workspace, connection):
    publish(workspace, make_build(connection, 1))
    second = make_build(connection, 2)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(1,)]
    outcome = publish(workspace, second)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(2,)]
    assert rows(connection, "select status from ops.builds order by build_id") == [("published",), ("published",)]
    assert rows(connection, "select slot, build_id from ops.live") == [(outcome.slot, second)]


def test_a_publish_writes_only_the_rows_that_differ_from_the_slots(workspace, connection):
    for _ in range(2):
        publish(workspace, make_build(connection, 1))
    build_id = make_build(connection, 1)
    connection.execute("update build.dim_customers set city = 'Тула' where customer_id = 'c1'")
    connection.execute("delete from build.dim_customers where customer_id = 'c2'")
    connection.execute("insert into build.dim_customers values ('c99', null, 1)")
    outcome = publish(workspace, build_id)
    assert outcome.changes["dim_customers"] == MartChange(rows_out=2, rows_in=2)
    assert outcome.changes["mart_customer_360"] == MartChange(rows_out=0, rows_in=0)
    assert rows(connection, "select * from marts.dim_customers except select * from build.dim_customers") == []
    assert rows(connection, "select count(*) from marts.dim_customers") == [(20,)]


def test_publishing_a_published_build_again_changes_nothing(workspace, connection):
    build_id = make_build(connection)
    publish(workspace, build_id)
    before = rows(connection, "select * from ops.builds")
    assert publish(workspace, build_id).changes == {}
    assert rows(connection, "select * from ops.builds") == before


def test_a_build_that_was_ended_is_not_published(workspace, connection):
    build_id = make_build(connection)
    connection.execute("update ops.builds set status = 'failed'")
    with pytest.raises(BuildNotPublishable, match="status failed"):
        publish(workspace, build_id)
    assert rows(connection, "select build_id from ops.live") == [(None,)]


def test_a_build_whose_ids_continue_another_than_the_live_build_is_not_published(workspace, connection):
    publish(workspace, make_build(connection, 1))
    build_id = make_build(connection, 2)
    connection.execute("update ops.builds set follows_build_id = null where build_id = %s", [build_id])
    with pytest.raises(BuildNotPublishable, match="begun when build None was live"):
        publish(workspace, build_id)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(1,)]


def test_an_empty_build_is_not_published(workspace, connection):
    with pytest.raises(NothingToPublish):
        publish(workspace, begin_build(connection))


def test_a_mart_without_a_key_is_refused_by_name(workspace, connection):
    build_id = make_build(connection)
    connection.execute("create table build.rpt_freshness (feed_id text)")
    with pytest.raises(MartWithoutKey, match="rpt_freshness"):
        publish(workspace, build_id)


def test_only_tables_for_readers_are_published(workspace, connection):
    build_id = make_build(connection)
    connection.execute("create table build.int_customers_merged (customer_id text primary key)")
    connection.execute("create table build.dim_customers__dbt_tmp (customer_id text primary key)")
    publish(workspace, build_id)
    published = {row[0] for row in rows(connection, "select viewname from pg_views where schemaname = 'marts'")}
    assert published == set(MARTS)


def test_the_indexes_of_a_mart_are_on_both_slots(workspace, connection):
    for number in (1, 2):
        publish(workspace, make_build(connection, number))
    indexed = """
        select schemaname from pg_indexes
        where tablename = 'fct_vehicle_sales' and schemaname like 'slot%' and indexdef like '%(customer_id)'
        order by schemaname
    """
    assert rows(connection, indexed) == [("slot_a",), ("slot_b",)]


def test_a_new_mart_is_published_beside_the_old_ones(workspace, connection):
    publish(workspace, make_build(connection, 1))
    build_id = make_build(connection, 2)
    connection.execute("create table build.mart_churn (customer_id text primary key)")
    connection.execute("insert into build.mart_churn values ('c1')")
    publish(workspace, build_id)
    assert rows(connection, "select * from marts.mart_churn") == [("c1",)]


def test_a_mart_that_is_no_longer_built_keeps_its_view_and_shows_no_rows(workspace, connection):
    publish(workspace, make_build(connection, 1))
    publish(workspace, make_build(connection, 2))
    build_id = make_build(connection, 3)
    connection.execute("drop table build.mart_customer_360")
    assert publish(workspace, build_id).emptied == ("mart_customer_360",)
    assert rows(connection, "select * from marts.mart_customer_360") == []
    assert rows(connection, "select count(*) from marts.dim_customers") == [(20,)]


def test_a_new_column_goes_last_and_is_filled_at_the_switch(workspace, connection):
    publish(workspace, make_build(connection, 1))
    build_id = make_build(connection, 2)
    connection.execute("drop table build.dim_customers")
    connection.execute(
        "create table build.dim_customers (region text, customer_id text primary key, city text, number integer)"
    )
    connection.execute("insert into build.dim_customers values ('Урал', 'c1', null, 2)")
    publish(workspace, build_id)
    assert rows(connection, "select * from marts.dim_customers") == [("c1", None, 2, "Урал")]
    publish(workspace, make_build(connection, 3))
    assert rows(connection, "select distinct number, region from marts.dim_customers") == [(3, None)]


def test_a_new_column_waits_for_readers_without_making_others_wait(workspace, connection, monkeypatch):
    monkeypatch.setattr(mart_tables, "_LOCK_ATTEMPTS", 2)
    publish(workspace, make_build(connection, 1))
    build_id = make_build(connection, 2)
    connection.execute("alter table build.dim_customers add column region text")
    with connect(workspace) as reader:
        rows(reader, "select count(*) from marts.dim_customers")
        with pytest.raises(MartsBusy, match="region"):
            publish(workspace, build_id)
        assert rows(reader, "select distinct number from marts.dim_customers") == [(1,)]
    publish(workspace, build_id)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(2,)]


def test_a_changed_type_is_refused_and_taken_by_a_full_refresh(workspace, connection):
    publish(workspace, make_build(connection, 1))
    publish(workspace, make_build(connection, 2))
    build_id = make_build(connection, 3)
    connection.execute("alter table build.fct_vehicle_sales alter column net_amount type text")
    with pytest.raises(MartReshaped, match=r"fct_vehicle_sales.net_amount was numeric\(14,2\), is text"):
        publish(workspace, build_id)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(2,)]
    connection.execute("update ops.builds set is_full_refresh = true where build_id = %s", [build_id])
    publish(workspace, build_id)
    assert rows(connection, "select net_amount from marts.fct_vehicle_sales where sale_id = 's1'") == [("1.00",)]
    assert rows(connection, "select state from ops.slots order by state") == [("complete",), ("empty",)]


def test_a_changed_key_is_refused(workspace, connection):
    publish(workspace, make_build(connection, 1))
    build_id = make_build(connection, 2)
    connection.execute("alter table build.fct_vehicle_sales drop constraint fct_vehicle_sales_pkey")
    connection.execute("alter table build.fct_vehicle_sales add primary key (sale_id, customer_id)")
    with pytest.raises(MartReshaped, match=r"key of fct_vehicle_sales was \(sale_id\), is \(sale_id, customer_id\)"):
        publish(workspace, build_id)


# A reader joins three marts; `number` says which build a row is of.
JOINED = """
    select distinct customers.number, sales.number, pages.number
    from marts.dim_customers as customers
    inner join marts.fct_vehicle_sales as sales using (customer_id)
    inner join marts.mart_customer_360 as pages using (customer_id)
"""
ONE_BY_ONE = ("dim_customers", "fct_vehicle_sales", "mart_customer_360")


class Reader(threading.Thread):
    """Reads until told to stop; notes what was wrong."""

    def __init__(self, url: str, *, is_repeatable: bool) -> None:
        super().__init__(daemon=True)
        self.is_stopped = threading.Event()
        self.url = url
        self.is_repeatable = is_repeatable
        self.reads = 0
        self.seen: set[object] = set()
        self.wrong: list[object] = []

    def run(self) -> None:
        try:
            with psycopg.connect(self.url, autocommit=not self.is_repeatable, application_name=READERS) as connection:
                if self.is_repeatable:
                    connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ
                while not self.is_stopped.is_set():
                    read = self._one_by_one(connection) if self.is_repeatable else self._joined(connection)
                    self.reads += 1
                    self.seen.update(read)
                    if len(read) != 1:
                        self.wrong.append(read)
        except psycopg.Error as error:
            self.wrong.append(error)

    def _joined(self, connection: psycopg.Connection) -> set[object]:
        found = connection.execute(JOINED).fetchall()
        return {number for row in found for number in row}

    def _one_by_one(self, connection: psycopg.Connection) -> set[object]:
        numbers: set[object] = set()
        with connection.transaction():
            for mart in ONE_BY_ONE:
                numbers.update(rows(connection, f"select distinct number from marts.{mart}"))
                time.sleep(0.005)
        return numbers


class WaitingReaders(threading.Thread):
    """Notes every reader that is seen waiting for a lock."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.is_stopped = threading.Event()
        self.url = url
        self.waits: list[object] = []
        self.looks = 0

    def run(self) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self.is_stopped.is_set():
                self.looks += 1
                self.waits += connection.execute(
                    "select wait_event, query from pg_stat_activity where application_name = %s "
                    "and wait_event_type = 'Lock'",
                    [READERS],
                ).fetchall()
                time.sleep(0.01)


def test_readers_of_three_marts_never_see_two_builds_never_wait_and_never_fail(
    workspace, connection, bootstrapped_database_url
):
    publish(workspace, make_build(connection, 0))
    make_identity(connection, {"d01/dms/sales/1": "c1"})
    readers = [Reader(bootstrapped_database_url, is_repeatable=index % 2 == 1) for index in range(4)]
    watcher = WaitingReaders(bootstrapped_database_url)
    threads = [*readers, watcher]
    for thread in threads:
        thread.start()
    for number in range(1, 101):
        build_id = begin_build(connection, horizon=number)
        make_marts(connection, number)
        publish(workspace, build_id)
    for thread in threads:
        thread.is_stopped.set()
        thread.join()
    assert [reader.wrong for reader in readers] == [[], [], [], []]
    assert watcher.waits == []
    assert watcher.looks > 100
    assert all(reader.reads > 100 and len(reader.seen) > 10 for reader in readers)


PUBLISHER = """
import sys
from warehouse.publish import publish
from warehouse.settings import find_workspace
publish(find_workspace(sys.argv[1]), int(sys.argv[2]))
"""


@pytest.mark.parametrize(
    "stopped_at",
    ["slot_b.fct_vehicle_sales", "identity.record_map", "identity.accepted_links", "ops.slots"],
)
def test_a_publisher_that_is_killed_leaves_the_build_before_and_the_next_publish_works(
    workspace, connection, bootstrapped_database_url, stopped_at
):
    first = make_build(connection, 1)
    publish(workspace, first)
    second = make_build(connection, 2, assigned={"d01/dms/sales/1": "c1", "d01/dms/sales/2": "c2"})
    publish(workspace, second)
    if rows(connection, "select slot from ops.live") == [("b",)]:
        stopped_at = stopped_at.replace("slot_b", "slot_a")
    remembered = {
        table: rows(connection, f"select * from {table}")
        for table in ("ops.live", "ops.slots", "identity.record_map", "identity.customer_registry")
    }
    third = make_build(connection, 3, assigned={"d01/dms/sales/1": "c3", "d01/dms/sales/2": "c3"})
    with psycopg.connect(bootstrapped_database_url) as blocker:
        blocker.execute(f"lock table {stopped_at} in share mode".encode())
        publisher = subprocess.Popen([sys.executable, "-c", PUBLISHER, workspace.root, str(third)])
        while not rows(connection, "select 1 from pg_locks where not granted"):
            assert publisher.poll() is None
            time.sleep(0.02)
        os.kill(publisher.pid, signal.SIGKILL)
        publisher.wait()
    while rows(connection, f"select 1 from pg_stat_activity where application_name = 'dealer360 build {third}'"):
        time.sleep(0.02)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(2,)]
    for table, content in remembered.items():
        assert rows(connection, f"select * from {table}") == content
    publish(workspace, third)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(3,)]
    assert rows(connection, "select distinct customer_id from identity.current_record_map") == [("c3",)]


def test_an_error_while_ids_are_written_leaves_slots_and_pointer_as_they_were(workspace, connection):
    publish(workspace, make_build(connection, 1))
    build_id = make_build(connection, 2)
    make_identity(connection, {"d01/dms/sales/1": "c1"})
    connection.execute("drop table build.int_customer_links_accepted")
    with pytest.raises(psycopg.errors.UndefinedTable):
        publish(workspace, build_id)
    assert rows(connection, "select distinct number from marts.dim_customers") == [(1,)]
    assert rows(connection, "select state from ops.slots order by state") == [("complete",), ("empty",)]


def test_a_vacuum_that_fails_after_the_switch_is_told_and_the_build_is_live(
    workspace, connection, bootstrapped_database_url, monkeypatch, caplog
):
    """Somebody begins to hold one table of the slot at the moment of the switch, as an index being made would."""
    for number in (1, 2):
        publish(workspace, make_build(connection, number))
    third = make_build(connection, 3)
    with psycopg.connect(bootstrapped_database_url) as holder:
        switch = publish_module._switch

        def hold_and_switch(publisher, slot, build_id, *, is_other_complete):
            switch(publisher, slot, build_id, is_other_complete=is_other_complete)
            publisher.execute("set lock_timeout = '100ms'")
            threading.Thread(
                target=holder.execute, args=[f"lock table slot_{slot}.dim_customers in share mode".encode()]
            ).start()
            while not rows(connection, "select 1 from pg_locks where mode = 'ShareLock' and not granted"):
                time.sleep(0.02)

        monkeypatch.setattr(publish_module, "_switch", hold_and_switch)
        outcome = publish(workspace, third)
    assert rows(connection, "select build_id from ops.live") == [(outcome.build_id,)] == [(third,)]
    assert f"build {third} is live; its slot was not vacuumed: canceling statement due to lock timeout" in caplog.text
