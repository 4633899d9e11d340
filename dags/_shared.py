"""What the DAGs share: retries, assets, and the one task group of every ingest DAG."""

from __future__ import annotations

import logging
from collections import Counter
from datetime import timedelta
from typing import Any

import psycopg
from airflow.providers.standard.operators.empty import EmptyOperator
from airflow.sdk import Asset, Context, RetryDecision, RetryPolicy, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from dags._notifiers import TellPeople
from ingestion.contracts import load_contracts
from ingestion.dealer_files import read_configuration
from ingestion.errors import TransientFailure
from ingestion.news import count_news
from warehouse.build_inputs import last_horizon
from warehouse.database import connect
from warehouse.errors import Dealer360Error
from warehouse.settings import Workspace, find_workspace

log = logging.getLogger(__name__)

# InterfaceError is what psycopg says of a connection that was lost a statement before.
_DEAD_CONNECTION = (psycopg.OperationalError, psycopg.InterfaceError, ConnectionError, TimeoutError)

SOURCES = sorted({source for source, _ in load_contracts()})


class RetryDeadConnections(RetryPolicy):
    """Tries again, with growing pauses, what the surroundings broke off; what a person has to mend fails at once."""

    def evaluate(
        self, exception: BaseException, try_number: int, max_tries: int, context: Context | None = None
    ) -> RetryDecision:
        """The task's own retries for a dead connection, no retry for anything else."""
        if is_dead_connection(exception):
            return RetryDecision.default()
        return RetryDecision.fail(f"{type(exception).__name__} does not go away by itself")


def is_dead_connection(exception: BaseException | None) -> bool:
    """Whether the exception, or what it was raised from, is a connection that broke or could not be made."""
    while exception is not None:
        if isinstance(exception, Dealer360Error):
            return exception.is_transient
        if isinstance(exception, _DEAD_CONNECTION):
            return True
        exception = exception.__cause__
    return False


DEFAULT_ARGS: dict[str, Any] = {
    "owner": "dealer360",
    "retries": 4,
    "retry_delay": timedelta(seconds=30),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(minutes=10),
    "retry_policy": RetryDeadConnections(),
    "on_failure_callback": TellPeople(),
}


def raw_asset(source: str) -> Asset:
    """The raw tables of a source system as a whole: updated when any dealer's delivery brought news."""
    return Asset(f"raw.{source}")


def dealers_of(source: str, workspace: Workspace) -> list[str]:
    """Codes of those who have a feed of this source, and of those whose YAML has a mistake: they fail by name."""
    configuration = read_configuration(workspace)
    having = {feed.dealer_code for feed in configuration.feeds if feed.source == source}
    return sorted(having.union(configuration.dealers_with_problems))


@task
def list_dealers(source: str) -> list[str]:
    """Who has a feed of this source."""
    return dealers_of(source, find_workspace())


@task(pool="warehouse", map_index_template="{{ task.op_kwargs['dealer'] }}")
def load_dealer(source: str, dealer: str) -> dict[str, int]:
    """Load what this dealer delivered; how many files ended in which status.

    A refused file is a failure without a retry: the dealer's other files are loaded, and somebody has to look.
    """
    from ingestion.alerts import alerts_of_files, tell
    from ingestion.load import load  # the readers and the gate take seconds to import: not at every parsing

    workspace = find_workspace()
    outcomes = load(workspace, dealer=dealer, source=source)
    # What is refused fails the task, and is told then.
    tell(workspace, alerts_of_files(outcome for outcome in outcomes if outcome.is_kept_out_whole))
    refusals = []
    is_transient = True
    for outcome in outcomes:
        told = f"{outcome.source_file or outcome.dealer_code} {outcome.status}: {outcome.message.splitlines()[0]}"
        log.info("%s", told)
        if outcome.is_refusal:
            log.error("%s", outcome.error or outcome.message)
            refusals.append(told)
            is_transient &= outcome.is_transient
    if refusals and is_transient:
        raise TransientFailure(dealer, found="; ".join(refusals), expected="no failure", do="It is tried again.")
    if refusals:
        raise AirflowFailException("; ".join(refusals))
    return dict(Counter(outcome.status for outcome in outcomes))


@task_group(group_id="ingest", prefix_group_id=False)
def ingest_source(source: str) -> None:
    """Load every dealer's deliveries of one source, each for itself, then announce the news of all of them."""

    @task(trigger_rule="all_done", outlets=[raw_asset(source)])
    def announce() -> int:
        """Tell the build that raw has news of this source; skipped, and so told to nobody, when it has none.

        News is what no build has seen, whoever loaded it: a run that died before this task is made up for by the next.
        """
        with connect(find_workspace()) as connection:
            news = count_news(connection, source=source, after_batch_seq=last_horizon(connection))
        if not news:
            raise AirflowSkipException("no new row")
        return news

    loaded = load_dealer.partial(source=source).expand(dealer=list_dealers(source))
    loaded >> announce()
    # The announcement is made whatever happened; this leaf turns the run red when a dealer failed.
    loaded >> EmptyOperator(task_id="every_dealer_loaded", trigger_rule="none_failed")
