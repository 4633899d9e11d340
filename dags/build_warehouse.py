"""Build the marts of everything that was loaded, judge them, and publish them.

Started when any source has news (the assets `raw.<source>`), and at group.yml's `build_by` whatever has arrived. One
build at a time; `open_build` fixes what it may see, and ends the run when nothing has moved. A failed or refused build
leaves the marts as they were.
"""

from __future__ import annotations

from airflow.sdk import AssetAny, AssetOrTimeSchedule, chain, dag

from dags._build_steps import BUILD_ARGS, build_layer, build_time, judge_marts, open_build, publish_marts
from dags._shared import SOURCES, raw_asset
from warehouse.run_dbt import LAYERS
from warehouse.settings import find_workspace


@dag(
    schedule=AssetOrTimeSchedule(
        timetable=build_time(find_workspace()),
        assets=AssetAny(*(raw_asset(source) for source in SOURCES)),
    ),
    catchup=False,
    max_active_runs=1,
    default_args=BUILD_ARGS,
    doc_md=__doc__,
    tags=["build"],
)
def build_warehouse() -> None:
    """Fix the horizon, run dbt layer by layer, judge, publish."""
    build_id = open_build()
    chain(
        build_id,
        *(build_layer.override(task_id=f"build_{layer}")(build_id, layer) for layer in LAYERS),
        judge_marts(build_id),
        publish_marts(build_id),
    )


build_warehouse()
