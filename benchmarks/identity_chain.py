"""Our side of `make bench-identity`: blocking, scoring and clustering, as dbt runs them in the embedded server.

    python -m benchmarks.identity_chain 50000 --delta --folder /somewhere

generates 50,000 records, copies them into raw, standardises them, and prints as JSON what the chain took. With
`--delta` the last per cent of the records arrives on a second day, when the first is published.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any

from benchmarks.people import COLUMNS, DEALERS, write_records
from ingestion.raw_tables import ensure_raw_tables
from stewardship.evaluation import evaluate
from warehouse.database import connect
from warehouse.embedded_server import EmbeddedServer
from warehouse.publish_identity import publish_identity
from warehouse.run_dbt import SAYING_LITTLE, dbt_environment
from warehouse.settings import PROJECT_ROOT, Workspace

CHAIN = (
    *("--select", "int_customer_records_standardized+,+int_customer_records_clustered"),
    *("--exclude", "int_customer_records_standardized"),
)
"""dbt's selection of all that lies between the standardised records and the clusters."""

_BEFORE_CHAIN = (
    *("--select", "+int_customer_records_clustered"),
    *("--exclude", "resource_type:seed", "int_customer_records_changed+"),
)
"""Standardising is one run of dbt: no other goes on with what one began (decision 10)."""

_PUBLISHED = (
    *("--select", "dim_customer_ids", "int_customer_records_moved+", "int_customers_decided"),
    *("--exclude", "rpt_*"),
)
_DAYS = ("2026-03-02", "2026-03-03")


@dataclass(frozen=True)
class Run:
    """One dbt run.

    Wall seconds with dbt's own start; seconds from the first model's start to the last one's end; the largest memory in
    MiB of dbt and of the server (its shared buffers counted once); seconds per model.
    """

    wall_seconds: float
    model_seconds: float
    dbt_mib: float
    server_mib: float
    models: dict[str, float]


def measure(folder: Path, count: int, *, is_delta_wanted: bool) -> dict[str, Any]:
    """Run the chain over `count` records in a new workspace in `folder`; gives what it took, and how good it was."""
    workspace = new_workspace(folder / "workspace")
    records = folder / "records.csv"
    if not records.exists():
        write_records(records, count)
    first_day = count - count // 100 if is_delta_wanted else count
    try:
        add_records(workspace, records, 0, first_day, day=1)
        run_dbt(workspace, "seed", "--select", "path:seeds/identity")
        full = _day(workspace)
        found: dict[str, Any] = {"records": first_day, "full": full, "quality": _quality(workspace, records, first_day)}
        if is_delta_wanted:
            publish_ids(workspace)
            add_records(workspace, records, first_day, count, day=2)
            found["delta"] = _day(workspace)
            found["quality_after_delta"] = _quality(workspace, records, count)
    finally:
        EmbeddedServer(workspace).stop()
    return found


def _day(workspace: Workspace) -> dict[str, Any]:
    """What it took to standardise the records that there are, and to run the chain."""
    return {
        "before": asdict(run_dbt(workspace, "run", *_BEFORE_CHAIN)),
        "chain": asdict(run_dbt(workspace, "run", *CHAIN)),
    }


def new_workspace(root: Path) -> Workspace:
    """A workspace with an embedded server, in which the benchmark's dealers are known."""
    root.mkdir(parents=True)
    workspace = Workspace(root)
    with connect(workspace) as connection:
        ensure_raw_tables(connection)
        connection.cursor().executemany(
            "insert into ops.dealers (dealer_code, dealer_name, time_zone, phone_region)"
            " values (%s, %s, 'Europe/Moscow', 'RU')",
            [(code, f"Dealer {code}") for code in DEALERS],
        )
        connection.execute("insert into ops.build_dealers select * from ops.dealers")
        connection.execute("insert into ops.settings (setting, value) values ('default_phone_region', 'RU')")
        connection.execute("insert into ops.build_settings select * from ops.settings")
    return workspace


def add_records(workspace: Workspace, file: Path, start: int, stop: int, *, day: int) -> None:
    """Put the file's records `start` to `stop` into raw as a batch of that day, and let the next run see them."""
    delivered_on = _DAYS[day - 1]
    columns = [column for column in COLUMNS if column != "cluster"]
    with connect(workspace) as connection, file.open(encoding="utf-8", newline="") as stream:
        with connection.cursor().copy(
            f"copy raw.dms__customers ({', '.join(columns)}, source_id, _source_file, _source_row, _row_hash,"
            " _feed_id, _batch_id, _batch_seq, _delivered_on, _loaded_at) from stdin"
        ) as copy:
            for number, row in enumerate(islice(csv.DictReader(stream), start, stop), start=start + 2):
                copy.write_row(
                    [
                        *(row[column] or None for column in columns),
                        *(row["source_record_id"], "records.csv", number, row["source_record_id"], "benchmark"),
                        *(f"day {day}", day, delivered_on, delivered_on),
                    ]
                )
        connection.execute("update ops.batch_sequence set last_batch_seq = %s", [day])
        connection.execute(
            """
            with opened as (
                insert into ops.builds (
                    status, horizon, as_of_date, identity_version, settings_hash, code_version, holder,
                    follows_build_id
                )
                select 'running', %(day)s, %(delivered_on)s, 'default', '', '', 'benchmark', build_id from ops.live
                returning *
            )
            update ops.current_build as current
            set build_id = opened.build_id, horizon = opened.horizon, as_of_date = opened.as_of_date,
                started_at = opened.started_at
            from opened
            """,
            {"day": day, "delivered_on": delivered_on},
        )
    with connect(workspace, autocommit=True) as connection:
        connection.execute("vacuum analyze raw.dms__customers")


def publish_ids(workspace: Workspace) -> None:
    """Make the ids and links of the build official, as publishing the whole build does."""
    run_dbt(workspace, "run", *_PUBLISHED)
    with connect(workspace) as connection:
        [build_id] = connection.execute("select build_id from ops.current_build").fetchone() or [0]
        publish_identity(connection, build_id)
        connection.execute("update ops.live set build_id = %s", [build_id])
        connection.execute("update ops.builds set status = 'published' where build_id = %s", [build_id])
    with connect(workspace, autocommit=True) as connection:
        connection.execute("analyze identity.record_map, identity.accepted_links")


def run_dbt(workspace: Workspace, *arguments: str) -> Run:
    """Run dbt on the workspace and measure it.

    Raises:
        RuntimeError: a model failed; the message holds what dbt said.
    """
    with _server_memory_watched(workspace) as peak, tempfile.TemporaryFile("w+") as output:
        began = time.monotonic()
        process = subprocess.Popen(
            [sys.executable, "-m", "warehouse.dbt_process", *SAYING_LITTLE, *arguments],
            cwd=PROJECT_ROOT,
            env=dbt_environment(workspace),
            stdin=subprocess.PIPE,  # dbt ends when this end of it is closed
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - began
        if os.waitstatus_to_exitcode(status) != 0:
            output.seek(0)
            raise RuntimeError(f"dbt {' '.join(arguments)} failed:\n{output.read()[-4000:]}")
    results = json.loads((workspace.logs_dir / "dbt/target/run_results.json").read_text(encoding="utf-8"))["results"]
    moments = [
        datetime.fromisoformat(timing[end])
        for result in results
        for timing in result["timing"]
        if timing["name"] == "execute"
        for end in ("started_at", "completed_at")
    ]
    return Run(
        round(seconds, 2),
        round((max(moments) - min(moments)).total_seconds(), 2),
        round(usage.ru_maxrss / 1024),
        round(max(peak)),
        {result["unique_id"].rpartition(".")[2]: round(result["execution_time"], 2) for result in results},
    )


@contextmanager
def _server_memory_watched(workspace: Workspace) -> Iterator[list[float]]:
    """The list holds what the server's processes took in MiB, several times a second."""
    with connect(workspace) as connection:
        [own_process] = connection.execute("select pg_backend_pid()").fetchone() or [0]
        postmaster = int(Path(f"/proc/{own_process}/stat").read_text().rpartition(")")[2].split()[1])
    taken: list[float] = [0.0]
    is_over = threading.Event()

    def watch() -> None:
        while not is_over.wait(0.2):
            taken.append(_memory_of_server(postmaster))

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield taken
    finally:
        is_over.set()
        watcher.join()


def _memory_of_server(postmaster: int) -> float:
    """What the server's processes have in memory, in MiB: each one's own, and once what they share.

    That is the shared buffers, as many of them as one process has touched, and what the workers of a query hand each
    other, which lies in files (dynamic_shared_memory_type = mmap). The kernel keeps these numbers anyway, see
    proc_pid_status(5); its proportional set size is a walk through all pages, and took a tenth of a core.
    """
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    own, shared = 0, 0
    for process in (str(postmaster), *children):
        try:
            lines = Path(f"/proc/{process}/status").read_text().splitlines()
        except OSError:  # it has ended meanwhile
            continue
        kib = {line.partition(":")[0]: int(line.split()[1]) for line in lines if line.startswith("Rss")}
        own += kib.get("RssAnon", 0)
        shared = max(shared, kib.get("RssShmem", 0))
    handed_over = 0
    for file in Path(f"/proc/{postmaster}/cwd/pg_dynshmem").iterdir():
        with suppress(OSError):
            handed_over += file.stat().st_blocks * 512
    return (own + shared) / 1024 + handed_over / 2**20


def _quality(workspace: Workspace, records: Path, count: int) -> dict[str, Any]:
    """How good the clusters of the first `count` records are, by the truth."""
    labels = records.with_name("labels.csv")
    with (
        records.open(encoding="utf-8", newline="") as source,
        labels.open("w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.writer(stream)
        writer.writerow(("dealer_code", "source_system", "entity", "source_record_id", "cluster"))
        for row in islice(csv.DictReader(source), count):
            writer.writerow((row["dealer_code"], "dms", "customers", row["source_record_id"], row["cluster"]))
    run_dbt(
        workspace,
        *("run", "--select", "int_customer_records_clustered+,+int_customer_ids_assigned"),
        *("--exclude", "int_customer_records_clustered"),
    )
    with connect(workspace) as connection:
        by_pairs = evaluate(connection, labels).qualities[0]
    return {"precision": by_pairs.precision, "recall": by_pairs.recall, "f1": by_pairs.f1}


def main(arguments: Sequence[str]) -> None:
    """Measure and print JSON."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.identity_chain")
    parser.add_argument("count", type=int)
    parser.add_argument("--folder", type=Path, help="where to work; it is kept (else a temporary one)")
    parser.add_argument("--delta", action="store_true", help="the last per cent arrives on a second day")
    given = parser.parse_args(arguments)
    if given.folder:
        found = measure(given.folder, given.count, is_delta_wanted=given.delta)
    else:
        with tempfile.TemporaryDirectory(prefix="dealer360-benchmark-") as folder:
            found = measure(Path(folder), given.count, is_delta_wanted=given.delta)
    sys.stdout.write(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
