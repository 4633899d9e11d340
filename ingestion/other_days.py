"""What a batch means beyond its own rows: for records that it does not name, and for days that were delivered before.

Every method writes in the caller's transaction, after the batch's own versions.
"""

from __future__ import annotations

from datetime import date

from psycopg import sql

from ingestion.feed_versions import FeedVersions


class OtherDays:
    """What follows from a batch that is not its feed's first."""

    def __init__(self, versions: FeedVersions, batch_seq: int) -> None:
        self.versions = versions
        self.connection = versions.connection
        self.batch = versions.batch
        self.batch_seq = batch_seq

    def follow(self, *, is_whole: bool) -> int:
        """Gives how many records are gone, or are again what they were before corrections that were taken back.

        Args:
            is_whole: a key that the batch does not hold is gone.
        """
        rows_absent = self._mark_absent() if is_whole else 0
        if self.batch.feed.delivery == "delta":
            self._forget_taken_back()
            rows_absent = self._take_back_corrections()
            self._note_sightings()
        self._confirm_later_deliveries()
        return rows_absent

    def _mark_absent(self) -> int:
        """Keys that the feed held as of this day and that the file does not hold, not even in a rejected row."""
        kept = [sql.Identifier(name) for name in self.versions.kept_columns if name != "_batch_id"]
        self.connection.execute(
            sql.SQL(
                """
                create temporary table gone on commit drop as
                select dealer_code, source_record_id from held
                where not _is_absent and not exists (
                    select from {table} as judged
                    where judged.dealer_code = held.dealer_code and judged.source_record_id = held.source_record_id
                )
                """
            ).format(table=self.versions.table)
        )
        self.connection.execute("analyze gone")
        of_gone = sql.SQL("and (dealer_code, source_record_id) in (select dealer_code, source_record_id from gone)")
        absent = sql.SQL("select {kept}, {batch_id} as _batch_id, true as _is_absent from ({state}) as state").format(
            kept=sql.SQL(", ").join(kept),
            batch_id=sql.Literal(self.batch.batch_id),
            state=self.versions.state(self.versions.day, of_gone),
        )
        return self.versions.store_again(absent, self.batch_seq, self.versions.day)

    def _forget_taken_back(self) -> None:
        """What this file names, its day says something of (again)."""
        self.connection.execute(
            sql.SQL(
                """
                delete from ops.taken_back using {table} as judged
                where feed_id = {feed} and delivered_on = {day} and judged.dealer_code = taken_back.dealer_code
                    and judged.source_record_id = taken_back.source_record_id
                """
            ).format(table=self.versions.table, feed=self.versions.feed_id, day=self.versions.day)
        )

    def _take_back_corrections(self) -> int:
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
        if corrections is None or corrections[0] is None or self.batch.releases or not self.batch.feed.pattern.has_date:
            return 0
        if not self.versions.value(sql.SQL("select exists (select from {})").format(self.versions.table)):
            return 0
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
            raw=self.versions.raw,
            feed=self.versions.feed_id,
            day=self.versions.day,
            corrections=sql.Literal(corrections[0]),
            table=self.versions.table,
        )
        self.connection.execute(
            sql.SQL(
                """
                insert into ops.taken_back (feed_id, dealer_code, source_record_id, delivered_on)
                select {feed}, dealer_code, source_record_id, {day} from ({named}) as named
                on conflict do nothing
                """
            ).format(feed=self.versions.feed_id, day=self.versions.day, named=named)
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
        ).format(of_named, sql.Literal(corrections[0]), self.versions.day)
        before = sql.SQL(
            """
            select {columns}
            from ({corrected}) as corrected
            left join ({before}) as before using (dealer_code, source_record_id)
            where (before._row_hash, before._is_absent) is distinct from (corrected._row_hash, corrected._is_absent)
            """
        ).format(
            columns=self.versions.before_or("corrected"),
            corrected=self.versions.state(self.versions.day, of_named),
            before=self.versions.state(self.versions.day, uncorrected),
        )
        row_count = self.versions.store_again(before, self.batch_seq, self.versions.day)
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
                feed=self.versions.feed_id,
                day=self.versions.day,
                corrections=sql.Literal(corrections[0]),
                table=self.versions.table,
            )
        )
        return row_count

    def _note_sightings(self) -> None:
        self.connection.execute(
            sql.SQL(
                """
                insert into ops.unchanged_sightings (feed_id, dealer_code, source_record_id, delivered_on, batch_seq)
                select {}, dealer_code, source_record_id, {}, {}
                from compared
                where change = 'unchanged' and not _is_copy
                """
            ).format(self.versions.feed_id, self.versions.day, sql.Literal(self.batch_seq))
        )

    def _confirm_later_deliveries(self) -> None:
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
        before = self.versions.state(
            self.versions.day, sql.SQL("and _batch_seq < {}").format(sql.Literal(self.batch_seq))
        )
        self.connection.execute(
            sql.SQL(
                """
                create temporary table touched on commit drop as
                select written.dealer_code, written.source_record_id
                from {raw} as written
                where written._batch_seq = {batch_seq}
                """
            ).format(raw=self.versions.raw, batch_seq=sql.Literal(self.batch_seq))
        )
        for day in later_days:
            self._confirm_one_day(day, before)

    def _confirm_one_day(self, day: date, before: sql.Composable) -> None:
        later = sql.SQL("{}::date").format(sql.Literal(day))
        if self.batch.feed.delivery == "delta":
            self._see_through(later)
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
            ).format(raw=self.versions.raw, feed=self.versions.feed_id, day=self.versions.day, later=later)
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
            ).format(feed=self.versions.feed_id, later=later)
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
            ).format(feed=self.versions.feed_id, later=later)
        confirmed = sql.SQL(
            """
            select {columns}
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
            columns=self.versions.before_or("written"),
            raw=self.versions.raw,
            batch_seq=sql.Literal(self.batch_seq),
            day=self.versions.day,
            before=before,
            is_confirmed=is_confirmed,
        )
        self.versions.store_again(confirmed, self.batch_seq, later)

    def _see_through(self, later: sql.Composable) -> None:
        """Where a later day says nothing of a touched key any more, the key is there what it was the day before."""
        taken_back = sql.SQL(
            """
            and _delivered_on < {later} and (dealer_code, source_record_id) in (
                select dealer_code, source_record_id from touched
                join ops.taken_back using (dealer_code, source_record_id)
                where taken_back.feed_id = {feed} and taken_back.delivered_on = {later}
            )
            """
        ).format(later=later, feed=self.versions.feed_id)
        self.versions.store_again(self.versions.state(later, taken_back), self.batch_seq, later)
