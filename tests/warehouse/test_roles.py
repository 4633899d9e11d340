"""What each role may read, tried relation by relation as that role, over TCP with its password."""

from collections.abc import Iterator

import psycopg
import pytest

from ingestion.raw_tables import ensure_raw_tables
from tests.warehouse.fake_builds import MARTS, make_build, rows
from warehouse.database import connect
from warehouse.embedded_server import EmbeddedServer
from warehouse.publish import publish
from warehouse.settings import Workspace

BI, HEAD_OFFICE = "dealer360_bi", "dealer360_head_office"
READERS = (BI, HEAD_OFFICE)
CLOSED_SCHEMAS = (
    "landing",
    "raw",
    "quarantine",
    "ops",
    "staging",
    "build",
    "identity",
    "stewardship",
    "slot_a",
    "slot_b",
)


@pytest.fixture(scope="module")
def published(
    tmp_path_factory: pytest.TempPathFactory, _no_settings_of_the_machine: None
) -> Iterator[tuple[Workspace, EmbeddedServer]]:
    """A server of its own with two published builds, a third one built and not published, and all of raw's tables."""
    workspace = Workspace(tmp_path_factory.mktemp("roles"))
    server = EmbeddedServer(workspace)
    try:
        with connect(workspace, autocommit=True) as connection:
            ensure_raw_tables(connection)
            for number in (1, 2):
                publish(workspace, make_build(connection, number))
            make_build(connection, 3)
        yield workspace, server
    finally:
        server.stop()


def _relations(workspace: Workspace) -> list[tuple[str, str]]:
    with connect(workspace) as connection:
        found = rows(
            connection,
            "select schemaname, tablename from pg_tables union select schemaname, viewname from pg_views order by 1, 2",
        )
    return [(str(schema), str(name)) for schema, name in found]


def _may_read(connection: psycopg.Connection, relation: tuple[str, str]) -> bool:
    schema, name = relation
    try:
        connection.execute(f'select * from "{schema}"."{name}" limit 1'.encode())
    except psycopg.errors.InsufficientPrivilege:
        return False
    return True


@pytest.mark.parametrize(
    ("role", "unreadable"), [(BI, {"dim_customer_contacts"}), (HEAD_OFFICE, set())], ids=list(READERS)
)
def test_a_role_reads_its_marts_and_nothing_else(published, role, unreadable):
    workspace, server = published
    relations = [
        relation for relation in _relations(workspace) if relation[0] not in ("pg_catalog", "information_schema")
    ]
    assert {schema for schema, _ in relations} >= {"marts", "slot_a", "slot_b", "build", "raw", "identity", "ops"}
    with psycopg.connect(server.url(role), autocommit=True) as connection:
        readable = {relation for relation in relations if _may_read(connection, relation)}
    assert readable == {("marts", name) for name in MARTS if name not in unreadable}


@pytest.mark.parametrize("role", READERS)
def test_a_role_sees_the_published_rows_and_none_of_the_other_slot_or_of_an_unpublished_build(published, role):
    _, server = published
    with psycopg.connect(server.url(role), autocommit=True) as connection:
        assert rows(connection, "select number, count(*) from marts.fct_vehicle_sales group by 1") == [(2, 20)]


@pytest.mark.parametrize("role", READERS)
def test_a_role_may_write_nowhere_and_make_nothing(published, role):
    _, server = published
    attempts = [
        "create view marts.mine as select 1",
        *(f"create table {schema}.mine (id integer)" for schema in (*CLOSED_SCHEMAS, "marts", "public")),
        "create schema mine",
        "set role dealer360_owner",
        "select ops.next_batch_seq()",
    ]
    with psycopg.connect(server.url(role), autocommit=True) as connection:
        for attempt in attempts:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(attempt.encode())
        for name in MARTS:
            assert connection.execute(
                "select has_table_privilege(%s, 'insert, update, delete, truncate, references, trigger')",
                [f"marts.{name}"],
            ).fetchone() == (False,)


@pytest.mark.parametrize("role", READERS)
def test_a_role_may_not_look_into_any_other_schema(published, role):
    workspace, _ = published
    with connect(workspace) as connection:
        for schema in CLOSED_SCHEMAS:
            assert connection.execute(
                "select has_schema_privilege(%s, %s, 'usage') or has_schema_privilege(%s, %s, 'create')",
                [role, schema, role, schema],
            ).fetchone() == (False,)


def test_a_role_learns_no_values_of_closed_tables_from_their_statistics(published):
    workspace, server = published
    with connect(workspace, autocommit=True) as connection:
        connection.execute("analyze build.dim_customer_contacts")
    with psycopg.connect(server.url(BI), autocommit=True) as connection:
        assert rows(connection, "select * from pg_stats where tablename = 'dim_customer_contacts'") == []
