"""Rows in quarantine that wait no longer, because a file of a later day holds their records: the later word counts."""

from __future__ import annotations

import psycopg
from psycopg import sql

from ingestion.canonicalise import CanonicalTable


def supersede_waiting_rows(connection: psycopg.Connection, batch_id: str, table: CanonicalTable) -> int:
    """How many open rows of earlier days are superseded by a batch that is in raw.

    A whole that comes every night would else bring the same bad row every night, and a hundred of them after three
    months. What the batch rejects waits in its own rows; a row that has no key is known by its cells.

    Args:
        connection: to the database that holds the table.
        batch_id: the batch; it was loaded, and is no release of single rows.
        table: its rows in our columns, rejected ones included.
    """
    count = 0
    for condition in (_IS_IN_FILE, _WAITS_AGAIN):
        held_later = condition.format(batch=sql.Literal(batch_id), table=table.identifier)
        statement = _SUPERSEDE.format(batch=sql.Literal(batch_id), held_later=held_later)
        count += connection.execute(statement).rowcount
    return count


_SUPERSEDE = sql.SQL(
    """
    update quarantine.rows as waiting set status = 'superseded'
    from ops.batches as earlier, ops.batches as later
    where later.batch_id = {batch} and waiting.batch_id = earlier.batch_id and waiting.status = 'open'
        and waiting.feed_id = later.feed_id and earlier.delivered_on < later.delivered_on and exists ({held_later})
    """
)
_IS_IN_FILE = sql.SQL(
    """
    select from {table} as judged
    where judged.dealer_code = waiting.dealer_code and judged.source_record_id = waiting.source_record_id
    """
)
_WAITS_AGAIN = sql.SQL(
    """
    select from quarantine.rows as again
    where again.batch_id = {batch} and again.source_cells = waiting.source_cells
    """
)
