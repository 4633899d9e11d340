"""What reached schema raw since some moment, told by the order of batches."""

from __future__ import annotations

import psycopg


def count_news(connection: psycopg.Connection, *, source: str, after_batch_seq: int) -> int:
    """How many rows of `source` are new, changed or absent in the batches after `after_batch_seq`."""
    row = connection.execute(
        """
        select coalesce(sum(rows_new + rows_changed + rows_absent), 0)
        from ops.batches
        where source_system = %s and batch_seq > %s
        """,
        [source, after_batch_seq],
    ).fetchone()
    return int(row[0]) if row else 0
