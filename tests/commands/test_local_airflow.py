from __future__ import annotations

import http.client
import os
import signal
import stat
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from commands.airflow_api import AirflowApi, AirflowRefused
from commands.airflow_night import dag_ids, prepare
from commands.local_airflow import AirflowBroke, AirflowRunsAlready, LocalAirflow, airflow_settings, metadata_urls
from warehouse.settings import Workspace


@pytest.fixture(scope="module")
def running(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAirflow]:
    """Airflow itself, in a folder with a space, under an environment that holds settings of another Airflow."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEALER360_DATABASE_URL", server_url)
        patch.setenv("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql+psycopg2://somebody@elsewhere/airflow")
        with LocalAirflow(Workspace(tmp_path_factory.mktemp("my workspace"))) as airflow:
            yield airflow


def _status(airflow: LocalAirflow, path: str) -> int:
    connection = http.client.HTTPConnection(urlsplit(airflow.url).netloc, timeout=30)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    finally:
        connection.close()


def _processes_in(folder: Path) -> list[int]:
    """Ids of the processes that work in `folder`, which is inherited by whatever they start."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "cwd").readlink() == folder:
                found.append(int(process.name))
        except (FileNotFoundError, PermissionError, ProcessLookupError):
            continue
    return found


def test_airflow_reads_the_projects_dags_and_has_the_pools(running: LocalAirflow) -> None:
    prepare(running)
    assert running.api.dags_read_since(running.started_at) == set(dag_ids())
    assert len(dag_ids()) == 8


def test_what_tasks_ask_is_answered_before_the_first_of_them_asks(running: LocalAirflow) -> None:
    running.api.wake_for_tasks()
    assert _status(running, "/execution/health/ping") == 200


def test_nobody_gets_in_without_the_generated_password(running: LocalAirflow) -> None:
    assert _status(running, "/api/v2/dags") == 401
    with pytest.raises(AirflowRefused, match="401"):
        AirflowApi(urlsplit(running.url).port or 0, running.user, "admin").dags_read_since(running.started_at)


def test_files_with_secrets_are_their_owners_alone(running: LocalAirflow) -> None:
    for name in ("airflow.cfg", "passwords.json", "secrets.json"):
        assert stat.S_IMODE((running.home / name).stat().st_mode) == 0o600


def test_metadata_stand_beside_the_warehouse(running: LocalAirflow, server_url: str) -> None:
    with psycopg.connect(server_url.rpartition("/")[0] + "/airflow") as connection:
        row = connection.execute("select count(*) from dag_run").fetchone()
    assert row is not None


def test_only_this_machine_is_answered(running: LocalAirflow) -> None:
    ours = set(_processes_in(running.home))
    inodes = set()
    for process in ours:
        for handle in Path(f"/proc/{process}/fd").iterdir():
            try:
                target = os.readlink(handle)
            except FileNotFoundError:
                continue
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    listening = [
        line.split()[1]
        for table in ("/proc/net/tcp", "/proc/net/tcp6")
        for line in Path(table).read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[9] in inodes
    ]
    assert listening == [f"0100007F:{urlsplit(running.url).port:04X}"]


def test_a_second_airflow_in_the_same_workspace_is_refused(running: LocalAirflow) -> None:
    with pytest.raises(AirflowRunsAlready), LocalAirflow(running.workspace):
        pass
    assert _status(running, "/api/v2/monitor/health") == 200


def test_a_part_that_ends_is_told_and_takes_the_rest_with_it(
    server_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEALER360_DATABASE_URL", server_url)

    def lose_the_scheduler() -> None:
        with LocalAirflow(Workspace(tmp_path)) as airflow:
            scheduler = next(
                process
                for process in _processes_in(airflow.home)
                if b"\0scheduler" in Path(f"/proc/{process}/cmdline").read_bytes()
            )
            os.kill(scheduler, signal.SIGKILL)
            airflow.serve()

    with pytest.raises(AirflowBroke, match="scheduler ended"):
        lose_the_scheduler()
    assert _processes_in(tmp_path / "airflow") == []


def test_tasks_find_the_api_server_on_the_port_that_was_chosen(tmp_path: Path) -> None:
    settings = airflow_settings(
        home=tmp_path,
        logs_dir=tmp_path / "logs",
        port=4321,
        warehouse_url="postgresql://u:p@127.0.0.1:5432/dealer360",
        secrets={"fernet_key": "f", "jwt_secret": "j", "secret_key": "s"},
    )
    assert settings["core"]["execution_api_server_url"] == "http://127.0.0.1:4321/execution/"
    assert settings["api"]["host"] == "127.0.0.1"
    assert settings["api"]["port"] == "4321"


@pytest.mark.parametrize(
    ("warehouse_url", "synchronous", "asynchronous"),
    [
        pytest.param(
            "postgresql://me:p%40ss%2Fw%25rd@db.example:6543/dealer360",
            "postgresql+psycopg2://me:p%40ss%2Fw%25rd@db.example:6543/airflow",
            "postgresql+asyncpg://me:p%40ss%2Fw%25rd@db.example:6543/airflow",
            id="a password with signs of a URL",
        ),
        pytest.param(
            "host=db.example user=me password=x dbname=dealer360 sslmode=require",
            "postgresql+psycopg2://me:x@db.example:5432/airflow?sslmode=require",
            "postgresql+asyncpg://me:x@db.example:5432/airflow?ssl=require",
            id="words in place of a URL, and TLS",
        ),
    ],
)
def test_the_metadatas_urls_follow_the_warehouses(warehouse_url: str, synchronous: str, asynchronous: str) -> None:
    assert metadata_urls(warehouse_url) == {
        "sql_alchemy_conn": synchronous,
        "sql_alchemy_conn_async": asynchronous,
    }
