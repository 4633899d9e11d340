import subprocess
import sys

import pytest

from warehouse.database import connect
from warehouse.run_dbt import (
    LAYERS,
    _drop_tables_without_model,
    _failure,
    _forget_other_code,
    _seconds_by_layer,
    dbt_environment,
    seed_tables,
)
from warehouse.settings import PROJECT_ROOT, Workspace


def test_every_model_seed_and_test_belongs_to_exactly_one_layer(run_dbt):
    def nodes(*selection):
        return run_dbt(
            "ls",
            *("--exclude-resource-type=unit_test", "--exclude-resource-type=source"),
            *("--indirect-selection=buildable", *selection),
        )

    everything = nodes()
    by_layer = [node for selection in LAYERS.values() for node in nodes(*selection)]
    assert everything
    assert sorted(by_layer) == sorted(everything)


def test_dbt_ends_when_the_process_that_started_it_is_gone():
    dbt = [sys.executable, "-m", "warehouse.dbt_process", "--help"]
    with subprocess.Popen(dbt, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL) as with_starter:
        assert with_starter.wait() == 0
    with subprocess.Popen(dbt, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as without_starter:
        assert without_starter.wait() == 1


def test_why_dbt_did_not_even_begin_reaches_its_starter():
    dbt = [sys.executable, "-m", "warehouse.dbt_process", "build", "--no-such-option"]
    with subprocess.Popen(dbt, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "No such option" in process.stdout.read()
        assert process.wait() == 1


def _sessions_so_far(workspace: Workspace) -> int:
    with connect(workspace) as connection:
        query = "select sessions from pg_stat_database where datname = current_database()"
        return connection.execute(query).fetchone()[0]


def test_dbt_keeps_its_connections_from_node_to_node_and_after_a_statement_that_failed(workspace):
    with connect(workspace) as connection:
        connection.execute("create type build.xwalk_channels as (in_the_way_of_a_seed integer)")
    before = _sessions_so_far(workspace)
    with subprocess.Popen(
        [sys.executable, "-m", "warehouse.dbt_process", "--log-level=none", "seed", "--select", "xwalk_*"],
        env=dbt_environment(workspace),
        cwd=PROJECT_ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = process.stdout.read()
    opened = _sessions_so_far(workspace) - before
    with connect(workspace) as connection:
        query = "select tablename from pg_tables where tablename like 'xwalk_%'"
        seeded = {table for (table,) in connection.execute(query)}
    assert "already exists" in said
    assert seeded == {seed for seed in seed_tables() if seed.startswith("xwalk_")} - {"xwalk_channels"}
    assert opened < len(seeded)


def test_dbt_gets_the_connection_from_the_url_and_libpq_the_rest_of_it(workspace, monkeypatch):
    url = "postgresql://owner:p%40ss@db.example:6543/warehouse?sslmode=require&options=-c%20geqo%3Doff"
    monkeypatch.setenv("DEALER360_DATABASE_URL", url)
    environment = dbt_environment(workspace, build_id=7)
    assert {key: value for key, value in environment.items() if key.startswith("DEALER360_PG_")} == {
        "DEALER360_PG_HOST": "db.example",
        "DEALER360_PG_PORT": "6543",
        "DEALER360_PG_USER": "owner",
        "DEALER360_PG_PASSWORD": "p@ss",
        "DEALER360_PG_DBNAME": "warehouse",
    }
    assert environment["PGSSLMODE"] == "require"
    assert environment["PGOPTIONS"] == (
        "-c geqo=off -c synchronous_commit=off -c jit=off -c wal_skip_threshold=64MB -c idle_session_timeout=0"
    )
    assert environment["PGAPPNAME"] == "dealer360 build 7"


@pytest.mark.parametrize(
    ("message", "is_transient"),
    [
        ("server closed the connection unexpectedly", True),
        ("SSL SYSCALL error: EOF detected", True),
        ("SSL connection has been closed unexpectedly", True),
        ("could not receive data from server: Connection reset by peer", True),
        ("could not send data to server: Broken pipe", True),
        ('column "server" does not exist', False),
    ],
)
def test_a_connection_that_was_lost_is_told_from_a_model_that_is_wrong(tmp_path, message, is_transient):
    result = {"unique_id": "model.dealer360.int_periods", "status": "error", "message": f"Database Error\n  {message}"}
    failure = _failure(Workspace(tmp_path), "marts", [result], [])
    assert message in failure.found
    assert failure.is_transient == is_transient


def test_what_dbt_has_read_of_other_code_is_forgotten_and_of_the_same_code_kept(tmp_path, monkeypatch):
    workspace = Workspace(tmp_path)
    read = workspace.logs_dir / "dbt" / "target" / "partial_parse.msgpack"
    is_kept = []
    for code in ("first", "first", "second", "second"):
        monkeypatch.setattr("warehouse.run_dbt.code_version", lambda code=code: code)
        _forget_other_code(workspace)
        is_kept.append(read.exists())
        read.touch()
    assert is_kept == [False, True, False, True]


def test_what_comes_before_identity_is_staging_and_all_that_follows_marts():
    def result(unique_id: str, file: str, *needs: str, seconds: float) -> dict[str, object]:
        return {"unique_id": unique_id, "file": f"models/{file}", "needs": needs, "seconds": seconds}

    results = [
        result("model.stg", "staging/stg.sql", seconds=1),
        result("model.union", "intermediate/unioned/union.sql", "model.stg", seconds=2),
        result("model.cluster", "intermediate/identity/cluster.sql", "model.union", seconds=4),
        result("test.cluster", "intermediate/identity/_models.yml", "model.cluster", seconds=8),
        result("model.dim", "marts/core/dim.sql", "model.cluster", seconds=16),
    ]
    assert _seconds_by_layer(None, results) == {"staging": 3, "identity": 12, "marts": 16}
    assert _seconds_by_layer("staging", results[:2]) == {"staging": 3, "identity": 0, "marts": 0}


def test_tables_of_models_that_left_the_project_are_dropped_and_what_matching_keeps_beside_them_is_not(
    workspace, tmp_path, monkeypatch
):
    model = tmp_path / "models/intermediate/int_stays.sql"
    model.parent.mkdir(parents=True)
    model.touch()
    monkeypatch.setattr("warehouse.run_dbt.DBT_PROJECT", tmp_path)
    tables = ["int_stays", "int_left", "dim_left", "int_customer_matching_state", "first_names"]
    tables += ["int_stays__of_run", "int_stays__gone"]
    with connect(workspace) as connection:
        for table in tables:
            connection.execute(f"create table build.{table} ()")
    _drop_tables_without_model(workspace)
    with connect(workspace) as connection:
        found = connection.execute("select tablename from pg_tables where schemaname = 'build' order by 1").fetchall()
    assert found == [("first_names",), ("int_customer_matching_state",), ("int_stays",)]
