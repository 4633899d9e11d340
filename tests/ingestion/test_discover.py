"""Which files of landing/ are looked at, when, and for which day."""

from __future__ import annotations

import fcntl
import os
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ingestion.dealer_files import validate
from ingestion.discover import ABANDONED_SECONDS, discover, landing_paths, watch
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


def watched(workspace: Workspace) -> tuple[list[str], list[str]]:
    """The names of the files that are finished, and what is said of those that are not."""
    configuration = validate(workspace)
    (feed,) = configuration.feeds
    finished, unfinished = watch(discover(workspace, configuration, feed, landing_paths(workspace)))
    return [found.file.name for found in finished], [left.sentence for left in unfinished]


@pytest.mark.parametrize("clock_ahead", [0, 3600], ids=["by our clock", "by a clock that is an hour ahead"])
def test_a_file_that_is_still_growing_is_left_for_the_next_run(workspace: Workspace, clock_ahead: int) -> None:
    file = workspace.landing_dir / "d01/sales_20260301.csv"
    file.parent.mkdir(parents=True)
    file.write_text("x", encoding="utf-8")
    is_done = threading.Event()

    def grow() -> None:
        while not is_done.wait(0.2):
            with file.open("a", encoding="utf-8") as stream:
                stream.write("x")
            os.utime(file, (time.time(), time.time() + clock_ahead))

    writer = threading.Thread(target=grow)
    writer.start()
    time.sleep(0.5)
    try:
        assert watched(workspace) == ([], ["it changed while it was looked at"])
    finally:
        is_done.set()
        writer.join()
    assert watched(workspace) == (["sales_20260301.csv"], [])


def test_a_file_that_somebody_has_open_for_writing_is_left_until_it_was_idle_for_an_hour(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260301.csv", "x")
    file = workspace.landing_dir / "d01/sales_20260301.csv"
    with file.open("a", encoding="utf-8"):
        minutes_ago = time.time() - 300
        os.utime(file, (minutes_ago, minutes_ago))
        assert watched(workspace) == ([], ["another process has it open for writing"])
        hours_ago = time.time() - 2 * ABANDONED_SECONDS
        os.utime(file, (hours_ago, hours_ago))
        assert watched(workspace) == (["sales_20260301.csv"], [])


def test_a_file_that_somebody_has_locked_is_left(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260301.csv", "x")
    with (workspace.landing_dir / "d01/sales_20260301.csv").open("rb") as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        assert watched(workspace) == ([], ["another process has locked it"])
    assert watched(workspace) == (["sales_20260301.csv"], [])


def test_a_file_that_went_away_is_nobodys(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260301.csv", "x")
    configuration = validate(workspace)
    files = discover(workspace, configuration, configuration.feeds[0], landing_paths(workspace))
    files[0].file.unlink()
    assert watch(files) == ([], [])


def test_without_a_date_in_the_name_a_clock_that_is_ahead_delivers_no_tomorrow(workspace: Workspace) -> None:
    text = (workspace.dealers_dir / "d01.yml").read_text(encoding="utf-8").replace("_{date:%Y%m%d}", "")
    write_dealer(workspace, text)
    deliver(workspace, "d01/sales.csv", "x")
    ahead = time.time() + 5 * 86_400
    os.utime(workspace.landing_dir / "d01/sales.csv", (ahead, ahead))
    assert found(workspace) == [("d01/sales.csv", datetime.now(ZoneInfo("Europe/Moscow")).date().isoformat())]


def test_names_that_no_database_takes_are_written_as_codes(workspace: Workspace) -> None:
    write_dealer(workspace, (workspace.dealers_dir / "d01.yml").read_text("utf-8").replace("sales_{date:%Y%m%d}*", "*"))
    for name in ("продажи".encode("cp1251"), b"two\nlines"):
        deliver(workspace, os.fsdecode(b"d01/" + name + b".csv"), "x")
    names = [name for name, _ in found(workspace)]
    assert names == ["d01/\\xef\\xf0\\xee\\xe4\\xe0\\xe6\\xe8.csv", "d01/two\\nlines.csv"]
    assert len(watched(workspace)[0]) == 2


def test_what_is_no_file_is_left_and_a_folder_is_looked_into_once(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260301.csv", "x")
    (workspace.landing_dir / "d01/sales_20260302.csv").mkdir()
    os.mkfifo(workspace.landing_dir / "d01/sales_20260303.csv")
    (workspace.landing_dir / "d01/sales_20260304.csv").symlink_to("nowhere")
    (workspace.landing_dir / "d01/again").symlink_to(workspace.landing_dir)
    assert landing_paths(workspace).count("d01/sales_20260301.csv") == 1
    assert not any("again" in path for path in landing_paths(workspace))
    assert found(workspace) == [("d01/sales_20260301.csv", "2026-03-01")]


def test_a_landing_folder_that_is_not_there_holds_no_file(workspace: Workspace) -> None:
    assert landing_paths(workspace) == []
