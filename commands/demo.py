"""`dealer360 demo`: the invented dealer group, loaded and built night by night."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import click

from commands.exit_codes import DONE, REFUSED
from commands.output import progress
from demo.centres import dealer_codes
from demo.check import differences
from demo.generate import DEFAULT_CUSTOMERS, DEFAULT_SEED, MINIMUM_CUSTOMERS, generate
from demo.history import NIGHTS
from demo.nights import deliver_night
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
    workspace = _workspace_for_demo(context)
    nights_before = _nights_before(workspace, customers, seed)
    _refuse_other_dealers(workspace)
    generate(workspace.root, customers=customers, seed=seed)
    made = {"customers": customers, "seed": seed, "nights": max(nights, nights_before)}
    (workspace.root / MADE_WITH).write_text(json.dumps(made), encoding="utf-8")
    is_published = True
    for night in range(1, nights + 1):
        delivered = deliver_night(workspace.root, night)
        click.echo(f"Night {night} ({NIGHTS[night - 1]}): {len(delivered)} files arrived")
        if by_airflow and night == 1:
            _run_in_airflow(workspace)
        else:
            is_published = _run_here(workspace) and is_published
    is_as_expected = _tell_differences(workspace, max(nights, nights_before))
    _tell_where_to_look(workspace)
    context.exit(DONE if is_as_expected and is_published else REFUSED)


def _run_here(workspace: Workspace) -> bool:
    """Load and build; whether the gate let the build through."""
    from ingestion.load import load  # the readers and the gate take seconds to import

    with progress("loading") as report:
        files = load(workspace, progress=report)
    counts = Counter(file.status for file in files)
    click.echo(f"  files: {', '.join(f'{count} {status}' for status, count in sorted(counts.items()))}")
    with progress("building") as report:
        outcome = build(workspace, progress=report)
    if outcome.published is None:
        click.echo(f"  build {outcome.status}: {outcome.reason}")
        return outcome.status != "refused"
    click.echo(f"  build {outcome.build_id} is live: {len(outcome.published.changes)} marts as of {outcome.as_of_date}")
    return True


def _tell_differences(workspace: Workspace, nights: int) -> bool:
    with connect(workspace) as connection:
        found = differences(connection, workspace.root, nights)
    for sentence in found:
        click.echo(sentence, err=True)
    if not found:
        click.echo("Kept out: exactly the files and rows that truth/refusals.csv and truth/quarantine.csv name.")
    return not found


def _tell_where_to_look(workspace: Workspace) -> None:
    with connect(workspace) as connection:
        records, customers = connection.execute(
            "select count(*), count(distinct customer_id) from marts.bridge_customer_records"
        ).fetchone() or (0, 0)
    command = f'dealer360 --workspace "{workspace.root}"'
    click.echo(f"{records} records of six centres are {customers} customers. Look around:")
    click.echo(f"    {command} batches")
    click.echo(f"    {command} quarantine list")
    click.echo(f"    {command} db url    (for psql and BI tools: schema marts)")


def _run_in_airflow(workspace: Workspace) -> None:
    from commands.airflow_night import run_night  # Airflow takes seconds to import

    run_night(workspace, click.echo)


def _workspace_for_demo(context: click.Context) -> Workspace:
    """The workspace given before the command, else ./demo-workspace; never one that is not the demo's."""
    given = context.parent.params.get("workspace") if context.parent else None
    workspace = find_workspace(given or DEMO_WORKSPACE)
    if workspace.group_file.exists() and not (workspace.root / MADE_WITH).exists():
        raise click.UsageError(f"{workspace.root} is a workspace of yours, not of the demo. Nothing was changed.")
    return workspace


def _nights_before(workspace: Workspace, customers: int, seed: int) -> int:
    """How many nights an earlier demo of the same group has run; another group in the folder is an error."""
    made_with = workspace.root / MADE_WITH
    if not made_with.exists():
        return 0
    made = json.loads(made_with.read_text(encoding="utf-8"))
    if (made["customers"], made["seed"]) != (customers, seed):
        raise click.UsageError(f"{workspace.root} holds a demo of another size or seed; remove the folder first.")
    return int(made["nights"])


def _refuse_other_dealers(workspace: Workspace) -> None:
    with connect(workspace) as connection:
        held = {str(code) for (code,) in connection.execute("select dealer_code from ops.dealers")}
    if others := sorted(held - set(dealer_codes()) - {"_group"}):
        raise click.UsageError(
            f"The database holds other dealers: {', '.join(others)}. The demo wants its own; nothing was changed."
        )
