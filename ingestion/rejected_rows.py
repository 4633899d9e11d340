"""Rows that the gate rejects: they wait in quarantine, each with what was found."""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg import sql

from expectations.verdict import Finding
from ingestion.cells import json_object
from ingestion.feed_versions import Batch
from ingestion.land import cell_column

IS_ACCEPTED = sql.SQL("not exists (select from rejected where rejected._source_row = judged._source_row)")
"""Of a row of `judged`, once `mark_rejected` was called."""


def mark_rejected(connection: psycopg.Connection, broken: Sequence[Finding]) -> None:
    """Temporary table `rejected`, until the transaction ends: the rows that a rule keeps out."""
    rows = sorted({row for finding in broken for row in finding.source_rows})
    connection.execute("create temporary table rejected (_source_row bigint primary key) on commit drop")
    with connection.cursor() as cursor, cursor.copy("copy rejected from stdin") as copy:
        for row in rows:
            copy.write_row((row,))


def quarantine(connection: psycopg.Connection, batch: Batch, broken: Sequence[Finding]) -> int:
    """The rejected rows wait in quarantine as the dealer wrote them, with the rules that they break; gives how many."""
    if not broken:
        return 0
    feed, landed = batch.feed, batch.landed
    cells = [(name, sql.Identifier("landed", cell_column(position))) for position, name in enumerate(landed.header)]
    row_count = connection.execute(
        sql.SQL(
            """
            insert into quarantine.rows (
                batch_id, feed_id, dealer_code, source_system, entity, source_record_id, source_file, source_row,
                source_cells
            )
            select {batch_id}, {feed}, judged.dealer_code, {source}, {entity}, judged.source_record_id, {file},
                judged._source_row, coalesce({cells}, '{{}}')
            from {table} as judged
            join {landed} as landed using (_source_row)
            join rejected using (_source_row)
            """
        ).format(
            batch_id=sql.Literal(batch.batch_id),
            feed=sql.Literal(feed.feed_id),
            source=sql.Literal(feed.source),
            entity=sql.Literal(feed.entity),
            file=sql.Literal(batch.source_file),
            cells=json_object(cells),
            table=batch.table.identifier,
            landed=landed.identifier,
        )
    ).rowcount
    for finding in broken:
        _note_finding(connection, batch, finding)
    return row_count


def _note_finding(connection: psycopg.Connection, batch: Batch, finding: Finding) -> None:
    value: sql.Composable = sql.SQL("null")
    if finding.column is not None:
        value = sql.SQL("coalesce(judged._source_cells ->> {c}, to_jsonb(judged) ->> {c})").format(
            c=sql.Literal(finding.column)
        )
    connection.execute(
        sql.SQL(
            """
            insert into quarantine.findings (quarantine_id, rule_code, column_name, value, sentence)
            select rows.quarantine_id, {rule}, {column}, {value}, {sentence}
            from quarantine.rows
            join {table} as judged on judged._source_row = rows.source_row
            where rows.batch_id = {batch_id} and rows.source_row = any({source_rows})
            """
        ).format(
            rule=sql.Literal(finding.rule_code),
            column=sql.Literal(finding.column),
            value=value,
            sentence=sql.Literal(finding.sentence),
            table=batch.table.identifier,
            batch_id=sql.Literal(batch.batch_id),
            source_rows=sql.Literal(list(finding.source_rows)),
        )
    )


def close_open_rows(connection: psycopg.Connection, batch: Batch) -> None:
    """What waited under the batch that this one replays: released, or judged anew under this one."""
    if batch.replays is None:
        return
    if batch.releases:
        query = "update quarantine.rows set status = 'released' where batch_id = %s and source_row = any(%s)"
        connection.execute(query, (batch.replays, list(batch.releases)))
    else:
        query = "update quarantine.rows set status = 'discarded' where batch_id = %s and status = 'open'"
        connection.execute(query, (batch.replays,))
