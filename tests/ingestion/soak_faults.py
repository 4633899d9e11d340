"""`make test-faults`: every point of a load, and many moments of it, where test_faults.py takes a few.

Not part of `make test`: it takes the better part of an hour.
"""

from __future__ import annotations

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from ingestion.load import load
from tests.ingestion.faults import (
    everything,
    load_with_fault,
    proxied,
    start_load,
    statuses_of,
)
from tests.ingestion.test_faults import BeforeTheFault, before, database_of_the_environment, told_by

__all__ = ["before"]

MOMENTS = 60
CUTS = 30


def test_a_load_killed_at_any_point_is_finished_by_the_next(before: BeforeTheFault, tmp_path: Path) -> None:
    for point in range(len(before.steps)):
        with before.copied(tmp_path / str(point)) as workspace:
            statuses_of(*start_load(workspace, killed_at=point))
            load(workspace)
            assert everything(workspace) == before.after_a_plain_load, f"killed at {point}, {before.steps[point]}"


def test_a_load_killed_at_any_point_and_again_at_another_is_finished_by_the_third(
    before: BeforeTheFault, tmp_path: Path
) -> None:
    chance = random.Random(20260302)
    for number in range(MOMENTS):
        points = [chance.randrange(len(before.steps)) for _ in range(2)]
        with before.copied(tmp_path / str(number)) as workspace:
            for point in points:
                statuses_of(*start_load(workspace, killed_at=point))
            load(workspace)
            assert everything(workspace) == before.after_a_plain_load, f"killed at {points}"


def test_a_load_killed_at_any_moment_while_another_runs_is_finished_by_that(
    before: BeforeTheFault, tmp_path: Path
) -> None:
    chance = random.Random(20260303)
    for number in range(MOMENTS):
        moment = chance.uniform(0, 2)
        with before.copied(tmp_path / str(number)) as workspace:
            (killed, _), other = start_load(workspace), start_load(workspace)
            time.sleep(moment)
            with suppress(ProcessLookupError):  # it had ended
                os.kill(killed.pid, signal.SIGKILL)
            killed.join()
            assert statuses_of(*other) is not None
            assert everything(workspace) == before.after_a_plain_load, f"killed after {moment:.3f} s"


def test_connections_that_are_ended_at_any_point_leave_a_load_that_the_next_finishes(
    before: BeforeTheFault, tmp_path: Path
) -> None:
    def end_all_connections() -> None:
        with psycopg.connect(before.server_url, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = %s and backend_type = 'client backend'",
                (database_of_the_environment(),),
            )

    for point in range(2, len(before.steps), 3):
        with before.copied(tmp_path / str(point)) as workspace:
            try:
                outcomes = load_with_fault(workspace, point, end_all_connections)
            except Exception as error:
                assert getattr(error, "is_transient", False), f"ended at {point}, {before.steps[point]}: {error}"  # noqa: PT017
            else:
                assert all(o.is_transient for o in outcomes if o.status == "failed"), f"ended at {point}: {outcomes}"
            load(workspace)
            assert everything(workspace) == before.after_a_plain_load, f"ended at {point}, {before.steps[point]}"


def test_a_connection_that_is_cut_after_any_byte_leaves_a_load_that_the_next_finishes(
    before: BeforeTheFault, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with before.copied(tmp_path / "uncut") as uncut:
        with proxied(os.environ["DEALER360_DATABASE_URL"]) as proxy:
            monkeypatch.setenv("DEALER360_DATABASE_URL", proxy.url)
            load(uncut)
        monkeypatch.undo()
    for number in range(CUTS):
        with before.copied(tmp_path / str(number)) as workspace:
            url = os.environ["DEALER360_DATABASE_URL"]
            with proxied(url) as cut:
                cut.cut_after = int(proxy.bytes_sent * (number + 0.5) / CUTS)
                with pytest.MonkeyPatch.context() as patch:
                    patch.setenv("DEALER360_DATABASE_URL", cut.url)
                    assert told_by(lambda: load(workspace)).is_transient  # noqa: B023
            load(workspace)
            assert everything(workspace) == before.after_a_plain_load, f"cut at {number} of {CUTS}"
