"""A night of the fixture workspace that several modules look at: it takes a minute, so it is made once."""

import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from commands.main import cli
from tests.throwaway_databases import throwaway_database
from warehouse.database import URL_VARIABLE
from warehouse.settings import PROJECT_ROOT, Workspace

FIXTURE_WORKSPACE = PROJECT_ROOT / "tests" / "fixtures" / "workspace"


@dataclass
class Night:
    """A workspace that `run` was called on once, and what it answered."""

    workspace: Workspace
    url: str

    def __post_init__(self) -> None:
        self.environment = {URL_VARIABLE: self.url}
        answer = self.command("run", "--json")
        self.exit_code = answer.exit_code
        self.answer: dict[str, Any] = json.loads(answer.stdout)

    def command(self, *words: str) -> Result:
        """What `dealer360` answers; the environment is the test's only while it runs."""
        return CliRunner(env=self.environment).invoke(cli, ["--workspace", str(self.workspace.root), *words])

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            return connection.execute(query.encode()).fetchall()


@pytest.fixture(scope="session")
def night(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Night]:
    """The fixture workspace after its first night. Tests of build and rollback go on with it."""
    workspace = Workspace(tmp_path_factory.mktemp("night") / "workspace")
    shutil.copytree(FIXTURE_WORKSPACE, workspace.root)
    with throwaway_database(server_url) as url:
        yield Night(workspace, url)
