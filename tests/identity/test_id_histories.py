"""Ids through random histories: records come, merge, split, move and are erased; builds are refused and rolled back."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from tests.dbt_in_process import Dbt
from tests.warehouse.fake_builds import MODELS_OF_IDS, begin_build, rows
from warehouse.database import connect
from warehouse.publish_identity import publish_identity, withdraw_identity
from warehouse.settings import Workspace

HISTORIES = int(os.environ.get("DEALER360_HISTORIES", "20"))
RECORDS = 9
MODELS = ("int_customers_identified", "int_customer_ids_assigned", *MODELS_OF_IDS)
REMEMBERED = ("record_map", "customer_registry", "customer_id_history", "accepted_links")

# Which cluster each record is in; None: the record is not there.
Night = list[int | None]
nights = st.lists(
    st.lists(st.one_of(st.none(), st.integers(0, 3)), min_size=RECORDS, max_size=RECORDS), min_size=2, max_size=5
)

# An id that is split and whose parts are one later; one that is merged into another that is merged in turn.
PARTS_THAT_MERGE: list[Night] = [
    [0, 0, 1, 2, None, None, None, None, None],
    [0, 1, 2, 2, None, None, None, None, None],
    [0, 0, 0, 0, None, None, None, None, None],
]
# Ids that begin one after the other; then each cluster prefers an id that prefers the cluster before.
A_CHAIN_OF_CHOICES: list[Night] = [
    [0, 0, None, None, None, None, None, None, None],
    [0, 0, 1, 1, None, None, None, None, None],
    [0, 0, 1, 1, 2, 2, None, None, None],
    [0, 0, 1, 1, 2, 2, 3, 3, None],
    [0, 1, 1, 2, 2, 3, 3, 4, None],
]


class Warehouse:
    """The tables that the models of ids read, and these models, without dbt around them."""

    def __init__(self, connection: psycopg.Connection, sql: dict[str, str]) -> None:
        self.connection = connection
        self.sql = sql
        self.horizon = 0
        connection.execute(
            """
            create table build.int_customer_record_signatures (dealer_code text, source_system text, entity text,
                source_record_id text, record_key text, signature_id text, record_id bigint, has_content boolean);
            create table build.int_customer_records_clustered (record_id bigint, cluster_id text,
                link_probability numeric, linked_to_record_id bigint, link_reason text);
            create table build.int_customer_links_explained (left_id bigint, right_id bigint, status text, reason text);
            create table build.int_customer_links_accepted (left_record text, right_record text,
                match_weight double precision, match_probability double precision, link_reason text,
                left_signature_id text, right_signature_id text)
            """
        )

    def forget_everything(self) -> None:
        """As before the first build."""
        self.connection.execute("update ops.live set build_id = null")
        for table in REMEMBERED:
            self.connection.execute(f"delete from identity.{table}")
        self.connection.execute("delete from identity.customer_registry_before; delete from ops.builds")

    def assign(self, night: Night, *, label: str) -> dict[str, str]:
        """Every derived table anew; gives the id of each record. `label` names the clusters, which must not matter."""
        clusters = [(record, cluster) for record, cluster in enumerate(night) if cluster is not None]
        self.connection.execute(
            "update ops.current_build set started_at = started_at + interval '1 day';"
            "truncate build.int_customer_record_signatures, build.int_customer_records_clustered;"
            f" drop table if exists {', '.join(f'build.{name}' for name in MODELS)}"
        )
        cursor = self.connection.cursor()
        cursor.executemany(
            "insert into build.int_customer_record_signatures values ('d01', 'dms', 'sales', %s, %s, %s, %s, true)",
            [(str(record), f"d01/dms/sales/{record}", f"s{record}", record) for record, _ in clusters],
        )
        cursor.executemany(
            "insert into build.int_customer_records_clustered values (%s, %s, 1, null, 'match')",
            [(record, f"{label}{cluster}") for record, cluster in clusters],
        )
        for name in MODELS:
            self.connection.execute(f"create table build.{name} as {self.sql[name]}")
        return {str(key): str(value) for key, value in rows(self.connection, _ASSIGNED)}

    def publish(self) -> int:
        """As warehouse.publish does it, without slots."""
        self.horizon += 1
        build_id = begin_build(self.connection, horizon=self.horizon)
        self.connection.execute(
            "update ops.builds set started_at = current_build.started_at from ops.current_build"
            " where builds.build_id = %s",
            [build_id],
        )
        with self.connection.transaction():
            publish_identity(self.connection, build_id)
            self.connection.execute("update ops.live set build_id = %s", [build_id])
            self.connection.execute("update ops.builds set status = 'published' where build_id = %s", [build_id])
        return build_id

    def resolved(self) -> list[tuple[object, ...]]:
        """What every id stands for, and since when."""
        query = "select published_customer_id, customer_id, status, changed_at from build.dim_customer_ids order by 1"
        return rows(self.connection, query)

    def remembered(self) -> dict[str, list[tuple[object, ...]]]:
        """All that identity holds; the history without the numbers of its rows."""
        return {
            table: sorted(
                tuple(map(str, row[1:] if table == "customer_id_history" else row))
                for row in rows(self.connection, f"select * from identity.{table}")
            )
            for table in REMEMBERED
        }


_ASSIGNED = "select record_key, customer_id from build.int_customer_ids_assigned"


@pytest.fixture
def warehouse(workspace: Workspace, run_dbt: Dbt) -> Iterator[Warehouse]:
    with connect(workspace, autocommit=True) as connection:
        yield Warehouse(connection, run_dbt.compiled(*MODELS))


def _clusters(ids: dict[str, str]) -> dict[str, frozenset[str]]:
    found = defaultdict(set)
    for record, customer_id in ids.items():
        found[customer_id].add(record)
    return {customer_id: frozenset(records) for customer_id, records in found.items()}


def _assert_ids_follow_clusters(night: Night, ids: dict[str, str]) -> None:
    """One id a cluster, one cluster an id."""
    wanted = defaultdict(set)
    for record, cluster in enumerate(night):
        if cluster is not None:
            wanted[cluster].add(f"d01/dms/sales/{record}")
    assert sorted(map(sorted, _clusters(ids).values())) == sorted(map(sorted, wanted.values()))


def _assert_ids_are_stable(before: dict[str, str], ids: dict[str, str], ever: set[str]) -> None:
    """A cluster that stays as it was keeps its id, and no id goes to records of which it never held one."""
    held = _clusters(before)
    for customer_id, records in _clusters(ids).items():
        if records in held.values():
            assert held.get(customer_id) == records
        if customer_id in held:
            assert held[customer_id] & records
        elif any(record in before for record in records):
            assert customer_id not in ever, "an id that was retired is not given to others"


def _assert_no_id_is_given_while_one_is_free(before: dict[str, str], ids: dict[str, str]) -> None:
    """A cluster begins an id only when every id that its records had is kept by another."""
    live = set(ids.values())
    for record, customer_id in ids.items():
        if customer_id not in before.values() and record in before:
            assert before[record] in live


def _assert_every_id_resolves(warehouse: Warehouse, ids: dict[str, str]) -> None:
    """To itself, to one heir, or, erased, to nobody, of whom no record is left."""
    live = set(ids.values())
    registry = {
        row[0]: row[1]
        for row in rows(warehouse.connection, "select customer_id, status from identity.customer_registry")
    }
    resolved = {row[0]: row[1:] for row in rows(warehouse.connection, _RESOLVED)}
    assert resolved.keys() == registry.keys()
    assert {customer_id for customer_id, status in registry.items() if status == "current"} == live
    last_records = defaultdict(set)
    for customer_id, record in rows(warehouse.connection, _LAST_RECORDS):
        last_records[customer_id].add(record)
    for customer_id, (heir, status) in resolved.items():
        heirs = {ids[str(record)] for record in last_records[customer_id] if record in ids}
        if customer_id in live:
            assert (heir, status) == (customer_id, "current")
        elif heirs:
            assert heir in heirs
            assert status == ("merged" if len(heirs) == 1 else "split")
        else:
            assert (heir, status) == (None, "erased")


_RESOLVED = "select published_customer_id, customer_id, status from build.dim_customer_ids"
_LAST_RECORDS = """
    select customer_id, concat_ws('/', dealer_code, source_system, entity, source_record_id)
    from (
        select *, dense_rank() over (partition by customer_id order by valid_to_build_id desc nulls first) as period
        from identity.record_map
    ) as map
    where period = 1
"""


def test_ids_outlive_every_history(warehouse: Warehouse) -> None:
    @settings(
        max_examples=HISTORIES,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    @given(nights)
    @example(PARTS_THAT_MERGE)
    @example(A_CHAIN_OF_CHOICES)
    def holds(history: list[Night]) -> None:
        warehouse.forget_everything()
        before: dict[str, str] = {}
        ever: set[str] = set()
        for number, night in enumerate(history):
            remembered = warehouse.remembered()
            ids = warehouse.assign(night, label="a")
            assert warehouse.remembered() == remembered, "a build that is not published leaves nothing"
            _assert_ids_follow_clusters(night, ids)
            _assert_ids_are_stable(before, ids, ever)

            build_id = warehouse.publish()
            with warehouse.connection.transaction():
                withdraw_identity(warehouse.connection, build_id)
                warehouse.connection.execute("update ops.live set build_id = null")
            assert warehouse.remembered() == remembered, "a rollback returns to what was"

            assert warehouse.assign(night, label="b") == ids, "the names of clusters do not matter"
            resolved = warehouse.resolved()
            warehouse.publish()
            assert warehouse.assign(night, label=f"c{number}") == ids, "a rebuild from nothing changes no id"
            assert warehouse.resolved() == resolved, "nor what an id stands for, nor since when"
            _assert_no_id_is_given_while_one_is_free(before, ids)
            _assert_every_id_resolves(warehouse, ids)
            before, ever = ids, ever | set(ids.values())

    holds()
