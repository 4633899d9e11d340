"""The tasks of a build. They hold no state: the build's own row in `ops` says who has it and how far it is."""

from __future__ import annotations

import logging
import time

import yaml
from airflow.sdk import Context, CronTriggerTimetable, get_current_context, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from dags._notifiers import TellPeople
from dags._shared import DEFAULT_ARGS, SOURCES
from warehouse.settings import Workspace, find_workspace

log = logging.getLogger(__name__)

PATIENCE_S = 900
"""How long a build that news have started waits for the loads that are still running."""


def build_time(workspace: Workspace) -> CronTriggerTimetable:
    """Every day at group.yml's `build_by` in the group's time zone; 05:30 UTC while there is no group.yml."""
    group = yaml.safe_load(workspace.group_file.read_text(encoding="utf-8")) if workspace.group_file.exists() else {}
    hour, minute = str(group.get("build_by", "05:30")).split(":")
    return CronTriggerTimetable(f"{int(minute)} {int(hour)} * * *", timezone=group.get("time_zone", "UTC"))


def end_build(context: Context) -> None:
    """Close the books on a build of which a task failed for good, so that the next one need not wait for its lease."""
    from warehouse.build import fail_build

    instance = context["task_instance"]
    build_id = instance.xcom_pull(task_ids="open_build")
    if build_id is not None:
        fail_build(find_workspace(), build_id, f"{instance.task_id}: {context.get('exception')}")


BUILD_ARGS = DEFAULT_ARGS | {"pool": "build", "on_failure_callback": [TellPeople(), end_build]}


def _holder() -> str:
    return f"airflow:{get_current_context()['dag_run'].run_id}"


def _are_loads_running() -> bool:
    instance = get_current_context()["task_instance"]
    return any(instance.get_dr_count(dag_id=f"ingest_{source}", states=["queued", "running"]) for source in SOURCES)


@task
def open_build() -> int:
    """Fix what the build may see and give its id; the run ends here, skipped, when nothing has moved since the last.

    When news started the run, loads that are still going are waited for: six sources that announce one after another
    make one build and not six. At the set hour nobody is waited for.
    """
    from warehouse.build import open_build as begin

    is_set_hour = get_current_context()["dag_run"].run_type == "scheduled"
    deadline = time.monotonic() + (0 if is_set_hour else PATIENCE_S)
    while time.monotonic() < deadline and _are_loads_running():
        time.sleep(1)
    opened = begin(find_workspace(), holder=_holder())
    if opened.build_id is None:
        raise AirflowSkipException(opened.reason)
    return opened.build_id


@task
def build_layer(build_id: int, layer: str) -> int:
    """Run dbt for one layer, with its tests."""
    from warehouse.build import holding_build, run_layer

    workspace = find_workspace()
    with holding_build(workspace, build_id, holder=_holder()):
        run_layer(workspace, build_id, layer)
    return build_id


@task
def judge_marts(build_id: int) -> int:
    """The second gate: a build that it refuses ends here, and nobody sees it."""
    from warehouse.build import holding_build
    from warehouse.build import judge_marts as judge

    workspace = find_workspace()
    with holding_build(workspace, build_id, holder=_holder()):
        findings = judge(workspace, build_id)
    for finding in findings:
        log.warning("%s: %s", finding.action, finding.sentence)
    refusals = [finding.sentence for finding in findings if finding.action == "refuse"]
    if refusals:
        raise AirflowFailException("the gate refuses this build: " + " ".join(refusals))
    return build_id


@task
def publish_marts(build_id: int) -> None:
    """Make the build what `marts` shows."""
    from warehouse.build import holding_build
    from warehouse.build import publish_marts as publish

    workspace = find_workspace()
    with holding_build(workspace, build_id, holder=_holder()):
        outcome = publish(workspace, build_id)
    log.info("build %s is live in slot %s", build_id, outcome.slot)
