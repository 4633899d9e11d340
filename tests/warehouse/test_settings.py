import os
import subprocess
import sys
from pathlib import Path

from warehouse.settings import TELEMETRY_OFF, find_workspace


def test_a_workspace_is_named_on_the_command_line_before_the_environment_before_the_usual_folder(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert find_workspace().root == tmp_path / "workspace"
    monkeypatch.setenv("DEALER360_WORKSPACE", "/srv/dealers")
    assert find_workspace().root == Path("/srv/dealers")
    assert find_workspace("elsewhere").root == tmp_path / "elsewhere"


def test_finding_a_workspace_makes_nothing(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    find_workspace()
    assert list(tmp_path.iterdir()) == []


def test_every_folder_of_a_workspace_is_inside_it(tmp_path):
    workspace = find_workspace(tmp_path)
    folders = [
        workspace.group_file,
        workspace.dealers_dir,
        workspace.landing_dir,
        workspace.archive_dir,
        workspace.identity_dir,
        workspace.postgres_dir,
        workspace.quality_docs_dir,
        workspace.logs_dir,
        workspace.exports_dir,
    ]
    assert [folder.relative_to(tmp_path).as_posix() for folder in folders] == [
        "group.yml",
        "dealers",
        "landing",
        "archive",
        "identity",
        "postgres",
        "quality_docs",
        "logs",
        "exports",
    ]


def test_no_library_is_left_free_to_phone_home_even_where_the_environment_allows_it():
    environment = {**os.environ, "GX_ANALYTICS_ENABLED": "true", "DBT_SEND_ANONYMOUS_USAGE_STATS": "true"}
    asked = "import os, warehouse.settings as s; print({n: os.environ[n] for n in s.TELEMETRY_OFF} == s.TELEMETRY_OFF)"
    said = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "True"
    assert {"GX_ANALYTICS_ENABLED", "DBT_SEND_ANONYMOUS_USAGE_STATS"} <= set(TELEMETRY_OFF)
