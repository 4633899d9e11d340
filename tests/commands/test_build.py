"""Nights of the fixture workspace, from files to marts, by the commands a user types."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from click.testing import CliRunner, Result

from commands.main import cli
from warehouse.database import connect
from warehouse.settings import PROJECT_ROOT, Workspace

FIXTURE_WORKSPACE = PROJECT_ROOT / "tests" / "fixtures" / "workspace"
# What readers see and identity remembers; times and build numbers apart, the same data must give the same of it.
LASTING = {
    "dim_customers": "select * from marts.dim_customers order by customer_id",
    "bridge_customer_records": "select * from marts.bridge_customer_records order by 1, 2, 3, 4, 5",
    "mart_customer_360": "select * from marts.mart_customer_360 order by customer_id",
    "record_map": "select * from identity.record_map order by 1, 2, 3, 4, 6",
    "customer_registry": "select * from identity.customer_registry order by 1",
    "history": "select * from identity.customer_id_history order by 1",
    "accepted_links": "select * from identity.accepted_links order by 1, 2, 5",
}


@dataclass
class Night:
    """A workspace with one published build, and how the commands answered."""

    workspace: Workspace
    first: dict[str, Any]
    first_exit_code: int

    def command(self, *words: str) -> Result:
        return CliRunner().invoke(cli, ["--workspace", str(self.workspace.root), *words])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with connect(self.workspace) as connection:
            return connection.execute(query.encode()).fetchall()

    def state(self) -> dict[str, list[tuple[Any, ...]]]:
        return {name: self.rows(query) for name, query in LASTING.items()}


@pytest.fixture(scope="module")
def night(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    name = f"night_{uuid4().hex[:12]}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"create database {name} template template0 encoding 'UTF8'")
    workspace = Workspace(tmp_path_factory.mktemp("night") / "workspace")
    shutil.copytree(FIXTURE_WORKSPACE, workspace.root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEALER360_DATABASE_URL", server_url.rpartition("/")[0] + "/" + name)
        first = CliRunner().invoke(cli, ["--workspace", str(workspace.root), "run", "--json"])
        yield Night(workspace, json.loads(first.stdout), first.exit_code)
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"drop database {name} with (force)")


def test_run_loads_builds_and_publishes(night):
    build = night.first["build"]
    assert build["status"] == "published"
    assert {file["status"] for file in night.first["files"]} == {"loaded"}
    assert night.first_exit_code == 0
    assert set(build["parts"]) >= {"dbt", "gate", "publish"}
    assert set(build["published"]["changes"]) >= {"dim_customers", "fct_vehicle_sales", "mart_customer_360"}
    assert night.rows("select count(*) > 0 from marts.mart_customer_360") == [(True,)]


def test_a_second_run_with_nothing_new_changes_no_row(night):
    # A row that was written again has another xmin or stands elsewhere, even when it says the same.
    tables = night.rows(
        "select quote_ident(schemaname) || '.' || quote_ident(tablename) from pg_tables "
        "where schemaname in ('raw', 'quarantine', 'build', 'identity', 'slot_a', 'slot_b')"
    )
    versions = "select md5(coalesce(string_agg(xmin::text || ctid::text, ' ' order by ctid), '')) from {}"
    before = {table: night.rows(versions.format(table)) for (table,) in tables}
    answer = night.command("run")
    assert answer.exit_code == 0
    assert "Nothing new. Build 1 is live and shows everything that was loaded." in answer.stdout
    assert {table: night.rows(versions.format(table)) for (table,) in tables} == before
    assert night.rows("select count(*) from ops.builds") == [(1,)]


def test_a_build_that_was_killed_leaves_nothing_and_making_everything_anew_gives_the_same(night):
    before = night.state()
    words = ["--workspace", str(night.workspace.root), "build", "--full-refresh"]
    building = subprocess.Popen([sys.executable, "-c", "from commands.main import cli; cli()", *words])
    at_work = "select 1 from pg_stat_activity where application_name = 'dealer360 build 2'"
    while not night.rows(at_work):
        assert building.poll() is None
        time.sleep(0.05)
    os.kill(building.pid, signal.SIGKILL)
    building.wait()
    assert night.state() == before

    answer = night.command("build", "--full-refresh")
    assert (answer.exit_code, answer.stderr) == (0, answer.stderr)
    assert "Build 3 is live" in answer.stdout
    assert night.state() == before
    assert night.rows("select build_id, status from ops.builds order by 1") == [
        (1, "published"),
        (2, "failed"),
        (3, "published"),
    ]


def test_rolling_back_and_building_again_is_nothing_new(night):
    answer = night.command("rollback")
    assert (answer.exit_code, answer.stdout) == (0, "Build 1 is live again; build 3 was taken back.\n")
    answer = night.command("build")
    assert "Build 3 of the same data was rolled back" in answer.stdout
    answer = night.command("rollback")
    assert answer.exit_code == 3
    assert "NothingToRollBackTo" in answer.stderr


def test_a_customer_is_shown_with_the_files_and_rows_that_he_comes_from(night):
    customer_id, source_file, source_row = night.rows(
        "select customer_id, source_file, source_row from marts.bridge_customer_records "
        "where source_system = 'dms' and entity = 'sales' order by source_file, source_row limit 1"
    )[0]
    answer = night.command("customer", customer_id)
    assert answer.exit_code == 0
    assert source_file in answer.stdout
    shown = json.loads(night.command("customer", customer_id, "--json").stdout)
    assert shown["profile"]["customer_id"] == customer_id
    assert (source_file, source_row) in {(record["source_file"], record["source_row"]) for record in shown["records"]}
    assert shown["contacts"]


def test_an_id_that_never_was_is_told(night):
    answer = night.command("customer", "nobody")
    assert answer.exit_code == 3
    assert "UnknownCustomer: customer nobody" in answer.stderr
