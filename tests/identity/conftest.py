"""dbt on a test's own database, with the tables that the models under test read made by hand."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from warehouse.run_dbt import dbt_environment
from warehouse.settings import PROJECT_ROOT, Workspace

RunDbt = Callable[..., None]


@pytest.fixture
def run_dbt(workspace: Workspace) -> RunDbt:
    """Runs dbt with these arguments and fails with what it says."""

    def run(*arguments: str) -> None:
        done = subprocess.run(
            [sys.executable, "-c", "from dbt.cli.main import cli; cli()", *arguments],
            env=dbt_environment(workspace),
            cwd=PROJECT_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    return run
