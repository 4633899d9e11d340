"""Who types a command that is written down: decisions, approvals, reasons."""

from __future__ import annotations

import getpass
import os

import click


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id that no list of users names, as in a container
        return f"user {os.getuid()}"


by_option = click.option("--by", default=_user, show_default="the user of this computer", help="Who decides.")
