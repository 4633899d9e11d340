"""The `dealer360` command: finds the workspace, loads the command that was asked for, tells errors to people."""

from __future__ import annotations

import select
import sys
import traceback
from importlib import import_module
from pathlib import Path

import click

from commands.exit_codes import FAILED
from commands.output import print_text
from warehouse.errors import Dealer360Error
from warehouse.settings import find_workspace

COMMANDS = {
    "init": "commands.init:init",
    "onboard": "commands.onboard:onboard",
    "db": "commands.db:db",
    "validate": "commands.load:validate",
    "load": "commands.load:load",
    "batches": "commands.batches:batches",
    "quarantine": "commands.quarantine:quarantine",
    "replay": "commands.load:replay",
    "airflow": "commands.airflow:airflow",
    "build": "commands.build:build",
    "run": "commands.build:run",
    "rollback": "commands.build:rollback",
    "customer": "commands.customer:customer",
    "identity": "commands.identity:identity",
    "demo": "commands.demo:demo",
}
"""Name → module:attribute of every command. A module is imported when its command, or the list of all, is asked for."""


class CommandLine(click.Group):
    """The commands of COMMANDS, with the project's exit codes."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of COMMANDS."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of this name, or None."""
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; whatever it could not do ends in exit code 3 and a reason on stderr."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except Dealer360Error as error:
            print_text(str(error), err=True)
        except (KeyboardInterrupt, click.Abort):
            click.echo("Stopped. What was not finished was not kept.", err=True)
        except Exception as error:
            if isinstance(error, BrokenPipeError) and _reader_is_gone():
                raise  # click ends quietly where `| head` has read enough
            click.echo(traceback.format_exc(), err=True, nl=False)
        ctx.exit(FAILED)


def _reader_is_gone() -> bool:
    """Whether it is this command's own output that nobody reads any more, and not a connection that broke."""
    try:
        written_to = sys.stdout.fileno()
    except (AttributeError, OSError):  # it is no file
        return False
    waiting = select.poll()
    waiting.register(written_to, select.POLLOUT)
    return any(event & select.POLLERR for _, event in waiting.poll(0))


@click.command(
    cls=CommandLine,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: dealer360 --workspace ./workspace run",
)
@click.version_option(package_name="dealer360")
@click.option(
    "--workspace",
    type=click.Path(file_okay=False, path_type=Path),
    help="The deployment's folder; else DEALER360_WORKSPACE, else ./workspace.",
)
@click.pass_context
def cli(ctx: click.Context, workspace: Path | None) -> None:
    """Dealer360: dealers' files in, one profile per customer out.

    Exit codes: 0 done; 1 done, but something was refused (and was said); 2 wrong use; 3 failed, nothing changed.
    """
    ctx.obj = find_workspace(workspace)
