"""`dealer360 load`, `validate`, `batches`, `quarantine`, `replay`: what arrived, and what became of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click
from psycopg.rows import dict_row

from commands.exit_codes import REFUSED
from commands.output import json_option, print_json, print_table, progress
from ingestion.dealer_files import validate as validate_settings
from ingestion.errors import InvalidSettings
from ingestion.load import load as load_files
from ingestion.load import replay as replay_batch
from ingestion.outcomes import FileOutcome
from ingestion.quarantine import discard, release
from warehouse.database import connect
from warehouse.settings import Workspace


@click.command(epilog="Example: dealer360 load --dealer d01 --dry-run")
@click.option("--dealer", metavar="CODE", help="Only this dealer's feeds (_group: those that carry many dealers).")
@click.option("--source", metavar="SOURCE", help="Only feeds of this source system: dms, web …")
@click.option("--entity", metavar="ENTITY", help="Only feeds of this entity: sales, leads …")
@click.option("--dry-run", is_flag=True, help="Judge the files and change nothing.")
@json_option
@click.pass_context
def load(
    ctx: click.Context, dealer: str | None, source: str | None, entity: str | None, dry_run: bool, as_json: bool
) -> None:
    """Discover, audit and load whatever is new under landing/.

    Exit code 1 when a file was refused, held or failed: the others are loaded all the same.
    """
    workspace: Workspace = ctx.obj
    with progress("loading") as show:
        outcomes = load_files(workspace, dealer=dealer, source=source, entity=entity, dry_run=dry_run, progress=show)
    if as_json:
        print_json([asdict(outcome) for outcome in outcomes])
    else:
        tell_outcomes(outcomes)
    if any(outcome.is_refusal for outcome in outcomes):
        ctx.exit(REFUSED)


def tell_outcomes(outcomes: list[FileOutcome]) -> None:
    """Write what became of the files: one line each, the reasons in full below; files that lie there, as a count."""
    told = [outcome for outcome in outcomes if outcome.is_told]
    if told:
        print_table(
            "Files",
            ("dealer", "file", "status", "what became of it"),
            [(o.dealer_code, o.source_file, o.status, o.message.splitlines()[0]) for o in told],
        )
    for outcome in told:
        for rule in outcome.broken_rules:
            place = f" ({rule.column})" if rule.column else ""
            click.echo(
                f"{outcome.source_file}: {rule.action} {rule.row_count:,} row(s) by {rule.rule}{place}: {rule.sentence}"
            )
        for note in outcome.notes:
            click.echo(f"{outcome.source_file}: {note}")
    if known := len(outcomes) - len(told):
        click.echo(f"{known} file(s) known already, nothing new in them.")
    if not outcomes:
        click.echo("No file under landing/ belongs to a feed.")
    for outcome in told:
        if outcome.error is not None:
            click.echo(f"\n{outcome.error}", err=True)


@click.command(epilog="Example: dealer360 --workspace ./workspace validate")
@json_option
@click.pass_context
def validate(ctx: click.Context, as_json: bool) -> None:
    """Check group.yml and every dealer's YAML, without touching data: all mistakes at once.

    Exit code 1 when there is one.
    """
    try:
        configuration = validate_settings(ctx.obj)
    except InvalidSettings as error:
        if as_json:
            print_json({"problems": list(error.problems)})
        else:
            click.echo("\n".join(error.problems), err=True)
        ctx.exit(REFUSED)
    if as_json:
        print_json({"problems": [], "dealers": len(configuration.dealers), "feeds": len(configuration.feeds)})
    else:
        click.echo(f"{len(configuration.dealers)} dealer(s), {len(configuration.feeds)} feed(s): nothing is wrong.")


@click.command(epilog="Example: dealer360 batches --dealer d01")
@click.option("--dealer", metavar="CODE", help="Only this dealer's batches.")
@click.option("--status", type=click.Choice(["loaded", "refused", "held"]), help="Only batches of this status.")
@click.option("--last", type=click.IntRange(1), default=50, show_default=True, help="How many, newest first.")
@json_option
@click.pass_context
def batches(ctx: click.Context, dealer: str | None, status: str | None, last: int, as_json: bool) -> None:
    """What was loaded, refused or held, newest first."""
    rows = _rows(
        ctx.obj,
        """
        select batch_id, status, feed_id, source_file, delivered_on, rows_read, rows_new, rows_changed, rows_unchanged,
            rows_quarantined, rows_absent, reason_code, reason, started_at, finished_at
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
    columns = (
        *("batch_id", "status", "source_file", "delivered_on", "rows_read", "rows_new", "rows_changed"),
        *("rows_unchanged", "rows_quarantined", "rows_absent", "reason_code"),
    )
    print_table("Batches", columns, [[row[column] for column in columns] for row in rows])


@click.group(epilog="Example: dealer360 quarantine list --dealer d01")
def quarantine() -> None:
    """Rows that were kept out of raw, and why."""


@quarantine.command("list", epilog="Example: dealer360 quarantine list --dealer d01")
@click.option("--dealer", metavar="CODE", help="Only rows of this dealer's feeds.")
@click.option("--rule", metavar="RULE", help="Only rows that broke this rule.")
@json_option
@click.pass_context
def list_rows(ctx: click.Context, dealer: str | None, rule: str | None, as_json: bool) -> None:
    """How many rows wait, by file and rule. Values are not shown: see `quarantine show`."""
    rows = _rows(
        ctx.obj,
        """
        select rows.batch_id, rows.feed_id, rows.source_file, findings.rule_code, findings.column_name,
            count(*) as row_count, min(rows.source_row) as first_row, max(findings.sentence) as sentence
        from quarantine.rows
        join quarantine.findings using (quarantine_id)
        where rows.status = 'open'
            and (%(dealer)s::text is null or rows.feed_id like %(dealer)s || '/%%')
            and (%(rule)s::text is null or findings.rule_code = %(rule)s)
        group by rows.batch_id, rows.feed_id, rows.source_file, findings.rule_code, findings.column_name
        order by rows.batch_id desc, row_count desc, findings.rule_code
        """,
        {"dealer": dealer, "rule": rule},
    )
    if as_json:
        print_json(rows)
        return
    columns = ("batch_id", "source_file", "rule_code", "column_name", "row_count", "first_row", "sentence")
    print_table("Rows in quarantine", columns, [[row[column] for column in columns] for row in rows])


@quarantine.command("show", epilog="Example: dealer360 quarantine show 20260305_1a2b3c4d5e")
@click.argument("batch_id", metavar="BATCH")
@click.option("--row", "source_row", type=int, help="Only this row of the file.")
@json_option
@click.pass_context
def show_rows(ctx: click.Context, batch_id: str, source_row: int | None, as_json: bool) -> None:
    """The rows of one batch in quarantine: every rule, column and value, and the row as it came."""
    rows = _rows(
        ctx.obj,
        """
        select rows.source_row, rows.dealer_code, rows.source_record_id, rows.status, rows.source_cells,
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'rule', findings.rule_code, 'column', findings.column_name, 'value', findings.value,
                        'sentence', findings.sentence
                    )
                    order by findings.rule_code
                ) filter (where findings.rule_code is not null),
                '[]'
            ) as findings
        from quarantine.rows
        left join quarantine.findings using (quarantine_id)
        where rows.batch_id = %(batch_id)s and (%(row)s::bigint is null or rows.source_row = %(row)s)
        group by rows.quarantine_id
        order by rows.source_row
        """,
        {"batch_id": batch_id, "row": source_row},
    )
    if not rows:
        raise click.UsageError(
            f"batch {batch_id} has no such row in quarantine; `dealer360 quarantine list` names them."
        )
    if as_json:
        print_json(rows)
        return
    for row in rows:
        click.echo(f"row {row['source_row']} ({row['dealer_code'] or 'no known dealer'}, {row['status']})")
        for finding in row["findings"]:
            click.echo(f"  {finding['rule']} {finding['column'] or ''} = {finding['value']!r}: {finding['sentence']}")
        click.echo("  " + "; ".join(f"{name}: {cell}" for name, cell in row["source_cells"].items()))


@quarantine.command("release", epilog="Example: dealer360 quarantine release 20260305_1a2b3c4d_5e6f70 --row 17")
@click.argument("batch_id", metavar="BATCH")
@click.option("--row", "source_row", type=int, help="Only this row of the file.")
@json_option
@click.pass_context
def release_rows(ctx: click.Context, batch_id: str, source_row: int | None, as_json: bool) -> None:
    """Load rows of a batch although the gate rejects them: you vouch for them."""
    _tell_one(ctx, release(ctx.obj, batch_id, source_row), as_json)


@quarantine.command("discard", epilog="Example: dealer360 quarantine discard 20260305_1a2b3c4d_5e6f70 --row 17")
@click.argument("batch_id", metavar="BATCH")
@click.option("--row", "source_row", type=int, help="Only this row of the file.")
@json_option
@click.pass_obj
def discard_rows(workspace: Workspace, batch_id: str, source_row: int | None, as_json: bool) -> None:
    """Leave rows of a batch out for good: they wait no longer."""
    row_count = discard(workspace, batch_id, source_row)
    if as_json:
        print_json({"batch_id": batch_id, "rows_discarded": row_count})
    else:
        click.echo(f"{row_count} row(s) discarded.")


@click.command(epilog="Example: dealer360 replay 20260305_1a2b3c4d_5e6f70")
@click.argument("batch_id", metavar="BATCH")
@json_option
@click.pass_context
def replay(ctx: click.Context, batch_id: str, as_json: bool) -> None:
    """Load a batch's file once more, with the YAML of today; one held for being short is loaded: you vouch for it."""
    _tell_one(ctx, replay_batch(ctx.obj, batch_id), as_json)


def _tell_one(ctx: click.Context, outcome: FileOutcome, as_json: bool) -> None:
    if as_json:
        print_json(asdict(outcome))
    else:
        tell_outcomes([outcome])
    if outcome.is_refusal:
        ctx.exit(REFUSED)


def _rows(workspace: Workspace, query: str, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with connect(workspace) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()
