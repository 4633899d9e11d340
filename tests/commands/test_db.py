import json
import subprocess
from pathlib import Path

import psycopg
import pytest
from click.testing import CliRunner, Result

from commands.main import cli
from warehouse.settings import PROJECT_ROOT

DEALER360 = PROJECT_ROOT / ".venv/bin/dealer360"


def _run(root: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(root), *words])


@pytest.fixture
def root(tmp_path: Path):
    yield tmp_path / "workspace"
    _run(tmp_path / "workspace", "db", "stop")


def test_a_server_from_its_first_start_to_its_removal(root):
    assert json.loads(_run(root, "db", "status", "--json").stdout)["is_created"] is False
    assert _run(root, "db", "start").exit_code == 0
    running = json.loads(_run(root, "db", "status", "--json").stdout)
    assert running["is_running"] is True
    assert str(running["port"]) in _run(root, "db", "status").stdout
    assert "was stopped" in _run(root, "db", "stop").stdout
    assert "was not running" in _run(root, "db", "stop").stdout
    assert "stopped" in _run(root, "db", "status").stdout
    unsure = _run(root, "db", "remove")
    assert (unsure.exit_code, "--yes" in unsure.stderr) == (2, True)
    assert (root / "postgres").exists()
    assert _run(root, "db", "remove", "--yes").exit_code == 0
    assert not (root / "postgres").exists()


@pytest.mark.parametrize("role", ["owner", "bi", "head_office"])
def test_a_url_stands_alone_on_a_line_and_works(root, role):
    said = _run(root, "db", "url", "--role", role)
    assert said.exit_code == 0
    assert said.stdout.count("\n") == 1
    with psycopg.connect(said.stdout.strip()) as connection:
        assert connection.execute("select current_user, inet_server_addr()::text").fetchone() == (
            f"dealer360_{role}",
            "127.0.0.1/32",
        )


def test_readers_find_the_marts_and_nothing_of_raw(root):
    with psycopg.connect(_run(root, "db", "url", "--role", "bi").stdout.strip()) as connection:
        rights = "select has_schema_privilege('marts', 'usage'), has_schema_privilege('raw', 'usage')"
        assert connection.execute(rights).fetchone() == (True, False)


def test_the_installed_command_works_with_an_empty_environment(root):
    done = subprocess.run(
        [DEALER360, "--workspace", str(root), "db", "url"], env={}, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("postgresql://dealer360_owner:")


@pytest.mark.parametrize("action", ["start", "stop", "remove"])
def test_a_server_of_somebody_else_is_left_alone(root, monkeypatch, action):
    monkeypatch.setenv("DEALER360_DATABASE_URL", "postgresql://app@127.0.0.1:1/warehouse")
    said = _run(root, "db", action)
    assert said.exit_code == 2
    assert "DEALER360_DATABASE_URL" in said.stderr
    assert not root.exists()


def test_the_status_and_the_urls_of_a_server_of_somebody_else(root, foreign_database_url, monkeypatch):
    monkeypatch.setenv("DEALER360_DATABASE_URL", foreign_database_url)
    assert json.loads(_run(root, "db", "status", "--json").stdout)["user"] == "dba"
    assert _run(root, "db", "url").stdout.strip() == foreign_database_url
    reader = _run(root, "db", "url", "--role", "bi")
    assert reader.stdout.strip() == foreign_database_url.replace("dba:foreign", "dealer360_bi")
    assert "password" in reader.stderr


def test_a_server_that_does_not_answer_ends_in_3(root, monkeypatch):
    monkeypatch.setenv("DEALER360_DATABASE_URL", "postgresql://app@127.0.0.1:1/warehouse")
    said = _run(root, "db", "url")
    assert said.exit_code == 3
    assert said.stderr.startswith("ServerUnreachable")
