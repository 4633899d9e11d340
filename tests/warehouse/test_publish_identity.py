from collections.abc import Iterator
from hashlib import md5

import psycopg
import pytest

from tests.warehouse.fake_builds import Assignments, begin_build, make_identity, rows
from warehouse.database import connect
from warehouse.publish_identity import publish_identity, withdraw_identity
from warehouse.settings import Workspace

TABLES = (
    "record_map",
    "customer_registry",
    "customer_id_history",
    "accepted_links",
)


@pytest.fixture
def connection(workspace: Workspace) -> Iterator[psycopg.Connection]:
    with connect(workspace, autocommit=True) as connection:
        yield connection


def _publish(
    connection: psycopg.Connection,
    assigned: Assignments,
    links: dict[tuple[str, str], float] | None = None,
    *,
    horizon: int | None = None,
    identity_version: str = "default",
) -> int:
    """As warehouse.publish does it, without slots. Each build has new data unless the horizon says otherwise."""
    count = rows(connection, "select count(*) from ops.builds")[0][0]
    build_id = begin_build(connection, horizon=horizon or int(str(count)) + 1, identity_version=identity_version)
    make_identity(connection, assigned, links)
    with connection.transaction():
        publish_identity(connection, build_id)
        connection.execute("update ops.live set build_id = %s", [build_id])
        connection.execute("update ops.builds set status = 'published' where build_id = %s", [build_id])
    return build_id


def _state(connection: psycopg.Connection) -> dict[str, list[tuple[object, ...]]]:
    return {table: rows(connection, f"select * from identity.{table} order by 1, 2, 3, 4, 5") for table in TABLES}


def _history(connection: psycopg.Connection, build_id: int) -> list[tuple[object, ...]]:
    return connection.execute(
        "select customer_id, change, other_customer_id, cause, record_keys from identity.customer_id_history "
        "where build_id = %s order by change, customer_id, other_customer_id",
        [build_id],
    ).fetchall()


def _status(connection: psycopg.Connection) -> dict[object, tuple[object, ...]]:
    found = rows(connection, "select customer_id, status, merged_into from identity.customer_registry")
    return {row[0]: row[1:] for row in found}


A1, A2, B1, B2 = "d01/dms/sales/1", "d01/dms/sales/2", "d02/web/leads/1", "d02/web/leads/x/2"


def test_a_first_build_registers_every_id_with_the_record_that_began_it(connection):
    build_id = _publish(connection, {A2: "c1", A1: "c1", B2: "c2"})
    assert rows(
        connection,
        "select customer_id, minted_build_id, begun_by_record, begun_ordinal, status "
        "from identity.customer_registry order by 1",
    ) == [("c1", build_id, A1, 0, "current"), ("c2", build_id, B2, 0, "current")]
    assert _history(connection, build_id) == [
        ("c1", "minted", None, "new evidence", [A1, A2]),
        ("c2", "minted", None, "new evidence", [B2]),
    ]


def test_a_build_with_nothing_new_changes_no_row(connection):
    links = {(A1, A2): 0.99}
    _publish(connection, {A1: "c1", A2: "c1"}, links)
    before = _state(connection)
    _publish(connection, {A1: "c1", A2: "c1"}, links)
    assert _state(connection) == before


def test_a_new_record_of_a_known_customer_opens_one_version_and_no_history(connection):
    first = _publish(connection, {A1: "c1"})
    second = _publish(connection, {A1: "c1", B1: "c1"})
    assert rows(
        connection,
        "select source_record_id, valid_from_build_id, valid_to_build_id from identity.record_map order by 2",
    ) == [("1", first, None), ("1", second, None)]
    assert _history(connection, second) == []


def test_a_merge_points_the_loser_to_the_winner(connection):
    _publish(connection, {A1: "c1", A2: "c1", B1: "c2"})
    second = _publish(connection, {A1: "c1", A2: "c1", B1: "c1"})
    assert _status(connection) == {"c1": ("current", None), "c2": ("merged", "c1")}
    assert _history(connection, second) == [("c2", "merged_into", "c1", "new evidence", [B1])]


def test_a_part_that_left_is_split_from_the_id_that_stays(connection):
    _publish(connection, {A1: "c1", A2: "c1", B1: "c1"})
    second = _publish(connection, {A1: "c1", A2: "c1", B1: "c9"})
    assert _status(connection) == {"c1": ("current", None), "c9": ("current", None)}
    assert _history(connection, second) == [
        ("c9", "minted", None, "new evidence", [B1]),
        ("c9", "split_from", "c1", "new evidence", [B1]),
    ]


def test_an_id_that_ends_in_several_names_all_its_parts(connection):
    _publish(connection, {A1: "c1", A2: "c1", B1: "c2"})
    second = _publish(connection, {A1: "c2", A2: "c9", B1: "c2"})
    assert _status(connection)["c1"] == ("split", None)
    assert [row[:3] for row in _history(connection, second) if row[1] == "split_from"] == [
        ("c2", "split_from", "c1"),
        ("c9", "split_from", "c1"),
    ]


def test_a_record_that_changes_sides_between_living_ids_is_told_as_moved(connection):
    _publish(connection, {A1: "c1", A2: "c1", B1: "c2"})
    second = _publish(connection, {A1: "c1", A2: "c2", B1: "c2"})
    assert _history(connection, second) == [("c1", "record_moved", "c2", "new evidence", [A2])]


def test_an_id_without_records_is_erased(connection):
    _publish(connection, {A1: "c1", B1: "c2"})
    second = _publish(connection, {A1: "c1"})
    assert _status(connection)["c2"] == ("erased", None)
    assert _history(connection, second) == [("c2", "record_moved", None, "erased", [B1])]


def test_an_id_whose_records_come_back_to_it_is_current_again(connection):
    _publish(connection, {A1: "c1", B1: "c2"})
    _publish(connection, {A1: "c1", B1: "c1"})
    _publish(connection, {A1: "c1", B1: "c2"})
    assert _status(connection)["c2"] == ("current", None)


def test_a_key_that_begins_an_id_again_is_counted(connection):
    _publish(connection, {A1: "c1"})
    _publish(connection, {B1: "c2"})
    _publish(connection, {A1: "c3", B1: "c2"})
    assert rows(
        connection,
        "select customer_id, begun_ordinal from identity.customer_registry where begun_by_record like 'd01%'",
    ) == [("c1", 0), ("c3", 1)]


def test_the_cause_is_a_decision_when_one_touched_the_customers(connection):
    _publish(connection, {A1: "c1", A2: "c2", B1: "c3", B2: "c4"})
    connection.execute(
        "insert into identity.pair_decisions (left_record, right_record, decision, decided_by, reason) "
        "values (%s, %s, 'link', 'steward', 'one passport')",
        [A1, B2],
    )
    second = _publish(connection, {A1: "c1", A2: "c3", B1: "c3", B2: "c1"})
    assert [row[:4] for row in _history(connection, second)] == [
        ("c2", "merged_into", "c3", "new evidence"),
        ("c4", "merged_into", "c1", "decision"),
    ]


def test_a_decision_is_no_cause_of_later_builds(connection):
    _publish(connection, {A1: "c1", A2: "c2"})
    connection.execute(
        "insert into identity.pair_decisions (left_record, right_record, decision, decided_by, reason) "
        "values (%s, %s, 'no_link', 'steward', 'brothers')",
        [A1, A2],
    )
    _publish(connection, {A1: "c1", A2: "c2"})
    third = _publish(connection, {A1: "c1", A2: "c1"})
    assert [row[3] for row in _history(connection, third)] == ["new evidence"]


@pytest.mark.parametrize(
    ("horizon", "identity_version"), [(2, "2026-11"), (1, "default")], ids=["another version", "no new data"]
)
def test_the_cause_is_the_model_when_only_it_can_have_changed(connection, horizon, identity_version):
    _publish(connection, {A1: "c1", A2: "c2"}, horizon=1)
    second = _publish(connection, {A1: "c1", A2: "c1"}, horizon=horizon, identity_version=identity_version)
    assert [row[3] for row in _history(connection, second)] == ["model change"]


def test_links_are_closed_and_opened_by_build(connection):
    first = _publish(connection, {A1: "c1"}, {(A1, A2): 0.9, (A1, B1): 0.8})
    second = _publish(connection, {A1: "c1"}, {(A1, A2): 0.95, (A2, B1): 0.7})
    assert rows(
        connection,
        "select left_record, right_record, match_probability, valid_from_build_id, valid_to_build_id "
        "from identity.accepted_links order by 4, 1, 2",
    ) == [
        (A1, A2, 0.9, first, second),
        (A1, B1, 0.8, first, second),
        (A1, A2, 0.95, second, None),
        (A2, B1, 0.7, second, None),
    ]


@pytest.mark.parametrize(
    "change",
    ["link_reason = 'decision'", "left_signature_id = 'what a dealer wrote since'", "right_signature_id = 'likewise'"],
)
def test_a_link_with_another_reason_or_signature_is_another_link(connection, change):
    first = _publish(connection, {A1: "c1"}, {(A1, A2): 0.9})
    make_identity(connection, {A1: "c1"}, {(A1, A2): 0.9})
    connection.execute(f"update build.int_customer_links_accepted set {change}".encode())
    second = begin_build(connection, horizon=2)
    with connection.transaction():
        publish_identity(connection, second)
    assert rows(
        connection,
        "select valid_from_build_id, valid_to_build_id, link_reason, left_signature_id, right_signature_id"
        " from identity.accepted_links order by 1 limit 1",
    ) == [(first, second, "match", md5(A1.encode()).hexdigest(), md5(A2.encode()).hexdigest())]
    assert rows(connection, f"select count(*) from identity.current_accepted_links where {change}") == [(1,)]


def test_withdrawing_a_build_leaves_identity_as_it_was_before(connection):
    _publish(connection, {A1: "c1", A2: "c1", B1: "c2", B2: "c3"}, {(A1, A2): 0.9, (A1, B1): 0.8})
    _publish(connection, {A1: "c1", A2: "c1", B1: "c1", B2: "c3"}, {(A1, A2): 0.9})
    before = _state(connection)
    # a merge of c3, a split of c1, c2 returns, a record moves, a link changes, one ends, one begins
    third = _publish(connection, {A1: "c1", A2: "c9", B1: "c2", B2: "c1"}, {(A1, A2): 0.5, (A1, B2): 0.8})
    assert _state(connection) != before
    with connection.transaction():
        withdraw_identity(connection, third)
    assert _state(connection) == before
