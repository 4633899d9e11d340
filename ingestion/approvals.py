"""A file that was held or refused is loaded because a person answers for it, with a reason that is kept."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg

from ingestion.errors import APPROVABLE_REFUSALS, NotApprovable
from ingestion.known_files import released_before, require_last_of_its_day
from ingestion.load import Progress, load_again
from ingestion.load_file import VouchedFile
from ingestion.outcomes import FileOutcome
from warehouse.settings import Workspace


def approve(
    workspace: Workspace, batch_id: str, *, approved_by: str, reason: str, progress: Progress | None = None
) -> FileOutcome:
    """What became of a held or refused batch's file, loaded as it came because a person approved it.

    Exactly that content is loaded, under its feed and day. Rows that break a rule go to quarantine as ever; only what
    had kept out the file as a whole no longer does. Who approved, when and why stands in `ops.batch_approvals`, which
    is only added to, and in the reading of the batch that the file became; where nothing is loaded, nobody approved.

    Raises:
        NotApprovable: the batch is loaded already, or nothing that a person says makes its file readable.
        UnknownBatch: there is no such batch, its feed is gone, or its file is no longer there as it was.
        LaterDelivery: the feed had another delivery of the same day after it; of a delta, under its own name.
        InvalidSettings, TransientFailure: as for `load`.
    """
    if not reason.strip():
        raise NotApprovable(
            f"batch {batch_id}", found="no reason", expected="why the file is right", do="Say it with --reason."
        )

    def vouch(connection: psycopg.Connection) -> VouchedFile:
        row = connection.execute(
            "select status, reason_code, content_sha256 from ops.batches where batch_id = %s", (batch_id,)
        ).fetchone()
        assert row is not None  # noqa: S101 - its file was found by it
        status, reason_code, content = row
        _refuse_what_is_loaded(connection, batch_id)
        if status != "held" and reason_code not in APPROVABLE_REFUSALS:
            raise NotApprovable(
                f"batch {batch_id}",
                found=f"{status}{f' ({reason_code})' if reason_code else ''}",
                expected=f"a held batch, or one refused for {', '.join(APPROVABLE_REFUSALS)}",
                do="Correct the YAML and load again, or ask the dealer to resend. Nothing was changed.",
            )
        require_last_of_its_day(connection, batch_id)
        at = datetime.now(UTC).isoformat(timespec="seconds")
        said = {"batch": batch_id, "by": approved_by, "reason": reason.strip(), "at": at}

        def settle(connection: psycopg.Connection, _into_batch_id: str, _rows: frozenset[int]) -> None:
            connection.execute(
                """
                insert into ops.batch_approvals (
                    batch_id, content_sha256, reason_code, approved_by, reason, approved_at
                ) values (%s, %s, %s, %s, %s, %s)
                """,
                (batch_id, content, reason_code, approved_by, said["reason"], at),
            )

        released = released_before(connection, batch_id)
        return VouchedFile(batch_id=batch_id, source_rows=released, approval=said, settle=settle)

    return load_again(workspace, batch_id, vouch, progress=progress)


def _refuse_what_is_loaded(connection: psycopg.Connection, batch_id: str) -> None:
    loaded = connection.execute(
        """
        select loaded.batch_id, loaded.reading -> 'approval' ->> 'by'
        from ops.batches as kept_out
        join ops.batches as loaded using (feed_id, source_file, content_sha256, delivered_on)
        where kept_out.batch_id = %s and loaded.status = 'loaded' and loaded.started_at > kept_out.started_at
            and loaded.reason_code is distinct from 'released'
        """,
        (batch_id,),
    ).fetchone()
    if loaded is not None:
        by = f", approved by {loaded[1]}" if loaded[1] else ""
        raise NotApprovable(
            f"batch {batch_id}",
            found=f"its content, loaded already as batch {loaded[0]}{by}",
            expected="a file that still waits",
            do=f"See `dealer360 batches show {loaded[0]}`. Nothing was changed.",
        )
