"""What became of each file: one row in ops.outcomes and one value for whoever started the load."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import psycopg
from psycopg.types.json import Jsonb

Status = Literal["loaded", "skipped", "refused", "held", "failed"]


@dataclass(frozen=True)
class BrokenRule:
    """A rule that a file's rows broke: how often, and what it says."""

    rule: str
    column: str | None
    action: str  # quarantine, refuse, warn
    row_count: int
    sentence: str


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file of one feed (or of a dealer's YAML that could not be used: then there is no feed)."""

    status: Status
    message: str  # one line a person reads
    dealer_code: str
    feed_id: str | None = None
    source_file: str | None = None
    delivered_on: date | None = None
    batch_id: str | None = None
    step: str = "discover"  # how far it came: discover, read, land, canonicalise, gate, publish
    error: str | None = None  # the whole text of what went wrong: where, found, expected, do
    counts: dict[str, int] = field(default_factory=dict)  # rows_read, rows_new, rows_changed, …
    broken_rules: tuple[BrokenRule, ...] = ()  # of a dry run; a load's are in ops.checks
    notes: tuple[str, ...] = ()  # what a person should know of a file that is all right: a new column, a new order
    released_rows: tuple[int, ...] = ()  # of a release or a correction: the rows of the file that are in raw now
    is_transient: bool = False  # failed, and the same load may succeed a minute later
    is_told: bool = True  # False: a file that lies where it lay when it was loaded

    @property
    def is_kept_out_whole(self) -> bool:
        """Whether the file was read, and every row of it waits in quarantine."""
        rows_read = self.counts.get("rows_read", 0)
        return self.status == "loaded" and 0 < rows_read == self.counts.get("rows_quarantined")

    @property
    def is_refusal(self) -> bool:
        """Whether somebody must look at it."""
        return self.status in ("refused", "held", "failed")


def record_outcome(connection: psycopg.Connection, run_id: str, outcome: FileOutcome) -> None:
    """The outcome stands in ops.outcomes."""
    status = "done" if outcome.status == "loaded" else outcome.status
    details: dict[str, Any] = {**outcome.counts}
    if outcome.error is not None:
        details["error"] = outcome.error
    if outcome.notes:
        details["notes"] = list(outcome.notes)
    if outcome.delivered_on is not None:
        details["delivered_on"] = outcome.delivered_on.isoformat()
    connection.execute(
        """
        insert into ops.outcomes (run_id, feed_id, dealer_code, source_file, batch_id, step, status, message, details)
        values (%s, %s, %s, %s, %s, %s, %s, %s, %s)
        """,
        (
            run_id,
            outcome.feed_id,
            outcome.dealer_code,
            outcome.source_file,
            outcome.batch_id,
            outcome.step,
            status,
            outcome.message,
            Jsonb(details),
        ),
    )
