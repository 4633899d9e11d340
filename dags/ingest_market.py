"""Load market figures (registrations, spending by channel) into schema `raw`, every day.

Each dealer is loaded by a task of its own: find what is new, check it against `ingestion/sources/market`, pass it
through the gate, publish it. A refused file fails its dealer's task and nobody else's, without a retry; a connection
that broke is tried again. When any dealer had news, `announce` updates the asset `raw.market`, which starts
`build_warehouse`. Running it again loads nothing twice.
"""

from __future__ import annotations

from airflow.sdk import dag

from dags._shared import DEFAULT_ARGS, ingest_source


@dag(
    schedule="@daily",
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["ingest", "market"],
)
def ingest_market() -> None:
    """Load every dealer for itself, then announce the news of all of them."""
    ingest_source("market")


ingest_market()
