"""Faults at a chosen point of a load, and what the warehouse says afterwards, without what differs from run to run."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest

import ingestion.publish_raw
from ingestion.load import load
from ingestion.outcomes import FileOutcome
from ingestion.publish_raw import LONG_ROWS
from tests.ingestion.deliveries import deliver_sales, query, sale
from warehouse.settings import Workspace

# Children are forked from a process that has imported everything, and has no thread and no connection.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["ingestion.load", "expectations.validation", __name__])


def deliver_first_day(workspace: Workspace) -> None:
    """Sales that are loaded before anything goes wrong."""
    deliver_sales(workspace, "20260301", [sale(n) for n in range(1, 41)])


def deliver_second_day(workspace: Workspace, row_count: int = 60, day: int = 2) -> None:
    """A whole in which sales are new, changed, unchanged and gone, and one that the gate rejects."""
    rows = [sale(n, price=day if n % 7 == 0 else 1_000_000) for n in range(4, row_count)]
    rows[5] = sale(9, sold="soon")
    deliver_sales(workspace, f"202603{day:02}", rows, minute=day)


def everything(workspace: Workspace) -> dict[str, Any]:
    """What the warehouse and the archive hold: the same whenever the same files were loaded once."""
    archived = [str(path.relative_to(workspace.archive_dir)) for path in workspace.archive_dir.rglob("*.*")]
    paths = [row["archive_path"] for row in query(workspace, "select archive_path from ops.batches")]
    assert sorted(archived) == sorted(paths), "the archive holds a file for every batch, and nothing else"
    return {
        "raw": query(
            workspace,
            """
            select count(*), md5(string_agg(row::text, ',' order by row::text)) from (
                select to_jsonb(sales) - '_batch_id' - '_loaded_at' as row from raw.dms__sales as sales
            ) as rows
            """,
        ),
        "batches": query(
            workspace,
            """
            select source_file, status, batch_seq, rows_read, rows_new, rows_changed, rows_unchanged, rows_quarantined,
                rows_absent, rows_read = rows_new + rows_changed + rows_unchanged + rows_quarantined as adds_up,
                (select count(*) from ops.checks where checks.batch_id = batches.batch_id) as checks,
                (select count(*) from raw.dms__sales where _batch_seq = batches.batch_seq) as rows_in_raw
            from ops.batches order by batch_seq
            """,
        ),
        "quarantine": query(
            workspace,
            "select source_file, source_row, status, rule_code from quarantine.rows "
            "join quarantine.findings using (quarantine_id) order by source_file, source_row, rule_code",
        ),
        "landing": query(workspace, "select relname from pg_class where relnamespace = 'landing'::regnamespace"),
    }


# --- points of a load


@dataclass
class Points:
    """Every exchange with the server and every step of the archive, as a load goes through them."""

    action: Callable[[], None] | None = None
    at: int | None = None  # the action is taken before the point of this number (from 0)
    steps: list[str] = field(default_factory=list)  # what the load said it was doing, per point
    doing: str = "read"

    def progress(self, doing: str, _done: int, _of: int) -> None:
        """For `load`: remembers the step."""
        self.doing = doing.rpartition(": ")[2] if ": " in doing else "read"

    def pass_one(self) -> None:
        """A point is reached."""
        self.steps.append(self.doing)
        if self.action is not None and len(self.steps) - 1 == self.at:
            action, self.action = self.action, None
            action()

    @contextmanager
    def watched(self) -> Iterator[Points]:
        """Within the block all connections and file operations of this process report their points."""

        def reporting(original: Any) -> Any:  # noqa: ANN401 - methods of many kinds
            def call(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
                self.pass_one()
                return original(*arguments, **named)

            return call

        with ExitStack() as stack:
            patch = stack.enter_context(pytest.MonkeyPatch.context())
            patch.setattr(psycopg.Connection, "wait", reporting(psycopg.Connection.wait))
            patch.setattr(os, "fsync", reporting(os.fsync))
            patch.setattr(Path, "rename", reporting(Path.rename))
            patch.setattr(shutil, "rmtree", reporting(shutil.rmtree))
            yield self


def load_with_fault(workspace: Workspace, at: int, action: Callable[[], None]) -> list[FileOutcome]:
    """A load during which `action` is taken before its point `at`."""
    with Points(action=action, at=at).watched() as points:
        return load(workspace, progress=points.progress)


def points_of_a_load(workspace: Workspace) -> list[str]:
    """The steps of a load's points, in order; the load is done."""
    with Points().watched() as points:
        load(workspace, progress=points.progress)
    return points.steps


def point_within(steps: list[str], step: str, share: float) -> int:
    """The number of the point that lies at this share of a step's points."""
    numbers = [number for number, name in enumerate(steps) if name == step]
    return numbers[min(int(share * len(numbers)), len(numbers) - 1)]


# --- loads in processes of their own


def start_load(workspace: Workspace, *, killed_at: int | None = None, long_rows: int = LONG_ROWS) -> tuple[Any, Pipe]:
    """A process that loads the workspace; it dies by SIGKILL before its point `killed_at`.

    A delivery of `long_rows` is prepared while it is judged, and a first one written.
    """
    receiver, sender = _FORKS.Pipe(duplex=False)
    url = os.environ.get("DEALER360_DATABASE_URL")
    process = _FORKS.Process(target=_load_in_a_fork, args=(workspace, url, killed_at, long_rows, sender))
    process.start()
    sender.close()
    return process, receiver


def _load_in_a_fork(workspace: Workspace, url: str | None, killed_at: int | None, long_rows: int, sender: Pipe) -> None:
    ingestion.publish_raw.LONG_ROWS = long_rows
    if url is not None:
        os.environ["DEALER360_DATABASE_URL"] = url
    points = Points(action=lambda: os.kill(os.getpid(), signal.SIGKILL), at=killed_at)
    with points.watched():
        statuses = [outcome.status for outcome in load(workspace, progress=points.progress)]
    sender.send(statuses)


def statuses_of(process: Any, receiver: Pipe) -> list[str] | None:  # noqa: ANN401 - a process of the fork server
    """What became of the files of a load in a process of its own; None when it was killed."""
    try:
        statuses: list[str] | None = receiver.recv()
    except EOFError:
        statuses = None
    process.join(timeout=120)
    assert process.exitcode == (0 if statuses is not None else -signal.SIGKILL)
    return statuses


# --- the network and the disk


@dataclass
class Proxy:
    """A way to the server that can be cut: after so many bytes to it, or by hand."""

    url: str
    bytes_sent: int = 0
    cut_after: int | None = None
    _sockets: list[socket.socket] = field(default_factory=list)

    def cut(self) -> None:
        """Every connection is broken off, without a word; new ones are made as before."""
        while self._sockets:
            _break_off(self._sockets.pop())

    def pump(self, source: socket.socket, target: socket.socket, *, is_to_server: bool) -> None:
        """Copies until either end closes."""
        try:
            while chunk := source.recv(16_384):
                if is_to_server:
                    self.bytes_sent += len(chunk)
                    if self.cut_after is not None and self.bytes_sent > self.cut_after:
                        self.cut_after = None
                        self.cut()
                        return
                target.sendall(chunk)
        except OSError:
            return
        finally:
            for end in (source, target):
                _break_off(end)
                end.close()


def _break_off(end: socket.socket) -> None:
    """Whoever waits at either end of it waits no longer: closing alone would leave a thread waiting."""
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@contextmanager
def proxied(url: str) -> Iterator[Proxy]:
    """A proxy on 127.0.0.1 in front of the server that `url` names."""
    address = urlsplit(url)
    listener = socket.create_server(("127.0.0.1", 0))
    proxy = Proxy(url.replace(f"{address.hostname}:{address.port}", f"127.0.0.1:{listener.getsockname()[1]}"))

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection((address.hostname or "127.0.0.1", address.port or 5432))
            proxy._sockets.extend((client, server))
            for source, target, is_to_server in ((client, server, True), (server, client, False)):
                arguments = {"source": source, "target": target, "is_to_server": is_to_server}
                threading.Thread(target=proxy.pump, kwargs=arguments, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield proxy
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        proxy.cut()


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[None]:
    """The folder is a file system of its own with so much room; skips where none can be mounted."""
    folder.mkdir(parents=True, exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=0700", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        pytest.skip("a full disk cannot be made here: there is no `mount`")
    if mounted.returncode != 0:
        pytest.skip(f"a full disk cannot be made here: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path, *, leave_megabytes: int) -> Path:
    """A file that takes all room of the folder's file system but so much."""
    ballast = folder / "ballast"
    room = shutil.disk_usage(folder).free - leave_megabytes * 1_000_000
    with ballast.open("wb") as stream:
        os.posix_fallocate(stream.fileno(), 0, room)
    return ballast
