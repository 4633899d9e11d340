"""The fixture workspace, loaded and built once; on the embedded server, and on a server started by other means."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from ingestion.load import load

from tests.journey.foreign_server import ForeignServer
from warehouse.build import build
from warehouse.database import connect
from warehouse.settings import PROJECT_ROOT, Workspace

FIXTURE_WORKSPACE = PROJECT_ROOT / "tests" / "fixtures" / "workspace"


@pytest.fixture(scope="session")
def foreign_server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a database on a PostgreSQL that nothing of ours started."""
    with ForeignServer(tmp_path_factory.mktemp("foreign")) as url:
        yield url


@pytest.fixture(scope="session", params=["embedded", "foreign"])
def published(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[psycopg.Connection]:
    """A connection to the warehouse in which one night of the fixture workspace was loaded, built and published."""
    if request.param == "embedded":
        server_url = request.getfixturevalue("server_url")
        name = f"journey_{uuid4().hex[:12]}"
        with psycopg.connect(server_url, autocommit=True) as connection:
            connection.execute(f"create database {name} template template0 encoding 'UTF8'")
        url = server_url.rpartition("/")[0] + "/" + name
    else:
        url = request.getfixturevalue("foreign_server_url")
    workspace = Workspace(tmp_path_factory.mktemp("journey") / "workspace")
    shutil.copytree(FIXTURE_WORKSPACE, workspace.root)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEALER360_DATABASE_URL", url)
        load(workspace)
        build(workspace)
        with connect(workspace, autocommit=True) as connection:
            yield connection


def line_of(source_file: str, source_row: int) -> str:
    """The line of a fixture file that a record says it came from."""
    path: Path = FIXTURE_WORKSPACE / "landing" / source_file
    return path.read_text(encoding="utf-8").splitlines()[source_row - 1]
