"""A load that is killed anywhere, and two loads at once: the same rows, once."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from ingestion.load import load
from tests.ingestion.deliveries import deliver_sales, query, sale, write_group, write_sales_dealer
from warehouse.settings import Workspace

# Loads the workspace and dies by SIGKILL when the load says that it is doing what the second argument names.
KILLED_LOAD = """
import os, signal, sys
from ingestion.load import load
from warehouse.settings import find_workspace

def die(doing, done, of):
    if doing.endswith(sys.argv[2]):
        os.kill(os.getpid(), signal.SIGKILL)

load(find_workspace(sys.argv[1]), progress=die)
"""

PLAIN_LOAD = """
import sys
from ingestion.load import load
from warehouse.settings import find_workspace

print([outcome.status for outcome in load(find_workspace(sys.argv[1]))])
"""


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """A workspace with a file that is loaded already and two that are not."""
    write_group(workspace)
    write_sales_dealer(workspace)
    deliver_sales(workspace, "20260301", [sale(n) for n in range(5)])
    load(workspace)
    deliver_sales(workspace, "20260302", [sale(0, price=2), *[sale(n) for n in range(1, 6)]], minute=1)
    deliver_sales(workspace, "20260303", [sale(n, sold="soon" if n == 6 else "2026-03-01") for n in range(7)], minute=2)
    return workspace


def start(script: str, workspace: Workspace, *arguments: str) -> subprocess.Popen[str]:
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", script, str(workspace.root), *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def everything(workspace: Workspace) -> dict[str, list[dict[str, object]]]:
    """What the warehouse says, without what differs from run to run."""
    return {
        "raw": query(
            workspace,
            """
            select source_record_id, price_amount, _delivered_on, _batch_seq, _is_absent, _source_row, _row_hash
            from raw.dms__sales order by _batch_seq, source_record_id
            """,
        ),
        "batches": query(
            workspace,
            """
            select source_file, status, batch_seq, rows_read, rows_new, rows_changed, rows_unchanged, rows_quarantined
            from ops.batches order by source_file
            """,
        ),
        "quarantine": query(workspace, "select source_file, source_row, status from quarantine.rows"),
        "landing": query(workspace, "select relname from pg_class where relnamespace = 'landing'::regnamespace"),
    }


@pytest.mark.parametrize("doing", ["land", "canonicalise", "gate", "publish", "published"])
def test_a_load_killed_anywhere_is_finished_by_the_next(workspace: Workspace, doing: str) -> None:
    process = start(KILLED_LOAD, workspace, f": {doing}")
    process.communicate(timeout=120)
    assert process.returncode == -signal.SIGKILL
    load(workspace)
    left = everything(workspace)
    assert [batch["status"] for batch in left["batches"]] == ["loaded"] * 3
    assert [batch["batch_seq"] for batch in left["batches"]] == [1, 2, 3]
    assert [(b["rows_new"], b["rows_changed"], b["rows_unchanged"]) for b in left["batches"]] == [
        (5, 0, 0),
        (1, 1, 4),
        (0, 1, 5),
    ]
    assert len(left["raw"]) == 8
    assert len(left["quarantine"]) == 1
    assert left["landing"] == []
    folders = [folder for folder in workspace.archive_dir.glob("*/*/*/*") if folder.is_dir()]
    assert len(folders) == 3


def test_two_loads_at_once_load_each_file_once(workspace: Workspace) -> None:
    processes = [start(PLAIN_LOAD, workspace) for _ in range(2)]
    for process in processes:
        output, errors = process.communicate(timeout=120)
        assert process.returncode == 0, errors
        assert "failed" not in output
    left = everything(workspace)
    assert [batch["batch_seq"] for batch in left["batches"]] == [1, 2, 3]
    assert len(left["raw"]) == 8
