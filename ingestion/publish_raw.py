"""A judged batch becomes rows of raw and a line of the manifest, in one transaction: all of it or nothing.

Raw holds versions of records. The state of a feed as of a day is, per record key, the version that is last by
(`_delivered_on`, `_batch_seq`, `_source_row`). Publishing keeps one promise: as of every day on which something was
delivered, that state is what that day's files said, whatever order they arrived in. So a late file is compared with
the state as of its own day; and where a later delivery had already confirmed the value that the late file changes,
that value is stored once more under the later delivery's day.

Writing a long first delivery takes as long as judging it, and each leaves a processor idle: so it is written meanwhile,
in the transaction that only the verdict brings to an end. What the gate rejects is taken out again before that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from expectations.gate import record
from expectations.verdict import Finding, Verdict
from ingestion.canonicalise import CanonicalTable
from ingestion.dealer_files import Feed
from ingestion.land import LandedTable, cell_column
from ingestion.raw_tables import contract_columns_of_raw, made_anew_if_empty

HISTORY_ROWS = 50_000
"""From so many rows on, a feed's first delivery is written while it is judged, and indexed when its rows are in."""


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

    @property
    def is_news(self) -> bool:
        """Whether raw says anything else than before."""
        return bool(self.rows_new or self.rows_changed or self.rows_absent)


@dataclass(frozen=True)
class Batch:
    """A batch that passed the checks of its file."""

    batch_id: str
    feed: Feed
    source_file: str
    delivered_on: date
    landed: LandedTable
    table: CanonicalTable
    replays: str | None = None  # the batch of the same file whose rows in quarantine are judged anew by this one
    releases: frozenset[int] = frozenset()  # rows of `replays` that a person released: the batch holds nothing else


class Publication:
    """A batch on its way into raw, within a transaction that the caller opens, and ends well when `finish` has."""

    def __init__(self, connection: psycopg.Connection, batch: Batch) -> None:
        self.connection = connection
        self.batch = batch
        self.contract = batch.feed.contract
        self.raw = sql.Identifier("raw", self.contract.table)
        self.columns = contract_columns_of_raw(self.contract)
        self._number_ahead: int | None = None  # the batch's, when its versions were written before the verdict
        self._written_ahead = 0

    @contextmanager
    def begun_meanwhile(self) -> Iterator[None]:
        """While the block judges the batch, what needs no verdict is done; the block must not use the connection."""
        with ThreadPoolExecutor(max_workers=1) as thread:
            begun = thread.submit(self._begin)
            yield
        begun.result()

    def _begin(self) -> None:
        if self.batch.table.row_count < HISTORY_ROWS or self.batch.releases or not self._is_first():
            return
        self._set_up()
        batch_seq = self._next_batch_seq()
        with made_anew_if_empty(self.connection, self.contract):
            self._written_ahead = self._insert_versions(batch_seq, sql.SQL(_MAY_BE_NEW))
        self._number_ahead = batch_seq

    def finish(self, verdict: Verdict, archive_path: str, reading: dict[str, Any]) -> PublishedBatch:
        """The batch is in raw, its rejected rows in quarantine, its checks and counts in ops.

        Args:
            verdict: of the gate; it does not refuse the batch.
            archive_path: where the file is kept, within archive/.
            reading: what is told of the batch; what becomes of absent records is added.
        """
        self._set_up()
        broken = [f for f in verdict.broken if f.action == "quarantine" and f.source_rows]
        self._mark_rejected(broken)
        is_whole = self._is_whole(reading)
        rows_absent = 0
        if self._number_ahead is not None:
            batch_seq = self._number_ahead
            counts = self._without_rejected(batch_seq, has_rejected=bool(broken))
        else:
            is_first = self._is_first()
            batch_seq = self._next_batch_seq()
            self._compare(is_first)
            counts = self._counts()
            self._insert_versions(batch_seq, sql.SQL(_ONLY_NEWS))
            if not is_first:
                rows_absent = self._follow_earlier_deliveries(batch_seq, is_whole=is_whole)
        published = PublishedBatch(
            batch_seq=batch_seq,
            rows_read=self.batch.table.row_count,
            rows_new=counts.get("new", 0),
            rows_changed=counts.get("changed", 0),
            rows_unchanged=counts.get("unchanged", 0),
            rows_quarantined=self._quarantine(broken),
            rows_absent=rows_absent,
        )
        if self.batch.replays is not None:
            self._close_open_rows(self.batch.replays)
        record(self.connection, verdict, suite=f"raw.{self.contract.table}", batch_id=self.batch.batch_id)
        self._close_batch(published, archive_path, reading)
        self.connection.execute("drop table if exists compared, rejected, touched")
        return published

    # --- small things

    @property
    def _feed_id(self) -> sql.Literal:
        return sql.Literal(self.batch.feed.feed_id)

    @property
    def _day(self) -> sql.Composable:
        return sql.SQL("{}::date").format(sql.Literal(self.batch.delivered_on))

    def _value(self, query: sql.SQL | sql.Composed) -> Any:  # noqa: ANN401 - whatever the query selects
        row = self.connection.execute(query).fetchone()
        return row[0] if row else None

    def _set_up(self) -> None:
        self.connection.execute("set local work_mem = '128MB'")
        self.connection.execute("set local datestyle = 'ISO, YMD'")

    def _is_first(self) -> bool:
        return not self._value(
            sql.SQL("select exists (select from ops.batches where feed_id = {} and status = 'loaded')").format(
                self._feed_id
            )
        )

    def _next_batch_seq(self) -> int:
        # The lock on the sequence makes publishing one at a time from here on: numbers are given in commit order.
        return int(self._value(sql.SQL("select ops.next_batch_seq()")))

    # --- what is new, changed, unchanged

    def _without_rejected(self, batch_seq: int, *, has_rejected: bool) -> dict[str, int]:
        """What was written ahead is what the gate accepted; gives the counts of that."""
        table = self.batch.table.identifier
        rows_new, copies = self._written_ahead, 0
        if has_rejected:
            rows_new -= self.connection.execute(
                sql.SQL(
                    "delete from {} as written using rejected "
                    "where written._batch_seq = {} and written._source_row = rejected._source_row"
                ).format(self.raw, sql.Literal(batch_seq))
            ).rowcount
        if self.batch.table.has_copies:
            copies = self._value(
                sql.SQL("select count(*) from {} as judged where _is_copy and {}").format(table, sql.SQL(_IS_ACCEPTED))
            )
        return {"new": rows_new, "unchanged": copies}

    def _mark_rejected(self, broken: Sequence[Finding]) -> None:
        rows = sorted({row for finding in broken for row in finding.source_rows})
        self.connection.execute("create temporary table rejected (_source_row bigint primary key) on commit drop")
        with self.connection.cursor() as cursor, cursor.copy("copy rejected from stdin") as copy:
            for row in rows:
                copy.write_row((row,))

    def _state(self, day: sql.Composable, keys: sql.Composable, columns: sql.Composable) -> sql.Composable:
        """The feed's state as of a day, for the keys of a relation."""
        return sql.SQL(
            """
            select distinct on (dealer_code, source_record_id) {columns}
            from {raw} as versions
            where _feed_id = {feed} and _delivered_on <= {day} {keys}
            order by dealer_code, source_record_id, _delivered_on desc, _batch_seq desc, _source_row desc
            """
        ).format(columns=columns, raw=self.raw, feed=self._feed_id, day=day, keys=keys)

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
            self.connection.execute(
                sql.SQL("analyze {} (_source_row, dealer_code, source_record_id)").format(self.batch.table.identifier)
            )
            keys: sql.Composable = sql.SQL("")
            if self.batch.feed.delivery == "delta":
                keys = sql.SQL(
                    "and exists (select from {} as k where k.dealer_code = versions.dealer_code "
                    "and k.source_record_id = versions.source_record_id)"
                ).format(self.batch.table.identifier)
            wanted = sql.SQL("dealer_code, source_record_id, _row_hash, _is_absent")
            state = sql.SQL("left join ({}) as state using (dealer_code, source_record_id)").format(
                self._state(self._day, keys, wanted)
            )
        self.connection.execute(
            sql.SQL(
                """
                create temporary table compared on commit drop as
                select judged._source_row, dealer_code, source_record_id, judged._is_copy, {change} as change
                from {table} as judged {state}
                where {is_accepted}
                """
            ).format(change=change, table=self.batch.table.identifier, state=state, is_accepted=sql.SQL(_IS_ACCEPTED))
        )
        self.connection.execute("analyze compared")

    def _counts(self) -> dict[str, int]:
        return dict(self.connection.execute("select change, count(*) from compared group by change").fetchall())

    def _insert_versions(self, batch_seq: int, only: sql.SQL) -> int:
        table = self.batch.table
        mapped = list(table.mapped)
        cursor = self.connection.execute(
            sql.SQL(
                """
                insert into {raw} (
                    dealer_code, source_record_id, {columns}, _source_file, _source_row, _row_hash, _feed_id, _batch_id,
                    _batch_seq, _delivered_on, _is_absent, _source_cells, _extra, _loaded_at
                )
                select judged.dealer_code, judged.source_record_id, {texts}, {file}, judged._source_row,
                    judged._row_hash, {feed}, {batch_id}, {batch_seq}, {day}, false, judged._source_cells,
                    judged._extra, now()
                from {table} as judged
                {only}
                """
            ).format(
                raw=self.raw,
                columns=sql.SQL(", ").join(map(sql.Identifier, mapped)),
                texts=sql.SQL(", ").join(table.text_of(name) for name in mapped),
                file=sql.Literal(self.batch.source_file),
                feed=self._feed_id,
                batch_id=sql.Literal(self.batch.batch_id),
                batch_seq=sql.Literal(batch_seq),
                day=self._day,
                table=table.identifier,
                only=only,
            )
        )
        return cursor.rowcount

    # --- what the deliveries before and after it make of it

    def _follow_earlier_deliveries(self, batch_seq: int, *, is_whole: bool) -> int:
        """What follows for records that the batch does not hold, and for later days; gives how many are gone."""
        rows_absent = self._mark_absent(batch_seq) if is_whole else 0
        if self.batch.feed.delivery == "delta":
            self._forget_taken_back()
            rows_absent = self._take_back_corrections(batch_seq)
            self._note_sightings(batch_seq)
        self._confirm_later_deliveries(batch_seq)
        return rows_absent

    # --- what is no longer there

    def _is_whole(self, reading: dict[str, Any]) -> bool:
        """Whether a key that the batch does not hold is gone: not where a row that the feed had not before lacks one.

        As many rows without a key as in the delivery before are the feed's way (a line of totals, a signature): none of
        them stands for a record that is in raw.
        """
        if self.batch.feed.delivery != "full" or self.batch.releases:
            return False
        without_key = self.batch.table.rows_without_key
        if not without_key:
            return True
        reading["rows_without_key"] = without_key
        usual = self._value(
            sql.SQL(
                """
                select coalesce((reading ->> 'rows_without_key')::bigint, 0) from ops.batches
                where feed_id = {} and status = 'loaded' and delivered_on <= {} and reason_code is null
                order by delivered_on desc, batch_seq desc
                limit 1
                """
            ).format(self._feed_id, self._day)
        )
        if without_key <= (usual or 0):
            return True
        reading["absences"] = f"none marked: {without_key:,} row(s) whose key cannot be told"
        return False

    def _mark_absent(self, batch_seq: int) -> int:
        """Keys that the feed held as of this day and that the file does not hold, not even in a rejected row."""
        everything = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        cursor = self.connection.execute(
            sql.SQL(
                """
                insert into {raw} (
                    dealer_code, source_record_id, {everything}, _source_file, _source_row, _row_hash, _feed_id,
                    _batch_id, _batch_seq, _delivered_on, _is_absent, _source_cells, _extra, _loaded_at
                )
                select state.dealer_code, state.source_record_id, {everything}, state._source_file, state._source_row,
                    state._row_hash, state._feed_id, {batch_id}, {batch_seq}, {day}, true, state._source_cells,
                    state._extra, now()
                from ({state}) as state
                where not state._is_absent and state._batch_seq < {batch_seq} and not exists (
                    select from {table} as judged
                    where judged.dealer_code = state.dealer_code and judged.source_record_id = state.source_record_id
                )
                """
            ).format(
                raw=self.raw,
                everything=everything,
                batch_id=sql.Literal(self.batch.batch_id),
                batch_seq=sql.Literal(batch_seq),
                day=self._day,
                state=self._state(self._day, sql.SQL(""), sql.SQL("*")),
                table=self.batch.table.identifier,
            )
        )
        return cursor.rowcount

    def _forget_taken_back(self) -> None:
        """What this file names, its day says something of (again)."""
        self.connection.execute(
            sql.SQL(
                """
                delete from ops.taken_back using {table} as judged
                where feed_id = {feed} and delivered_on = {day} and judged.dealer_code = taken_back.dealer_code
                    and judged.source_record_id = taken_back.source_record_id
                """
            ).format(table=self.batch.table.identifier, feed=self._feed_id, day=self._day)
        )

    def _take_back_corrections(self, batch_seq: int) -> int:
        """A delta that comes again as it was before its corrections: what only they named is as it was before them.

        Gives the number of records that are so put back, or marked absent where there was none before.
        """
        corrections = self.connection.execute(
            """
            select array_agg(later.batch_seq) from ops.batches as later
            where later.feed_id = %(feed)s and later.source_file = %(file)s and later.delivered_on = %(day)s
                and later.batch_seq is not null
                and later.started_at > (
                    select max(same.started_at) from ops.batches as same
                    join ops.batches as this using (feed_id, source_file, delivered_on, content_sha256)
                    where this.batch_id = %(batch_id)s and same.batch_id <> this.batch_id and same.status = 'loaded'
                        and same.reason_code is distinct from 'released'
                )
            """,
            {
                "feed": self.batch.feed.feed_id,
                "file": self.batch.source_file,
                "day": self.batch.delivered_on,
                "batch_id": self.batch.batch_id,
            },
        ).fetchone()
        is_correction = self.batch.feed.pattern.has_date and self.batch.table.row_count > 0
        if corrections is None or corrections[0] is None or self.batch.releases or not is_correction:
            return 0
        everything = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        named = sql.SQL(
            """
            (
                select dealer_code, source_record_id from {raw}
                where _feed_id = {feed} and _delivered_on = {day} and _batch_seq = any({corrections})
                union
                select dealer_code, source_record_id from ops.unchanged_sightings
                where feed_id = {feed} and delivered_on = {day} and batch_seq = any({corrections})
            )
            except
            select dealer_code, source_record_id from {table}
            except
            select dealer_code, source_record_id from ops.unchanged_sightings
            where feed_id = {feed} and delivered_on = {day} and batch_seq <> all({corrections})
            """
        ).format(
            raw=self.raw,
            feed=self._feed_id,
            day=self._day,
            corrections=sql.Literal(corrections[0]),
            table=self.batch.table.identifier,
        )
        self.connection.execute(
            sql.SQL(
                """
                insert into ops.taken_back (feed_id, dealer_code, source_record_id, delivered_on)
                select {feed}, dealer_code, source_record_id, {day} from ({named}) as named
                on conflict do nothing
                """
            ).format(feed=self._feed_id, day=self._day, named=named)
        )
        of_named = sql.SQL("and (dealer_code, source_record_id) in ({})").format(named)
        # What late files stored under this day they stored because the corrections had confirmed it.
        uncorrected = sql.SQL(
            """
            {} and _batch_seq <> all({}) and not (_delivered_on = {} and exists (
                select from ops.batches
                where batches.batch_seq = versions._batch_seq and batches.delivered_on < versions._delivered_on
            ))
            """
        ).format(of_named, sql.Literal(corrections[0]), self._day)
        cursor = self.connection.execute(
            sql.SQL(
                """
                insert into {raw} (
                    dealer_code, source_record_id, {everything}, _source_file, _source_row, _row_hash, _feed_id,
                    _batch_id, _batch_seq, _delivered_on, _is_absent, _source_cells, _extra, _loaded_at
                )
                select dealer_code, source_record_id, {values}, {batch_seq}, {day}, coalesce(before._is_absent, true),
                    case when before._row_hash is null then corrected._source_cells else before._source_cells end,
                    case when before._row_hash is null then corrected._extra else before._extra end, now()
                from ({corrected}) as corrected
                left join ({before}) as before using (dealer_code, source_record_id)
                where (before._row_hash, before._is_absent) is distinct from (corrected._row_hash, corrected._is_absent)
                """
            ).format(
                raw=self.raw,
                everything=everything,
                values=sql.SQL(", ").join(
                    sql.SQL("case when before._row_hash is null then corrected.{c} else before.{c} end").format(
                        c=sql.Identifier(c)
                    )
                    for c in (*self.columns, "_source_file", "_source_row", "_row_hash", "_feed_id", "_batch_id")
                ),
                batch_seq=sql.Literal(batch_seq),
                day=self._day,
                corrected=self._state(self._day, of_named, sql.SQL("*")),
                before=self._state(self._day, uncorrected, sql.SQL("*")),
            )
        )
        self.connection.execute(
            sql.SQL(
                """
                delete from ops.unchanged_sightings
                where feed_id = {feed} and delivered_on = {day} and batch_seq = any({corrections})
                    and (dealer_code, source_record_id) not in (
                        select dealer_code, source_record_id from {table}
                        where dealer_code is not null and source_record_id is not null
                    )
                """
            ).format(
                feed=self._feed_id,
                day=self._day,
                corrections=sql.Literal(corrections[0]),
                table=self.batch.table.identifier,
            )
        )
        return cursor.rowcount

    # --- late files

    def _note_sightings(self, batch_seq: int) -> None:
        self.connection.execute(
            sql.SQL(
                """
                insert into ops.unchanged_sightings (feed_id, dealer_code, source_record_id, delivered_on, batch_seq)
                select {}, dealer_code, source_record_id, {}, {}
                from compared
                where change = 'unchanged' and not _is_copy
                """
            ).format(self._feed_id, self._day, sql.Literal(batch_seq))
        )

    def _confirm_later_deliveries(self, batch_seq: int) -> None:
        """What a later delivery had confirmed before this file changed it is stored under that delivery's day."""
        later_days = [
            day
            for (day,) in self.connection.execute(
                """
                select distinct delivered_on from ops.batches
                where feed_id = %s and status = 'loaded' and delivered_on > %s
                order by delivered_on
                """,
                (self.batch.feed.feed_id, self.batch.delivered_on),
            )
        ]
        if not later_days:
            return
        # Every key that this batch wrote, and the state it had as of this day before.
        before = self._state(
            self._day, sql.SQL("and _batch_seq < {}").format(sql.Literal(batch_seq)), sql.SQL("versions.*")
        )
        self.connection.execute(
            sql.SQL(
                """
                create temporary table touched on commit drop as
                select written.dealer_code, written.source_record_id
                from {raw} as written
                where written._batch_seq = {batch_seq}
                """
            ).format(raw=self.raw, batch_seq=sql.Literal(batch_seq))
        )
        for day in later_days:
            self._confirm_one_day(day, batch_seq, before)

    def _confirm_one_day(self, day: date, batch_seq: int, before: sql.Composable) -> None:
        later = sql.SQL("{}::date").format(sql.Literal(day))
        if self.batch.feed.delivery == "delta":
            self._see_through(later, batch_seq)
        # Keys that already have a version of their own by then need none; neither do they on any day after.
        self.connection.execute(
            sql.SQL(
                """
                delete from touched using {raw} as versions
                where versions.dealer_code = touched.dealer_code
                    and versions.source_record_id = touched.source_record_id
                    and versions._feed_id = {feed}
                    and versions._delivered_on > {day} and versions._delivered_on <= {later}
                    and not exists (
                        select from ops.taken_back
                        where taken_back.feed_id = versions._feed_id
                            and taken_back.dealer_code = versions.dealer_code
                            and taken_back.source_record_id = versions.source_record_id
                            and taken_back.delivered_on = versions._delivered_on
                    )
                """
            ).format(raw=self.raw, feed=self._feed_id, day=self._day, later=later)
        )
        if self.batch.feed.delivery == "full":
            # A row in quarantine says that the key was there, but nothing of what it held.
            is_confirmed = sql.SQL(
                """
                not exists (
                    select from quarantine.rows
                    join ops.batches using (batch_id)
                    where batches.feed_id = {feed} and batches.delivered_on = {later} and batches.status = 'loaded'
                        and rows.dealer_code = touched.dealer_code
                        and rows.source_record_id = touched.source_record_id
                )
                """
            ).format(feed=self._feed_id, later=later)
        else:
            is_confirmed = sql.SQL(
                """
                exists (
                    select from ops.unchanged_sightings as sightings
                    where sightings.feed_id = {feed} and sightings.delivered_on = {later}
                        and sightings.dealer_code = touched.dealer_code
                        and sightings.source_record_id = touched.source_record_id
                )
                """
            ).format(feed=self._feed_id, later=later)
        everything = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        values = sql.SQL(", ").join(
            sql.SQL("case when before._row_hash is null then written.{c} else before.{c} end").format(
                c=sql.Identifier(c)
            )
            for c in (*self.columns, "_source_file", "_source_row", "_row_hash", "_feed_id", "_batch_id")
        )
        self.connection.execute(
            sql.SQL(
                """
                insert into {raw} (
                    dealer_code, source_record_id, {everything}, _source_file, _source_row, _row_hash, _feed_id,
                    _batch_id, _batch_seq, _delivered_on, _is_absent, _source_cells, _extra, _loaded_at
                )
                select touched.dealer_code, touched.source_record_id, {values}, {batch_seq}, {later},
                    coalesce(before._is_absent, true),
                    case when before._row_hash is null then written._source_cells else before._source_cells end,
                    case when before._row_hash is null then written._extra else before._extra end, now()
                from touched
                join {raw} as written
                    on written.dealer_code = touched.dealer_code
                    and written.source_record_id = touched.source_record_id
                    and written._batch_seq = {batch_seq} and written._delivered_on = {day}
                left join ({before}) as before
                    on before.dealer_code = touched.dealer_code and before.source_record_id = touched.source_record_id
                where {is_confirmed}
                """
            ).format(
                raw=self.raw,
                everything=everything,
                values=values,
                batch_seq=sql.Literal(batch_seq),
                later=later,
                day=self._day,
                before=before,
                is_confirmed=is_confirmed,
            )
        )

    def _see_through(self, later: sql.Composable, batch_seq: int) -> None:
        """Where a later day says nothing of a touched key any more, the key is there what it was the day before."""
        everything = sql.SQL(", ").join(map(sql.Identifier, self.columns))
        taken_back = sql.SQL(
            """
            and _delivered_on < {later} and (dealer_code, source_record_id) in (
                select dealer_code, source_record_id from touched
                join ops.taken_back using (dealer_code, source_record_id)
                where taken_back.feed_id = {feed} and taken_back.delivered_on = {later}
            )
            """
        ).format(later=later, feed=self._feed_id)
        self.connection.execute(
            sql.SQL(
                """
                insert into {raw} (
                    dealer_code, source_record_id, {everything}, _source_file, _source_row, _row_hash, _feed_id,
                    _batch_id, _batch_seq, _delivered_on, _is_absent, _source_cells, _extra, _loaded_at
                )
                select dealer_code, source_record_id, {everything}, _source_file, _source_row, _row_hash, _feed_id,
                    _batch_id, {batch_seq}, {later}, _is_absent, _source_cells, _extra, now()
                from ({state}) as state
                """
            ).format(
                raw=self.raw,
                everything=everything,
                batch_seq=sql.Literal(batch_seq),
                later=later,
                state=self._state(later, taken_back, sql.SQL("*")),
            )
        )

    # --- rejected rows and the manifest

    def _close_open_rows(self, batch_id: str) -> None:
        """What waited under the batch before: released, or judged anew under this one."""
        if self.batch.releases:
            query = "update quarantine.rows set status = 'released' where batch_id = %s and source_row = any(%s)"
            self.connection.execute(query, (batch_id, list(self.batch.releases)))
        else:
            query = "update quarantine.rows set status = 'discarded' where batch_id = %s and status = 'open'"
            self.connection.execute(query, (batch_id,))

    def _quarantine(self, broken: Sequence[Finding]) -> int:
        if not broken:
            return 0
        landed, header = self.batch.landed, self.batch.landed.header
        objects = []
        for start in range(0, len(header), 50):
            arguments = sql.SQL(", ").join(
                sql.SQL("{}, landed.{}").format(sql.Literal(header[i]), sql.Identifier(cell_column(i)))
                for i in range(start, min(start + 50, len(header)))
            )
            objects.append(sql.SQL("jsonb_strip_nulls(jsonb_build_object({}))").format(arguments))
        feed = self.batch.feed
        cursor = self.connection.execute(
            sql.SQL(
                """
                insert into quarantine.rows (
                    batch_id, feed_id, dealer_code, source_system, entity, source_record_id, source_file, source_row,
                    source_cells
                )
                select {batch_id}, {feed}, judged.dealer_code, {source}, {entity}, judged.source_record_id, {file},
                    judged._source_row, {cells}
                from {table} as judged
                join {landed} as landed using (_source_row)
                join rejected using (_source_row)
                """
            ).format(
                batch_id=sql.Literal(self.batch.batch_id),
                feed=self._feed_id,
                source=sql.Literal(feed.source),
                entity=sql.Literal(feed.entity),
                file=sql.Literal(self.batch.source_file),
                cells=sql.SQL(" || ").join(objects),
                table=self.batch.table.identifier,
                landed=landed.identifier,
            )
        )
        for finding in broken:
            self._note_finding(finding)
        return cursor.rowcount

    def _note_finding(self, finding: Finding) -> None:
        value: sql.Composable = sql.SQL("null")
        if finding.column is not None:
            value = sql.SQL("coalesce(judged._source_cells ->> {c}, to_jsonb(judged) ->> {c})").format(
                c=sql.Literal(finding.column)
            )
        self.connection.execute(
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
                table=self.batch.table.identifier,
                batch_id=sql.Literal(self.batch.batch_id),
                source_rows=sql.Literal(list(finding.source_rows)),
            )
        )

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


_IS_ACCEPTED = "not exists (select from rejected where rejected._source_row = judged._source_row)"
_MAY_BE_NEW = "where not _is_copy and dealer_code is not null and source_record_id is not null"
_ONLY_NEWS = "join compared on compared._source_row = judged._source_row and compared.change <> 'unchanged'"
_COUNTS: Sequence[str] = (
    "batch_seq",
    "rows_read",
    "rows_new",
    "rows_changed",
    "rows_unchanged",
    "rows_quarantined",
    "rows_absent",
)
