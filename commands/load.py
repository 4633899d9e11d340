"""`dealer360 load`, `validate` and `replay`: what arrived, and what becomes of it."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import asdict

import click

from commands.exit_codes import REFUSED, exit_code_of
from commands.output import json_option, print_json, progress
from commands.told_files import tell_outcomes
from ingestion.alerts import alerts_of_files, alerts_of_late_feeds, failures_told, tell
from ingestion.dealer_files import read_configuration
from ingestion.dealer_files import validate as validate_settings
from ingestion.errors import InvalidSettings
from ingestion.load import load as load_files
from ingestion.load import replay as replay_batch
from ingestion.outcomes import FileOutcome
from warehouse.settings import Workspace


@click.command(epilog="Example: dealer360 load --dealer d01 --dry-run")
@click.option("--dealer", metavar="CODE", help="Only this dealer's feeds (_group: those that carry many dealers).")
@click.option("--source", metavar="SOURCE", help="Only feeds of this source system: dms, web …")
@click.option("--entity", metavar="ENTITY", help="Only feeds of this entity: sales, leads …")
@click.option("--dry-run", is_flag=True, help="Judge the files and change nothing.")
@click.option("--retry-refused", is_flag=True, help="Read files again that were refused (after an update, say).")
@json_option
@click.pass_context
def load(
    ctx: click.Context,
    dealer: str | None,
    source: str | None,
    entity: str | None,
    dry_run: bool,
    retry_refused: bool,
    as_json: bool,
) -> None:
    """Discover, audit and load whatever is new under landing/.

    Exit code 1 when a file was refused, held or failed: the others are loaded all the same. Exit code 3 when something
    failed that no file is to blame for, and nothing was loaded.
    """
    workspace: Workspace = ctx.obj
    with nullcontext() if dry_run else failures_told(workspace, "dealer360 load"), progress("loading") as show:
        outcomes = load_files(
            workspace,
            dealer=dealer,
            source=source,
            entity=entity,
            dry_run=dry_run,
            retry_refused=retry_refused,
            progress=show,
        )
    if not outcomes:
        _refuse_a_choice_of_nothing(workspace, dealer, source, entity)
    if as_json:
        print_json([asdict(outcome) for outcome in outcomes])
    else:
        tell_outcomes(outcomes)
    if not dry_run:
        tell(workspace, [*alerts_of_files(outcomes), *alerts_of_late_feeds(workspace)])
    ctx.exit(exit_code_of(outcomes))


def _refuse_a_choice_of_nothing(
    workspace: Workspace, dealer: str | None, source: str | None, entity: str | None
) -> None:
    """A slip of the hand is not a night without files."""
    chosen = {"--dealer": dealer, "--source": source, "--entity": entity}
    if not any(chosen.values()):
        return
    feeds = read_configuration(workspace).feeds
    there = [{"--dealer": feed.dealer_code, "--source": feed.source, "--entity": feed.entity} for feed in feeds]
    if any(all(chosen[option] in (None, value) for option, value in feed.items()) for feed in there):
        return
    given = " ".join(f"{option} {value}" for option, value in chosen.items() if value)
    names = ", ".join(sorted({f"{feed.dealer_code}/{feed.source}/{feed.entity}" for feed in feeds}))
    raise click.UsageError(f"no dealer's YAML has a feed of {given}; they have: {names or 'none at all'}.")


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


@click.command(epilog="Example: dealer360 replay 20260305_1a2b3c4d_5e6f70")
@click.argument("batch_id", metavar="BATCH")
@json_option
@click.pass_context
def replay(ctx: click.Context, batch_id: str, as_json: bool) -> None:
    """Load a batch's file once more, with the YAML of today; a held one is loaded by `batches approve` alone."""
    tell_one(ctx, replay_batch(ctx.obj, batch_id), as_json)


def tell_one(ctx: click.Context, outcome: FileOutcome, as_json: bool) -> None:
    """Write what became of one file; exit code 1 when it was refused, held or failed."""
    if as_json:
        print_json(asdict(outcome))
    else:
        tell_outcomes([outcome])
    if outcome.is_refusal:
        ctx.exit(REFUSED)
