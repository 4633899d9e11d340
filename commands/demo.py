"""`dealer360 demo`: the invented dealer group, loaded and built night by night."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click

from commands.exit_codes import DONE, REFUSED
from commands.output import progress
from demo.centres import dealer_codes
from demo.check import differences
from demo.generate import DEFAULT_CUSTOMERS, DEFAULT_SEED, MINIMUM_CUSTOMERS, generate
from demo.history import NIGHTS
from demo.nights import deliver_night
from ingestion.load import load
from warehouse.build import build
from warehouse.database import connect
from warehouse.settings import Workspace, find_workspace

DEMO_WORKSPACE = Path("demo-workspace")
MADE_WITH = "demo.json"


@click.command(epilog="Example: dealer360 demo --customers 1000")
@click.option(
    "--customers",
    type=click.IntRange(min=MINIMUM_CUSTOMERS),
    default=DEFAULT_CUSTOMERS,
    show_default=True,
    help="About how many persons the group has.",
)
@click.option("--seed", type=int, default=DEFAULT_SEED, show_default=True, help="The same seed gives the same group.")
@click.option(
    "--nights",
    type=click.IntRange(1, len(NIGHTS)),
    default=len(NIGHTS),
    show_default=True,
    help="How many nights are loaded and built.",
)
@click.option(
    "--airflow", "by_airflow", is_flag=True, help="Run the first night in Airflow instead of in this process."
)
@click.pass_context
def demo(context: click.Context, *, customers: int, seed: int, nights: int, by_airflow: bool) -> None:
    """Make the invented dealer group in ./demo-workspace, load and build it night by night.

    Exit code 0 says that exactly the files and rows were refused that the truth files in its folder truth/ name.
    """
    workspace = _workspace_for_demo(context, {"customers": customers, "seed": seed})
    _refuse_other_dealers(workspace)
    generate(workspace.root, customers=customers, seed=seed)
    for night in range(1, nights + 1):
        delivered = deliver_night(workspace.root, night)
        click.echo(f"Night {night} ({NIGHTS[night - 1]}): {len(delivered)} files arrived")
        run = _run_in_airflow if by_airflow and night == 1 else _run_here
        run(workspace, click.echo)
    with connect(workspace) as connection:
        found = differences(connection, workspace.root, nights)
    for sentence in found:
        click.echo(sentence, err=True)
    if not found:
        click.echo(
            "Exactly the files and rows were kept out that should be (truth/refusals.csv, truth/quarantine.csv)."
        )
    click.echo(f'Look around: dealer360 --workspace "{workspace.root}" batches')
    context.exit(REFUSED if found else DONE)


def _run_here(workspace: Workspace, say: Callable[[str], None]) -> None:

    with progress("loading") as report:
        files = load(workspace, progress=report)
    counts = Counter(file.status for file in files)
    say(f"  files: {', '.join(f'{count} {status}' for status, count in sorted(counts.items()))}")
    with progress("building") as report:
        outcome = build(workspace, progress=report)
    if outcome.published is None:
        say(f"  build {outcome.status}: {outcome.reason}")
    else:
        say(f"  build {outcome.build_id} is live: {len(outcome.published.changes)} marts as of {outcome.as_of_date}")


def _run_in_airflow(workspace: Workspace, say: Callable[[str], None]) -> None:
    from commands.airflow_night import run_night  # Airflow takes seconds to import

    run_night(workspace, say)


def _workspace_for_demo(context: click.Context, wanted: dict[str, int]) -> Workspace:
    """The workspace given before the command, else ./demo-workspace; new, or of an earlier demo of the same group."""
    given = context.parent.params.get("workspace") if context.parent else None
    workspace = find_workspace(given or DEMO_WORKSPACE)
    made_with = workspace.root / MADE_WITH
    if made_with.exists():
        if json.loads(made_with.read_text(encoding="utf-8")) != wanted:
            raise click.UsageError(f"{workspace.root} holds a demo of another size or seed; remove the folder first.")
    elif workspace.group_file.exists():
        raise click.UsageError(f"{workspace.root} is a workspace of yours, not of the demo. Nothing was changed.")
    workspace.root.mkdir(parents=True, exist_ok=True)
    made_with.write_text(json.dumps(wanted), encoding="utf-8")
    return workspace


def _refuse_other_dealers(workspace: Workspace) -> None:
    with connect(workspace) as connection:
        held = {str(code) for (code,) in connection.execute("select dealer_code from ops.dealers")}
    if others := sorted(held - set(dealer_codes()) - {"_group"}):
        raise click.UsageError(
            f"The database holds other dealers: {', '.join(others)}. The demo wants its own; nothing was changed."
        )
