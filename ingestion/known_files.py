"""Whether a file was seen before: the same content of the same feed and path, or the feed's newest delivery again.

A file of an earlier day than the newest delivery is none of these, whatever it holds: it says what that day was like.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Literal, LiteralString

import psycopg

from ingestion.dealer_files import Configuration
from ingestion.discover import FoundFile
from ingestion.errors import LaterDelivery, UnknownBatch
from warehouse.settings import Workspace


@dataclass(frozen=True)
class KnownFile:
    """The batch that a file's content became when it was seen first."""

    batch_id: str
    status: Literal["loaded", "refused", "held"]
    message: str  # one line
    is_new_delivery: bool  # the same content came again: a delivery all the same, which satisfies `due`
    delivered_on: date
    reason: str | None = None  # of a refused or held file: where, found, expected, do
    is_overtaken: bool = False  # the feed had a good delivery since: nobody need look at the refused one any more


def find_untouched(
    connection: psycopg.Connection, found: FoundFile, *, retry_refused: bool = False
) -> KnownFile | None:
    """The batch that the file became, when neither its time nor its size changed since: its content is not read.

    One whose name gives its day, and which something else followed there, was put back with its time: it is read.
    """
    parameters: dict[str, object] = {"bytes": found.byte_count, "is_dated": found.feed.pattern.has_date}
    known = _seen_at_its_path(connection, found, _IS_UNTOUCHED, parameters, retry_refused)
    if known is not None and known.status == "loaded":
        return replace(known, message="known since it was loaded", is_new_delivery=False)
    return known


def find_known(connection: psycopg.Connection, found: FoundFile, *, retry_refused: bool = False) -> KnownFile | None:
    """The batch that the file's content is already, None when it must be looked at.

    A refused file counts as known until its YAML or its contract changes, or somebody asks for it (`retry_refused`);
    that of a whole also then, where another one followed on its day. A file that something else followed at its path is
    news again: it takes back what followed. Where the path has no date, a whole takes back what followed in its feed; a
    delta does not: what followed there is no correction but the next delta.
    """
    is_dated = found.feed.pattern.has_date
    parameters = {"content": found.content_sha256(), "is_dated": is_dated}
    takes_back = is_dated or found.feed.delivery == "full" or found.feed.origin is not None
    is_it: LiteralString = _IS_CURRENT if takes_back else _IS_SAME
    current = _seen_at_its_path(connection, found, is_it, parameters, retry_refused)
    if current is None and is_dated and _seen_at_its_path(connection, found, _IS_SAME, parameters, retry_refused):
        return None
    return current or _of_the_newest_delivery(connection, found)


def arrival_of(connection: psycopg.Connection, found: FoundFile) -> datetime:
    """When a file that is to be loaded came: now, where it was put back with the time at which it was loaded before."""
    before = connection.execute(
        """
        select from ops.batches
        where feed_id = %s and source_file = %s and content_sha256 = %s and arrived_at = %s and status = 'loaded'
        limit 1
        """,
        (found.feed.feed_id, found.source_file, found.content_sha256(), found.arrived_at),
    )
    return datetime.now(UTC) if before.rowcount else found.arrived_at


_IS_UNTOUCHED = """
    byte_count = %(bytes)s and arrived_at = %(arrived_at)s and not (%(is_dated)s and exists (
        select from ops.batches as later
        where later.feed_id = batches.feed_id and later.source_file = batches.source_file
            and later.status = 'loaded' and later.reason_code is distinct from 'released'
            and later.content_sha256 <> batches.content_sha256 and later.started_at > batches.started_at
    ))
"""
_IS_SAME = "content_sha256 = %(content)s"
_IS_CURRENT = """
    content_sha256 = %(content)s and not exists (
        select from ops.batches as later
        where later.feed_id = batches.feed_id and later.status = 'loaded' and batches.status = 'loaded'
            and later.reason_code is distinct from 'released' and later.content_sha256 <> batches.content_sha256
            and (not %(is_dated)s or later.source_file = batches.source_file)
            and (later.delivered_on, later.started_at) > (batches.delivered_on, batches.started_at)
    )
"""


def _seen_at_its_path(
    connection: psycopg.Connection,
    found: FoundFile,
    condition: LiteralString,
    parameters: dict[str, object],
    retry_refused: bool,
) -> KnownFile | None:
    row = connection.execute(
        f"""
        select batch_id, status, reason, delivered_on, arrived_at,
            case when status <> 'loaded' then (
                select outcomes.message from ops.outcomes
                where outcomes.batch_id = batches.batch_id
                order by outcome_id
                limit 1
            ) end,
            status <> 'loaded' and exists (
                select from ops.batches as later
                where later.feed_id = batches.feed_id and later.status = 'loaded'
                    and later.reason_code is distinct from 'released'
                    and (later.delivered_on, later.started_at) > (batches.delivered_on, batches.started_at)
            ),
            reading ->> 'definition_hash'
        from ops.batches
        where feed_id = %(feed)s and source_file = %(file)s and {condition}
            and status in ('loaded', 'refused', 'held')
        order by status = 'loaded' desc, started_at desc
        limit 1
        """,  # noqa: S608 - the condition is one of those above
        {
            **parameters,
            "feed": found.feed.feed_id,
            "file": found.source_file,
            "arrived_at": found.arrived_at,
        },
    ).fetchone()
    if row is None:
        return None
    batch_id, status, reason, delivered_on, arrived_at, told, is_overtaken, definition = row
    if status != "loaded":
        if definition != found.feed.definition_hash() or (retry_refused and status == "refused"):
            later = later_of_its_day(connection, batch_id)
            if not later or later[0].delivery == "delta" or found.arrived_at > arrived_at:
                return None
            told = f"{status}, and not read again: batch {later[0].batch_id} of the same feed and day came after it"
        is_new = found.arrived_at > arrived_at
        return KnownFile(batch_id, status, told or status, is_new, delivered_on, reason, is_overtaken)
    is_new = found.arrived_at > max(arrived_at, _last_told(connection, found) or arrived_at)
    message = f"the same content again: loaded before as batch {batch_id}"
    return KnownFile(batch_id, "loaded", message, is_new, delivered_on)


def _of_the_newest_delivery(connection: psycopg.Connection, found: FoundFile) -> KnownFile | None:
    row = connection.execute(
        """
        select batch_id, content_sha256, delivered_on from ops.batches
        where feed_id = %s and status = 'loaded' and reason_code is distinct from 'released'
        order by delivered_on desc, started_at desc
        limit 1
        """,
        (found.feed.feed_id,),
    ).fetchone()
    if row is None or row[1] != found.content_sha256() or found.delivered_on < row[2]:
        return None
    message = f"equal to the feed's newest delivery, batch {row[0]}"
    return KnownFile(row[0], "loaded", message, True, row[2])


def found_again(
    connection: psycopg.Connection, workspace: Workspace, configuration: Configuration, batch_id: str
) -> FoundFile:
    """The file of a batch, as it came: from the archive, else from landing/ while it still lies there unchanged.

    Raises:
        UnknownBatch: there is no such batch, no YAML describes its feed any more, or its file is gone.
    """
    row = connection.execute(
        """
        select feed_id, source_file, byte_count, arrived_at, delivered_on, content_sha256, archive_path,
            reading -> 'corrects' ->> 'file'
        from ops.batches where batch_id = %s and status <> 'loading'
        """,
        (batch_id,),
    ).fetchone()
    if row is None:
        raise _unknown(batch_id, "no such batch", "a batch that `dealer360 batches` names")
    feed_id, source_file, byte_count, arrived_at, delivered_on, content, archive_path, corrected_in = row
    if corrected_in is not None:
        raise _unknown(batch_id, f"rows that were corrected in {corrected_in}", "a batch that came as a file")
    feed = next((feed for feed in configuration.feeds if feed.feed_id == feed_id), None)
    if feed is None:
        raise _unknown(batch_id, f"no YAML with the feed {feed_id}", "the feed in a dealer's YAML")
    file = workspace.archive_dir / archive_path if archive_path else workspace.landing_dir / source_file
    found = FoundFile(feed, file, source_file, byte_count, arrived_at, delivered_on)
    if not file.is_file() or found.content_sha256() != content:
        raise _without_its_content(batch_id, found)
    return replace(found, known_sha256=content)


def require_same_content(batch_id: str, found: FoundFile, snapshot: FoundFile) -> None:
    """What was copied is what was found: a file under landing/ may have been replaced since.

    Raises:
        UnknownBatch: it is not.
    """
    if snapshot.content_sha256() != found.content_sha256():
        raise _without_its_content(batch_id, found)


def _without_its_content(batch_id: str, found: FoundFile) -> UnknownBatch:
    return _unknown(batch_id, f"no {found.source_file} with the batch's content", "the file in archive/ or landing/")


def require_last_of_its_day(connection: psycopg.Connection, batch_id: str) -> None:
    """The batch may be loaded once more: its feed had none of that day after it, but other parts of a delta.

    Raises:
        LaterDelivery: it had one, whose rows would be overwritten or taken back.
    """
    later = next((one for one in later_of_its_day(connection, batch_id) if one.replaces_it), None)
    if later is not None:
        raise LaterDelivery(
            f"batch {batch_id}",
            found=f"batch {later.batch_id} of the same feed and day, which came after it",
            expected="the last delivery of its feed and day",
            do="Replay that one, or release single rows. Nothing was changed.",
        )


@dataclass(frozen=True)
class LaterBatch:
    """A loaded delivery of a feed and day that came after another one."""

    batch_id: str
    batch_seq: int | None  # None: it repeated an earlier one
    delivery: Literal["full", "delta"]  # of the feed: of a delta, what it does not name may still be loaded
    replaces_it: bool  # a whole, or what came under the other's own name, which gives its day: no next part


def later_of_its_day(connection: psycopg.Connection, batch_id: str) -> tuple[LaterBatch, ...]:
    """What came of the same feed and day after the batch's file and was loaded, the last before the others.

    A file came when it was looked at first, however often it was read again since; one that was sent once more came
    when it was sent last.
    """
    rows = connection.execute(
        """
        with came as (
            select batches.*, min(started_at) over (partition by source_file, content_sha256, arrived_at) as came_at
            from ops.batches
            where (feed_id, delivered_on) = (select feed_id, delivered_on from ops.batches where batch_id = %s)
        )

        select later.batch_id, later.batch_seq, feeds.delivery,
            feeds.delivery = 'full' or (feeds.path like '%%{date%%' and later.source_file = this.source_file)
        from came as this
        join came as later on later.came_at > this.came_at and later.content_sha256 <> this.content_sha256
        join ops.feeds on feeds.feed_id = this.feed_id
        where this.batch_id = %s and later.status = 'loaded' and later.reason_code is distinct from 'released'
        order by later.came_at desc, later.started_at desc
        """,
        (batch_id, batch_id),
    ).fetchall()
    return tuple(LaterBatch(*row) for row in rows)


def released_before(connection: psycopg.Connection, batch_id: str) -> frozenset[int]:
    """Rows of the batch's file that a person released, under this batch or an earlier one of the same content."""
    rows = connection.execute(
        """
        select rows.source_row from ops.batches
        join ops.batches as same using (feed_id, source_file, content_sha256)
        join quarantine.rows on rows.batch_id = same.batch_id
        where batches.batch_id = %s and rows.status = 'released'
        """,
        (batch_id,),
    ).fetchall()
    return frozenset(row for (row,) in rows)


def _unknown(batch_id: str, found: str, expected: str) -> UnknownBatch:
    return UnknownBatch(f"batch {batch_id}", found=found, expected=expected, do="Nothing was changed.")


def _last_told(connection: psycopg.Connection, found: FoundFile) -> datetime | None:
    """When the last repetition of this file was told."""
    row = connection.execute(
        """
        select max(happened_at) from ops.outcomes
        where feed_id = %s and source_file = %s and status = 'skipped' and batch_id is not null
        """,
        (found.feed.feed_id, found.source_file),
    ).fetchone()
    return row[0] if row else None


def note_repeated_delivery(connection: psycopg.Connection, found: FoundFile, known: KnownFile) -> None:
    """A day on which the same content came again confirms it: a file of a day before that comes late must know.

    The delivery gets a line in ops.batches that holds no rows and no place in the sequence: raw says nothing new.
    """
    with connection.transaction():
        connection.execute(
            """
            insert into ops.batches (
                batch_id, feed_id, dealer_code, source_system, entity, source_file, content_sha256, byte_count,
                delivered_on, arrived_at, status, reason_code, reason, archive_path, finished_at
            )
            select batch_id || '_again_' || substr(md5(random()::text), 1, 6), feed_id, dealer_code, source_system,
                entity,
                %(file)s, content_sha256, byte_count, %(day)s, %(arrived_at)s, 'loaded', 'repeated', %(reason)s,
                archive_path, clock_timestamp()
            from ops.batches where batch_id = %(batch_id)s
            """,
            {
                "file": found.source_file,
                "day": found.delivered_on,
                "arrived_at": found.arrived_at,
                "reason": known.message,
                "batch_id": known.batch_id,
            },
        )
        if found.feed.delivery == "delta" and found.delivered_on > known.delivered_on:
            _note_sightings_of(connection, found, known)


def _note_sightings_of(connection: psycopg.Connection, found: FoundFile, known: KnownFile) -> None:
    connection.execute(
        f"""
        insert into ops.unchanged_sightings (feed_id, dealer_code, source_record_id, delivered_on, batch_seq)
        select %(feed)s, dealer_code, source_record_id, %(day)s, batch_seq
        from (
            select dealer_code, source_record_id, _batch_seq as batch_seq
            from raw.{found.feed.contract.table}
            where _batch_id = %(batch_id)s and _delivered_on = %(known_day)s
            union
            select sightings.dealer_code, sightings.source_record_id, sightings.batch_seq
            from ops.unchanged_sightings as sightings
            join ops.batches using (batch_seq)
            where batches.batch_id = %(batch_id)s and sightings.feed_id = %(feed)s
        ) as keys
        """,  # noqa: S608 - the table's name comes from a contract
        {
            "feed": found.feed.feed_id,
            "day": found.delivered_on,
            "batch_id": known.batch_id,
            "known_day": known.delivered_on,
        },
    )
