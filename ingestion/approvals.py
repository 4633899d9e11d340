"""A file that was held or refused is loaded because a person answers for it, with a reason that is kept."""

from __future__ import annotations

import psycopg

from ingestion.dealer_files import read_configuration
from ingestion.errors import APPROVABLE_REFUSALS, NotApprovable
from ingestion.known_files import found_again, require_last_of_its_day
from ingestion.load import Progress, replay
from ingestion.outcomes import FileOutcome
from warehouse.database import connect
from warehouse.settings import Workspace


def approve(
    workspace: Workspace, batch_id: str, *, approved_by: str, reason: str, progress: Progress | None = None
) -> FileOutcome:
    """What became of a held or refused batch's file, loaded as it came because a person approved it.

    Exactly that content is loaded, under its feed and day. Rows that break a rule go to quarantine as ever; only what
    had kept out the file as a whole no longer does. Who approved, when and why stands in `ops.batch_approvals`, which
    is only added to, and in the reading of the batch that the file became.

    Raises:
        NotApprovable: the batch is loaded already, or nothing that a person says makes its file readable.
        UnknownBatch: there is no such batch, its feed is gone, or its file is no longer there as it was.
        LaterDelivery: the feed had another delivery of the same day after it.
        InvalidSettings, TransientFailure: as for `load`.
    """
    if not reason.strip():
        raise NotApprovable(
            f"batch {batch_id}", found="no reason", expected="why the file is right", do="Say it with --reason."
        )
    with connect(workspace) as connection:
        found_again(connection, workspace, read_configuration(workspace), batch_id)
        row = connection.execute(
            "select status, reason_code, content_sha256 from ops.batches where batch_id = %s", (batch_id,)
        ).fetchone()
        assert row is not None  # noqa: S101 - found_again has found it
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
        approval = connection.execute(
            """
            insert into ops.batch_approvals (batch_id, content_sha256, reason_code, approved_by, reason)
            values (%s, %s, %s, %s, %s)
            returning approval_id, approved_at
            """,
            (batch_id, content, reason_code, approved_by, reason.strip()),
        ).fetchone()
        connection.commit()
    assert approval is not None  # noqa: S101 - an insert returns its row
    approval_id, approved_at = approval
    facts = {
        "approval_id": str(approval_id),
        "batch": batch_id,
        "by": approved_by,
        "reason": reason.strip(),
        "at": approved_at.isoformat(timespec="seconds"),
    }
    return replay(workspace, batch_id, approval=facts, progress=progress)


def _refuse_what_is_loaded(connection: psycopg.Connection, batch_id: str) -> None:
    loaded = connection.execute(
        """
        select batch_id, reading -> 'approval' ->> 'by' from ops.batches
        where status = 'loaded' and reading -> 'approval' ->> 'batch' = %s
        """,
        (batch_id,),
    ).fetchone()
    if loaded is not None:
        raise NotApprovable(
            f"batch {batch_id}",
            found=f"an approval by {loaded[1]}, with which it was loaded as batch {loaded[0]}",
            expected="a file that nobody has approved yet",
            do=f"See `dealer360 batches show {loaded[0]}`. Nothing was changed.",
        )
