from __future__ import annotations

import logging
from pathlib import Path

import pytest

from dags._notifiers import TellPeople
from tests.ingestion.sinks import web_sink


class Instance:
    dag_id = "ingest_dms"
    task_id = "load_dealer"
    rendered_map_index = "d03"


def test_a_failed_task_is_told_with_dealer_and_reason_and_sent_where_group_yml_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, bootstrapped_database_url: str
) -> None:
    monkeypatch.setenv("DEALER360_WORKSPACE", str(tmp_path))
    monkeypatch.setenv("DEALER360_DATABASE_URL", bootstrapped_database_url)
    with web_sink() as (url, taken), caplog.at_level(logging.ERROR):
        group = f"name: Group\ntime_zone: UTC\nalerts: {{webhook: '{url}'}}\n"
        (tmp_path / "group.yml").write_text(group, encoding="utf-8")
        for _ in range(2):
            TellPeople()({"task_instance": Instance(), "exception": ValueError("no such column")})  # type: ignore[typeddict-item]
    assert "ALERT failed ingest_dms.load_dealer [d03]: no such column" in caplog.text
    assert [alert["subject"] for alert in taken] == ["failed ingest_dms.load_dealer [d03]: no such column"]
