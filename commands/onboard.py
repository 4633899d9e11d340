"""`dealer360 onboard`: a new dealer's file becomes a draft of the dealer's YAML."""

from __future__ import annotations

import re
from dataclasses import asdict
from pathlib import Path

import click

from commands.output import json_option, print_json
from warehouse.settings import Workspace

EXAMPLE = "Example: dealer360 onboard ~/sales_20260331.csv --dealer d07 --source dms --entity sales --write"


@click.command(epilog=EXAMPLE)
@click.argument("file", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dealer", required=True, metavar="CODE", help="The dealer's code; _group where the file carries many.")
@click.option("--source", metavar="SOURCE", help="Source system: dms, web …; left out, the best guess is told.")
@click.option("--entity", metavar="ENTITY", help="Kind of feed: sales, leads …; left out, the best guess is told.")
@click.option("--write", is_flag=True, help="Write dealers/CODE.yml, or add the feed to it; nothing is overwritten.")
@json_option
@click.pass_obj
def onboard(
    workspace: Workspace, file: Path, dealer: str, source: str | None, entity: str | None, write: bool, as_json: bool
) -> None:
    """Read a new dealer's FILE and draft the dealer's YAML, with its reasons and doubts.

    The YAML goes to stdout, what is to be done to stderr. No database is needed and no data are loaded.
    """
    if not re.fullmatch(r"_group|[a-z0-9][a-z0-9_-]{0,40}", dealer):
        raise click.UsageError(f"`{dealer}` is no dealer code: lower-case letters, digits, - and _, or _group.")
    from ingestion.onboarding.onboard import onboard as draft
    from ingestion.onboarding.onboard import write_draft

    onboarding = draft(workspace, file, dealer=dealer, source=source, entity=entity)
    written = write_draft(workspace, onboarding) if write else None
    contract = onboarding.matching.contract
    if as_json:
        print_json(
            {
                "dealer_code": dealer,
                "source": contract.source,
                "entity": contract.entity,
                "reason": onboarding.reason,
                "system": onboarding.matching.system,
                "row_count": onboarding.sample.row_count,
                "columns": [asdict(match) for match in onboarding.matching.matches],
                "unmapped": onboarding.matching.unmapped,
                "missing": onboarding.matching.missing,
                "doubts": onboarding.feed.doubts,
                "problems": onboarding.problems,
                "yaml": onboarding.yaml,
                "written_to": written,
            }
        )
        return
    click.echo(onboarding.yaml, nl=False)
    count = len(onboarding.sample.looks)
    told = f"{len(onboarding.matching.matches)} of {count} columns are ours, {len(onboarding.feed.doubts)} doubt(s)"
    click.echo(f"\n{contract.source}.{contract.entity} ({onboarding.reason}): {told}.", err=True)
    for doubt in onboarding.feed.doubts:
        click.echo(f"  doubtful: {doubt}", err=True)
    for problem in onboarding.problems:
        click.echo(f"  to be mended before it is valid: {problem}", err=True)
    if written is not None:
        verb = "Written to" if onboarding.is_new_dealer else "Added to"
        click.echo(f"{verb} {written}. Put the file under landing/ as {onboarding.feed.path}, then:", err=True)
        click.echo(f"  dealer360 validate && dealer360 load --dealer {dealer} --dry-run", err=True)
    elif onboarding.is_new_dealer:
        click.echo(f"Nothing was written; --write makes {onboarding.dealer_file} of it.", err=True)
    else:
        click.echo(
            f"Nothing was written. {onboarding.dealer_file} exists: the entry belongs below its `feeds:`; "
            "--write adds it there.",
            err=True,
        )
