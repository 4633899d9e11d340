"""dbt in a process that ends together with the one that started it, however that one ends.

A build that was killed must not have a dbt left over that goes on writing into schema build under the next one. The
starter holds the other end of stdin: when it is gone, the read returns.

On stdout stands a JSON object a line: `{"name", "index", "total"}` when a model, seed or test begins, `{"error"}` when
dbt tells of one, and at the end `{"results"}`: of each of them its unique id, its file in the project, the unique ids
that it needs, its status, dbt's message and the seconds it took. dbt itself would write all of every event there, and
the whole project with the results into its target folder: each is a tenth of its processor time.
"""

from __future__ import annotations

import gc
import json
import os
import sys
import threading
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from warehouse.dbt_shortcuts import take_shortcuts

TEMPLATES = "templates"
"""The folder in dbt's target folder with what Jinja made of macros and models."""


def _end_with_starter() -> None:
    os.read(0, 1)
    os._exit(1)


def _tell(event: Any) -> None:  # noqa: ANN401 - a protobuf message, whose fields have no types
    """One line of what the starter wants to know; dbt calls this for every event, from each of its threads."""
    if event.info.name == "LogStartLine":
        said = {"name": event.data.node_info.node_name, "index": event.data.index, "total": event.data.total}
    elif event.info.level == "error" and event.info.msg.strip():
        said = {"error": event.info.msg.strip()}
    else:
        return
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


def _tell_results(results: Iterable[Any]) -> None:
    told = [
        {
            "unique_id": result.node.unique_id,
            "file": result.node.original_file_path,
            "needs": result.node.depends_on_nodes,
            "status": str(result.status),
            "message": result.message,
            "seconds": result.execution_time,
        }
        for result in results
    ]
    sys.stdout.write(json.dumps({"results": told}) + "\n")


def main() -> None:
    """Run dbt with the arguments of this process; exits with 0 when all went well."""
    threading.Thread(target=_end_with_starter, daemon=True).start()
    # What dbt holds is the project, not garbage: to look through it again and again is a sixth of its processor time.
    gc.set_threshold(50_000)
    from dbt.artifacts.schemas.run import RunExecutionResult
    from dbt.cli.main import dbtRunner

    # Without the environment of a workspace it can only say what is wrong, or how it is called.
    if target := os.environ.get("DBT_TARGET_PATH"):
        take_shortcuts(Path(target) / TEMPLATES)
    done = dbtRunner(callbacks=[_tell]).invoke(sys.argv[1:])
    if done.exception is not None:
        sys.stdout.write(f"{done.exception}\n")
    elif isinstance(done.result, RunExecutionResult):
        _tell_results(done.result.results)
    # To look through the whole project for garbage once more, at Python's end, would take half a second.
    gc.freeze()
    sys.exit(0 if done.success else 1)


if __name__ == "__main__":
    main()
