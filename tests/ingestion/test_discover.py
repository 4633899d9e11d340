"""Which files of landing/ are looked at, when, and for which day."""

from __future__ import annotations

import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingestion.dealer_files import validate
from ingestion.discover import discover, landing_paths
from tests.ingestion.deliveries import deliver, write_dealer, write_group, write_sales_dealer
from warehouse.settings import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace of one dealer; no database."""
    workspace = Workspace(tmp_path)
    write_group(workspace)
    write_sales_dealer(workspace)
    return workspace


def found(workspace: Workspace) -> list[tuple[str, str]]:
    configuration = validate(workspace)
    (feed,) = configuration.feeds
    files = discover(workspace, configuration, feed, landing_paths(workspace))
    return [(file.source_file, file.delivered_on.isoformat()) for file in files]


def test_files_come_in_the_order_of_their_days_not_of_their_arrival(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260302.csv", "x", minute=1)
    deliver(workspace, "d01/sales_20260301.csv", "x", minute=2)
    assert found(workspace) == [("d01/sales_20260301.csv", "2026-03-01"), ("d01/sales_20260302.csv", "2026-03-02")]


def test_files_of_other_feeds_hidden_and_unfinished_ones_are_left(workspace: Workspace) -> None:
    for name in ("sales_20260301.csv.part", ".sales_20260301.csv", "~$sales_20260301.csv", "service_20260301.csv"):
        deliver(workspace, f"d01/{name}", "x")
    assert found(workspace) == []


def test_without_a_date_in_the_name_the_day_is_that_of_arrival_in_the_dealers_zone(workspace: Workspace) -> None:
    text = (workspace.dealers_dir / "d01.yml").read_text(encoding="utf-8").replace("_{date:%Y%m%d}", "")
    write_dealer(workspace, text)
    deliver(workspace, "d01/sales.csv", "x")
    arrived = datetime(2026, 3, 1, 21, 30, tzinfo=UTC).timestamp()
    os.utime(workspace.landing_dir / "d01/sales.csv", (arrived, arrived))
    assert found(workspace) == [("d01/sales.csv", "2026-03-02")]


def test_a_file_that_is_still_growing_is_left_for_the_next_run(workspace: Workspace) -> None:
    file = workspace.landing_dir / "d01/sales_20260301.csv"
    file.parent.mkdir(parents=True)
    file.write_text("x", encoding="utf-8")
    is_done = threading.Event()

    def grow() -> None:
        while not is_done.wait(0.2):
            with file.open("a", encoding="utf-8") as stream:
                stream.write("x")

    writer = threading.Thread(target=grow)
    writer.start()
    try:
        assert found(workspace) == []
    finally:
        is_done.set()
        writer.join()
    time.sleep(0.01)
    assert found(workspace) == [("d01/sales_20260301.csv", "2026-03-01")]
