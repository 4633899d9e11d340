"""One file on its way into raw: read, landed, made canonical, judged and published, or refused with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from traceback import extract_tb
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql
from psycopg.types.json import Jsonb

from expectations.gate import get_ready, judge_batch
from expectations.report import shape_of
from expectations.verdict import Finding, Verdict
from ingestion.archive import keep_snapshot, remove_from_archive, scratch_folder
from ingestion.canonicalise import CanonicalTable, CountedTable, canonicalise, count_rows
from ingestion.dealer_files import Configuration, Feed
from ingestion.discover import FoundFile
from ingestion.drift import fill_in_new_names, find_drift
from ingestion.errors import (
    APPROVABLE_REFUSALS,
    APPROVE,
    NOTHING_LOADED,
    GateRefused,
    MissingColumns,
    RefusedFile,
)
from ingestion.feed_versions import Batch
from ingestion.file_checks import (
    CheckedFile,
    check_day,
    check_exchanged_dates,
    check_file,
    check_known_records,
    mojibake_finding,
)
from ingestion.known_files import later_of_its_day
from ingestion.land import LandedTable, land
from ingestion.outcomes import BrokenRule, FileOutcome
from ingestion.publish_raw import Publication, PublishedBatch, is_long
from ingestion.raw_tables import keep_statistics
from ingestion.readers.adf_reader import COMMENTED_OUT
from ingestion.readers.excel_damage import EXCEL_ERRORS, LOST_DIGITS, NEVER_CALCULATED
from ingestion.readers.html_workbook import NEVER_ENDED, PAGES_JOINED, SPOILT_LETTERS
from ingestion.readers.merged_cells import MERGED_CELLS
from ingestion.readers.open_table import open_table
from ingestion.readers.reading import Reading, normalised_name
from ingestion.readers.survey_tools import PREVIEWS
from ingestion.readers.table_header import HEADER_AGAIN
from ingestion.register import settings_of
from ingestion.rows_judged_anew import judge_rows_anew, keep_only
from ingestion.superseded_rows import supersede_waiting_rows
from ingestion.surroundings import told_as_surroundings
from ingestion.total_rows import NOTES_BELOW, SUBTOTALS, Subtotal, with_its_total_row
from warehouse.database import connect, database_url
from warehouse.errors import Dealer360Error
from warehouse.settings import PROJECT_ROOT, Workspace

_TOLD_REPAIRS = (
    *(HEADER_AGAIN, SUBTOTALS, NOTES_BELOW, COMMENTED_OUT, PREVIEWS),
    *(NEVER_CALCULATED, EXCEL_ERRORS, MERGED_CELLS, SPOILT_LETTERS, NEVER_ENDED, PAGES_JOINED),
)
"""Repairs that a person had better look at: those that leave out rows or leads, lose a cell's value or fill one in."""

Settle = Callable[[psycopg.Connection, str, frozenset[int]], None]
"""Writes who decided so, in the transaction that loads it: given the new batch and the rows that were released."""


@dataclass(frozen=True, kw_only=True)
class VouchedFile:
    """A batch's file that is loaded once more as a whole."""

    batch_id: str
    source_rows: frozenset[int]  # that a person released before: nothing keeps them out
    is_confirmed: bool = True  # it is not held for being unlike the ones before
    approval: Mapping[str, str] | None = None  # who answers for it, and why
    approved_as: str | None = None  # the definition under which that was loaded before; None: approved just now
    settle: Settle | None = None  # notes who decided so, with what is loaded


@dataclass(frozen=True, kw_only=True)
class VouchedRows:
    """Rows of a batch's file, which are loaded once more and nothing else of it."""

    batch_id: str
    source_rows: frozenset[int]
    are_judged: bool  # only those that the gate accepts today
    settle: Settle  # notes who decided so, with what is loaded
    corrects: Mapping[str, str] | None = None  # the file holds them as the dealer corrected them


Vouched = VouchedFile | VouchedRows
"""What a person says of a batch that is loaded once more."""


class FileLoad:
    """One file on its way; knows how far it came."""

    def __init__(
        self,
        workspace: Workspace,
        configuration: Configuration,
        connection: psycopg.Connection,
        found: FoundFile,
        vouched: Vouched | None,
        dry_run: bool,
        tell: Callable[[str], None],
    ) -> None:
        self.workspace = workspace
        self.configuration = configuration
        self.dry_run = dry_run
        self.tell = tell
        self.vouched = vouched
        self.connection = connection
        self.found = found
        self.feed = found.feed
        self.batch_id = f"{found.delivered_on:%Y%m%d}_{self.feed.mark}_{uuid4().hex[:6]}"
        self.landing_tables = (f"b_{self.batch_id}", f"canonical_{self.batch_id}")
        self.step = "read"
        self.read_as = Reading()  # filled as far as the file is read, also one that is refused
        self.landed: LandedTable | None = None
        self.subtotals: tuple[Subtotal, ...] = ()
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
            scratch_folder=scratch_folder(self.workspace, self.feed),
            reading=self.read_as,
        )
        self._at("land")
        get_ready()  # from here on the database works, and the interpreter has time
        landed = self.landed = land(self.connection, self.landing_tables[0], table)
        self._at("canonicalise")
        feed, self.subtotals = with_its_total_row(self.connection, landed, self.feed)
        try:
            canonical = canonicalise(
                self.connection,
                self.batch_id,
                landed,
                feed,
                self.configuration,
                self.found.delivered_on,
            )
        except MissingColumns as error:
            fill_in_new_names(self.connection, landed, self.feed, error)
            raise
        is_release = isinstance(self.vouched, VouchedRows)
        if not self.dry_run and not is_release and is_long(landed.row_count):
            published = self._publish_while_judging(landed, canonical, feed)
        else:
            counted, verdict = self._look_at(self.connection, landed, canonical, feed)
            if self.dry_run:
                return self._would_be_loaded(verdict)
            with self.connection.transaction():
                published = self._finish(self._publication(landed, counted), counted, verdict, self._kept())
        rows_written = published.rows_new + published.rows_changed + published.rows_absent
        keep_statistics(self.connection, self.feed.contract, rows_written)
        self.tell("published")
        return self._loaded(published)

    def _look_at(
        self, connection: psycopg.Connection, landed: LandedTable, canonical: CanonicalTable, feed: Feed
    ) -> tuple[CountedTable, Verdict]:
        """The rows that are to be loaded, counted, and what is found in them, when nothing refuses the file."""
        table = count_rows(connection, canonical)
        self.row_count = table.row_count
        if isinstance(self.vouched, VouchedRows):
            table = self._keep_released(table, self.vouched)
            self.row_count = table.row_count
            self.verdict = Verdict(())
            return table, self.verdict
        return table, self._judge(connection, table, self._check(connection, landed, table, feed))

    def _publish_while_judging(self, landed: LandedTable, canonical: CanonicalTable, feed: Feed) -> PublishedBatch:
        with self.connection.transaction():
            publication = self._publication(landed, canonical)
            with publication.prepared_meanwhile(), connect(self.workspace, autocommit=True) as connection:
                table, verdict = self._look_at(connection, landed, canonical, feed)
                archive_path = self._kept()
            return self._finish(publication, table, verdict, archive_path)

    def _publication(self, landed: LandedTable, table: CanonicalTable) -> Publication:
        is_corrected = isinstance(self.vouched, VouchedRows) and self.vouched.corrects is not None
        return Publication(
            self.connection,
            Batch(
                batch_id=self.batch_id,
                feed=self.feed,
                source_file=self.found.source_file,
                delivered_on=self.found.delivered_on,
                landed=landed,
                table=table,
                replays=self.vouched.batch_id if self.vouched and not is_corrected else None,
                releases=self.released,
                corrected_by=self._corrected_by(),
            ),
        )

    def _corrected_by(self) -> tuple[int, ...]:
        if isinstance(self.vouched, VouchedRows):
            return ()
        later = later_of_its_day(self.connection, self.batch_id)
        return tuple(batch.batch_seq for batch in later if batch.batch_seq is not None)

    def _kept(self) -> str:
        self._at("publish")
        return keep_snapshot(self.workspace, self.found, self.batch_id)

    def _finish(
        self, publication: Publication, table: CountedTable, verdict: Verdict, archive_path: str
    ) -> PublishedBatch:
        """The batch is in raw; what waits no longer, and who decided so, stands with what was loaded."""
        self.reading = self._reading()
        if self._approval is not None:
            self.reading["approval"] = dict(self._approval)
        published = publication.finish(table, verdict, archive_path, self.reading)
        if not self.released:
            supersede_waiting_rows(self.connection, self.batch_id, table)
        if self.vouched is not None and self.vouched.settle is not None:
            self.vouched.settle(self.connection, self.batch_id, self.released)
        return published

    @property
    def _approval(self) -> Mapping[str, str] | None:
        """What lifts the checks of the file as a whole; read in another way than it was approved, it is asked anew."""
        if not isinstance(self.vouched, VouchedFile):
            return None
        is_read_alike = self.vouched.approved_as in (None, self.feed.definition_hash())
        return self.vouched.approval if is_read_alike else None

    def _keep_released(self, canonical: CountedTable, vouched: VouchedRows) -> CountedTable:
        if not vouched.are_judged:
            self.released = vouched.source_rows
            return keep_only(self.connection, canonical, vouched.source_rows)
        judged = judge_rows_anew(
            self.connection,
            database_url(self.workspace),
            canonical,
            vouched.source_rows,
            delivered_on=self.found.delivered_on,
            currency=self.configuration.group.currency,
        )
        self.released, self.still_broken = judged.passing, judged.broken
        return judged.table

    def _at(self, step: str) -> None:
        self.step = step
        self.tell(step)

    def _open_batch(self) -> None:
        if self.dry_run:
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

    def _check(
        self, connection: psycopg.Connection, landed: LandedTable, canonical: CountedTable, feed: Feed
    ) -> CheckedFile:
        """What is found without the gate, when it does not refuse the file."""
        is_confirmed = isinstance(self.vouched, VouchedFile) and self.vouched.is_confirmed
        if not is_confirmed:
            check_day(self.found, days_ahead(self.configuration, self.found), self._where)
        exchanged = check_exchanged_dates(
            landed.reading.facts, self._where, may_refuse=self._approval is None and self.feed.date_order is None
        )
        checked = check_file(
            connection,
            canonical,
            feed,
            settings_of(self.configuration.group),
            self._where,
            subtotals=self.subtotals,
            is_confirmed=is_confirmed,
            is_approved=self._approval is not None,
        )
        drift = find_drift(connection, landed, self.feed, self._where, is_confirmed=is_confirmed)
        if not is_confirmed:
            check_known_records(connection, canonical, feed, self._where)
        mojibake = mojibake_finding(connection, canonical, landed.identifier, len(landed.header))
        told = (*checked.findings, *drift, mojibake, exchanged)
        self.noticed = tuple(finding for finding in told if finding.action == "warn" and not finding.is_success)
        return replace(checked, findings=told)

    def _judge(self, connection: psycopg.Connection, canonical: CountedTable, checked: CheckedFile) -> Verdict:
        """What the gate says, and what was found without it; nothing of rows that a person released.

        Raises:
            GateRefused: the batch as a whole must not go on.
        """
        self._at("gate")
        judged = judge_batch(
            database_url(self.workspace),
            table=f"landing.{canonical.judged}",
            suite=self.feed.contract.table,
            row_count=checked.judged_row_count,
            delivered_on=self.found.delivered_on,
            currency=self.configuration.group.currency,
            may_refuse=self._approval is None,
        )
        said = {finding.rule_code for finding in judged.findings}
        own = tuple(finding for finding in checked.findings if finding.rule_code not in said)
        self.verdict = Verdict(tuple(map(self._without_vouched_rows, (*judged.findings, *own))))
        if self.verdict.is_refused:
            raise self._gate_refused(connection, self.verdict, canonical)
        return self.verdict

    def _without_vouched_rows(self, finding: Finding) -> Finding:
        vouched = self.vouched.source_rows if self.vouched else frozenset()
        return replace(finding, source_rows=tuple(row for row in finding.source_rows if row not in vouched))

    def _gate_refused(self, connection: psycopg.Connection, verdict: Verdict, canonical: CanonicalTable) -> GateRefused:
        broken = [finding for finding in verdict.broken if finding.action == "refuse"]
        unreadable = [finding.column for finding in broken if finding.rule_code == "cell_unreadable" and finding.column]
        about_dates = (
            'Dates that are written in a way of their own are told by `dates: {format: "%d.%m.%Y %H:%M"}`. '
            if {canonical.contract.column(name).type for name in unreadable} & {"date", "moment"}
            else ""
        )
        return GateRefused(
            self._where,
            found="\n".join(_told(finding) + _first_unreadable(connection, finding, canonical) for finding in broken),
            expected="a batch that keeps the rules of its suite",
            do=f"Ask the dealer to correct and resend, or correct the YAML if it reads the file wrongly. {about_dates}"
            f"To load the good rows all the same and keep the others in quarantine, {APPROVE}.",
        )

    def _reading(self) -> dict[str, Any]:
        reading = self.read_as.as_json()
        vouched: dict[str, Any] = {}
        if self.found.cursor is not None:
            vouched["cursor"] = self.found.cursor
        if isinstance(self.vouched, VouchedRows) and self.vouched.corrects is not None:
            vouched["corrects"] = dict(self.vouched.corrects)
        return {**reading, **vouched, "definition_hash": self.feed.definition_hash()}

    # --- outcomes

    def _outcome(self, **given: Any) -> FileOutcome:  # noqa: ANN401 - the fields of FileOutcome
        return FileOutcome(
            dealer_code=self.feed.dealer_code,
            feed_id=self.feed.feed_id,
            source_file=self.found.source_file,
            delivered_on=self.found.delivered_on,
            batch_id=None if self.dry_run else self.batch_id,
            step=self.step,
            broken_rules=_broken_rules(self.verdict) if self.dry_run and self.verdict else (),
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
        told += [
            f"{self.read_as.repairs[repair]:,} {repair}" for repair in _TOLD_REPAIRS if self.read_as.repairs[repair]
        ]
        if "absences" in self.reading:
            told.append(f"absences: {self.reading['absences']}")
        if "corrected_since" in self.reading:
            told.append(self.reading["corrected_since"])
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
        if not self.dry_run:
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
        is_fetched = self.feed.origin is not None and self.found.file.is_relative_to(self.workspace.archive_dir)
        if not is_fetched or not (error.status == "held" or error.reason_code in APPROVABLE_REFUSALS):
            return None
        return keep_snapshot(self.workspace, self.found, self.batch_id)

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
        if not self.dry_run:
            forget_unfinished(self.workspace, self.connection, self.feed)
        told = error if isinstance(error, Dealer360Error) else told_as_surroundings(error, self._where)
        if told is None:
            text = _unexpected(error)
            return self._outcome(status="failed", message=text.splitlines()[0], error=text)
        message = f"{type(told).__name__}: {told.found.splitlines()[0]}"
        return self._outcome(status="failed", message=message, error=str(told), is_transient=told.is_transient)


def days_ahead(configuration: Configuration, found: FoundFile) -> int:
    """How many days after today, where its dealer is, the file counts as delivered."""
    return (found.delivered_on - datetime.now(configuration.time_zone_of(found.feed)).date()).days


def forget_unfinished(workspace: Workspace, connection: psycopg.Connection, feed: Feed) -> None:
    """Batches that were begun and not finished leave nothing: the files go first, while a row still names them."""
    left = connection.execute(
        "select batch_id from ops.batches where feed_id = %s and status = 'loading'", (feed.feed_id,)
    ).fetchall()
    for (batch_id,) in left:
        remove_from_archive(workspace, feed, batch_id)
        connection.execute("delete from ops.batches where batch_id = %s", (batch_id,))


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


def _first_unreadable(connection: psycopg.Connection, finding: Finding, canonical: CanonicalTable) -> str:
    """Where the first such cell stands and how it looks: every digit 9, every letter the same."""
    if finding.rule_code != "cell_unreadable" or finding.column not in canonical.mapped:
        return ""
    first = connection.execute(
        sql.SQL(
            "select _source_row, _source_cells ->> {column} from {} where not {flag} order by _source_row limit 1"
        ).format(
            canonical.identifier,
            column=sql.Literal(finding.column),
            flag=sql.Identifier(f"{finding.column}_is_castable"),
        )
    ).fetchone()
    return f" The first stands in row {first[0]} and looks like «{shape_of(first[1])}»." if first else ""


def _told(finding: Finding) -> str:
    place = f" ({finding.column})" if finding.column else ""
    return f"{finding.rule_code}{place}: {finding.observed or f'{finding.unexpected_count:,} rows'}. {finding.sentence}"
