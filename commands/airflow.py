"""`dealer360 airflow`: Airflow for one workspace, with its page in the browser."""

from __future__ import annotations

import click

from commands.airflow_night import prepare
from commands.local_airflow import LocalAirflow
from warehouse.settings import Workspace


@click.command(epilog="Example: dealer360 --workspace ./workspace airflow --port 8080")
@click.option("--port", type=click.IntRange(1, 65535), help="Where the page answers on 127.0.0.1; else a free port.")
@click.pass_obj
def airflow(workspace: Workspace, *, port: int | None) -> None:
    """Run Airflow for this workspace until Ctrl-C: the schedules, and the page on 127.0.0.1."""
    if not workspace.group_file.exists():
        raise click.UsageError(f"{workspace.root} is no workspace yet: `dealer360 init {workspace.root}` makes one.")
    click.echo("Starting Airflow: scheduler, DAG processor, API server")
    with LocalAirflow(workspace, port=port) as running:
        prepare(running)
        click.echo(f"\nAirflow is on     {running.url}")
        click.echo(f"user              {running.user}")
        click.echo(f"password          {running.password}   (kept in {running.password_file})")
        click.echo(f"logs              {running.logs_dir}")
        click.echo("\nThe schedules run until you press Ctrl-C.")
        try:
            running.serve()
        except KeyboardInterrupt:
            click.echo("\nStopping Airflow. PostgreSQL goes on: `dealer360 db stop` ends it.")
