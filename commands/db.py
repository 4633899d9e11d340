"""`dealer360 db`: the embedded server."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import click

from commands.output import json_option, print_json
from warehouse.database import URL_VARIABLE, connect, database_url, open_url
from warehouse.embedded_server import EmbeddedServer
from warehouse.settings import Workspace

ROLES = {"owner": "dealer360_owner", "bi": "dealer360_bi", "head_office": "dealer360_head_office"}


@click.group(epilog="Example: dealer360 --workspace ./workspace db start")
def db() -> None:
    """The PostgreSQL server inside the workspace."""


@db.command(epilog="Example: dealer360 db start")
@click.pass_obj
def start(workspace: Workspace) -> None:
    """Start the server and bring its schemas up to date; it goes on running."""
    _refuse_foreign("start")
    with connect(workspace):
        pass
    status = EmbeddedServer(workspace).status()
    click.echo(f"PostgreSQL runs on 127.0.0.1:{status.port} (process {status.pid}), data in {status.data_dir}")


@db.command(epilog="Example: dealer360 db stop")
@click.pass_obj
def stop(workspace: Workspace) -> None:
    """Stop the server; its data stay."""
    _refuse_foreign("stop")
    was_running = EmbeddedServer(workspace).stop()
    click.echo("PostgreSQL was stopped." if was_running else "PostgreSQL was not running.")


@db.command(epilog="Example: dealer360 db status --json")
@json_option
@click.pass_obj
def status(workspace: Workspace, *, as_json: bool) -> None:
    """Say whether the server runs, on which port, and where its data and log are."""
    found = _foreign_status() if os.environ.get(URL_VARIABLE) else asdict(EmbeddedServer(workspace).status())
    if as_json:
        print_json(found)
        return
    if found["is_running"]:
        click.echo(f"running on {found.get('host', '127.0.0.1')}:{found['port']}")
    else:
        click.echo("stopped" if found["is_created"] else "not made yet: `dealer360 db start` makes it")
    if found.get("data_dir"):
        click.echo(f"data {found['data_dir']}\nlog  {found['log_file']}")


@db.command(epilog='Example: psql "$(dealer360 db url --role bi)"')
@click.option("--role", type=click.Choice(list(ROLES)), default="owner", show_default=True, help="Whose rights.")
@click.pass_obj
def url(workspace: Workspace, role: str) -> None:
    """Print a URL for psql and BI tools, password included, alone on a line; starts the server when needed."""
    with connect(workspace):
        pass
    if role == "owner":
        click.echo(database_url(workspace))
    elif os.environ.get(URL_VARIABLE):
        click.echo(_as_role(os.environ[URL_VARIABLE], ROLES[role]))
        click.echo(f"The password of {ROLES[role]} is set by the server's administrator.", err=True)
    else:
        click.echo(EmbeddedServer(workspace).url(ROLES[role]))


@db.command(epilog="Example: dealer360 db remove --yes")
@click.option("--yes", is_flag=True, help="Do not ask; needed where there is no terminal.")
@click.pass_obj
def remove(workspace: Workspace, *, yes: bool) -> None:
    """Stop the server and delete it with everything that was loaded. Landing, archive and settings stay."""
    _refuse_foreign("remove")
    if not yes:
        if not sys.stdin.isatty():
            raise click.UsageError("nobody can be asked here: say --yes to delete everything that was loaded.")
        click.confirm(f"Delete the database in {workspace.root}?", abort=True)
    removed = EmbeddedServer(workspace).remove()
    for folder in removed:
        click.echo(f"Deleted {folder}")
    if not removed:
        click.echo("There was nothing to delete.")


def _foreign_status() -> dict[str, Any]:
    with open_url(os.environ[URL_VARIABLE]) as connection:
        server = connection.info
        return {
            "is_created": True,
            "is_running": True,
            "host": server.host,
            "port": server.port,
            "database": server.dbname,
            "user": server.user,
            "version": server.parameter_status("server_version"),
        }


def _refuse_foreign(action: str) -> None:
    if os.environ.get(URL_VARIABLE):
        raise click.UsageError(f"{URL_VARIABLE} names a server that is not ours to {action}; unset it first.")


def _as_role(owner_url: str, role: str) -> str:
    parts = urlsplit(owner_url)
    return urlunsplit(parts._replace(netloc=f"{role}@{parts.netloc.rpartition('@')[2]}"))
