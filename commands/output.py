"""How commands show what they found: JSON for programs, tables and progress for people."""

from __future__ import annotations

import json
import re
import shutil
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_UNLIMITED = 10_000
_WIDTH_OF_A_FILE = 100
_WIDEST = 120
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_BEFORE_TEXT = re.compile(r" {2}\S+ +| *")  # a label behind two spaces, or nothing but spaces

Decorated = TypeVar("Decorated", bound=Callable[..., Any])


def json_option(command: Decorated) -> Decorated:
    """Give a command the flag `--json`, passed to it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")(command)


def print_json(data: object) -> None:
    """Write `data` to stdout as one indented JSON document; dates are ISO, decimals and paths are text."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2, default=_as_text))


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Write a table to stdout, as wide as the terminal, or as wide as it needs when stdout is not one."""
    table = Table(title=Text(title), title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(Text(column))
    for row in rows:
        table.add_row(*(Text("" if cell is None else printable(str(cell))) for cell in row))
    console = Console() if Console().is_terminal else Console(width=_UNLIMITED)
    console.print(table)


def printable(text: str) -> str:
    """The text as a terminal may be given it: what would move its cursor or turn its writing is shown as �."""
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)


def print_text(text: str, *, err: bool = False) -> None:
    """Write a text, broken at spaces to the width of the terminal (100 where there is none); to stderr with `err`.

    A line goes on under the text that it began with, behind its label. What stands in backticks is not broken: people
    copy it.
    """
    width = min(shutil.get_terminal_size((_WIDTH_OF_A_FILE, 24)).columns, _WIDEST)
    for line in printable(text).splitlines():
        indent = len(line) - len(_BEFORE_TEXT.sub("", line, count=1))
        held = re.sub(r"`[^`]*`", lambda copied: copied[0].replace(" ", "\0"), line[indent:])
        broken = textwrap.wrap(
            held,
            width,
            initial_indent=line[:indent],
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        click.echo("\n".join(broken).replace("\0", " "), err=err)


@contextmanager
def progress(title: str) -> Iterator[Callable[[str, int, int], None]]:
    """While the block runs, show how far it is on stderr, when that is a terminal.

    Yields a function to call with (what is being done, how many are done, of how many; 0 when not known).
    """
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(title, total=None)

        def show(doing: str, done: int, total: int) -> None:
            bar.update(task, description=f"{title}: {doing}", completed=done, total=total or None)

        yield show


def _as_text(value: object) -> str:
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, Decimal | Path):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON")
