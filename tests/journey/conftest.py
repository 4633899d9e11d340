"""The fixture workspace, loaded and built once; on the embedded server, and on a server started by other means."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from ingestion.load import load
from tests.throwaway_databases import throwaway_database
from warehouse.build import build
from warehouse.database import connect
from warehouse.settings import PROJECT_ROOT, Workspace

FIXTURE_WORKSPACE = PROJECT_ROOT / "tests" / "fixtures" / "workspace"


@pytest.fixture(scope="module", params=["server_url", "foreign_server_url"])
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection]:
    """A connection to the warehouse in which one night of the fixture workspace was loaded, built and published."""
    server_url = request.getfixturevalue(request.param)
    workspace = Workspace(tmp_path_factory.mktemp("journey") / "workspace")
    shutil.copytree(FIXTURE_WORKSPACE, workspace.root)
    with throwaway_database(server_url) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEALER360_DATABASE_URL", url)
        load(workspace)
        build(workspace)
        with connect(workspace, autocommit=True) as connection:
            yield connection
    if request.param == "foreign_server_url":  # other tests want to see it without our roles
        with psycopg.connect(server_url, autocommit=True) as connection:
            for role in ("dealer360_owner", "dealer360_bi", "dealer360_head_office"):
                connection.execute(f"drop role if exists {role}")


def line_of(source_file: str, source_row: int) -> str:
    """The line of a fixture file that a record says it came from."""
    path: Path = FIXTURE_WORKSPACE / "landing" / source_file
    return path.read_text(encoding="utf-8").splitlines()[source_row - 1]
