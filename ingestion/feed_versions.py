"""The versions that a feed has in raw, as one batch of it finds them and adds to them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import psycopg
from psycopg import sql

from ingestion.canonicalise import CanonicalTable
from ingestion.dealer_files import Feed
from ingestion.land import LandedTable
from ingestion.raw_tables import contract_columns_of_raw

_ALL_KEYS: sql.Composable = sql.SQL("")
_ALL_COLUMNS: sql.Composable = sql.SQL("*")


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
    corrected_by: tuple[int, ...] = ()  # numbers of batches of its day that came after it, although loaded before


class FeedVersions:
    """Raw, as far as it is the batch's feed's; everything happens in the caller's transaction."""

    def __init__(self, connection: psycopg.Connection, batch: Batch) -> None:
        self.connection = connection
        self.batch = batch
        self.raw = sql.Identifier("raw", batch.feed.contract.table)
        self.feed_id = sql.Literal(batch.feed.feed_id)
        self.day = sql.SQL("{}::date").format(sql.Literal(batch.delivered_on))
        self.table = batch.table.identifier
        # What a version says, and where it was read: the same wherever the version is stored once more.
        self.kept_columns = (
            "dealer_code",
            "source_record_id",
            *contract_columns_of_raw(batch.feed.contract),
            "_source_file",
            "_source_row",
            "_row_hash",
            "_feed_id",
            "_batch_id",
            "_source_cells",
            "_extra",
        )

    def value(self, query: sql.SQL | sql.Composed) -> Any:  # noqa: ANN401 - whatever the query selects
        """The first column of the query's first row, None without one."""
        row = self.connection.execute(query).fetchone()
        return row[0] if row else None

    def state(
        self, day: sql.Composable, keys: sql.Composable = _ALL_KEYS, columns: sql.Composable = _ALL_COLUMNS
    ) -> sql.Composed:
        """A query for the feed's state as of a day: the last version of each key.

        Args:
            day: SQL of the day.
            keys: further conditions on `versions`, each with its `and`.
            columns: of the state.
        """
        # Raw's index begins with the dealer: what a hundred others sent is not read.
        own = sql.SQL("" if self.batch.feed.is_of_group else "dealer_code = {} and").format(
            sql.Literal(self.batch.feed.dealer_code)
        )
        return sql.SQL(
            """
            select distinct on (dealer_code, source_record_id) {columns}
            from {raw} as versions
            where {own} _feed_id = {feed} and _delivered_on <= {day} {keys}
            order by dealer_code, source_record_id, _delivered_on desc, _batch_seq desc, _source_row desc
            """
        ).format(columns=columns, raw=self.raw, own=own, feed=self.feed_id, day=day, keys=keys)

    def hold(self) -> None:
        """Temporary table `held`: every key that the feed has as of the batch's day before it, of a delta its own keys.

        It is the one look at raw that takes long. No other loader can change what it finds (the feed is locked), so it
        needs no number and is taken before one is.
        """
        self.connection.execute(sql.SQL("create temporary table held on commit drop as {}").format(self.keys_before()))
        self.connection.execute("analyze held (dealer_code, source_record_id)")

    def keys_before(self) -> sql.Composed:
        """A query for what `hold` holds."""
        keys = _ALL_KEYS
        if self.batch.feed.delivery == "delta":
            keys = sql.SQL(
                "and exists (select from {} as k where k.dealer_code = versions.dealer_code "
                "and k.source_record_id = versions.source_record_id)"
            ).format(self.table)
        columns = sql.SQL("dealer_code, source_record_id, _row_hash, _is_absent")
        return self.state(self.day, keys, columns)

    def insert(self, batch_seq: int, only: sql.Composable) -> int:
        """The batch's own rows become versions of its day; gives their number.

        Args:
            batch_seq: the batch's number.
            only: what follows `from <the batch's table> as judged`.
        """
        table = self.batch.table
        return self.connection.execute(
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
                columns=sql.SQL(", ").join(map(sql.Identifier, table.mapped)),
                texts=sql.SQL(", ").join(map(table.text_of, table.mapped)),
                file=sql.Literal(self.batch.source_file),
                feed=self.feed_id,
                batch_id=sql.Literal(self.batch.batch_id),
                batch_seq=sql.Literal(batch_seq),
                day=self.day,
                table=self.table,
                only=only,
            )
        ).rowcount

    def store_again(self, versions: sql.Composable, batch_seq: int, day: sql.Composable) -> int:
        """Versions that are there already, stored under another day and the batch's number; gives how many.

        Args:
            versions: a query that gives `kept_columns` and `_is_absent`.
            batch_seq: the batch's number.
            day: SQL of the day.
        """
        return self.connection.execute(
            sql.SQL(
                """
                insert into {raw} ({kept}, _is_absent, _batch_seq, _delivered_on, _loaded_at)
                select {kept}, _is_absent, {batch_seq}, {day}, now() from ({versions}) as versions
                """
            ).format(
                raw=self.raw,
                kept=sql.SQL(", ").join(map(sql.Identifier, self.kept_columns)),
                batch_seq=sql.Literal(batch_seq),
                day=day,
                versions=versions,
            )
        ).rowcount

    def before_or(self, other: str) -> sql.Composed:
        """The columns that `store_again` wants: of `before`, or, where that is lacking, of `other` marked absent."""
        columns = [
            sql.SQL("case when before._row_hash is null then {other}.{c} else before.{c} end as {c}").format(
                other=sql.Identifier(other), c=sql.Identifier(column)
            )
            for column in self.kept_columns
        ]
        return sql.SQL(", ").join([*columns, sql.SQL("coalesce(before._is_absent, true) as _is_absent")])
