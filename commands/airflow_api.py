"""The few requests that we make to Airflow's REST API on this machine."""

from __future__ import annotations

import http.client
import json
from datetime import UTC, datetime
from functools import cached_property
from typing import Any
from urllib.parse import quote, urlencode

from warehouse.errors import Dealer360Error

EVERY_DAG = "~"
"""Airflow's word for all DAGs at once, where runs are asked for."""

_TIMEOUT_S = 60


class AirflowRefused(Dealer360Error):
    """Airflow answered a request with an error."""


class AirflowApi:
    """Airflow's API server on 127.0.0.1, asked as one user. A token is fetched with the first request."""

    def __init__(self, port: int, user: str, password: str) -> None:
        self._port = port
        self._login = {"username": user, "password": password}

    def is_healthy(self) -> bool:
        """Whether the API server answers and has heard from scheduler and DAG processor lately."""
        try:
            health = self._send("GET", "/api/v2/monitor/health")
        except (OSError, http.client.HTTPException, AirflowRefused):
            return False
        return all(health[part]["status"] == "healthy" for part in ("metadatabase", "scheduler", "dag_processor"))

    def wake_for_tasks(self) -> None:
        """Have the API server make what it answers tasks with; it would do so, for seconds, when the first one asks."""
        self._send("GET", "/execution/health/ping")

    def dags_read_since(self, moment: datetime) -> set[str]:
        """Ids of the DAGs that the DAG processor has read since `moment`."""
        found = self._ask("GET", "/api/v2/dags", limit=100)["dags"]
        return {dag["dag_id"] for dag in found if _is_since(dag["last_parsed_time"], moment)}

    def import_errors_since(self, moment: datetime) -> list[str]:
        """File and stack trace of each DAG file that could not be imported since `moment`."""
        found = self._ask("GET", "/api/v2/importErrors", limit=100)["import_errors"]
        return [
            f"{error['filename']}:\n{error['stack_trace']}" for error in found if _is_since(error["timestamp"], moment)
        ]

    def set_pool(self, name: str, slots: int, description: str) -> None:
        """Make the pool, or give it this size."""
        pool = {"name": name, "slots": slots, "description": description, "include_deferred": False}
        entity = {"action": "create", "entities": [pool], "action_on_existence": "overwrite"}
        self._ask("PATCH", "/api/v2/pools", {"actions": [entity]})

    def unpause(self, dag_id: str) -> None:
        """Let the scheduler start runs of the DAG."""
        self._ask("PATCH", f"/api/v2/dags/{quote(dag_id)}?update_mask=is_paused", {"is_paused": False})

    def is_due(self, dag_id: str) -> bool:
        """Whether the scheduler is about to make a run of the DAG by its schedule."""
        told = self._ask("GET", f"/api/v2/dags/{quote(dag_id)}")["next_dagrun_run_after"]
        return told is not None and datetime.fromisoformat(told) <= datetime.now(UTC)

    def trigger(self, dag_id: str) -> str:
        """Start a run now; gives its id."""
        return str(self._ask("POST", f"/api/v2/dags/{quote(dag_id)}/dagRuns", {"logical_date": None})["dag_run_id"])

    def fail_run(self, dag_id: str, run_id: str) -> None:
        """End a run and the tasks of it that have not ended, as failed."""
        self._ask("PATCH", f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id)}", {"state": "failed"})

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """The last runs of the DAG, or of EVERY_DAG, newest first: dag_id, dag_run_id, run_type, state, queued_at."""
        found = self._ask("GET", f"/api/v2/dags/{quote(dag_id)}/dagRuns", order_by="-run_after", limit=50)
        runs: list[dict[str, Any]] = found["dag_runs"]
        return runs

    def task_instances(self, dag_id: str, run_id: str) -> list[dict[str, Any]]:
        """Every task of a run, mapped ones singly; with id, task_id, map_index, state, duration and more."""
        path = f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id)}/taskInstances"
        found: list[dict[str, Any]] = self._ask("GET", path, limit=1000)["task_instances"]
        return found

    def task_log(self, dag_id: str, run_id: str, task: dict[str, Any]) -> list[str]:
        """The messages in the log of a task's last try, stack traces left out."""
        path = (
            f"/api/v2/dags/{quote(dag_id)}/dagRuns/{quote(run_id)}/taskInstances/{quote(task['task_id'])}"
            f"/logs/{task['try_number']}"
        )
        content = self._ask("GET", path, map_index=task["map_index"], full_content="true")["content"]
        return [entry["event"] if isinstance(entry, dict) else str(entry) for entry in content]

    @cached_property
    def _token(self) -> str:
        return str(self._send("POST", "/auth/token", self._login)["access_token"])

    def _ask(self, method: str, path: str, body: object = None, **query: object) -> Any:  # noqa: ANN401 - JSON
        return self._send(method, path + (f"?{urlencode(query)}" if query else ""), body, token=self._token)

    def _send(self, method: str, path: str, body: object = None, *, token: str | None = None) -> Any:  # noqa: ANN401 - JSON
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=_TIMEOUT_S)
        try:
            headers = {"Content-Type": "application/json", "Accept": "application/json"}
            if token is not None:
                headers["Authorization"] = f"Bearer {token}"
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            response = connection.getresponse()
            answer = response.read().decode()
        finally:
            connection.close()
        if response.status >= 400:
            raise AirflowRefused(
                f"{method} {path} of Airflow on 127.0.0.1:{self._port}",
                found=f"{response.status} {answer[:2000]}",
                expected="an answer without an error",
                do="read Airflow's logs in the workspace under logs/airflow; what was published stays as it was",
            )
        return json.loads(answer)


def _is_since(told: str | None, moment: datetime) -> bool:
    return told is not None and datetime.fromisoformat(told) >= moment
