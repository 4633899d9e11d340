"""Airflow tells of what failed as the commands do: by ingestion/alerts.py."""

from __future__ import annotations

from airflow.sdk import BaseNotifier, Context
from airflow.sdk.exceptions import AirflowException

from warehouse.settings import find_workspace


class TellPeople(BaseNotifier):
    """Tells whoever group.yml names under `alerts` of a task that failed for good: which, for whom, why."""

    def notify(self, context: Context) -> None:
        """One line in the log always; an e-mail and a web hook where they are set, once for the same thing."""
        from ingestion.alerts import alert_of_failure, reason_of, tell  # not at every parsing

        instance = context["task_instance"]
        whom = f" [{instance.rendered_map_index}]" if getattr(instance, "rendered_map_index", None) else ""
        error = context.get("exception") or "the process was ended from outside"
        is_in_our_words = isinstance(error, str | AirflowException)  # the tasks raise AirflowFailException with them
        reason = str(error) if is_in_our_words else reason_of(error, "the task's log")
        tell(find_workspace(), [alert_of_failure(f"{instance.dag_id}.{instance.task_id}{whom}", reason)])
