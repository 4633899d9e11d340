"""One run of ingest_dms, by Airflow's own runner in a process of its own, on dealers of whom one sent a broken file."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg
import pytest

from commands.local_airflow import airflow_settings
from ingestion.load import load
from warehouse.build import open_build
from warehouse.settings import PROJECT_ROOT, TELEMETRY_OFF, Workspace

FIXTURE = PROJECT_ROOT / "tests" / "fixtures" / "workspace"

# What Airflow's processes would do, without its servers: a run of the DAG, then what became of each task.
RUN = """
import json, sys
from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
from airflow.models import Pool
from airflow.models.dagbundle import DagBundleModel
from airflow.utils.session import create_session

folder, dag_id, answer = sys.argv[1:]
bag = DagBag(folder)
with create_session() as session:
    session.merge(DagBundleModel(name="dags-folder"))
    for name, pool in json.load(open(folder + "/pools.json")).items():
        Pool.create_or_update_pool(name, pool["slots"], pool["description"], False, session=session)
sync_bag_to_db(bag, "dags-folder", None)
run = bag.dags[dag_id].test()
with create_session() as session:
    run = session.merge(run)
    instances = [
        (instance.task_id, instance.rendered_map_index, str(instance.state), instance.try_number)
        for instance in run.get_task_instances(session=session)
    ]
    from airflow.models.asset import AssetEvent
    events = [event.asset.name for event in session.query(AssetEvent)]
    state = str(run.state)
json.dump({"state": state, "tasks": instances, "events": events}, open(answer, "w"))
"""


@dataclass
class Ran:
    state: str
    events: list[str]
    tasks: list[list[Any]]
    output: str
    states: dict[tuple[str, str | None], str] = field(init=False)

    def __post_init__(self) -> None:
        self.states = {(task, whose): state for task, whose, state, _ in self.tasks}


def _without_airflows_settings() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW_")} | TELEMETRY_OFF


@pytest.fixture(scope="module")
def migrated_metadata(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Airflow's metadata database as its migrations leave it, which take as long as a run."""
    home = tmp_path_factory.mktemp("airflow")
    environment = _without_airflows_settings() | {"AIRFLOW_HOME": str(home)}
    environment |= {"AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db"}
    subprocess.run([sys.executable, "-m", "airflow", "db", "migrate"], env=environment, check=True, capture_output=True)
    return home / "airflow.db"


@pytest.fixture
def airflow_environment(
    tmp_path: Path, server_url: str, workspace: Workspace, migrated_metadata: Path
) -> dict[str, str]:
    """Airflow on a fresh metadata database, with the workspace of the test."""
    home = tmp_path / "airflow"
    home.mkdir()
    shutil.copy(migrated_metadata, home)
    secrets = {"fernet_key": "", "jwt_secret": "not secret, " * 6, "secret_key": "not secret"}
    settings = airflow_settings(
        home=home, logs_dir=tmp_path / "logs", port=1, warehouse_url=server_url, secrets=secrets
    )
    settings["database"] = {"sql_alchemy_conn": f"sqlite:///{home}/airflow.db"}
    environment = _without_airflows_settings()
    environment |= {"AIRFLOW_HOME": str(home), "DEALER360_WORKSPACE": str(workspace.root)}
    environment |= {
        f"AIRFLOW__{section}__{option}".upper(): value
        for section, options in settings.items()
        for option, value in options.items()
    }
    return environment


def _run_ingest_dms(environment: dict[str, str], tmp_path: Path) -> Ran:
    answer = tmp_path / "answer.json"
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(PROJECT_ROOT / "dags"), "ingest_dms", str(answer)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return Ran(**json.loads(answer.read_text()), output=done.stdout + done.stderr)


def test_a_broken_file_fails_its_dealers_task_alone_and_what_the_others_sent_is_announced_once(
    workspace: Workspace, airflow_environment: dict[str, str], tmp_path: Path
) -> None:
    shutil.copytree(FIXTURE, workspace.root, dirs_exist_ok=True)
    broken = workspace.landing_dir / "d02" / "sales_20260302.csv"
    broken.write_bytes(b"a;b\n1;2\n")

    first = _run_ingest_dms(airflow_environment, tmp_path)

    assert first.states == {
        ("list_dealers", None): "success",
        ("load_dealer", "d01"): "success",
        ("load_dealer", "d02"): "failed",
        ("announce", None): "success",
        ("every_dealer_loaded", None): "upstream_failed",
    }
    assert first.state == "failed"
    assert first.events == ["raw.dms"]
    assert [tries for task, whose, _, tries in first.tasks if whose == "d02"] == [1]
    assert "ALERT failed ingest_dms.load_dealer [d02]: d02/sales_20260302.csv refused" in first.output
    with psycopg.connect(os.environ["DEALER360_DATABASE_URL"]) as connection:
        loaded = connection.execute("select dealer_code, count(*) from raw.dms__sales group by 1").fetchall()
    assert [dealer for dealer, _ in loaded] == ["d01"]

    broken.unlink()
    open_build(workspace, holder="airflow:the build that the news started")
    second = _run_ingest_dms(airflow_environment, tmp_path)

    assert second.state == "success"
    assert second.states["announce", None] == "skipped"
    assert second.events == ["raw.dms"], "a build has seen it all, so nothing was announced again"


def test_what_a_run_loaded_that_died_before_it_announced_is_announced_by_the_next(
    workspace: Workspace, airflow_environment: dict[str, str], tmp_path: Path
) -> None:
    shutil.copytree(FIXTURE, workspace.root, dirs_exist_ok=True)
    load(workspace, source="dms")

    ran = _run_ingest_dms(airflow_environment, tmp_path)

    assert ran.states["announce", None] == "success"
    assert ran.events == ["raw.dms"]
