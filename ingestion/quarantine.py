"""What people decide about rows in quarantine: released into raw, or discarded."""

from __future__ import annotations

from collections.abc import Collection

import psycopg
from psycopg import sql

from ingestion.errors import RowsNotReleasable
from ingestion.feed_lock import feed_lock
from ingestion.load import load_again
from ingestion.load_file import VouchedRows
from ingestion.outcomes import FileOutcome
from ingestion.unusable_rows import UNUSABLE
from warehouse.database import connect
from warehouse.settings import Workspace


def release(
    workspace: Workspace,
    batch_id: str,
    source_row: int | None = None,
    *,
    decided_by: str,
    reason: str = "judged anew",
    is_vouched: bool = False,
) -> FileOutcome:
    """The open rows of a batch (or one of them) that now pass are in raw; the others wait on, and are told in `notes`.

    Nothing but these rows of the batch's file is read again, with the YAML and the rules of today, as of the batch's
    day. Where a person vouches for them they are loaded although the gate rejects them; rows that have no known dealer,
    no key or another shape wait on even then.

    Raises:
        RowsNotReleasable: no such rows are open, none of them passes, or a later delivery of the same day holds their
            records.
        UnknownBatch: there is no such batch, or its file or feed is gone.
    """

    def settle(connection: psycopg.Connection, into_batch_id: str, source_rows: frozenset[int]) -> None:
        note_decision(connection, batch_id, source_rows, "released", decided_by, reason, into_batch_id)

    def vouch(connection: psycopg.Connection) -> VouchedRows:
        released = _releasable(connection, batch_id, source_row, is_vouched=is_vouched)
        return VouchedRows(batch_id=batch_id, source_rows=released, are_judged=not is_vouched, settle=settle)

    return load_again(workspace, batch_id, vouch)


def _releasable(
    connection: psycopg.Connection, batch_id: str, source_row: int | None, *, is_vouched: bool
) -> frozenset[int]:
    rows = connection.execute(
        """
        select rows.source_row, array_agg(findings.rule_code) && %s::text[]
        from quarantine.rows
        join quarantine.findings using (quarantine_id)
        where rows.batch_id = %s and rows.status = 'open' and (%s::bigint is null or rows.source_row = %s)
        group by rows.source_row
        """,
        ([kind.rule for kind in UNUSABLE], batch_id, source_row, source_row),
    ).fetchall()
    corrected = corrected_since(connection, batch_id) & {row for row, _ in rows}
    barred = sorted(row for row, is_barred in rows if is_barred and is_vouched)
    released = frozenset(row for row, _ in rows) - corrected - frozenset(barred)
    if released and (source_row is None or not barred):
        return released
    found = "no open row"
    if barred:
        found = f"row(s) {', '.join(map(str, barred))} without dealer, key or shape"
    elif corrected:
        found = f"row(s) {', '.join(map(str, sorted(corrected)))}, whose records a later delivery of that day holds"
    raise RowsNotReleasable(
        f"batch {batch_id}",
        found=found,
        expected="open rows with a known dealer and a key, and no later word on them",
        do="Correct the YAML and release again without --vouch, have the row corrected, or discard it. "
        "Nothing was changed.",
    )


def discard(workspace: Workspace, batch_id: str, source_row: int | None = None, *, decided_by: str, reason: str) -> int:
    """How many open rows of a batch (or one of them) are now discarded: they stay out of raw and wait no longer.

    While a load works on the feed it is waited for: what that settles waits no longer, and is not discarded.
    """
    with connect(workspace, autocommit=True) as connection:
        batch = connection.execute("select feed_id from ops.batches where batch_id = %s", (batch_id,)).fetchone()
        if batch is None:
            return 0
        with feed_lock(connection, batch[0]), connection.transaction():
            rows = connection.execute(
                """
                update quarantine.rows set status = 'discarded'
                where batch_id = %s and status = 'open' and (%s::bigint is null or source_row = %s)
                returning source_row
                """,
                (batch_id, source_row, source_row),
            ).fetchall()
            note_decision(connection, batch_id, {row for (row,) in rows}, "discarded", decided_by, reason, None)
        return len(rows)


def note_decision(
    connection: psycopg.Connection,
    batch_id: str,
    source_rows: Collection[int],
    decision: str,
    decided_by: str,
    reason: str,
    into_batch_id: str | None,
) -> None:
    """Who decided about rows of a batch, and why, stands in quarantine.decisions."""
    connection.execute(
        """
        insert into quarantine.decisions (quarantine_id, decision, decided_by, reason, batch_id)
        select quarantine_id, %s, %s, %s, %s from quarantine.rows where batch_id = %s and source_row = any(%s)
        """,
        (decision, decided_by, reason, into_batch_id, batch_id, list(source_rows)),
    )


def corrected_since(connection: psycopg.Connection, batch_id: str) -> set[int]:
    """Open rows of the batch whose records a later batch of the same feed and day accepted, changed or not."""
    row = connection.execute(
        "select source_system || '__' || entity from ops.batches where batch_id = %s", (batch_id,)
    ).fetchone()
    if row is None:
        return set()
    # A later whole file marks absent what it does not hold: a record that is there, and that this file did not
    # reject, is one that it holds.
    rows = connection.execute(
        sql.SQL(
            """
            with later as (
                select later.batch_id, later.batch_seq, later.delivered_on, feeds.delivery
                from ops.batches as this
                join ops.batches as later using (feed_id, delivered_on)
                join ops.feeds using (feed_id)
                where this.batch_id = %(batch_id)s and later.status = 'loaded'
                    and later.batch_seq > coalesce(this.batch_seq, 0) and later.reason_code is distinct from 'released'
            ),

            waiting as (
                select feed_id, dealer_code, source_record_id, source_row from quarantine.rows
                where batch_id = %(batch_id)s and status = 'open'
            )

            select waiting.source_row
            from waiting
            join later on exists (
                select from {raw} as versions
                where versions.dealer_code = waiting.dealer_code
                    and versions.source_record_id = waiting.source_record_id
                    and versions._feed_id = waiting.feed_id and versions._batch_seq = later.batch_seq
                    and versions._delivered_on = later.delivered_on and not versions._is_absent
            ) or exists (
                select from ops.unchanged_sightings as sightings
                where sightings.feed_id = waiting.feed_id and sightings.dealer_code = waiting.dealer_code
                    and sightings.source_record_id = waiting.source_record_id
                    and sightings.batch_seq = later.batch_seq
            ) or (
                later.delivery = 'full'
                and not exists (
                    select from quarantine.rows as rejected
                    where rejected.batch_id = later.batch_id and rejected.dealer_code = waiting.dealer_code
                        and rejected.source_record_id = waiting.source_record_id
                )
                and exists (
                    select from (
                        select _is_absent from {raw} as versions
                        where versions.dealer_code = waiting.dealer_code
                            and versions.source_record_id = waiting.source_record_id
                            and versions._feed_id = waiting.feed_id
                            and versions._delivered_on <= later.delivered_on
                        order by _delivered_on desc, _batch_seq desc, _source_row desc
                        limit 1
                    ) as state
                    where not _is_absent
                )
            )
            """
        ).format(raw=sql.Identifier("raw", row[0])),
        {"batch_id": batch_id},
    ).fetchall()
    return {source_row for (source_row,) in rows}
