"""Which id a cluster gets: ids outlive merges, splits and rebuilds."""

from __future__ import annotations

import random
from collections.abc import Callable
from hashlib import md5

import psycopg
import pytest

from tests.dbt_in_process import Dbt
from warehouse.database import connect
from warehouse.settings import Workspace

Clusters = dict[str, list[int]]
MODELS = ("int_customers_identified", "int_customer_ids_assigned")

IDS = "select record_key, customer_id from build.int_customer_ids_assigned order by record_key"


def _key(record: int) -> str:
    return f"d01/dms/customers/{record:03d}"


def _set_clusters(connection: psycopg.Connection, clusters: Clusters, shuffled_by: int = 0) -> None:
    """The tables that ids are made from: every record is a signature of its own."""
    connection.execute(
        "drop table if exists build.int_customer_record_signatures, build.int_customer_records_clustered,"
        " build.int_customer_links_explained"
    )
    connection.execute(
        "create table build.int_customer_record_signatures (dealer_code text, source_system text, entity text,"
        " source_record_id text, record_key text, signature_id text, record_id bigint, has_content boolean)"
    )
    connection.execute(
        "create table build.int_customer_records_clustered (record_id bigint, cluster_id text,"
        " link_probability numeric, linked_to_record_id bigint, link_reason text)"
    )
    connection.execute(
        "create table build.int_customer_links_explained (left_id bigint, right_id bigint, status text, reason text)"
    )
    rows = [(record, name) for name, records in clusters.items() for record in records]
    random.Random(shuffled_by).shuffle(rows)
    for record, name in rows:
        connection.execute(
            "insert into build.int_customer_record_signatures values ('d01', 'dms', 'customers', %s, %s, %s, %s, true)",
            (f"{record:03d}", _key(record), f"s{record}", record),
        )
        connection.execute(
            "insert into build.int_customer_records_clustered values (%s, %s, 1, null, 'match')",
            (record, name),
        )


def _publish(connection: psycopg.Connection, ids: dict[int, str], minted: dict[str, int]) -> None:
    """What identity remembers: the map of the last build, and when each id was given."""
    for customer_id, build_id in minted.items():
        connection.execute(
            "insert into identity.customer_registry values (%s, %s, %s, 0, 'current', null, %s, now())",
            (customer_id, build_id, _key(min((r for r, i in ids.items() if i == customer_id), default=999)), build_id),
        )
    for record, customer_id in ids.items():
        connection.execute(
            "insert into identity.record_map values ('d01', 'dms', 'customers', %s, %s, 1, null)",
            (f"{record:03d}", customer_id),
        )


def _assigned(connection: psycopg.Connection) -> dict[int, str]:
    return {int(key.rpartition("/")[2]): customer_id for key, customer_id in connection.execute(IDS).fetchall()}


@pytest.fixture
def assign(workspace: Workspace, run_dbt: Dbt) -> Callable[[], None]:
    """Makes the tables that give ids anew, as dbt compiles them."""
    compiled = run_dbt.compiled(*MODELS)

    def run() -> None:
        with connect(workspace) as connection:
            for name in MODELS:
                connection.execute(f"drop table if exists build.{name}")
                connection.execute(f"create table build.{name} as {compiled[name]}".encode())

    return run


def test_ids_outlive_merges_splits_ties_and_a_second_run(workspace: Workspace, assign: Callable[[], None]) -> None:
    before = {
        **dict.fromkeys((1, 2, 3), "kept"),
        **dict.fromkeys((10, 11, 12), "many"),
        **dict.fromkeys((13, 14), "few"),
        **dict.fromkeys((20,), "younger"),
        **dict.fromkeys((21,), "older"),
        **dict.fromkeys((30, 31, 32), "split"),
        **dict.fromkeys((40, 41, 42), "taken"),
        **dict.fromkeys((43,), "second choice"),
    }
    minted = {"kept": 1, "many": 3, "few": 1, "younger": 2, "older": 1, "split": 1, "taken": 1, "second choice": 1}
    clusters = {
        "a": [1, 2, 3, 4],  # grows
        "b": [10, 11, 12, 13, 14],  # two become one
        "c": [20, 21],  # two of equal size become one
        "d": [30],  # one becomes two
        "e": [31, 32],
        "f": [40, 41],  # one loses a part to another
        "g": [42, 43],
        "h": [50, 51],  # nobody's before
    }
    with connect(workspace) as connection:
        _set_clusters(connection, clusters)
        _publish(connection, before, minted)
    assign()
    with connect(workspace) as connection:
        ids = _assigned(connection)
    assert {ids[record] for record in (1, 2, 3, 4)} == {"kept"}
    assert {ids[record] for record in (10, 11, 12, 13, 14)} == {"many"}, "the id of most records"
    assert {ids[record] for record in (20, 21)} == {"older"}, "a tie goes to the oldest id"
    assert {ids[record] for record in (31, 32)} == {"split"}, "the larger part keeps the id"
    assert ids[30] == md5(f"{_key(30)}|1".encode()).hexdigest(), "this record has begun an id before"
    assert {ids[record] for record in (40, 41)} == {"taken"}
    assert {ids[record] for record in (42, 43)} == {"second choice"}
    assert ids[50] == ids[51] == md5(f"{_key(50)}|0".encode()).hexdigest()

    with connect(workspace) as connection:
        connection.execute("truncate identity.record_map")
        _publish(connection, ids, {})
        renamed = {f"{name} under another label": records for name, records in clusters.items()}
        _set_clusters(connection, renamed, shuffled_by=5)
    assign()
    with connect(workspace) as connection:
        assert _assigned(connection) == ids, "the same input changes no id, whatever was dropped or reordered"


def test_a_first_build_gives_the_same_ids_in_any_order_of_rows(
    workspace: Workspace, assign: Callable[[], None]
) -> None:
    clusters = {f"c{number}": list(range(number * 5, number * 5 + number % 5 + 1)) for number in range(40)}
    found = []
    for seed in (1, 2):
        with connect(workspace) as connection:
            _set_clusters(connection, clusters, shuffled_by=seed)
        assign()
        with connect(workspace) as connection:
            found.append(_assigned(connection))
    assert found[0] == found[1]
    assert len(set(found[0].values())) == len(clusters)
