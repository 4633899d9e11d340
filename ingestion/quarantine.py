"""What people decide about rows in quarantine: released into raw, or discarded."""

from __future__ import annotations

from ingestion.errors import RowsNotReleasable
from ingestion.load import replay
from ingestion.outcomes import FileOutcome
from warehouse.database import connect
from warehouse.settings import Workspace

NOT_RELEASABLE = ("dealer_unknown", "key_missing", "row_shape")
"""Rules whose rows cannot stand in raw: nobody could say whose they are."""


def release(workspace: Workspace, batch_id: str, source_row: int | None = None) -> FileOutcome:
    """The open rows of a batch (or one of them) are in raw although the gate rejects them: a person vouches for them.

    The batch's file is loaded once more; rows that are still rejected wait under the new batch.

    Raises:
        RowsNotReleasable: no such rows are open, or they have no known dealer, no key or another shape.
        UnknownBatch: the batch's file or feed is gone.
    """
    with connect(workspace) as connection:
        rows = connection.execute(
            """
            select rows.source_row, array_agg(findings.rule_code) && %s::text[]
            from quarantine.rows
            join quarantine.findings using (quarantine_id)
            where rows.batch_id = %s and rows.status = 'open' and (%s::bigint is null or rows.source_row = %s)
            group by rows.source_row
            """,
            (list(NOT_RELEASABLE), batch_id, source_row, source_row),
        ).fetchall()
    barred = sorted(row for row, is_barred in rows if is_barred)
    released = frozenset(row for row, is_barred in rows if not is_barred)
    if not released or (source_row is not None and barred):
        raise RowsNotReleasable(
            f"batch {batch_id}",
            found=f"row(s) {', '.join(map(str, barred))} without dealer, key or shape" if barred else "no open row",
            expected="open rows with a known dealer and a key",
            do="Add the dealer to a YAML and `dealer360 replay` the batch, or have the row corrected. "
            "Nothing was changed.",
        )
    return replay(workspace, batch_id, source_rows=released)


def discard(workspace: Workspace, batch_id: str, source_row: int | None = None) -> int:
    """How many open rows of a batch (or one of them) are now discarded: they stay out of raw and wait no longer."""
    with connect(workspace) as connection:
        return connection.execute(
            """
            update quarantine.rows set status = 'discarded'
            where batch_id = %s and status = 'open' and (%s::bigint is null or source_row = %s)
            """,
            (batch_id, source_row, source_row),
        ).rowcount
