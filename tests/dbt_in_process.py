"""dbt in the process of the tests: with the shortcuts that builds take, on the project as it was read once for all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from dbt.adapters.postgres.connections import PostgresConnectionManager
from dbt.adapters.postgres.impl import PostgresAdapter
from dbt.cli.main import dbtRunner
from dbt.context.macros import MacroNamespaceBuilder
from dbt.contracts.graph.manifest import Manifest
from dbt_common.clients import agate_helper, jinja
from dbt_common.clients.jinja import MacroFuzzEnvironment
from dbt_common.events.base_types import DebugLevel
from dbt_common.events.event_manager import EventManager

from warehouse.dbt_shortcuts import take_shortcuts
from warehouse.run_dbt import SAYING_LITTLE, dbt_environment
from warehouse.settings import Workspace

_REPLACED = (
    (PostgresConnectionManager, "open"),
    (PostgresConnectionManager, "release"),
    (MacroFuzzEnvironment, "compile"),
    (DebugLevel, "__init__"),
    (EventManager, "fire_event"),
    (PostgresAdapter, "get_relation"),
    (agate_helper, "empty_table"),
    (jinja, "get_environment"),
    (MacroNamespaceBuilder, "build_namespace"),
)


@contextmanager
def taking_shortcuts(templates: Path) -> Iterator[None]:
    """What a build's dbt does not do, dbt does not do in this process either, for as long as this lasts."""
    with pytest.MonkeyPatch.context() as patch:
        for owner, method in _REPLACED:
            patch.setattr(owner, method, getattr(owner, method))
        take_shortcuts(templates)
        yield


@dataclass(frozen=True)
class Dbt:
    """dbt on one warehouse: called with its arguments, it fails with what it says or gives its result."""

    environment: Mapping[str, str]
    templates: Path
    project: Manifest | None = None

    def __call__(self, *arguments: str) -> Any:
        if self.project is not None:
            _stand_in(self.project, self.environment["DEALER360_PG_DBNAME"])
        with pytest.MonkeyPatch.context() as patch, taking_shortcuts(self.templates):
            for name, value in self.environment.items():
                patch.setenv(name, value)
            done = dbtRunner(manifest=self.project).invoke([*SAYING_LITTLE, "--no-write-json", *arguments])
        if not done.success:
            failed = [
                f"{result.node.name}: {result.message}"
                for result in getattr(done.result, "results", ())
                if result.status not in ("success", "pass", "skipped", "no-op")
            ]
            raise AssertionError(str(done.exception or "\n".join(failed)))
        return done.result

    def compiled(self, *models: str) -> dict[str, str]:
        """The SQL that a full refresh would make these models of."""
        ran = self("compile", "--full-refresh", "--no-introspect", "--select", *models)
        return {result.node.name: result.node.compiled_code for result in ran.results}


def _stand_in(project: Manifest, database: str) -> None:
    """Let the project be as it would have been read for this database: nothing else in it comes from the connection."""
    for node in (*project.nodes.values(), *project.sources.values()):
        if node.relation_name:
            node.relation_name = node.relation_name.replace(f'"{node.database}"', f'"{database}"')
        node.database = database


def read_project(folder: Path, templates: Path) -> Manifest:
    """dbt's own reading of the project, anew; no database is asked."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEALER360_DATABASE_URL", "postgresql://nobody:none@127.0.0.1:1/none")
        environment = dbt_environment(Workspace(folder))
    read = Dbt(environment, templates)("parse", "--no-partial-parse")
    assert isinstance(read, Manifest)
    return read
