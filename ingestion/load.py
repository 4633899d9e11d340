"""Loads whatever is new: discover, read, land, canonicalise, judge, publish, one file after the other.

A file that is refused or fails stops nobody: its feed stays at its last good batch, and the outcome says why.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg

from expectations.report import write_report
from ingestion.archive import remove_from_archive, remove_snapshot, take_snapshot
from ingestion.canonicalise import drop_tables
from ingestion.dealer_files import Configuration, Feed, read_configuration
from ingestion.discover import (
    FoundFile,
    UnfinishedFile,
    delivery_order,
    discover,
    has_changed,
    landing_paths,
    shown_path,
    watch,
)
from ingestion.errors import (
    APPROVE,
    RowsNotReleasable,
    SurroundingsFailed,
    TransientFailure,
    WaitsForApproval,
)
from ingestion.feed_lock import feed_lock
from ingestion.file_checks import MOST_DAYS_AHEAD
from ingestion.known_files import (
    KnownFile,
    arrival_of,
    find_known,
    find_untouched,
    found_again,
    note_repeated_delivery,
    released_before,
    require_last_of_its_day,
    require_same_content,
)
from ingestion.load_file import FileLoad, Vouched, VouchedFile, days_ahead, forget_unfinished
from ingestion.origins import fetch, offered, remove_fetched
from ingestion.outcomes import FileOutcome, record_outcome
from ingestion.raw_tables import ensure_raw_tables
from ingestion.register import register
from ingestion.surroundings import RUN_AGAIN, told_as_surroundings
from warehouse.database import connect, is_connection_lost
from warehouse.errors import Dealer360Error
from warehouse.settings import Workspace

Progress = Callable[[str, int, int], None]
_log = logging.getLogger(__name__)

RETRY_REFUSED = "dealer360 load --retry-refused"
COMMITTED_STANDS = "What was committed stands, nothing is loaded twice."


Vouch = Callable[[psycopg.Connection], Vouched]
"""Looks what may be loaded once more, while nobody else can load a file of the feed."""


def load(
    workspace: Workspace,
    *,
    dealer: str | None = None,
    source: str | None = None,
    entity: str | None = None,
    dry_run: bool = False,
    retry_refused: bool = False,
    progress: Progress | None = None,
) -> list[FileOutcome]:
    """What became of every file of the chosen feeds, in the order in which they were looked at.

    Args:
        workspace: whose landing/ is looked through.
        dealer: only this dealer's feeds (`_group` for those that carry many); None: all.
        source: only feeds of this source system; None: all.
        entity: only feeds of this entity; None: all.
        dry_run: judge the files and say what would become of them, without changing raw, quarantine or ops.batches.
        retry_refused: read files again that were refused and that nothing changed since: this version may know more.
            Where another delivery of the feed and day was loaded since, that one stands.
        progress: called with (what is being done, files done, files in all).

    Raises:
        InvalidSettings: group.yml cannot be read.
        SurroundingsFailed: the database went away or its disk is full; what was committed stands, and the next call
            does the rest.
    """
    configuration = read_configuration(workspace)
    run = _Run(workspace, configuration, dry_run, progress or _no_progress, retry_refused=retry_refused)
    with _working_connection(workspace) as connection:
        if not dry_run:
            ensure_raw_tables(connection)
            register(connection, configuration)
        run.report_invalid_settings(connection, dealer)
        feeds = [
            feed
            for feed in configuration.feeds
            if dealer in (None, feed.dealer_code) and source in (None, feed.source) and entity in (None, feed.entity)
        ]
        if not workspace.landing_dir.is_dir() and any(feed.origin is None for feed in feeds):
            run.conclude(connection, _no_landing(workspace, dealer))
        paths = landing_paths(workspace)
        is_whole_night = dealer is source is entity is None
        _tell_of_files_of_no_feed(configuration, paths, None if is_whole_night or dry_run else connection)
        found = [
            (feed, discover(workspace, configuration, feed, paths) if feed.origin is None else []) for feed in feeds
        ]
        run.file_count = sum(len(files) for _, files in found)
        for feed, files in found:
            if files or feed.origin is not None:
                run.load_feed(connection, feed, files)
        run.write_page(connection)
    return run.outcomes


def _tell_of_files_of_no_feed(
    configuration: Configuration, paths: list[str], told_before: psycopg.Connection | None
) -> None:
    """A file that a dealer renamed is told in the log: nothing else would say that it lies there and is not loaded.

    Where a night is made of many loads, each of some feeds, the first of them says it: `told_before` knows.
    """
    if configuration.problems_by_dealer:
        return  # it may be of a feed whose YAML cannot be read
    patterns = [feed.pattern for feed in configuration.feeds if feed.origin is None]
    left = [path for path in paths if not any(pattern.match(path) for pattern in patterns)]
    if not left:
        return
    told = (
        f"{len(left):,} file(s) under landing/ match the path of no feed and are not loaded: "
        f"{', '.join(map(shown_path, left[:5]))}{' …' if len(left) > 5 else ''}. "
        "Correct `path` in the dealer's YAML, or take them away."
    )
    if told_before is not None:
        day = datetime.now(ZoneInfo(configuration.group.time_zone)).date()
        key = f"no_feed:{day}:{sha256(os.fsencode(chr(10).join(left))).hexdigest()[:16]}"
        noted = told_before.execute(
            "insert into ops.alerts (alert_key, channel, subject) values (%s, 'log', %s) on conflict do nothing",
            (key, told),
        )
        if not noted.rowcount:
            return
    _log.warning("%s", told)


def _no_landing(workspace: Workspace, dealer: str | None) -> FileOutcome:
    error = SurroundingsFailed(
        str(workspace.landing_dir),
        found="no such folder: a share that is not mounted, or another workspace than is meant",
        expected="the folder in which the dealers' files arrive",
        do="Mount or make it, or name the right workspace (`dealer360 --workspace DIR load`), and "
        f"{RUN_AGAIN}. Nothing was loaded from it; the data loaded before stay as they are.",
    )
    message = "there is no landing/: its feeds are not loaded"
    return FileOutcome("failed", message, dealer or "_group", source_file="landing/", error=str(error))


def replay(workspace: Workspace, batch_id: str, *, progress: Progress | None = None) -> FileOutcome:
    """What became of a batch's file, loaded once more with the YAML and the contract of today.

    The file comes from the archive, or from landing/ when it was refused. One that was loaded is not held for being
    unlike others, and rows of it that were released before stay in. What a person approved of it stays approved as long
    as the feed's YAML and contract are what they were: read in another way it may be wrong for another reason, and is
    refused anew for a person to see.

    Args:
        workspace: whose batch it is.
        batch_id: of `ops.batches`.
        progress: as for `load`.

    Raises:
        WaitsForApproval: the batch is held, and only a person who answers for it can let it in.
        UnknownBatch: there is no such batch, or its file or its feed is gone.
        LaterDelivery: the feed had another delivery of the same day after it; of a delta, under its own name.
        InvalidSettings, SurroundingsFailed: as for `load`.
    """

    def vouch(connection: psycopg.Connection) -> Vouched:
        row = connection.execute(
            """
            select status, reading ->> 'definition_hash', case when status = 'loaded' then reading -> 'approval' end
            from ops.batches where batch_id = %s
            """,
            (batch_id,),
        ).fetchone()
        status, definition, approval = row or (None, None, None)
        if status == "held":
            raise WaitsForApproval(
                f"batch {batch_id}",
                found="a held batch",
                expected="one that was loaded or refused",
                do=f"If the file is right as it is, run {APPROVE.replace('BATCH', batch_id)}; if the YAML was wrong, "
                "correct it and run `dealer360 load`. Nothing was changed.",
            )
        require_last_of_its_day(connection, batch_id)
        released = released_before(connection, batch_id)
        is_loaded = status == "loaded"
        return VouchedFile(
            batch_id=batch_id,
            source_rows=released,
            is_confirmed=is_loaded,
            approval=approval,
            approved_as=definition,
        )

    return load_again(workspace, batch_id, vouch, progress=progress)


def load_again(workspace: Workspace, batch_id: str, vouch: Vouch, *, progress: Progress | None = None) -> FileOutcome:
    """What became of a batch's file, exactly as it came, loaded as `vouch` says.

    `vouch` is asked while nobody else can load a file of the feed: what it finds still holds when the file is loaded.

    Raises:
        UnknownBatch: there is no such batch, or its file or its feed is gone.
        InvalidSettings, SurroundingsFailed: as for `load`; whatever `vouch` raises.
    """
    configuration = read_configuration(workspace)
    run = _Run(workspace, configuration, dry_run=False, progress=progress or _no_progress, file_count=1)
    with _working_connection(workspace) as connection:
        ensure_raw_tables(connection)
        register(connection, configuration)
        run.load_again(connection, found_again(connection, workspace, configuration, batch_id), vouch)
    return run.outcomes[-1]


def load_corrections(workspace: Workspace, found: FoundFile, vouch: Vouch) -> FileOutcome:
    """What became of rows of a batch that the dealer corrected in a file of their own: those that pass are in raw.

    Args:
        workspace: whose batch it is.
        found: the corrected rows as a file of the batch's feed and day; it may lie anywhere.
        vouch: names its rows, as for `load_again`.

    Raises:
        RowsNotReleasable: none of them passes.
        InvalidSettings, SurroundingsFailed: as for `load`; whatever `vouch` raises.
    """
    run = _Run(workspace, read_configuration(workspace), dry_run=False, progress=_no_progress, file_count=1)
    with _working_connection(workspace) as connection:
        run.load_again(connection, found, vouch)
    return run.outcomes[-1]


@contextmanager
def _working_connection(workspace: Workspace) -> Iterator[psycopg.Connection]:
    """A connection that commits by itself; where it breaks, then or within the block, the next call may do better."""
    is_cut = False
    try:
        with connect(workspace, autocommit=True) as connection:
            try:
                # Where the way to a loader is cut without a word, the server ends its session, and with it the lock on
                # the feed, within two minutes and not after hours.
                for name, seconds in (("idle", 60), ("interval", 15), ("count", 4)):
                    connection.execute("select set_config(%s, %s, false)", (f"tcp_keepalives_{name}", str(seconds)))
                yield connection
            finally:
                is_cut = connection.closed  # behind the block every connection is
    except (Dealer360Error, OSError):
        raise
    except Exception as error:  # the gate's library and its driver wrap the server's errors in their own
        if isinstance(error, psycopg.Error) and (is_cut or is_connection_lost(error)):
            raise TransientFailure(
                "the warehouse's database",
                found=str(error).strip(),
                expected="a connection that lasts",
                do=f"{RUN_AGAIN.capitalize()}. {COMMITTED_STANDS}",
            ) from error
        if (told := told_as_surroundings(error, "the warehouse's database", COMMITTED_STANDS)) is None:
            raise
        raise told from error


def _no_progress(_doing: str, _done: int, _of: int) -> None:
    """Nobody watches."""


@dataclass
class _Run:
    """One call of `load`."""

    workspace: Workspace
    configuration: Configuration
    dry_run: bool
    progress: Progress
    run_id: str = field(default_factory=lambda: f"{datetime.now(UTC):%Y%m%dT%H%M%S}_{uuid4().hex[:6]}")
    outcomes: list[FileOutcome] = field(default_factory=list)
    file_count: int = 0
    retry_refused: bool = False

    def report_invalid_settings(self, connection: psycopg.Connection, dealer: str | None) -> None:
        """A dealer whose YAML has mistakes is told as an outcome; the others are loaded."""
        for code, problems in self.configuration.problems_by_dealer:
            if dealer not in (None, code):
                continue
            message = "its YAML has mistakes; `dealer360 validate` tells them all"
            self.conclude(connection, FileOutcome("refused", message, code, error="\n".join(problems)))

    def conclude(self, connection: psycopg.Connection, outcome: FileOutcome) -> None:
        """The outcome is part of the result, and of ops.outcomes unless the file only lies where it lay."""
        self.outcomes.append(outcome)
        if outcome.is_told and not self.dry_run:
            record_outcome(connection, self.run_id, outcome)

    def write_page(self, connection: psycopg.Connection) -> None:
        """The page of this load, if it did more than skip; a full disk does not undo what was loaded."""
        if self.dry_run or all(outcome.status == "skipped" for outcome in self.outcomes):
            return
        with suppress(OSError):
            write_report(connection, self.workspace.quality_docs_dir, run_id=self.run_id)

    def load_again(self, connection: psycopg.Connection, found: FoundFile, vouch: Vouch) -> None:
        """The file once more, although it is known."""
        with feed_lock(connection, found.feed.feed_id):
            self._clean_up_after_a_crash(connection, found.feed)
            vouched = vouch(connection)
            try:
                snapshot = take_snapshot(self.workspace, found)
                require_same_content(vouched.batch_id, found, snapshot)
                self._load_unknown_file(connection, snapshot, vouched)
            except OSError as error:
                self.conclude(connection, self._way_of(connection, found, vouched).failed(error))
            finally:
                remove_snapshot(self.workspace, found.feed)

    def load_feed(self, connection: psycopg.Connection, feed: Feed, files: list[FoundFile]) -> None:
        """The feed's files, or what its origin gives, one loader at a time."""
        with feed_lock(connection, feed.feed_id):
            self._clean_up_after_a_crash(connection, feed)
            if feed.origin is None:
                self._load_files(connection, feed, files, [])
                return
            self.progress(feed.path, len(self.outcomes), self.file_count)
            try:
                self._load_files(connection, feed, *offered(connection, self.workspace, self.configuration, feed))
            except SurroundingsFailed as error:
                self.conclude(connection, _unreachable(feed, error))
            finally:
                remove_fetched(self.workspace, feed)
            if not self.dry_run:
                self._remove_what_nobody_approves_any_more(connection, feed)

    def _remove_what_nobody_approves_any_more(self, connection: psycopg.Connection, feed: Feed) -> None:
        """Answers that were kept for a person to approve go, once they are loaded or a later one says all they say."""
        assert feed.origin is not None  # noqa: S101 - of such feeds alone
        says_all = feed.delivery == "full" or feed.origin.cursor is not None
        kept = connection.execute(
            """
            select batch_id from ops.batches
            where feed_id = %s and status in ('refused', 'held') and archive_path is not null and exists (
                select from ops.batches as later
                where later.feed_id = batches.feed_id and later.status = 'loaded'
                    and later.reason_code is distinct from 'released'
                    and (later.delivered_on, later.started_at) > (batches.delivered_on, batches.started_at)
                    and (%s or later.content_sha256 = batches.content_sha256)
            )
            """,
            (feed.feed_id, says_all),
        ).fetchall()
        for (batch_id,) in kept:
            remove_from_archive(self.workspace, feed, batch_id)
            connection.execute("update ops.batches set archive_path = null where batch_id = %s", (batch_id,))

    def _load_files(
        self, connection: psycopg.Connection, feed: Feed, files: list[FoundFile], unfinished: list[UnfinishedFile]
    ) -> None:
        retry = self.retry_refused
        untouched = {found.source_file: find_untouched(connection, found, retry_refused=retry) for found in files}
        finished = [found for found in files if untouched[found.source_file] is None]
        if feed.origin is None:
            finished, unfinished = watch(finished)
        refused_before = []
        for found in sorted((*(f for f in files if untouched[f.source_file]), *finished), key=delivery_order):
            self.progress(found.source_file, len(self.outcomes), self.file_count)
            try:
                refused_before.extend(self._load_file(connection, found, untouched[found.source_file]))
            finally:
                remove_snapshot(self.workspace, feed)
        # Only now it shows which of them a good delivery of this very load has overtaken.
        for found in refused_before:
            known = find_untouched(connection, found, retry_refused=retry)
            if known := known or find_known(connection, found, retry_refused=retry):
                self._conclude_known(connection, found, known)
        for left in unfinished:
            self._leave_for_the_next_run(connection, left)

    def _load_file(
        self, connection: psycopg.Connection, found: FoundFile, untouched: KnownFile | None
    ) -> list[FoundFile]:
        """The file is loaded, or known to be; gives it back when it was refused before."""
        known = untouched
        if known is None:
            try:
                fetch(found)
                if not self.dry_run:
                    snapshot = take_snapshot(self.workspace, found)
                    if found.feed.origin is None and has_changed(found):
                        left = UnfinishedFile(found, "it changed while it was copied")
                        self._leave_for_the_next_run(connection, left)
                        return []
                    found = snapshot
                known = find_known(connection, found, retry_refused=self.retry_refused)
            except OSError as error:
                if found.file.exists():
                    self.conclude(connection, self._way_of(connection, found, None).failed(error))
                return []  # else it went away again since it was discovered
        if known is None or (
            known.delivered_on < found.delivered_on and days_ahead(self.configuration, found) > MOST_DAYS_AHEAD
        ):
            self._load_unknown_file(connection, replace(found, arrived_at=arrival_of(connection, found)), None)
        elif known.status == "loaded":
            self._conclude_known(connection, found, known)
        else:
            return [found]
        return []

    def _leave_for_the_next_run(self, connection: psycopg.Connection, left: UnfinishedFile) -> None:
        outcome = FileOutcome(
            status="skipped",
            message=f"still being written ({left.sentence}): left for the next run",
            dealer_code=left.found.feed.dealer_code,
            feed_id=left.found.feed.feed_id,
            source_file=left.found.source_file,
            delivered_on=left.found.delivered_on,
        )
        self.conclude(connection, outcome)

    def _load_unknown_file(self, connection: psycopg.Connection, found: FoundFile, vouched: Vouched | None) -> None:
        steps = self._way_of(connection, found, vouched)
        try:
            outcome = steps.run()
        except RowsNotReleasable as error:
            steps.failed(error)
            raise
        except Exception as error:
            if is_connection_lost(error, connection):
                raise
            outcome = steps.failed(error)
        finally:
            if not connection.closed:
                drop_tables(connection, steps.landing_tables)
        self.conclude(connection, outcome)

    def _way_of(self, connection: psycopg.Connection, found: FoundFile, vouched: Vouched | None) -> FileLoad:
        def tell(step: str) -> None:
            self.progress(f"{found.source_file}: {step}", len(self.outcomes), self.file_count)

        return FileLoad(self.workspace, self.configuration, connection, found, vouched, self.dry_run, tell)

    def _conclude_known(self, connection: psycopg.Connection, found: FoundFile, known: KnownFile) -> None:
        if found.feed.origin is not None and known.delivered_on == found.delivered_on:
            known = replace(known, is_new_delivery=False)  # asked again, and no other answer
        if known.is_new_delivery and known.status == "loaded" and not self.dry_run:
            note_repeated_delivery(connection, found, known)
        is_skipped = known.status == "loaded" or known.is_overtaken
        outcome = FileOutcome(
            status="skipped" if is_skipped else known.status,
            message=known.message,
            dealer_code=found.feed.dealer_code,
            feed_id=found.feed.feed_id,
            source_file=found.source_file,
            delivered_on=found.delivered_on,
            batch_id=known.batch_id,
            error=None if is_skipped or known.reason is None else _told_again(known.status, known.reason),
            is_told=not is_skipped or (known.is_new_delivery and not known.is_overtaken),
        )
        self.conclude(connection, outcome)

    def _clean_up_after_a_crash(self, connection: psycopg.Connection, feed: Feed) -> None:
        """What is half done while nobody else holds the feed's lock was left by a process that died."""
        if self.dry_run:
            return
        tables = connection.execute(
            """
            select relname from pg_class
            where relnamespace = 'landing'::regnamespace and relkind = 'r' and relname like %s
            """,
            (f"%\\_{feed.mark}\\_%",),
        ).fetchall()
        drop_tables(connection, (name for (name,) in tables))
        forget_unfinished(self.workspace, connection, feed)
        remove_snapshot(self.workspace, feed)
        remove_fetched(self.workspace, feed)


def _told_again(status: str, reason: str) -> str:
    """Why the file was kept out when it came; for how long a refused one is not read again."""
    if status != "refused":
        return reason
    return f"{reason}\n  It was not read again: that is done once its YAML changes, or by `{RETRY_REFUSED}`."


def _unreachable(feed: Feed, error: SurroundingsFailed) -> FileOutcome:
    return FileOutcome(
        status="failed",
        message=f"{type(error).__name__}: {error.found}",
        dealer_code=feed.dealer_code,
        feed_id=feed.feed_id,
        source_file=feed.path,
        error=str(error),
        is_transient=error.is_transient,
    )
