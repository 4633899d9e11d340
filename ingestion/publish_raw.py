"""A judged batch becomes rows of raw and a line of the manifest, in one transaction: all of it or nothing.

Raw holds versions of records. The state of a feed as of a day is, per record key, the version that is last by
(`_delivered_on`, `_batch_seq`, `_source_row`). Publishing keeps one promise: as of every day on which something was
delivered, that state is what that day's files said, whatever order they arrived in. So a late file is compared with
the state as of its own day; and where a later delivery had already confirmed the value that the late file changes,
that value is stored once more under the later delivery's day.

Writing a long first delivery takes as long as judging it, and each leaves a processor idle: so it is written meanwhile,
in the transaction that only the verdict brings to an end. What the gate rejects, and what turns out to repeat an
earlier row of the file, is taken out again before that. For a long later delivery, what the feed has is looked up
meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from expectations.gate import record
from expectations.verdict import Verdict
from ingestion.canonicalise import CountedTable
from ingestion.dealer_files import Feed
from ingestion.feed_versions import Batch, FeedVersions
from ingestion.other_days import OtherDays
from ingestion.raw_tables import made_anew_if_empty
from ingestion.rejected_rows import IS_ACCEPTED, close_open_rows, mark_rejected, quarantine

LONG_ROWS = 50_000
"""From so many rows on, a delivery is prepared while it is judged; a feed's first one is even written."""


def is_long(row_count: int) -> bool:
    """Whether it is worth while to prepare a delivery of so many rows while it is judged."""
    return row_count >= LONG_ROWS


@dataclass(frozen=True)
class PublishedBatch:
    """What became of a batch's rows: they add up to `rows_read`."""

    batch_seq: int
    rows_read: int
    rows_new: int
    rows_changed: int
    rows_unchanged: int
    rows_quarantined: int
    rows_absent: int


class Publication:
    """A batch on its way into raw, within a transaction that the caller opens, and ends well when `finish` has."""

    def __init__(self, connection: psycopg.Connection, batch: Batch) -> None:
        self.connection = connection
        self.batch = batch
        self.contract = batch.feed.contract
        self.versions = FeedVersions(connection, batch)
        self._number_ahead: int | None = None  # the batch's, when its versions were written before the verdict
        self._written_ahead = 0
        self._is_held = False  # what the feed has was looked up before the verdict

    @contextmanager
    def prepared_meanwhile(self) -> Iterator[None]:
        """While the block judges a long delivery, it is prepared; the block must not use the connection."""
        with ThreadPoolExecutor(max_workers=1) as thread:
            prepared = thread.submit(self._prepare)
            yield
        prepared.result()

    def _prepare(self) -> None:
        self._set_up()
        if _is_first(self.connection, self.batch.feed):
            self._write_ahead()
        else:
            self._hold()

    def _write_ahead(self) -> None:
        batch_seq = self._next_batch_seq()
        with made_anew_if_empty(self.connection, self.contract):
            self._written_ahead = self.versions.insert(batch_seq, _MAY_BE_NEW)
        self._number_ahead = batch_seq

    def finish(
        self, table: CountedTable, verdict: Verdict, archive_path: str, reading: dict[str, Any]
    ) -> PublishedBatch:
        """The batch is in raw, its rejected rows in quarantine, its checks and counts in ops.

        Args:
            table: the batch's, after its rows were counted.
            verdict: of the gate; it does not refuse the batch.
            archive_path: where the file is kept, within archive/.
            reading: what is told of the batch; what becomes of absent records is added.
        """
        self._set_up()
        broken = [f for f in verdict.broken if f.action == "quarantine" and f.source_rows]
        mark_rejected(self.connection, broken)
        is_whole = self._is_whole(table.rows_without_key, reading)
        rows_absent = 0
        if self._number_ahead is not None:
            batch_seq = self._number_ahead
            counts = self._without_surplus(batch_seq, has_rejected=bool(broken), has_copies=table.has_copies)
        else:
            is_first = _is_first(self.connection, self.batch.feed)
            self._compare(is_first)
            self._leave_what_was_corrected(reading)
            counts = self._counts()
            batch_seq = self._next_batch_seq()
            self.versions.insert(batch_seq, _ONLY_NEWS)
            if not is_first:
                rows_absent = OtherDays(self.versions, batch_seq).follow(is_whole=is_whole)
        published = PublishedBatch(
            batch_seq=batch_seq,
            rows_read=table.row_count,
            rows_new=counts.get("new", 0),
            rows_changed=counts.get("changed", 0),
            rows_unchanged=counts.get("unchanged", 0),
            rows_quarantined=quarantine(self.connection, self.batch, broken),
            rows_absent=rows_absent,
        )
        close_open_rows(self.connection, self.batch)
        record(self.connection, verdict, suite=f"raw.{self.contract.table}", batch_id=self.batch.batch_id)
        self._close_batch(published, archive_path, reading)
        self.connection.execute("drop table if exists compared, gone, held, rejected, touched")
        return published

    def _set_up(self) -> None:
        self.connection.execute("set local work_mem = '128MB'")
        self.connection.execute("set local datestyle = 'ISO, YMD'")

    def _next_batch_seq(self) -> int:
        # The lock on the sequence makes publishing one at a time from here on: numbers are given in commit order.
        return int(self.versions.value(sql.SQL("select ops.next_batch_seq()")))

    # --- what is new, changed, unchanged

    def _without_surplus(self, batch_seq: int, *, has_rejected: bool, has_copies: bool) -> dict[str, int]:
        """What was written ahead is what the gate accepted, each once; gives the counts of that."""
        copies = 0
        surplus: list[sql.Composable] = [sql.SQL("rejected")] if has_rejected else []
        if has_copies:
            surplus.append(sql.SQL("(select _source_row from {} where _is_copy)").format(self.versions.table))
            copies = self.versions.value(
                sql.SQL("select count(*) from {} as judged where _is_copy and {}").format(
                    self.versions.table, IS_ACCEPTED
                )
            )
        rows_new = self._written_ahead
        for rows in surplus:
            rows_new -= self.connection.execute(
                sql.SQL(
                    "delete from {} as written using {} as surplus "
                    "where written._batch_seq = {} and written._source_row = surplus._source_row"
                ).format(self.versions.raw, rows, sql.Literal(batch_seq))
            ).rowcount
        return {"new": rows_new, "unchanged": copies}

    def _hold(self) -> None:
        """Temporary table `held`: what the feed has."""
        if self._is_held:
            return
        self.connection.execute(
            sql.SQL("analyze {} (_source_row, dealer_code, source_record_id)").format(self.versions.table)
        )
        self.versions.hold()
        self._is_held = True

    def _compare(self, is_first: bool) -> None:
        """Temporary table `compared`: every accepted row with what it is. Copies count as unchanged."""
        if is_first:
            change: sql.Composable = sql.SQL("case when _is_copy then 'unchanged' else 'new' end")
            state: sql.Composable = sql.SQL("")
        else:
            change = sql.SQL(
                "case when _is_copy then 'unchanged' when state._row_hash is null then 'new' "
                "when state._row_hash <> judged._row_hash or state._is_absent then 'changed' else 'unchanged' end"
            )
            self._hold()
            state = sql.SQL("left join held as state using (dealer_code, source_record_id)")
        self.connection.execute(
            sql.SQL(
                """
                create temporary table compared on commit drop as
                select judged._source_row, dealer_code, source_record_id, judged._is_copy, {change} as change
                from {table} as judged {state}
                where {is_accepted}
                """
            ).format(change=change, table=self.versions.table, state=state, is_accepted=IS_ACCEPTED)
        )
        self.connection.execute("analyze compared")

    def _leave_what_was_corrected(self, reading: dict[str, Any]) -> None:
        """What later files of the day name stays as they say: a delta that was refused first is loaded after them."""
        if not self.batch.corrected_by:
            return
        left = self.connection.execute(
            sql.SQL(
                """
                update compared set change = 'unchanged'
                where change <> 'unchanged' and (dealer_code, source_record_id) in (
                    select dealer_code, source_record_id from {raw}
                    where _feed_id = {feed} and _delivered_on = {day} and _batch_seq = any({later})
                    union all
                    select dealer_code, source_record_id from ops.unchanged_sightings
                    where feed_id = {feed} and delivered_on = {day} and batch_seq = any({later})
                )
                """
            ).format(
                raw=self.versions.raw,
                feed=self.versions.feed_id,
                day=self.versions.day,
                later=sql.Literal(list(self.batch.corrected_by)),
            )
        ).rowcount
        if left:
            reading["corrected_since"] = (
                f"{left:,} row(s) left out: files of the same day that came after this one hold their records"
            )

    def _counts(self) -> dict[str, int]:
        return dict(self.connection.execute("select change, count(*) from compared group by change").fetchall())

    def _is_whole(self, without_key: int, reading: dict[str, Any]) -> bool:
        """Whether a key that the batch does not hold is gone: not where a row that the feed had not before lacks one.

        As many rows without a key as in the delivery before are the feed's way (a line of totals, a signature): none of
        them stands for a record that is in raw.
        """
        if self.batch.feed.delivery != "full" or self.batch.releases:
            return False
        if not without_key:
            return True
        reading["rows_without_key"] = without_key
        usual = self.versions.value(
            sql.SQL(
                """
                select coalesce((reading ->> 'rows_without_key')::bigint, 0) from ops.batches
                where feed_id = {} and status = 'loaded' and delivered_on <= {} and reason_code is null
                order by delivered_on desc, batch_seq desc
                limit 1
                """
            ).format(self.versions.feed_id, self.versions.day)
        )
        if without_key <= (usual or 0):
            return True
        reading["absences"] = f"none marked: {without_key:,} row(s) whose key cannot be told"
        return False

    def _close_batch(self, published: PublishedBatch, archive_path: str, reading: dict[str, Any]) -> None:
        self.connection.execute(
            """
            update ops.batches set
                batch_seq = %(batch_seq)s, status = 'loaded', rows_read = %(rows_read)s, rows_new = %(rows_new)s,
                rows_changed = %(rows_changed)s, rows_unchanged = %(rows_unchanged)s,
                rows_quarantined = %(rows_quarantined)s, rows_absent = %(rows_absent)s, reading = %(reading)s,
                archive_path = %(archive_path)s, reason_code = %(reason_code)s, reason = %(reason)s,
                finished_at = clock_timestamp()
            where batch_id = %(batch_id)s
            """,
            {
                **{name: getattr(published, name) for name in _COUNTS},
                "reading": Jsonb(reading),
                "archive_path": archive_path,
                "reason_code": "released" if self.batch.releases else None,
                "reason": f"rows of batch {self.batch.replays} that a person released" if self.batch.releases else None,
                "batch_id": self.batch.batch_id,
            },
        )


def _is_first(connection: psycopg.Connection, feed: Feed) -> bool:
    query = "select exists (select from ops.batches where feed_id = %s and status = 'loaded')"
    found = connection.execute(query, (feed.feed_id,)).fetchone()
    return found is None or not found[0]


_MAY_BE_NEW = sql.SQL("where not _is_copy and dealer_code is not null and source_record_id is not null")
_ONLY_NEWS = sql.SQL("join compared on compared._source_row = judged._source_row and compared.change <> 'unchanged'")
_COUNTS: Sequence[str] = (
    "batch_seq",
    "rows_read",
    "rows_new",
    "rows_changed",
    "rows_unchanged",
    "rows_quarantined",
    "rows_absent",
)
