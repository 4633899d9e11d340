"""`dealer360 batches`: what was loaded, refused or held; one of them in full; a held one approved."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, LiteralString

import click
from psycopg.rows import dict_row

from commands.load import tell_one
from commands.output import json_option, print_json, print_text, progress
from commands.who import by_option
from ingestion.approvals import approve as approve_batch
from ingestion.errors import APPROVABLE_REFUSALS
from warehouse.database import connect
from warehouse.settings import Workspace

_COUNTS = ("rows_read", "rows_new", "rows_changed", "rows_unchanged", "rows_quarantined", "rows_absent")
_OF_ITS_OWN = ("repairs", "approval", "corrects", "columns", "definition_hash", "kinds", "unmapped_columns")
"""What a reading holds that is told in a line of its own, or that only the next delivery is compared with."""


@click.group(invoke_without_command=True, epilog="Example: dealer360 batches --dealer d01 --status held")
@click.option("--dealer", metavar="CODE", help="Only this dealer's batches.")
@click.option("--status", type=click.Choice(["loaded", "refused", "held"]), help="Only batches of this status.")
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="How many, newest first.")
@json_option
@click.pass_context
def batches(ctx: click.Context, dealer: str | None, status: str | None, last: int, as_json: bool) -> None:
    """What was loaded, refused or held, newest first; `show` tells one in full, `approve` loads a held one."""
    if ctx.invoked_subcommand is not None:
        return
    rows = _rows(
        ctx.obj,
        """
        select batch_id, status, feed_id, source_file, delivered_on, rows_read, rows_new, rows_changed, rows_unchanged,
            rows_quarantined, rows_absent, reason_code, reason, started_at, finished_at,
            status = 'held' and not exists (
                select from ops.batches as later
                join ops.feeds using (feed_id)
                where later.feed_id = batches.feed_id and later.delivered_on = batches.delivered_on
                    and later.status = 'loaded' and later.started_at > batches.started_at
                    and later.reason_code is distinct from 'released' and (
                        feeds.delivery = 'full' or later.content_sha256 = batches.content_sha256
                        or (feeds.path like '%%{date%%' and later.source_file = batches.source_file)
                    )
            ) as waits_for_approval
        from ops.batches
        where (%(dealer)s::text is null or dealer_code = %(dealer)s)
            and (%(status)s::text is null or status = %(status)s)
        order by started_at desc
        limit %(last)s
        """,
        {"dealer": dealer, "status": status, "last": last},
    )
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo("No batch.")
    for row in rows:
        what = _counts(row) if row["status"] == "loaded" else row["reason_code"]
        click.echo(f"{row['batch_id']}  {row['status']:<7}  {row['source_file']} of {row['delivered_on']}: {what}")
    if waiting := [row["batch_id"] for row in rows if row["waits_for_approval"]]:
        click.echo(f"{len(waiting)} held: `dealer360 batches show {waiting[0]}` says why.")


@batches.command(epilog="Example: dealer360 batches show 20260305_1a2b3c4d_5e6f70")
@click.argument("batch_id", metavar="BATCH")
@json_option
@click.pass_obj
def show(workspace: Workspace, batch_id: str, as_json: bool) -> None:
    """One batch in full: how its file was read, every repair and guess, what its checks said, who approved it."""
    found = _batch(workspace, batch_id)
    if as_json:
        print_json(found)
        return
    for line in _told(found):
        print_text(line)


@batches.command(epilog="Example: dealer360 batches approve 20260305_1a2b3c4d_5e6f70 --reason 'two thirds were sold'")
@click.argument("batch_id", metavar="BATCH")
@click.option("--reason", required=True, help="Why the file is right as it is; kept for good.")
@by_option
@json_option
@click.pass_context
def approve(ctx: click.Context, batch_id: str, reason: str, by: str, as_json: bool) -> None:
    """Load a held batch's file as it came: you answer for it.

    Also one that was refused because its total row says otherwise, because too many rows have another width, or
    because too many break a rule: such rows go to quarantine. Who, when and why is kept. A file that could not be read
    cannot be approved.
    """
    if not reason.strip():
        raise click.UsageError("--reason is empty: say why the file is right.")
    with progress("loading") as show_progress:
        outcome = approve_batch(ctx.obj, batch_id, approved_by=by, reason=reason, progress=show_progress)
    tell_one(ctx, outcome, as_json)


def _batch(workspace: Workspace, batch_id: str) -> dict[str, Any]:
    found = _rows(workspace, "select * from ops.batches where batch_id = %(batch)s", {"batch": batch_id})
    if not found:
        raise click.UsageError(f"there is no batch {batch_id}; `dealer360 batches` names them.")
    checks = """
        select rule_code, column_name, action, sentence, unexpected_count, element_count, observed from ops.checks
        where batch_id = %(batch)s and not is_success order by check_id
    """
    approvals = """
        select approved_by, approved_at, reason, reason_code from ops.batch_approvals
        where batch_id in (%(batch)s, %(approved)s) order by approval_id
    """
    waiting = (
        "select status, count(*) as row_count from quarantine.rows where batch_id = %(batch)s group by 1 order by 1"
    )
    approved = found[0]["reading"].get("approval", {}).get("batch")
    parameters = {"batch": batch_id, "approved": approved}
    return {
        **found[0],
        "checks": _rows(workspace, checks, parameters),
        "approvals": _rows(workspace, approvals, parameters),
        "quarantine": {row["status"]: row["row_count"] for row in _rows(workspace, waiting, parameters)},
    }


def _told(batch: Mapping[str, Any]) -> Iterator[str]:
    yield f"batch {batch['batch_id']}: {batch['status']}{_because(batch)}"
    yield f"  feed       {batch['feed_id']}"
    arrived = f"arrived {batch['arrived_at']:%Y-%m-%d %H:%M %Z}"
    yield f"  file       {batch['source_file']}, {batch['byte_count']:,} bytes, {arrived}"
    yield f"  delivery   of {batch['delivered_on']}, looked at {batch['started_at']:%Y-%m-%d %H:%M:%S %Z}"
    if batch["archive_path"]:
        yield f"  kept as    archive/{batch['archive_path']}"
    if batch["status"] == "loaded":
        yield f"  rows       {_counts(batch)}"
    elif batch["rows_read"]:
        yield f"  rows       {batch['rows_read']:,} read, none loaded"
    yield from _told_reading(batch["reading"])
    for status, count in batch["quarantine"].items():
        yield f"  quarantine {count:,} row(s) {status}"
    for check in batch["checks"]:
        place = f" ({check['column_name']})" if check["column_name"] else ""
        told = check["observed"] or f"{check['unexpected_count']:,} of {check['element_count']:,} rows"
        yield f"  {check['action']:<10} {check['rule_code']}{place}: {told}. {check['sentence']}"
    for approval in batch["approvals"]:
        by, at = approval["approved_by"], approval["approved_at"]
        yield f"  approved   by {by}, {at:%Y-%m-%d %H:%M %Z}, although {approval['reason_code']}: {approval['reason']}"
    if batch["reason"]:
        yield ""
        yield str(batch["reason"])
    is_approvable = batch["status"] == "held" or batch["reason_code"] in APPROVABLE_REFUSALS
    if is_approvable and not batch["approvals"] and "batches approve" not in str(batch["reason"]):
        yield f"\nIf the file is right all the same: dealer360 batches approve {batch['batch_id']} --reason '…'"


def _counts(batch: Mapping[str, Any]) -> str:
    return ", ".join(f"{batch[name]:,} {name.removeprefix('rows_')}" for name in _COUNTS if batch[name]) or "no rows"


def _because(batch: Mapping[str, Any]) -> str:
    return f" ({batch['reason_code']})" if batch["reason_code"] else ""


def _told_reading(reading: Mapping[str, Any]) -> Iterator[str]:
    """How the file was read: what was found, and by what; what was mended, and how often."""
    for name, value in reading.items():
        if name in _OF_ITS_OWN or name.endswith("_by"):
            continue
        told = ", ".join(map(str, value)) if isinstance(value, list) else value
        by = f" (by: {reading[f'{name}_by']})" if reading.get(f"{name}_by") else ""
        yield (
            f"  found      {name.replace('_', ' ')}: {told!r}{by}"
            if name == "delimiter"
            else (f"  found      {name.replace('_', ' ')}: {told}{by}")
        )
    if columns := reading.get("columns"):
        yield f"  found      columns: {', '.join(f'{ours} = «{theirs}»' for ours, theirs in columns.items())}"
    for repair, times in reading.get("repairs", {}).items():
        yield f"  mended     {repair}: {times:,} times"
    if reading.get("unmapped_columns"):
        yield f"  kept aside {', '.join(reading['unmapped_columns'])}: mapped to no column, so kept in _extra"
    if corrects := reading.get("corrects"):
        yield f"  corrects   rows of batch {corrects['batch']}, in {corrects['file']}, by {corrects['by']}"


def _rows(workspace: Workspace, query: LiteralString, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with connect(workspace) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()
