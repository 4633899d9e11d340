"""One night in real Airflow: every source's loads, then the build that their announcements start."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import dags
from commands.airflow_api import EVERY_DAG, AirflowApi
from commands.local_airflow import LocalAirflow
from warehouse.build import fail_build
from warehouse.database import connect
from warehouse.errors import Dealer360Error
from warehouse.settings import Workspace

DAGS_FOLDER = Path(dags.__file__).parent
BUILD_DAG = "build_warehouse"
FAILED = "FAILED "
"""How the line begins that a task's failure callback writes, see dags/_shared.py."""

_PARSING_TIMEOUT_S = 120
_SCHEDULING_TIMEOUT_S = 30
_LOADS_TIMEOUT_S = 1800
_BUILD_TIMEOUT_S = 3600
_LOG_LINES = 20
_ENDED = ("success", "failed")


class DagsDoNotImport(Dealer360Error):
    """Airflow could not read a file of dags/."""


class BuildFailedInAirflow(Dealer360Error):
    """A task of build_warehouse failed; its log says why."""


def dag_ids() -> list[str]:
    """Ids of the project's DAGs: the names of their files, the loads first."""
    names = sorted(path.stem for path in DAGS_FOLDER.glob("*.py") if not path.name.startswith("_"))
    return sorted(names, key=lambda name: name == BUILD_DAG)


def prepare(airflow: LocalAirflow) -> None:
    """Have pools and DAGs in a running Airflow.

    Raises:
        DagsDoNotImport: with the stack traces.
        AirflowBroke: the DAG processor did not read them in time.
    """
    api = airflow.api
    for name, pool in json.loads((DAGS_FOLDER / "pools.json").read_text()).items():
        api.set_pool(name, pool["slots"], pool["description"])
    wanted = dag_ids()

    def are_read() -> bool:
        if errors := api.import_errors_since(airflow.started_at):
            raise DagsDoNotImport(
                str(DAGS_FOLDER),
                found="\n".join(errors),
                expected="files that Python imports",
                do="correct them and start again; nothing was loaded",
            )
        return set(wanted) <= api.dags_read_since(airflow.started_at)

    airflow.wait_until(are_read, f"the DAGs {', '.join(wanted)}", _PARSING_TIMEOUT_S)


def run_night(workspace: Workspace, say: Callable[[str], None]) -> None:
    """Load what lies in the workspace's landing folder and build the marts, by Airflow; it is stopped afterwards.

    `say` gets a line for every step. A dealer whose load failed is told there and stops nobody else: what was refused
    stands in `ops`, as after `dealer360 load`.

    Raises:
        AirflowBroke, DagsDoNotImport: nothing was loaded.
        BuildFailedInAirflow: the marts are those of the build before.
    """
    began = time.monotonic()

    def tell(line: str) -> None:
        say(f"{time.monotonic() - began:4.0f} s  {line}")

    tell("starting Airflow: scheduler, DAG processor, API server")
    with LocalAirflow(workspace) as airflow:
        prepare(airflow)
        for dag_id in reversed(dag_ids()):  # the build first: an announcement to a paused DAG is lost
            airflow.api.unpause(dag_id)
        tell(f"Airflow is up on {airflow.url} (user {airflow.user}, password in {airflow.password_file})")
        _end_what_died(airflow, tell)
        earlier_builds = {run["dag_run_id"] for run in airflow.api.runs(BUILD_DAG)}
        if not _run_loads(airflow, tell):
            tell(f"no source has news; triggered {BUILD_DAG}, in case that a build was broken off before")
            airflow.api.trigger(BUILD_DAG)
        _watch_build(airflow, earlier_builds, tell)
        tell("stopping Airflow")


def _end_what_died(airflow: LocalAirflow, tell: Callable[[str], None]) -> None:
    """Close the runs of an Airflow of this workspace that was killed: new ones would queue up behind them.

    Nothing of theirs is alive, because this process alone has the workspace's Airflow. What they had loaded is loaded.
    """
    workspace, api = airflow.workspace, airflow.api
    for dag_id in dag_ids():
        for run in api.runs(dag_id):
            if run["state"] not in _ENDED and not _is_of(airflow, run):
                api.fail_run(dag_id, run["dag_run_id"])
                with connect(workspace) as connection:
                    held = connection.execute(
                        "select build_id from ops.builds where status = 'running' and holder = %s",
                        [f"airflow:{run['dag_run_id']}"],
                    ).fetchall()
                for (build_id,) in held:
                    fail_build(workspace, build_id, "Airflow was ended in the middle of it")
                tell(f"closed a run of {dag_id} that had been broken off")


def _run_loads(airflow: LocalAirflow, tell: Callable[[str], None]) -> bool:
    """Run every source's loads to their end; whether any of them announced news, which starts the build."""
    api = airflow.api
    announced = set()
    under_way = {dag_id: _begun_run(airflow, dag_id) for dag_id in dag_ids() if dag_id.startswith("ingest_")}
    tell(f"began {', '.join(under_way)}")
    api.wake_for_tasks()  # while the scheduler makes the process that tasks are forked from

    def are_done() -> bool:
        runs = {(run["dag_id"], run["dag_run_id"]): run for run in api.runs(EVERY_DAG)}
        for dag_id, run_id in list(under_way.items()):
            run = runs[dag_id, run_id]
            if run["state"] in _ENDED:
                del under_way[dag_id]
                tasks = api.task_instances(dag_id, run_id)
                if any(task["task_id"] == "announce" and task["state"] == "success" for task in tasks):
                    announced.add(dag_id)
                _tell_loads(api, run, tasks, tell)
        return not under_way

    airflow.wait_until(are_done, "the loads of every source to end", _LOADS_TIMEOUT_S, interval_s=1)
    return bool(announced)


def _begun_run(airflow: LocalAirflow, dag_id: str) -> str:
    """The id of the run that the DAG's schedule has begun, be it over already, else of one that is triggered.

    Airflow makes up for a set time that has just passed: a run beside that one would do its work once more, and the
    build would wait for both. A run that is due and does not come is not waited for longer than half a minute.
    """
    api = airflow.api
    begun: list[str] = []
    latest = time.monotonic() + _SCHEDULING_TIMEOUT_S

    def is_known() -> bool:
        begun[:] = [str(run["dag_run_id"]) for run in api.runs(dag_id) if _is_of(airflow, run)]
        return bool(begun) or not api.is_due(dag_id) or time.monotonic() > latest

    airflow.wait_until(is_known, f"the run of {dag_id} that is due", _PARSING_TIMEOUT_S)
    return begun[0] if begun else api.trigger(dag_id)


def _is_of(airflow: LocalAirflow, run: dict[str, Any]) -> bool:
    """Whether the run was made since this Airflow was started."""
    return run["queued_at"] is None or datetime.fromisoformat(run["queued_at"]) >= airflow.started_at


def _tell_loads(api: AirflowApi, run: dict[str, Any], tasks: list[dict[str, Any]], tell: Callable[[str], None]) -> None:
    loads = [task for task in tasks if task["task_id"] == "load_dealer" and task["map_index"] >= 0]
    done = sum(task["state"] == "success" for task in loads)
    tell(f"{run['dag_id']}: {done} of {len(loads)} dealers loaded without a refusal")
    for task in tasks:
        if task["state"] == "failed":
            tell(f"  {_reason(api, run['dag_id'], run['dag_run_id'], task)}")


def _watch_build(airflow: LocalAirflow, earlier: set[str], tell: Callable[[str], None]) -> None:
    api = airflow.api
    told: set[str] = set()

    def is_done() -> bool:
        runs = [run for run in api.runs(BUILD_DAG) if run["dag_run_id"] not in earlier]
        for run in reversed(runs):
            for task in api.task_instances(BUILD_DAG, run["dag_run_id"]):
                if task["state"] == "success" and task["id"] not in told:
                    told.add(task["id"])
                    tell(f"{BUILD_DAG}: {task['task_id']} done in {task['duration'] or 0:.0f} s")
        return bool(runs) and all(run["state"] in _ENDED for run in runs)

    airflow.wait_until(is_done, f"a run of {BUILD_DAG} to end", _BUILD_TIMEOUT_S, interval_s=1)
    for run in api.runs(BUILD_DAG):
        if run["dag_run_id"] not in earlier and run["state"] == "failed":
            raise _build_failure(api, run["dag_run_id"])


def _build_failure(api: AirflowApi, run_id: str) -> BuildFailedInAirflow:
    failed = [task for task in api.task_instances(BUILD_DAG, run_id) if task["state"] == "failed"]
    reasons = [_reason(api, BUILD_DAG, run_id, task) for task in failed]
    return BuildFailedInAirflow(
        f"{BUILD_DAG}, run {run_id}",
        found="\n".join(reasons) or "the run failed without a failed task",
        expected="every task to succeed",
        do="correct what the log names and run again; the marts published before stay as they are",
    )


def _reason(api: AirflowApi, dag_id: str, run_id: str, task: dict[str, Any]) -> str:
    """What our own failure callback wrote, else the end of the task's log."""
    messages = [message for message in api.task_log(dag_id, run_id, task) if not message.startswith("::")]
    told = [message.removeprefix(FAILED) for message in messages if message.startswith(FAILED)]
    return told[-1] if told else f"{dag_id}.{task['task_id']}: " + "\n".join(messages[-_LOG_LINES:])
