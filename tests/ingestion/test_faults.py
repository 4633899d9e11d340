"""Whatever breaks during a load: it says what, and a plain load afterwards leaves what one load without it leaves."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from click.testing import CliRunner, Result

from commands.main import cli
from ingestion.errors import TransientFailure
from ingestion.load import load
from tests.ingestion.deliveries import deliver_sales, query, sale, write_group, write_sales_dealer
from tests.ingestion.faults import (
    deliver_first_day,
    deliver_second_day,
    everything,
    fill,
    load_with_fault,
    point_within,
    points_of_a_load,
    proxied,
    small_disk,
    start_load,
    statuses_of,
)
from tests.throwaway_databases import throwaway_database
from warehouse.database import ServerUnreachable, connect
from warehouse.embedded_server import EmbeddedServer
from warehouse.errors import Dealer360Error
from warehouse.settings import Workspace


@dataclass(frozen=True)
class BeforeTheFault:
    """A workspace whose first day is loaded and whose second is not, and what it holds once that is loaded too."""

    server_url: str
    database: str
    root: Path
    after_a_plain_load: dict[str, Any]
    steps: list[str]

    @contextmanager
    def copied(self, folder: Path) -> Iterator[Workspace]:
        """A workspace like it in `folder`, with a database of its own."""
        shutil.copytree(self.root, folder, dirs_exist_ok=True)
        with (
            throwaway_database(self.server_url, f"template {self.database}") as url,
            pytest.MonkeyPatch.context() as patch,
        ):
            patch.setenv("DEALER360_DATABASE_URL", url)
            yield Workspace(folder)


@pytest.fixture(scope="module")
def before(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[BeforeTheFault]:
    root = tmp_path_factory.mktemp("before")
    with throwaway_database(server_url) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("DEALER360_DATABASE_URL", url)
        prepare(Workspace(root))
        plain = BeforeTheFault(server_url, url.rpartition("/")[2], root, {}, [])
        with plain.copied(tmp_path_factory.mktemp("plain")) as workspace:
            steps = points_of_a_load(workspace)
            expected = everything(workspace)
        yield BeforeTheFault(server_url, plain.database, root, expected, steps)


def prepare(workspace: Workspace) -> None:
    workspace.landing_dir.mkdir(parents=True, exist_ok=True)
    write_group(workspace)
    write_sales_dealer(workspace)
    deliver_first_day(workspace)
    assert [outcome.status for outcome in load(workspace)] == ["loaded"]
    deliver_second_day(workspace)


@pytest.fixture
def workspace(before: BeforeTheFault, tmp_path: Path) -> Iterator[Workspace]:
    with before.copied(tmp_path) as workspace:
        yield workspace


def told_by(run: Callable[[], object]) -> Dealer360Error:
    """What a load that breaks off says."""
    with pytest.raises(Dealer360Error) as caught:
        run()
    return caught.value


POINTS = [
    pytest.param("read", 0.0, id="before anything"),
    pytest.param("read", 0.7, id="while the file is copied"),
    pytest.param("land", 0.5, id="while it is landed"),
    pytest.param("canonicalise", 0.3, id="while it is typed"),
    pytest.param("gate", 0.5, id="while it is judged"),
    pytest.param("publish", 0.0, id="before it is archived"),
    pytest.param("publish", 0.3, id="while rows go to raw"),
    pytest.param("publish", 0.99, id="before the commit"),
    pytest.param("published", 0.5, id="after the commit"),
]


@pytest.mark.parametrize(("step", "share"), POINTS)
def test_a_load_killed_anywhere_is_finished_by_the_next(
    before: BeforeTheFault, workspace: Workspace, step: str, share: float
) -> None:
    assert statuses_of(*start_load(workspace, killed_at=point_within(before.steps, step, share))) is None
    load(workspace)
    assert everything(workspace) == before.after_a_plain_load


@pytest.mark.parametrize("share", [0.3, 0.6, 0.95])
def test_a_history_killed_while_it_is_written_and_judged_is_loaded_by_the_next(
    before: BeforeTheFault, workspace: Workspace, share: float
) -> None:
    with connect(workspace) as connection:
        connection.execute("truncate ops.batches, ops.outcomes, ops.checks, quarantine.rows cascade")
        connection.execute("truncate raw.dms__sales")
        connection.execute("update ops.batch_sequence set last_batch_seq = 0")
    shutil.rmtree(workspace.archive_dir)
    killed_at = point_within(before.steps, "gate", share)
    assert statuses_of(*start_load(workspace, killed_at=killed_at, long_rows=10)) is None
    assert query(workspace, "select count(*) from raw.dms__sales")[0]["count"] == 0
    load(workspace)
    assert everything(workspace) == before.after_a_plain_load


def test_a_long_later_delivery_killed_while_it_is_prepared_and_judged_is_loaded_by_the_next(
    before: BeforeTheFault, workspace: Workspace
) -> None:
    killed_at = point_within(before.steps, "gate", 0.6)
    assert statuses_of(*start_load(workspace, killed_at=killed_at, long_rows=10)) is None
    load(workspace)
    assert everything(workspace) == before.after_a_plain_load


def test_two_loads_at_once_load_each_file_once_of_one_feed_and_of_two(
    before: BeforeTheFault, workspace: Workspace
) -> None:
    loads = [start_load(workspace) for _ in range(2)]
    statuses = sorted(statuses_of(*one) or [] for one in loads)
    assert statuses in (
        [["loaded", "skipped"], ["skipped", "skipped"]],
        [["skipped", "loaded"], ["skipped", "skipped"]],
    )
    assert everything(workspace) == before.after_a_plain_load
    write_sales_dealer(workspace, "d02")
    deliver_second_day(workspace, day=3)
    deliver_sales(workspace, "20260303", [sale(n) for n in range(1, 30)], dealer="d02", minute=3)
    for one in [start_load(workspace) for _ in range(2)]:
        assert "failed" not in (statuses_of(*one) or ["failed"])
    batches = query(workspace, "select batch_seq, rows_read from ops.batches order by batch_seq")
    assert [batch["batch_seq"] for batch in batches] == [1, 2, 3, 4]
    assert sorted(batch["rows_read"] for batch in batches[2:]) == [29, 56]


def test_a_load_says_that_it_waits_for_another_one(workspace: Workspace, caplog: pytest.LogCaptureFixture) -> None:
    url = os.environ["DEALER360_DATABASE_URL"]
    feed_id = "d01/dms/sales/d01/sales_{date:%Y%m%d}*.csv"
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (f"dealer360 feed {feed_id}",))
        threading.Timer(1, lambda: other.execute("select pg_advisory_unlock_all()")).start()
        assert [outcome.status for outcome in load(workspace)] == ["skipped", "loaded"]
    assert f"Another load works on the feed {feed_id}: waiting until it has ended." in caplog.messages


@pytest.mark.parametrize("step", ["land", "canonicalise", "gate", "publish"])
def test_connections_that_an_administrator_ends_break_the_load_off_and_the_next_finishes_it(
    before: BeforeTheFault, workspace: Workspace, step: str
) -> None:
    def end_all_connections() -> None:
        with psycopg.connect(before.server_url, autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = %s and backend_type = 'client backend'",
                (os.environ["DEALER360_DATABASE_URL"].rpartition("/")[2],),
            )

    error = told_by(lambda: load_with_fault(workspace, point_within(before.steps, step, 0.6), end_all_connections))
    assert error.is_transient
    assert "un the same command again" in error.do
    load(workspace)
    assert everything(workspace) == before.after_a_plain_load


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_a_connection_that_is_cut_breaks_the_load_off_and_the_next_finishes_it(
    before: BeforeTheFault, workspace: Workspace, share: float, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = os.environ["DEALER360_DATABASE_URL"]
    with proxied(url) as proxy, before.copied(tmp_path / "uncut") as uncut:
        monkeypatch.setenv("DEALER360_DATABASE_URL", proxy.url.rpartition("/")[0] + "/" + database_of_the_environment())
        load(uncut)
        bytes_of_a_load = proxy.bytes_sent
    with proxied(url) as proxy:
        monkeypatch.setenv("DEALER360_DATABASE_URL", proxy.url)
        proxy.cut_after = int(share * bytes_of_a_load)
        error = told_by(lambda: load(workspace))
    assert isinstance(error, TransientFailure | ServerUnreachable)
    monkeypatch.setenv("DEALER360_DATABASE_URL", url)
    load(workspace)
    assert everything(workspace) == before.after_a_plain_load


def database_of_the_environment() -> str:
    return os.environ["DEALER360_DATABASE_URL"].rpartition("/")[2]


# --- the server itself


@pytest.fixture
def own_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A workspace with an embedded server of its own, not yet started."""
    monkeypatch.delenv("DEALER360_DATABASE_URL", raising=False)
    workspace = Workspace(tmp_path / "own")
    yield workspace
    EmbeddedServer(workspace).stop()


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@pytest.mark.skipif(
    "DEALER360_SOAK" not in os.environ,
    reason="a server of its own that is killed three times takes long: `make test-faults` tries it",
)
def test_a_killed_server_breaks_the_load_off_and_the_next_starts_it_and_finishes(
    before: BeforeTheFault, own_server: Workspace, tmp_path: Path
) -> None:
    prepare(own_server)

    def kill_the_server() -> None:
        pid = EmbeddedServer(own_server).status().pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)

    def kill_its_processes() -> None:
        pid = EmbeddedServer(own_server).status().pid
        assert pid is not None
        for child in children_of(pid):
            with suppress(ProcessLookupError):  # it ended by itself meanwhile
                os.kill(child, signal.SIGKILL)

    faults = [("land", kill_the_server), ("publish", kill_the_server), ("publish", kill_its_processes)]
    for step, kill in faults:
        try:
            outcomes = load_with_fault(own_server, point_within(before.steps, step, 0.6), kill)
        except Dealer360Error as error:
            assert error.is_transient, error  # noqa: PT017
        else:
            # A process of the server notices that the server is gone when it waits for its client. On a busy machine
            # the next statement is always there before it waits: then it does all that it is asked for, and commits.
            assert all(outcome.status != "failed" or outcome.is_transient for outcome in outcomes), outcomes
    load(own_server)
    assert everything(own_server) == before.after_a_plain_load


def test_a_full_disk_of_the_server_is_told_as_such_and_the_load_is_done_when_there_is_room(
    before: BeforeTheFault, own_server: Workspace
) -> None:
    with small_disk(own_server.postgres_dir, 400):
        try:
            prepare(own_server)
            ballast = fill(own_server.postgres_dir, leave_megabytes=1)
            deliver_second_day(own_server, row_count=40_000)
            (_, outcome) = load(own_server)
            assert (outcome.status, outcome.is_transient) == ("failed", False)
            assert outcome.message.startswith("NoRoomLeft: the disk of the PostgreSQL server is full")
            assert "Free some room and run the same command again. Nothing from this file was" in str(outcome.error)
            ballast.unlink()
            deliver_second_day(own_server)
            load(own_server)
            assert everything(own_server) == before.after_a_plain_load
        finally:
            EmbeddedServer(own_server).stop()


def test_a_full_disk_of_the_archive_is_told_as_such_and_the_load_is_done_when_there_is_room(
    before: BeforeTheFault, workspace: Workspace, tmp_path: Path
) -> None:
    kept = tmp_path / "kept"
    workspace.archive_dir.rename(kept)
    with small_disk(workspace.archive_dir, 2):
        shutil.copytree(kept, workspace.archive_dir, dirs_exist_ok=True)
        ballast = fill(workspace.archive_dir, leave_megabytes=0)
        (_, outcome) = load(workspace)
        assert outcome.message.startswith("NoRoomLeft: the disk of the workspace's archive/ is full")
        assert query(workspace, "select * from ops.batches where delivered_on = '2026-03-02'") == []
        ballast.unlink()
        load(workspace)
        assert everything(workspace) == before.after_a_plain_load


def test_what_the_surroundings_broke_is_told_from_a_bad_file_by_the_exit_code(workspace: Workspace) -> None:
    def typed() -> Result:
        return CliRunner().invoke(cli, ["--workspace", str(workspace.root), "load"])

    with psycopg.connect(os.environ["DEALER360_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"alter database {database_of_the_environment()} set default_transaction_read_only = on")
    told = typed()
    assert told.exit_code == 3
    assert "found:    the server is read-only" in told.stderr
    assert "Point DEALER360_DATABASE_URL at the server that may be written to" in told.stderr
    with psycopg.connect(os.environ["DEALER360_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        connection.execute(f"alter database {database_of_the_environment()} reset default_transaction_read_only")
    deliver_sales(workspace, "20260303", ["spoilt"], minute=5)
    assert typed().exit_code == 1
