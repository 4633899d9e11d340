"""Load what the dealers' telephone exchanges delivered (calls) into `raw`, every hour.

Each dealer is loaded by a task of its own: find what is new, check it against `ingestion/sources/telephony`, pass it
through the gate, publish it. A refused file fails its dealer's task and nobody else's, without a retry; a connection
that broke is tried again. When any dealer had news, `announce` updates the asset `raw.telephony`, which starts
`build_warehouse`. Running it again loads nothing twice.
"""

from __future__ import annotations

from airflow.sdk import dag

from dags._shared import DEFAULT_ARGS, ingest_source


@dag(
    schedule="@hourly",
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULT_ARGS,
    doc_md=__doc__,
    tags=["ingest", "telephony"],
)
def ingest_telephony() -> None:
    """Load every dealer for itself, then announce the news of all of them."""
    ingest_source("telephony")


ingest_telephony()
