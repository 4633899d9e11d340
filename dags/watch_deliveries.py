"""Tell of feeds whose delivery has not come by its due time, on the dealer's clock, every quarter of an hour.

`late_feeds` looks, by the rules of `rpt_freshness`, and tells whoever group.yml names under `alerts`: once for each
feed and day. Nothing is loaded or built; running it again tells nothing twice.
"""

from __future__ import annotations

from airflow.sdk import dag, task

from dags._shared import DEFAULT_ARGS
from warehouse.settings import find_workspace


@dag(
    schedule="*/15 * * * *",
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["watch"],
)
def watch_deliveries() -> None:
    """Look for feeds that are late, and tell."""

    @task
    def late_feeds() -> int:
        """How many feeds are late."""
        from ingestion.alerts import alerts_of_late_feeds, tell  # not at every parsing

        workspace = find_workspace()
        alerts = alerts_of_late_feeds(workspace)
        tell(workspace, alerts)
        return len(alerts)

    late_feeds()


watch_deliveries()
