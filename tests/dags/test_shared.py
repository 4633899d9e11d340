from __future__ import annotations

import socket
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from airflow.sdk import RetryAction

from dags._shared import RetryDeadConnections, dealers_of, is_dead_connection
from ingestion.errors import NoRows, TransientFailure
from warehouse.database import ServerUnreachable
from warehouse.settings import PROJECT_ROOT, Workspace


def _raised_by(action: Callable[[], object]) -> Exception:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever the real part raises
        action()
    return caught.value


def _terminated(url: str) -> Exception:
    with psycopg.connect(url, autocommit=True) as victim, psycopg.connect(url, autocommit=True) as killer:
        killer.execute("select pg_terminate_backend(%s)", [victim.info.backend_pid])
        return _raised_by(lambda: victim.execute("select 1"))


def test_a_connection_that_the_server_ended_is_tried_again(bootstrapped_database_url: str) -> None:
    assert _action_for(_terminated(bootstrapped_database_url)) is RetryAction.DEFAULT


def test_a_server_that_does_not_answer_is_tried_again() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    error = _raised_by(lambda: psycopg.connect(f"postgresql://nobody@127.0.0.1:{port}/none", connect_timeout=5))
    assert _action_for(error) is RetryAction.DEFAULT


def test_a_failure_that_another_library_raised_from_a_dead_connection_is_tried_again(
    bootstrapped_database_url: str,
) -> None:
    def wrap() -> None:
        raise RuntimeError("the library gave up") from _terminated(bootstrapped_database_url)

    assert _action_for(_raised_by(wrap)) is RetryAction.DEFAULT


@pytest.mark.parametrize("kind", [TransientFailure, ServerUnreachable])
def test_our_own_transient_errors_are_tried_again(kind: type[TransientFailure]) -> None:
    assert _action_for(kind("the server", found="silence", expected="an answer", do="wait")) is RetryAction.DEFAULT


def test_a_bad_file_fails_at_once() -> None:
    error = NoRows("d01/sales.csv", found="a, b", expected="source_id", do="Ask the dealer.")
    assert _action_for(error) is RetryAction.FAIL


def test_a_bad_file_that_was_noticed_by_a_timeout_is_still_a_bad_file() -> None:
    error = NoRows("d01/sales.csv", found="a, b", expected="source_id", do="Ask the dealer.")
    error.__cause__ = TimeoutError()
    assert _action_for(error) is RetryAction.FAIL


def test_a_mistake_in_sql_fails_at_once(bootstrapped_database_url: str) -> None:
    with psycopg.connect(bootstrapped_database_url) as connection:
        error = _raised_by(lambda: connection.execute("select from nowhere"))
    assert isinstance(error, psycopg.ProgrammingError)
    assert _action_for(error) is RetryAction.FAIL


def test_no_exception_is_no_dead_connection() -> None:
    assert not is_dead_connection(None)


def test_a_source_lists_its_own_dealers_the_group_among_them() -> None:
    fixture = Workspace(PROJECT_ROOT / "tests" / "fixtures" / "workspace")
    assert dealers_of("dms", fixture) == ["d01", "d02"]
    assert dealers_of("surveys", fixture) == ["_group"]


def test_a_dealer_whose_yaml_has_a_mistake_is_listed_for_every_source(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.dealers_dir.mkdir()
    workspace.group_file.write_text("name: Group\ntime_zone: Europe/Moscow\n", encoding="utf-8")
    (workspace.dealers_dir / "d07.yml").write_text("dealer_code: d07\nname: Seven\nfeeeds: []\n", encoding="utf-8")
    assert dealers_of("dms", workspace) == ["d07"]


def _action_for(error: Exception) -> RetryAction:
    return RetryDeadConnections().evaluate(error, try_number=1, max_tries=4).action
