from __future__ import annotations

import json
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from airflow.sdk import DAG
from airflow.sdk.definitions.mappedoperator import MappedOperator

from ingestion.contracts import load_contracts
from warehouse.run_dbt import LAYERS
from warehouse.settings import PROJECT_ROOT

DAGS_FOLDER = PROJECT_ROOT / "dags"
SOURCES = {source for source, _ in load_contracts()}
FILES = sorted(path for path in DAGS_FOLDER.glob("*.py") if not path.name.startswith("_"))
BUILD_TASKS = ["open_build", *(f"build_{layer}" for layer in LAYERS), "judge_marts", "publish_marts"]


@pytest.fixture(scope="module")
def dag_bag() -> DagBag:
    return DagBag(DAGS_FOLDER)


@pytest.fixture
def ingest_dags(dag_bag: DagBag) -> list[DAG]:
    return [dag for dag_id, dag in dag_bag.dags.items() if dag_id.startswith("ingest_")]


def test_there_are_eight_dags_and_none_fails_to_import(dag_bag: DagBag) -> None:
    assert len(dag_bag.dags) == 8
    assert dag_bag.import_errors == {}


def test_a_dag_is_named_as_its_file_and_explains_itself(dag_bag: DagBag) -> None:
    assert sorted(dag_bag.dags) == [path.stem for path in FILES]
    for dag in dag_bag.dags.values():
        assert Path(dag.fileloc).stem == dag.dag_id
        assert dag.doc_md
        assert Path(dag.fileloc).read_text(encoding="utf-8").startswith(f'"""{dag.doc_md.lstrip()[:40]}')


@pytest.mark.parametrize("file", FILES, ids=lambda path: path.stem)
def test_a_dag_file_says_when_and_in_which_order_in_sixty_lines(file: Path) -> None:
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 60


def test_every_source_system_has_a_dag_of_its_own(ingest_dags: list[DAG]) -> None:
    assert {dag.dag_id for dag in ingest_dags} == {f"ingest_{source}" for source in SOURCES}
    for dag in ingest_dags:
        source = dag.dag_id.removeprefix("ingest_")
        assert dag.get_task("load_dealer").partial_kwargs["op_kwargs"] == {"source": source}
        assert [asset.name for asset in dag.get_task("announce").outlets] == [f"raw.{source}"]


def test_loads_are_mapped_over_dealers_and_show_whose_they_are(ingest_dags: list[DAG]) -> None:
    for dag in ingest_dags:
        load = dag.get_task("load_dealer")
        assert isinstance(load, MappedOperator)
        assert "dealer" in load.partial_kwargs["map_index_template"]


def test_nothing_but_announce_updates_an_asset(dag_bag: DagBag) -> None:
    updating = {(dag.dag_id, task.task_id) for dag in dag_bag.dags.values() for task in dag.tasks if task.outlets}
    assert updating == {(f"ingest_{source}", "announce") for source in SOURCES}


def test_announce_comes_whatever_became_of_the_loads_and_a_failed_load_turns_the_run_red(
    ingest_dags: list[DAG],
) -> None:
    for dag in ingest_dags:
        assert dag.get_task("announce").trigger_rule == "all_done"
        leaves = {task.task_id: task.trigger_rule for task in dag.leaves}
        assert leaves == {"announce": "all_done", "every_dealer_loaded": "none_failed"}


def test_the_build_waits_for_any_source_or_for_its_hour_and_runs_once_at_a_time(dag_bag: DagBag) -> None:
    dag = dag_bag.dags["build_warehouse"]
    assert type(dag.timetable).__name__ == "AssetOrTimeSchedule"
    assert type(dag.timetable.asset_condition).__name__ == "AssetAny"
    assert {asset.name for asset in dag.timetable.asset_condition.objects} == {f"raw.{source}" for source in SOURCES}
    assert dag.max_active_runs == 1


def test_the_build_goes_layer_by_layer_then_the_gate_then_publish(dag_bag: DagBag) -> None:
    dag = dag_bag.dags["build_warehouse"]
    assert [task.task_id for task in dag.topological_sort()] == BUILD_TASKS
    for before, after in zip(BUILD_TASKS, BUILD_TASKS[1:], strict=False):
        assert before in dag.get_task(after).upstream_task_ids


def test_heavy_tasks_stand_in_pools_that_are_made_with_airflow(dag_bag: DagBag) -> None:
    pools = json.loads((DAGS_FOLDER / "pools.json").read_text(encoding="utf-8"))
    used = {dag.dag_id: {task.pool for task in dag.tasks} - {"default_pool"} for dag in dag_bag.dags.values()}
    loads = {f"ingest_{source}": {"warehouse"} for source in SOURCES}
    assert used == loads | {"build_warehouse": {"build"}, "watch_deliveries": set()}
    assert pools["build"]["slots"] == 1
    assert 2 <= pools["warehouse"]["slots"] <= 4


def test_every_task_tries_again_by_the_same_policy_and_tells_its_failure(dag_bag: DagBag) -> None:
    for dag in dag_bag.dags.values():
        for task in dag.tasks:
            assert type(task.retry_policy).__name__ == "RetryDeadConnections"
            assert task.retries > 0
            assert task.retry_exponential_backoff > 1
            assert "TellPeople" in [type(callback).__name__ for callback in _listed(task.on_failure_callback)]


def _listed(callbacks: object) -> list:
    return callbacks if isinstance(callbacks, list | tuple) else [callbacks]
