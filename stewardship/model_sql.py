"""The SQL of dbt models, to be run over other inputs than the build's own: one definition for builds and training."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from warehouse.errors import Dealer360Error
from warehouse.run_dbt import dbt_environment
from warehouse.settings import PROJECT_ROOT, Workspace


class ModelNotCompiled(Dealer360Error):
    """dbt could not compile a model, or the model does not read what it is to be given."""


@dataclass(frozen=True)
class ModelSql:
    """The compiled SQL of a model, and the models and seeds it reads with the names that it calls them by."""

    name: str
    sql: str
    inputs: Mapping[str, str]

    def reading(self, others: Mapping[str, str]) -> str:
        """The same select, reading another relation in the place of each model or seed in `others`.

        Raises:
            ModelNotCompiled: the model reads none of that name.
        """
        sql = self.sql
        for name, relation in others.items():
            if name not in self.inputs:
                raise ModelNotCompiled(
                    f"dbt model {self.name}",
                    found=f"it reads {', '.join(sorted(self.inputs))}",
                    expected=f"that it reads {name}, which training puts other rows in the place of",
                    do="this is a fault of the project: report it; nothing was changed",
                )
            sql = sql.replace(self.inputs[name], relation)
        return sql


def model_sql(workspace: Workspace, *names: str) -> dict[str, ModelSql]:
    """Compile these models for the workspace's warehouse as a full refresh would run them.

    Raises:
        ModelNotCompiled: with what dbt says.
    """
    folder = workspace.logs_dir / "dbt" / "compiled_models"
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from dbt.cli.main import cli; cli()"),
            *("--quiet", "compile", "--full-refresh", "--no-introspect", "--select", *names),
        ],
        env=dbt_environment(workspace) | {"DBT_TARGET_PATH": str(folder), "DBT_LOG_PATH": str(folder)},
        cwd=PROJECT_ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ModelNotCompiled(
            f"dbt compile of {', '.join(names)}",
            found="\n".join((done.stdout + done.stderr).splitlines()[-12:]),
            expected="compiled SQL",
            do="run `dealer360 build`, which tells more; nothing was changed",
        )
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    nodes = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] in ("model", "seed")}
    return {
        name: ModelSql(
            name,
            nodes[name]["compiled_code"],
            {
                parent["name"]: parent["relation_name"]
                for parent in nodes.values()
                if parent["unique_id"] in nodes[name]["depends_on"]["nodes"]
            },
        )
        for name in names
    }
