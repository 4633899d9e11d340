"""Loads whatever is new: discover, read, land, canonicalise, judge, publish, one file after the other.

A file that is refused or fails stops nobody: its feed stays at its last good batch, and the outcome says why.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from traceback import extract_tb
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import psycopg
from psycopg.types.json import Jsonb

from expectations.gate import get_ready, judge_batch
from expectations.report import write_report
from expectations.verdict import Finding, Verdict
from ingestion.archive import keep_snapshot, remove_from_archive, remove_snapshot, scratch_folder, take_snapshot
from ingestion.canonicalise import CanonicalTable, canonicalise, drop_tables, keep_only
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
from ingestion.drift import fill_in_new_names, find_drift
from ingestion.errors import (
    APPROVABLE_REFUSALS,
    APPROVE,
    NOTHING_LOADED,
    GateRefused,
    MissingColumns,
    RefusedFile,
    RowsNotReleasable,
    SurroundingsFailed,
    TransientFailure,
    WaitsForApproval,
)
from ingestion.feed_versions import Batch
from ingestion.file_checks import MOST_DAYS_AHEAD, CheckedFile, check_day, check_file, mojibake_finding
from ingestion.known_files import (
    KnownFile,
    find_known,
    find_untouched,
    found_again,
    note_repeated_delivery,
    released_before,
    require_last_of_its_day,
    require_same_content,
)
from ingestion.land import LandedTable, land
from ingestion.origins import fetch, offered, remove_fetched
from ingestion.outcomes import BrokenRule, FileOutcome, record_outcome
from ingestion.publish_raw import Publication, PublishedBatch
from ingestion.raw_tables import ensure_raw_tables
from ingestion.readers.excel_damage import LOST_DIGITS
from ingestion.readers.open_table import open_table
from ingestion.readers.reading import Reading, normalised_name
from ingestion.register import register, settings_of
from ingestion.rows_judged_anew import judge_rows_anew
from ingestion.superseded_rows import supersede_waiting_rows
from ingestion.surroundings import RUN_AGAIN, told_as_surroundings
from ingestion.total_rows import with_its_total_row
from warehouse.database import connect, database_url, is_connection_lost
from warehouse.errors import Dealer360Error
from warehouse.settings import PROJECT_ROOT, Workspace

Progress = Callable[[str, int, int], None]
Settle = Callable[[psycopg.Connection, str, frozenset[int]], None]
"""Writes who decided so, in the transaction that loads it: given the new batch and the rows that were released."""

_log = logging.getLogger(__name__)

COMMITTED_STANDS = "What was committed stands, nothing is loaded twice."


@dataclass(frozen=True)
class Vouched:
    """What a person says of a batch that is loaded once more."""

    batch_id: str
    source_rows: frozenset[int]  # that nothing keeps out
    is_confirmed: bool = True  # the file as a whole is not held for being unlike the ones before
    is_release: bool = False  # nothing but these rows is to be loaded
    are_judged: bool = False  # and of these only what the gate accepts today
    settle: Settle | None = None  # notes who decided so, with what is loaded
    approval: Mapping[str, str] | None = None  # of the file as a whole
    corrects: Mapping[str, str] | None = None  # the file holds rows of the batch that the dealer corrected


Vouch = Callable[[psycopg.Connection], Vouched]
"""Looks what may be loaded once more, while nobody else can load a file of the feed."""


def load(
    workspace: Workspace,
    *,
    dealer: str | None = None,
    source: str | None = None,
    entity: str | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[FileOutcome]:
    """What became of every file of the chosen feeds, in the order in which they were looked at.

    Args:
        workspace: whose landing/ is looked through.
        dealer: only this dealer's feeds (`_group` for those that carry many); None: all.
        source: only feeds of this source system; None: all.
        entity: only feeds of this entity; None: all.
        dry_run: judge the files and say what would become of them, without changing raw, quarantine or ops.batches.
        progress: called with (what is being done, files done, files in all).

    Raises:
        InvalidSettings: group.yml cannot be read.
        SurroundingsFailed: the database went away or its disk is full; what was committed stands, and the next call
            does the rest.
    """
    configuration = read_configuration(workspace)
    run = _Run(workspace, configuration, dry_run, progress or _no_progress)
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
    unlike others, and rows of it that were released before stay in.

    Args:
        workspace: whose batch it is.
        batch_id: of `ops.batches`.
        progress: as for `load`.

    Raises:
        WaitsForApproval: the batch is held, and only a person who answers for it can let it in.
        UnknownBatch: there is no such batch, or its file or its feed is gone.
        LaterDelivery: the feed had another delivery of the same day after it.
        InvalidSettings, SurroundingsFailed: as for `load`.
    """

    def vouch(connection: psycopg.Connection) -> Vouched:
        row = connection.execute("select status from ops.batches where batch_id = %s", (batch_id,)).fetchone()
        status = row[0] if row else None
        if status == "held":
            raise WaitsForApproval(
                f"batch {batch_id}",
                found="a held batch",
                expected="one that was loaded or refused",
                do=f"If the file is right as it is, run {APPROVE.replace('BATCH', batch_id)}; if the YAML was wrong, "
                "correct it and run `dealer360 load`. Nothing was changed.",
            )
        require_last_of_its_day(connection, batch_id)
        return Vouched(batch_id, released_before(connection, batch_id), is_confirmed=status == "loaded")

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
    except psycopg.Error as error:
        if is_cut or is_connection_lost(error):
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
        with _feed_lock(connection, found.feed):
            self._clean_up_after_a_crash(connection, found.feed)
            vouched = vouch(connection)
            try:
                snapshot = take_snapshot(self.workspace, found)
                require_same_content(vouched.batch_id, found, snapshot)
                self._load_unknown_file(connection, snapshot, vouched)
            except OSError as error:
                self.conclude(connection, _FileLoad(self, connection, found, vouched).failed(error))
            finally:
                remove_snapshot(self.workspace, found.feed)

    def load_feed(self, connection: psycopg.Connection, feed: Feed, files: list[FoundFile]) -> None:
        """The feed's files, or what its origin gives, one loader at a time."""
        with _feed_lock(connection, feed):
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
        untouched = {found.source_file: find_untouched(connection, found) for found in files}
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
            if known := find_untouched(connection, found) or find_known(connection, found):
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
                known = find_known(connection, found)
            except OSError as error:
                if found.file.exists():
                    self.conclude(connection, _FileLoad(self, connection, found, None).failed(error))
                return []  # else it went away again since it was discovered
        if known is None or (known.delivered_on < found.delivered_on and self.days_ahead(found) > MOST_DAYS_AHEAD):
            self._load_unknown_file(connection, found, None)
        elif known.status == "loaded":
            self._conclude_known(connection, found, known)
        else:
            return [found]
        return []

    def days_ahead(self, found: FoundFile) -> int:
        """How many days after today the file counts as delivered."""
        return (found.delivered_on - datetime.now(self.configuration.time_zone_of(found.feed)).date()).days

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
        steps = _FileLoad(self, connection, found, vouched)
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
            error=None if is_skipped else known.reason,
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
        self.forget_unfinished(connection, feed)
        remove_snapshot(self.workspace, feed)
        remove_fetched(self.workspace, feed)

    def forget_unfinished(self, connection: psycopg.Connection, feed: Feed) -> None:
        """Batches that were begun and not finished leave nothing: the files go first, while a row still names them."""
        left = connection.execute(
            "select batch_id from ops.batches where feed_id = %s and status = 'loading'", (feed.feed_id,)
        ).fetchall()
        for (batch_id,) in left:
            remove_from_archive(self.workspace, feed, batch_id)
            connection.execute("delete from ops.batches where batch_id = %s", (batch_id,))


@contextmanager
def _feed_lock(connection: psycopg.Connection, feed: Feed) -> Iterator[None]:
    """While the block runs no other loader works on the feed; it ends with the connection, however that ends."""
    key = f"dealer360 feed {feed.feed_id}"
    is_free = connection.execute("select pg_try_advisory_lock(hashtextextended(%s, 0))", (key,)).fetchone()
    if is_free is None or not is_free[0]:
        _log.warning("Another load works on the feed %s: waiting until it has ended.", feed.feed_id)
        connection.execute("select pg_advisory_lock(hashtextextended(%s, 0))", (key,))
    try:
        yield
    finally:
        if not connection.closed:
            connection.execute("select pg_advisory_unlock(hashtextextended(%s, 0))", (key,))


def _landing_tables(batch_id: str) -> tuple[str, ...]:
    return f"b_{batch_id}", f"canonical_{batch_id}"


class _FileLoad:
    """One file on its way; knows how far it came."""

    def __init__(self, run: _Run, connection: psycopg.Connection, found: FoundFile, vouched: Vouched | None) -> None:
        self.vouched = vouched
        self.run_of = run
        self.connection = connection
        self.found = found
        self.feed = found.feed
        self.batch_id = f"{found.delivered_on:%Y%m%d}_{self.feed.mark}_{uuid4().hex[:6]}"
        self.landing_tables = _landing_tables(self.batch_id)
        self.step = "read"
        self.read_as = Reading()  # filled as far as the file is read, also one that is refused
        self.landed: LandedTable | None = None
        self.verdict: Verdict | None = None
        self.noticed: tuple[Finding, ...] = ()  # that neither refuses nor keeps out anything
        self.reading: dict[str, Any] = {}
        self.released: frozenset[int] = frozenset()
        self.still_broken: tuple[Finding, ...] = ()
        self.row_count = 0

    def run(self) -> FileOutcome:
        """The file is in raw, or (dry run) would be; or it is refused, and the reason is written down."""
        try:
            return self._load()
        except RefusedFile as error:
            error.where = self._whole_place(error.where)
            return self._refused(error)

    def _load(self) -> FileOutcome:
        self._open_batch()
        expected_names = frozenset(normalised_name(name) for _, names in self.feed.columns for name in names)
        table = open_table(
            self.found.file,
            self.feed.format,
            expected_names,
            told_as=self.found.source_file,
            scratch_folder=scratch_folder(self.run_of.workspace, self.feed),
            reading=self.read_as,
        )
        self._at("land")
        get_ready()  # from here on the database works, and the interpreter has time
        landed = self.landed = land(self.connection, self.landing_tables[0], table)
        self._at("canonicalise")
        feed = with_its_total_row(self.connection, landed, self.feed)
        try:
            canonical = canonicalise(
                self.connection,
                self.batch_id,
                landed,
                feed,
                self.run_of.configuration,
                self.found.delivered_on,
            )
        except MissingColumns as error:
            fill_in_new_names(self.connection, landed, self.feed, error)
            raise
        self.row_count = canonical.row_count
        checked = None
        if self.vouched is not None and self.vouched.is_release:
            canonical = self._keep_released(canonical, self.vouched)
            self.row_count = canonical.row_count
        else:
            checked = self._check(landed, canonical, feed)
        if self.run_of.dry_run:
            return self._would_be_loaded(self._judge(canonical, checked))
        published = self._publish(landed, canonical, checked)
        self.run_of.progress(f"{self.found.source_file}: published", len(self.run_of.outcomes), self.run_of.file_count)
        return self._loaded(published)

    def _publish(self, landed: LandedTable, canonical: CanonicalTable, checked: CheckedFile | None) -> PublishedBatch:
        with self.connection.transaction():  # what waits no longer, and who decided so, stands with what was loaded
            publication = Publication(
                self.connection,
                Batch(
                    batch_id=self.batch_id,
                    feed=self.feed,
                    source_file=self.found.source_file,
                    delivered_on=self.found.delivered_on,
                    landed=landed,
                    table=canonical,
                    replays=self.vouched.batch_id if self.vouched and not self.vouched.corrects else None,
                    releases=self.released,
                ),
            )
            with publication.begun_meanwhile():
                verdict = self._judge(canonical, checked)
            self._at("publish")
            archive_path = keep_snapshot(self.run_of.workspace, self.found, self.batch_id)
            self.reading = self._reading()
            published = publication.finish(verdict, archive_path, self.reading)
            if not self.released:
                supersede_waiting_rows(self.connection, self.batch_id, canonical)
            if self.vouched is not None and self.vouched.settle is not None:
                self.vouched.settle(self.connection, self.batch_id, self.released)
        return published

    @property
    def _is_approved(self) -> bool:
        return self.vouched is not None and self.vouched.approval is not None

    def _keep_released(self, canonical: CanonicalTable, vouched: Vouched) -> CanonicalTable:
        if not vouched.are_judged:
            self.released = vouched.source_rows
            return keep_only(self.connection, canonical, vouched.source_rows)
        judged = judge_rows_anew(
            self.connection,
            database_url(self.run_of.workspace),
            canonical,
            vouched.source_rows,
            delivered_on=self.found.delivered_on,
            currency=self.run_of.configuration.group.currency,
        )
        self.released, self.still_broken = judged.passing, judged.broken
        return judged.table

    def _at(self, step: str) -> None:
        self.step = step
        self.run_of.progress(f"{self.found.source_file}: {step}", len(self.run_of.outcomes), self.run_of.file_count)

    def _open_batch(self) -> None:
        if self.run_of.dry_run:
            return
        self.connection.execute(
            """
            insert into ops.batches (
                batch_id, feed_id, dealer_code, source_system, entity, source_file, content_sha256, byte_count,
                delivered_on, arrived_at, status
            ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, 'loading')
            """,
            (
                self.batch_id,
                self.feed.feed_id,
                self.feed.dealer_code,
                self.feed.source,
                self.feed.entity,
                self.found.source_file,
                self.found.content_sha256(),
                self.found.byte_count,
                self.found.delivered_on,
                self.found.arrived_at,
            ),
        )

    @property
    def _where(self) -> str:
        return f"{self.feed.dealer_code} / {self.feed.source}.{self.feed.entity} / {self.found.source_file}"

    def _whole_place(self, where: str) -> str:
        """The same words whoever refuses the file: dealer / feed / this file (not the feed's pattern) and its row."""
        feed = f"{self.feed.dealer_code} / {self.feed.source}.{self.feed.entity} / "
        return feed + where.removeprefix(feed).replace(self.feed.path, self.found.source_file)

    def _check(self, landed: LandedTable, canonical: CanonicalTable, feed: Feed) -> CheckedFile:
        """What is found without the gate, when it does not refuse the file."""
        is_confirmed = self.vouched is not None and self.vouched.is_confirmed
        if not is_confirmed:
            check_day(self.found, self.run_of.days_ahead(self.found), self._where)
        checked = check_file(
            self.connection,
            canonical,
            feed,
            settings_of(self.run_of.configuration.group),
            self._where,
            is_confirmed=is_confirmed,
            is_approved=self._is_approved,
        )
        drift = find_drift(self.connection, landed, self.feed, self._where, is_confirmed=is_confirmed)
        mojibake = mojibake_finding(self.connection, canonical, landed.identifier, len(landed.header))
        self.noticed = tuple(finding for finding in (*drift, mojibake) if not finding.is_success)
        return replace(checked, findings=(*checked.findings, *drift, mojibake))

    def _judge(self, canonical: CanonicalTable, checked: CheckedFile | None) -> Verdict:
        """What the gate says, and what was found without it; nothing of rows that a person released.

        Raises:
            GateRefused: the batch as a whole must not go on.
        """
        if checked is None:
            self.verdict = Verdict(())
            return self.verdict
        self._at("gate")
        judged = judge_batch(
            database_url(self.run_of.workspace),
            table=f"landing.{canonical.judged}",
            suite=self.feed.contract.table,
            row_count=checked.judged_row_count,
            delivered_on=self.found.delivered_on,
            currency=self.run_of.configuration.group.currency,
            may_refuse=not self._is_approved,
        )
        said = {finding.rule_code for finding in judged.findings}
        own = tuple(finding for finding in checked.findings if finding.rule_code not in said)
        self.verdict = Verdict(tuple(map(self._without_vouched_rows, (*judged.findings, *own))))
        if self.verdict.is_refused:
            raise self._gate_refused(self.verdict)
        return self.verdict

    def _without_vouched_rows(self, finding: Finding) -> Finding:
        vouched = self.vouched.source_rows if self.vouched else frozenset()
        return replace(finding, source_rows=tuple(row for row in finding.source_rows if row not in vouched))

    def _gate_refused(self, verdict: Verdict) -> GateRefused:
        broken = [finding for finding in verdict.broken if finding.action == "refuse"]
        return GateRefused(
            self._where,
            found="\n".join(_told(finding) for finding in broken),
            expected="a batch that keeps the rules of its suite",
            do="Ask the dealer to correct and resend, or correct the YAML if it reads the file wrongly. "
            f"To load the good rows all the same and keep the others in quarantine, {APPROVE}.",
        )

    def _reading(self) -> dict[str, Any]:
        reading = self.read_as.as_json()
        vouched: dict[str, Any] = {}
        if self.found.cursor is not None:
            vouched["cursor"] = self.found.cursor
        if self.vouched is not None and self.vouched.approval is not None:
            vouched["approval"] = dict(self.vouched.approval)
        if self.vouched is not None and self.vouched.corrects is not None:
            vouched["corrects"] = dict(self.vouched.corrects)
        return {**reading, **vouched, "definition_hash": self.feed.definition_hash()}

    # --- outcomes

    def _outcome(self, **given: Any) -> FileOutcome:  # noqa: ANN401 - the fields of FileOutcome
        return FileOutcome(
            dealer_code=self.feed.dealer_code,
            feed_id=self.feed.feed_id,
            source_file=self.found.source_file,
            delivered_on=self.found.delivered_on,
            batch_id=None if self.run_of.dry_run else self.batch_id,
            step=self.step,
            broken_rules=_broken_rules(self.verdict) if self.run_of.dry_run and self.verdict else (),
            notes=self._notes(),
            released_rows=tuple(sorted(self.released)) if given["status"] == "loaded" else (),
            **given,
        )

    def _notes(self) -> tuple[str, ...]:
        """What the file's own checks noticed, in words."""
        told = [finding.observed or finding.sentence for finding in self.noticed]
        told += [
            f"{len(finding.source_rows):,} row(s) wait on, row {finding.source_rows[0]} first: {finding.sentence}"
            for finding in self.still_broken
        ]
        if self.found.names_no_real_day:
            told.append(f"its name gives no day that exists: it counts as delivered on {self.found.delivered_on}")
        told += [
            f"{repair}: {times:,} times; have them sent as text"
            for repair, times in self.read_as.repairs.items()
            if LOST_DIGITS in repair
        ]
        if "absences" in self.reading:
            told.append(f"absences: {self.reading['absences']}")
        return tuple(told)

    def _loaded(self, published: PublishedBatch) -> FileOutcome:
        counts = {
            name: getattr(published, name)
            for name in ("rows_read", "rows_new", "rows_changed", "rows_unchanged", "rows_quarantined", "rows_absent")
        }
        told = ", ".join(f"{count:,} {name.removeprefix('rows_')}" for name, count in counts.items() if count)
        return self._outcome(status="loaded", message=told or "no rows", counts=counts)

    def _would_be_loaded(self, verdict: Verdict) -> FileOutcome:
        rejected = {row for finding in verdict.broken if finding.action == "quarantine" for row in finding.source_rows}
        counts = {"rows_read": self.row_count, "rows_quarantined": len(rejected)}
        message = f"would be loaded: {self.row_count:,} rows, {len(rejected):,} of them to quarantine"
        return self._outcome(status="loaded", message=message, counts=counts)

    def _refused(self, error: RefusedFile) -> FileOutcome:
        """The batch stays in ops.batches with the reason, so that the same content is not judged again each night."""
        error.do = error.do.replace("BATCH", self.batch_id)
        if not self.run_of.dry_run:
            archive_path = self._keep_what_lies_nowhere_else(error)
            with self.connection.transaction():
                self.connection.execute(
                    """
                    update ops.batches set status = %s, reason_code = %s, reason = %s, rows_read = %s, reading = %s,
                        archive_path = %s, finished_at = clock_timestamp()
                    where batch_id = %s
                    """,
                    (
                        error.status,
                        error.reason_code,
                        str(error),
                        self.row_count,
                        Jsonb(self._reading()),
                        archive_path,
                        self.batch_id,
                    ),
                )
                self._record_refusal(error)
        return self._outcome(status=error.status, message=f"{error.reason_code}: {error.sentence}", error=str(error))

    def _keep_what_lies_nowhere_else(self, error: RefusedFile) -> str | None:
        """A file that was fetched is gone after the load: one that a person may approve is kept in archive/."""
        is_fetched = self.feed.origin is not None and self.found.file.is_relative_to(self.run_of.workspace.archive_dir)
        if not is_fetched or not (error.status == "held" or error.reason_code in APPROVABLE_REFUSALS):
            return None
        return keep_snapshot(self.run_of.workspace, self.found, self.batch_id)

    def _record_refusal(self, error: RefusedFile) -> None:
        from expectations.gate import record

        suite = f"raw.{self.feed.contract.table}"
        if self.verdict is not None:
            record(self.connection, self.verdict, suite=suite, batch_id=self.batch_id)
        if not isinstance(error, GateRefused):
            found = Finding(
                rule_code=error.reason_code,
                column=None,
                action="refuse",
                sentence=(type(error).__doc__ or "").strip(),
                is_success=False,
                unexpected_count=1,
                element_count=1,
                observed=error.sentence,
            )
            record(self.connection, Verdict((found,)), suite=suite, batch_id=self.batch_id)

    def failed(self, error: Exception) -> FileOutcome:
        """Nothing of the batch stays: the next run tries again."""
        if not self.run_of.dry_run:
            self.run_of.forget_unfinished(self.connection, self.feed)
        told = error if isinstance(error, Dealer360Error) else told_as_surroundings(error, self._where)
        if told is None:
            text = _unexpected(error)
            return self._outcome(status="failed", message=text.splitlines()[0], error=text)
        message = f"{type(told).__name__}: {told.found.splitlines()[0]}"
        return self._outcome(status="failed", message=message, error=str(told), is_transient=told.is_transient)


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


def _unexpected(error: Exception) -> str:
    """What may be said of an error that nobody foresaw: its own words may quote cells."""
    kind = type(error).__name__
    if isinstance(error, psycopg.Error) and error.sqlstate:
        kind = f"{kind} (SQLSTATE {error.sqlstate})"
    frames = [frame for frame in extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(PROJECT_ROOT)]
    own = [frame for frame in frames if ".venv" not in frame.filename]
    place = f" at {Path(own[-1].filename).relative_to(PROJECT_ROOT)}:{own[-1].lineno}" if own else ""
    return f"{kind}{place}: the file could not be loaded, for a reason that is not foreseen. {NOTHING_LOADED}"


def _broken_rules(verdict: Verdict) -> tuple[BrokenRule, ...]:
    return tuple(
        BrokenRule(finding.rule_code, finding.column, finding.action, finding.unexpected_count, finding.sentence)
        for finding in verdict.broken
    )


def _told(finding: Finding) -> str:
    place = f" ({finding.column})" if finding.column else ""
    return f"{finding.rule_code}{place}: {finding.observed or f'{finding.unexpected_count:,} rows'}. {finding.sentence}"
