"""`dealer360 quarantine`: rows that were kept out of raw, and what becomes of them."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any, LiteralString

import click
from psycopg.rows import dict_row

from commands.exit_codes import FAILED, REFUSED
from commands.load import tell_one
from commands.output import json_option, print_json, print_text, printable
from commands.who import by_option
from ingestion.quarantine import discard, release
from warehouse.database import connect
from warehouse.settings import Workspace

row_option = click.option("--row", "source_row", type=int, help="Only this row of the file.")


@click.group(epilog="Example: dealer360 quarantine list --dealer d01")
def quarantine() -> None:
    """Rows that were kept out of raw, and why."""


@quarantine.command("list", epilog="Example: dealer360 quarantine list --dealer d01 --rule price_negative")
@click.option("--dealer", metavar="CODE", help="Only rows of this dealer, or of his feeds.")
@click.option("--feed", metavar="FEED", help="Only rows of feeds that begin so: d01/dms/sales.")
@click.option("--rule", metavar="RULE", help="Only rows that broke this rule.")
@json_option
@click.pass_obj
def list_rows(workspace: Workspace, dealer: str | None, feed: str | None, rule: str | None, as_json: bool) -> None:
    """How many rows wait, by dealer, feed, rule and batch. Values are not shown: see `quarantine show`."""
    rows = _rows(
        workspace,
        """
        select split_part(rows.feed_id, '/', 1) as dealer_code, rows.feed_id, rows.batch_id, rows.source_file,
            findings.rule_code, findings.column_name, count(*) as row_count, min(rows.source_row) as first_row,
            max(findings.sentence) as sentence
        from quarantine.rows
        join quarantine.findings using (quarantine_id)
        where rows.status = 'open'
            and (
                %(dealer)s::text is null
                or split_part(rows.feed_id, '/', 1) = %(dealer)s
                or rows.dealer_code = %(dealer)s
            )
            and (%(feed)s::text is null or starts_with(rows.feed_id, %(feed)s))
            and (%(rule)s::text is null or findings.rule_code = %(rule)s)
        group by rows.feed_id, rows.batch_id, rows.source_file, findings.rule_code, findings.column_name
        order by rows.feed_id, findings.rule_code, findings.column_name, rows.batch_id desc
        """,
        {"dealer": dealer, "feed": feed, "rule": rule},
    )
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo("No row waits in quarantine.")
        return
    for batch in dict.fromkeys((row["source_file"], row["batch_id"]) for row in rows):
        click.echo(f"{batch[0]}, batch {batch[1]}")
        for row in (row for row in rows if row["batch_id"] == batch[1]):
            place = f" ({row['column_name']})" if row["column_name"] else ""
            count = f"{row['row_count']:,} row(s), row {row['first_row']} first"
            print_text(f"  {count}: {row['rule_code']}{place}: {row['sentence']}")
    click.echo(f"`dealer360 quarantine show {rows[0]['batch_id']}` shows the rows of a batch.")


@quarantine.command("show", epilog="Example: dealer360 quarantine show 20260305_1a2b3c4d_5e6f70 --row 17")
@click.argument("batch_id", metavar="BATCH")
@row_option
@json_option
@click.pass_obj
def show_rows(workspace: Workspace, batch_id: str, source_row: int | None, as_json: bool) -> None:
    """The rows of one batch in quarantine: every rule, column and value, the row as it came, what was decided."""
    rows = _rows(
        workspace,
        """
        select rows.source_row, rows.dealer_code, rows.source_record_id, rows.status, rows.source_file,
            rows.source_cells,
            coalesce(
                jsonb_agg(
                    jsonb_build_object(
                        'rule', findings.rule_code, 'column', findings.column_name, 'value', findings.value,
                        'sentence', findings.sentence
                    )
                    order by findings.rule_code
                ) filter (where findings.rule_code is not null),
                '[]'
            ) as findings,
            (
                select jsonb_build_object(
                    'decision', decision, 'by', decided_by, 'reason', reason, 'at', decided_at, 'batch_id', batch_id
                )
                from quarantine.decisions
                where decisions.quarantine_id = rows.quarantine_id
                order by decision_id desc
                limit 1
            ) as decision
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
    from ingestion.rows_to_correct import header_of_batch

    order = {name: place for place, name in enumerate(header_of_batch(workspace, batch_id))}
    for row in rows:
        _tell_row(row, order)


def _tell_row(row: dict[str, Any], order: dict[str, int]) -> None:
    click.echo(
        f"{row['source_file']}, row {row['source_row']} ({row['dealer_code'] or 'no known dealer'}, {row['status']})"
    )
    for finding in row["findings"]:
        place = f" ({finding['column']})" if finding["column"] else ""
        value = f" found «{finding['value']}»." if finding["value"] is not None else ""
        print_text(f"  {finding['rule']}{place}:{value} {finding['sentence']}")
    if decision := row["decision"]:
        click.echo(f"  {decision['decision']} by {decision['by']}, {decision['at'][:16]}: {decision['reason']}")
    width = max((len(name) for name in row["source_cells"]), default=0)
    for name, cell in sorted(row["source_cells"].items(), key=lambda item: order.get(item[0], len(order))):
        click.echo(printable(f"    {name:<{width}}  {cell}"))


@quarantine.command("release", epilog="Example: dealer360 quarantine release 20260305_1a2b3c4d_5e6f70 --row 17")
@click.argument("batch_id", metavar="BATCH")
@row_option
@click.option("--vouch", is_flag=True, help="Load the rows although the gate rejects them: you vouch for them.")
@click.option("--reason", help="Why; needed with --vouch, and kept.")
@by_option
@json_option
@click.pass_context
def release_rows(
    ctx: click.Context,
    batch_id: str,
    source_row: int | None,
    vouch: bool,
    reason: str | None,
    by: str,
    as_json: bool,
) -> None:
    """Judge rows of a batch again, from the archive, with the YAML and the rules of today; load those that pass.

    The others wait on, and are told with what they break: exit code 1 when there are any, 3 when none passes.
    """
    if vouch and not (reason or "").strip():
        raise click.UsageError("--vouch needs a --reason: it is kept with the rows.")
    outcome = release(
        ctx.obj, batch_id, source_row, decided_by=by, reason=reason or "judged anew and accepted", is_vouched=vouch
    )
    tell_one(ctx, outcome, as_json)
    if any("wait on" in note for note in outcome.notes):
        ctx.exit(REFUSED)


@quarantine.command(
    "discard", epilog="Example: dealer360 quarantine discard 20260305_1a2b3c4d_5e6f70 --reason 'test rows'"
)
@click.argument("batch_id", metavar="BATCH")
@row_option
@click.option("--reason", required=True, help="Why nobody needs them; kept with the rows.")
@by_option
@json_option
@click.pass_obj
def discard_rows(
    workspace: Workspace, batch_id: str, source_row: int | None, reason: str, by: str, as_json: bool
) -> None:
    """Leave rows of a batch out for good: they wait no longer."""
    if not reason.strip():
        raise click.UsageError("--reason is empty: say why nobody needs the rows.")
    row_count = discard(workspace, batch_id, source_row, decided_by=by, reason=reason.strip())
    if not row_count:
        raise click.UsageError(f"batch {batch_id} has no such row that waits; `dealer360 quarantine list` names them.")
    if as_json:
        print_json({"batch_id": batch_id, "rows_discarded": row_count})
    else:
        click.echo(f"{row_count} row(s) discarded.")


@quarantine.command("export", epilog="Example: dealer360 quarantine export --dealer d01")
@click.argument("batch_id", metavar="[BATCH]", required=False)
@click.option("--dealer", metavar="CODE", help="Only rows of this dealer, or of his feeds.")
@click.option("--feed", metavar="FEED", help="Only rows of feeds that begin so: d01/dms/sales.")
@click.option(
    "--to", "folder", type=click.Path(file_okay=False, path_type=Path), help="Folder; else the workspace's exports/."
)
@json_option
@click.pass_obj
def export(
    workspace: Workspace,
    batch_id: str | None,
    dealer: str | None,
    feed: str | None,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Write the rows that wait to Excel, for the dealer to correct: one workbook a feed, with the columns of his file.

    The workbooks hold personal data; only you can read them.
    """
    from ingestion.rows_to_correct import export_rows

    files = export_rows(workspace, batch_id=batch_id, dealer=dealer, feed=feed, folder=folder)
    if as_json:
        print_json([asdict(file) for file in files])
        return
    for file in files:
        click.echo(f"{file.file}: {file.row_count:,} row(s) of {file.feed_id}")
    click.echo(
        "Once corrected: dealer360 quarantine import FILE"
        if files
        else "No row waits in quarantine: nothing was written."
    )


@quarantine.command("import", epilog="Example: dealer360 quarantine import to_correct_d01_dms_sales_1a2b_20260305.xlsx")
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@by_option
@json_option
@click.pass_context
def import_(ctx: click.Context, file: Path, by: str, as_json: bool) -> None:
    """Judge the rows again that were corrected in an exported workbook, and load those that pass, as of their day.

    Rows that nobody changed wait on, as do those that still break a rule; importing again does nothing. Exit code 1
    when a corrected row still breaks a rule.
    """
    from ingestion.corrections import import_rows

    found = import_rows(ctx.obj, file, decided_by=by)
    if as_json:
        print_json(asdict(found))
    else:
        click.echo(
            f"{found.corrected:,} row(s) corrected and loaded, {found.still_broken:,} still break a rule, "
            f"{found.untouched:,} unchanged, {found.settled:,} no longer waiting."
            + (f" {found.not_loaded:,} could not be loaded." if found.not_loaded else "")
        )
        for line in found.told:
            click.echo(f"  {line}", err=True)
    if found.not_loaded and not found.corrected:
        ctx.exit(FAILED)
    if found.still_broken or found.not_loaded:
        ctx.exit(REFUSED)


def _rows(workspace: Workspace, query: LiteralString, parameters: dict[str, Any]) -> list[dict[str, Any]]:
    with connect(workspace) as connection, connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query, parameters).fetchall()
