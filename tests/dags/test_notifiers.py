from __future__ import annotations

import logging
from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowFailException

from dags._notifiers import TellPeople
from ingestion.errors import EmptyFile
from tests.ingestion.sinks import web_sink


class Instance:
    dag_id = "ingest_dms"
    task_id = "load_dealer"
    rendered_map_index = "d03"


def fail(error: Exception) -> None:
    TellPeople()({"task_instance": Instance(), "exception": error})  # type: ignore[typeddict-item]


def test_a_failed_task_is_told_with_dealer_and_reason_and_sent_where_group_yml_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, bootstrapped_database_url: str
) -> None:
    monkeypatch.setenv("DEALER360_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("DEALER360_DATABASE_URL", bootstrapped_database_url)
    with web_sink() as (url, taken), caplog.at_level(logging.ERROR):
        group = f"name: Group\ntime_zone: UTC\nalerts: {{webhook: '{url}'}}\n"
        (tmp_path / "group.yml").write_text(group, encoding="utf-8")
        for _ in range(2):
            fail(AirflowFailException("sales.csv refused: no_rows"))
    assert "ALERT failed ingest_dms.load_dealer [d03]: sales.csv refused: no_rows" in caplog.text
    assert [alert["subject"] for alert in taken] == ["failed ingest_dms.load_dealer [d03]: sales.csv refused: no_rows"]


def test_of_an_error_that_nobody_foresaw_its_kind_alone_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("DEALER360_WORKSPACE", str(tmp_path))
    fail(ValueError("invalid date: «Иван Петров»"))
    fail(EmptyFile("d03/sales.csv", found="not a byte", expected="a header", do="Ask the dealer to resend."))
    assert "ALERT failed ingest_dms.load_dealer [d03]: ValueError: a reason that is not foreseen" in caplog.text
    assert "ALERT failed ingest_dms.load_dealer [d03]: EmptyFile: d03/sales.csv" in caplog.text
    assert "Петров" not in caplog.text
