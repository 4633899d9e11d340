"""`dealer360 build`, `run` and `rollback`: what everybody sees, brought up to date or taken back."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict

import click

from commands.exit_codes import DONE, REFUSED, exit_code_of
from commands.output import json_option, print_json, print_table, progress
from commands.told_files import tell_counts
from commands.who import by_option
from ingestion.alerts import (
    Alert,
    alert_of_build,
    alerts_of_files,
    alerts_of_late_feeds,
    failures_told,
    tell,
)
from ingestion.dealer_files import read_configuration
from ingestion.raw_tables import ensure_raw_tables
from ingestion.register import register
from warehouse.build import BuildOutcome, JumpAllowed
from warehouse.build import build as build_marts
from warehouse.database import connect
from warehouse.preview_identity import IdentityChanges
from warehouse.rollback import rollback as roll_back
from warehouse.settings import Workspace

_MOST_CHANGES_SHOWN = 30

full_refresh_option = click.option(
    "--full-refresh",
    is_flag=True,
    help="Build even when nothing is new, make everything anew, and let marts change the types of their columns.",
)


@click.command(epilog="Example: dealer360 build --dry-run")
@full_refresh_option
@click.option(
    "--dry-run", is_flag=True, help="Show which customers would be merged and split, and why; publish nothing."
)
@click.option(
    "--allow-jump",
    metavar="REASON",
    help="Publish this build even when it merges or splits more customers than group.yml allows; the reason is kept.",
)
@by_option
@json_option
@click.pass_context
def build(
    context: click.Context, *, full_refresh: bool, dry_run: bool, allow_jump: str | None, by: str, as_json: bool
) -> None:
    """Build the marts of everything loaded so far, judge them, and publish them.

    Exit code 1 means that the gate refused the build: the marts of the build before stay.
    """
    with nullcontext() if dry_run else failures_told(context.obj, "dealer360 build"):
        _register(context.obj)
        outcome = _build(
            context.obj,
            full_refresh=full_refresh,
            dry_run=dry_run,
            jump_allowed=JumpAllowed(by, allow_jump) if allow_jump else None,
        )
    if as_json:
        print_json(asdict(outcome))
    else:
        _tell_build(outcome)
    if not dry_run:
        tell(context.obj, [*_alerts_of(outcome), *alerts_of_late_feeds(context.obj)])
    context.exit(_exit_code(outcome))


@click.command(epilog="Example: dealer360 --workspace ./workspace run")
@full_refresh_option
@json_option
@click.pass_context
def run(context: click.Context, *, full_refresh: bool, as_json: bool) -> None:
    """Load whatever is new, then build and publish: a whole night.

    Exit code 1 means that a file or the build was refused; 3 that the build failed, or files for a reason that no file
    is to blame for. What was loaded stays, and where the build failed, the marts of the build before.
    """
    from ingestion.load import load  # the readers and the gate take seconds to import

    with failures_told(context.obj, "dealer360 run"):
        with progress("loading") as report:
            files = load(context.obj, progress=report)
        if not as_json:
            tell_counts(files)
        tell(context.obj, alerts_of_files(files))  # the build may fail
        outcome = _build(context.obj, full_refresh=full_refresh)
    if as_json:
        print_json({"files": [asdict(file) for file in files], "build": asdict(outcome)})
    else:
        _tell_build(outcome)
    tell(context.obj, [*_alerts_of(outcome), *alerts_of_late_feeds(context.obj)])
    context.exit(exit_code_of(files) or _exit_code(outcome))


@click.command(epilog="Example: dealer360 rollback")
@click.option(
    "--with-erased",
    is_flag=True,
    help="Also when rows were erased from raw since: the people in them are shown again until the next build.",
)
@json_option
@click.pass_obj
def rollback(workspace: Workspace, *, with_erased: bool, as_json: bool) -> None:
    """Show the marts of the build before again, with the customers' ids as they were then.

    The same data are not built again by themselves: something new has to come, or `build --full-refresh`.
    """
    outcome = roll_back(workspace, erased_allowed=with_erased)
    if as_json:
        print_json(asdict(outcome))
    else:
        click.echo(f"Build {outcome.live_build_id} is live again; build {outcome.withdrawn_build_id} was taken back.")


def _register(workspace: Workspace) -> None:
    """The YAML files as they are now; a dealer's with a mistake is told, and the dealer stays as he was."""
    configuration = read_configuration(workspace)
    for problem in configuration.problems:
        click.echo(problem, err=True)
    with connect(workspace) as connection:
        ensure_raw_tables(connection)
        register(connection, configuration)


def _build(
    workspace: Workspace, *, full_refresh: bool, dry_run: bool = False, jump_allowed: JumpAllowed | None = None
) -> BuildOutcome:
    with progress("building") as report:
        return build_marts(
            workspace, full_refresh=full_refresh, dry_run=dry_run, jump_allowed=jump_allowed, progress=report
        )


def _alerts_of(outcome: BuildOutcome) -> list[Alert]:
    sentences = [finding.sentence for finding in outcome.findings if finding.action == "refuse"]
    return [alert_of_build(outcome.build_id, sentences)] if outcome.status == "refused" else []


def _exit_code(outcome: BuildOutcome) -> int:
    return REFUSED if outcome.status == "refused" else DONE


def _tell_build(outcome: BuildOutcome) -> None:
    if outcome.status == "nothing new":
        click.echo(f"Nothing new. {outcome.reason}")
        return
    for finding in outcome.findings:
        click.echo(f"  {finding.action}: {finding.rule_code}: {finding.sentence}", err=True)
    if outcome.identity_changes is not None:
        _tell_changes(outcome.identity_changes)
    if outcome.status == "dry run":
        click.echo("The gate would let it pass; nothing was published: it was a dry run.")
        return
    if outcome.published is None:
        click.echo(f"Build {outcome.build_id} was refused; the marts of the build before stay.", err=True)
        return
    seconds = ", ".join(f"{part} {outcome.parts[part]:.1f} s" for part in ("dbt", "gate", "publish"))
    count = len(outcome.published.changes)
    click.echo(f"Build {outcome.build_id} is live: {count} marts as of {outcome.as_of_date} ({seconds}).")
    for mart in outcome.published.emptied:
        click.echo(f"  {mart} is no longer built: its view stays and shows no rows.", err=True)


def _tell_changes(changes: IdentityChanges) -> None:
    click.echo(
        f"Customers: {changes.customers_before} before, {changes.customers_after} in this build; {changes.minted} new, "
        f"{changes.count('merged_into')} merged into others, {changes.count('split_from')} split off, "
        f"{changes.count('record_moved')} with records moved."
    )
    shown = changes.changes[:_MOST_CHANGES_SHOWN]
    if shown:
        print_table(
            "What would change about customers' ids, the largest first",
            ("customer", "change", "other customer", "records", "cause", "evidence"),
            (
                (
                    change.customer_id,
                    change.change.replace("_", " "),
                    change.other_customer_id,
                    change.record_count,
                    change.cause,
                    change.evidence,
                )
                for change in shown
            ),
        )
    if len(changes.changes) > len(shown):
        click.echo(f"… and {len(changes.changes) - len(shown)} more; --json lists them all.")
