"""Block, score and cluster: this chain beside Splink on DuckDB and on Postgres, on the same invented people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.labelled_sets import FILES, SETS
from benchmarks.people import write_records
from benchmarks.report import table
from benchmarks.subprocesses import python
from warehouse.embedded_server import EmbeddedServer
from warehouse.settings import Workspace

SIZES = (50_000, 100_000, 850_000)
LARGEST = 2_000_000
"""Measured only when it is asked for: `make bench-identity-2000000`."""
POSTGRES_SIZE = 50_000
POSTGRES_LIMIT_SECONDS = 900
LABELLED_VARIABLE = "DEALER360_LABELLED"
"""Names the folder with the labelled sets that are files."""

Figures = dict[str, Any]


def measure(sizes: Sequence[int] = SIZES) -> str:
    """The report's section, as Markdown; every size goes to stderr as soon as it is measured."""
    header = ["records", "side", "time", "ratio to Splink on DuckDB", "training apart", "peak memory", "F1 of pairs"]
    rows: list[list[str]] = []
    for count in sizes:
        with tempfile.TemporaryDirectory(prefix="dealer360-benchmark-") as folder:
            measured = _size(Path(folder), count)
        sys.stderr.write(table(header, measured) + "\n")
        rows += measured
    return (
        "## Identity: block, score and cluster\n\n"
        "Invented people with mistakes, households and namesakes; a side at a time, each in processes of its own. Ours "
        "is dbt on the embedded server from the first of its models' start to the last one's end (dbt's own start "
        "apart), Splink's is predict and cluster where it was trained. Memory: ours is dbt's process and the "
        "server's, shared buffers counted once. A day is one per cent of further records, new people and known ones, "
        "from standardised records on.\n\n" + table(header, rows)
    )


def measure_labelled() -> str:
    """The report's section on labelled sets, as Markdown."""
    data = Path(os.environ.get(LABELLED_VARIABLE, "labelled"))
    rows: list[list[str]] = []
    absent = [name for name, file in FILES.items() if not (data / file).is_file()]
    for name in SETS:
        if name in absent:
            continue
        found = json.loads(python("benchmarks.identity_quality", name, "--data", str(data)).output)
        for side, figures in found.items():
            pairs = figures["pairs"]
            rows.append(
                [
                    name,
                    side,
                    *(f"{pairs[figure]:.4f}" for figure in ("precision", "recall", "f1")),
                    f"{figures['records']['f1']:.4f}",
                    ", ".join(map(str, figures["largest clusters"][:3])),
                ]
            )
    header = ["data", "side", "precision", "recall", "F1", "F1 by record (B-cubed)", "largest clusters"]
    told = f"\n\nNot measured, for {LABELLED_VARIABLE} holds no file of it: {', '.join(absent)}." if absent else ""
    return "## Identity: labelled data\n\n" + table(header, rows) + told


def _size(folder: Path, count: int) -> list[list[str]]:
    people = folder / "records.csv"
    write_records(people, count)
    found = json.loads(python("benchmarks.identity_chain", str(count), "--delta", "--folder", str(folder)).output)
    duckdb: Figures = json.loads(python("benchmarks.splink_side", str(people), "--settings", "dealers").output)
    base = duckdb["predict_seconds"] + duckdb["cluster_seconds"]
    full, delta = found["full"]["chain"], found["delta"]["chain"]
    rows = [
        ["Splink on DuckDB", base, duckdb["training_seconds"], duckdb["peak_mib"], duckdb["quality"]["pairs"]["f1"]],
        ["ours, full", full["model_seconds"], None, full["dbt_mib"] + full["server_mib"], found["quality"]["f1"]],
        [
            "ours, a day of 1 %",
            delta["model_seconds"],
            None,
            delta["dbt_mib"] + delta["server_mib"],
            found["quality_after_delta"]["f1"],
        ],
    ]
    if count == POSTGRES_SIZE:
        rows.append(_splink_on_postgres(folder, people))
    return [
        [
            *(f"{count:,}", side, f"{seconds:.1f} s", f"{seconds / base:.2f}"),
            "–" if training is None else f"{training:.1f} s",
            _mib(memory),
            "–" if f1 is None else f"{f1:.4f}",
        ]
        for side, seconds, training, memory, f1 in rows
    ]


def _mib(memory: float | None) -> str:
    return "–" if memory is None else f"{memory:,.0f} MiB"


def _splink_on_postgres(folder: Path, people: Path) -> list[Any]:
    """On a server like ours; given up when it takes too long."""
    server = EmbeddedServer(Workspace(folder / "splink"))
    server.start()
    try:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            connection.execute("create database splink")
        url = server.url().rpartition("/")[0] + "/splink"
        command = ["benchmarks.splink_side", str(people), "--settings", "dealers", "--postgres", url]
        done = subprocess.run(
            [sys.executable, "-m", *command], capture_output=True, text=True, check=True, timeout=POSTGRES_LIMIT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return [
            f"Splink on Postgres, its training included: not finished after {POSTGRES_LIMIT_SECONDS} s",
            POSTGRES_LIMIT_SECONDS,
            None,
            None,
            None,
        ]
    finally:
        server.stop()
    found = json.loads(done.stdout)
    seconds = found["predict_seconds"] + found["cluster_seconds"]
    return ["Splink on Postgres", seconds, found["training_seconds"], None, found["quality"]["pairs"]["f1"]]
