"""A night's run on the demo group, and the same again with nothing new."""

from __future__ import annotations

import hashlib
import json
import tempfile
from pathlib import Path

from benchmarks.report import table
from benchmarks.subprocesses import Measured, dealer360
from demo.generate import generate
from demo.nights import deliver_night
from warehouse.database import connect
from warehouse.embedded_server import EmbeddedServer
from warehouse.settings import Workspace

CUSTOMERS = 3_000
SEED = 7


def measure() -> str:
    """The report's section, as Markdown."""
    with tempfile.TemporaryDirectory(prefix="dealer360-benchmark-") as folder:
        workspace = Workspace(Path(folder) / "workspace")
        generate(workspace.root, customers=CUSTOMERS, seed=SEED)
        deliver_night(workspace.root, 1)
        try:
            with connect(workspace):
                pass
            first = dealer360(workspace.root, "run")
            before = _checksums(workspace)
            second = dealer360(workspace.root, "run")
            changed = [table for table, checksum in _checksums(workspace).items() if before.get(table) != checksum]
            parts = _parts(workspace)
        finally:
            EmbeddedServer(workspace).stop()
    return _report(first, second, changed, parts)


def _report(first: Measured, second: Measured, changed: list[str], parts: dict[str, float]) -> str:
    rows = [
        ["first `run`: load, build, publish", f"{first.seconds:.1f} s", "1", f"{first.peak_mib:.0f} MiB"],
        [
            "second `run`, nothing new",
            f"{second.seconds:.1f} s",
            f"{second.seconds / first.seconds:.2f}",
            f"{second.peak_mib:.0f} MiB",
        ],
    ]
    told = ", ".join(f"{part} {seconds:.1f} s" for part, seconds in parts.items())
    return (
        f"## A night of the demo group ({CUSTOMERS:,} people), and a second run with nothing new\n\n"
        + table(["what", "time", "ratio", "peak memory of Python"], rows)
        + f"\n\nTables that the second run changed, of raw, identity and marts: {', '.join(changed) or 'none'}.\n"
        f"Parts of the first build: {told}."
    )


def _checksums(workspace: Workspace) -> dict[str, str]:
    """Digest of every row of raw, identity and the marts, by table."""
    with connect(workspace, autocommit=True) as connection:
        relations = connection.execute(
            """
            select table_schema || '.' || quote_ident(table_name) from information_schema.tables
            where table_schema in ('raw', 'identity', 'marts') order by 1
            """
        ).fetchall()
        return {
            relation: hashlib.sha256(
                json.dumps(
                    connection.execute(
                        f"select count(*), sum(hashtextextended(t::text, 0)::numeric)::text from {relation} as t"  # noqa: S608
                    ).fetchall()
                ).encode()
            ).hexdigest()
            for (relation,) in relations
        }


def _parts(workspace: Workspace) -> dict[str, float]:
    with connect(workspace) as connection:
        found = connection.execute("select parts from ops.builds order by build_id limit 1").fetchone()
    return dict(found[0]) if found else {}
