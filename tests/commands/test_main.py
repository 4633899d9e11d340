import os
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

import commands.main
from commands.main import COMMANDS, cli
from warehouse.errors import Dealer360Error


def _every_command() -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []

    def walk(command: click.Command, path: tuple[str, ...]) -> None:
        found.append(path)
        if isinstance(command, click.Group):
            context = click.Context(command)
            for name in command.list_commands(context):
                child = command.get_command(context, name)
                assert child is not None
                walk(child, (*path, name))

    walk(cli, ())
    return found


@pytest.mark.parametrize("path", _every_command(), ids=" ".join)
def test_every_command_explains_itself_with_an_example(path):
    said = CliRunner().invoke(cli, [*path, "--help"])
    assert said.exit_code == 0
    example = said.output.split("Example:")[1].split()
    assert {"dealer360", *path} <= {word.strip('"$()') for word in example}


@pytest.fixture
def command_that(monkeypatch):
    """A command of this test's own, `dealer360 probe`, that does what it is given."""

    def make(behaviour):
        probe = click.Command("probe", callback=behaviour)
        monkeypatch.setattr(commands.main, "probe", probe, raising=False)
        monkeypatch.setitem(COMMANDS, "probe", "commands.main:probe")

    return make


def _fail(error: BaseException) -> None:
    raise error


def test_an_error_of_ours_is_told_in_four_lines_and_ends_in_3(command_that):
    command_that(lambda: _fail(Dealer360Error("here", found="a", expected="b", do="c. Nothing was lost.")))
    said = CliRunner().invoke(cli, ["probe"])
    assert said.exit_code == 3
    assert said.stderr.splitlines() == [
        "Dealer360Error: here",
        "  found:    a",
        "  expected: b",
        "  do:       c. Nothing was lost.",
    ]
    assert said.stdout == ""


def test_an_error_nobody_thought_of_ends_in_3_with_its_trace(command_that):
    command_that(lambda: _fail(ZeroDivisionError("by surprise")))
    said = CliRunner().invoke(cli, ["probe"])
    assert said.exit_code == 3
    assert "Traceback" in said.stderr
    assert "by surprise" in said.stderr


def test_a_connection_that_broke_is_told_where_output_is_no_file(command_that):
    command_that(lambda: _fail(BrokenPipeError("by surprise")))
    said = CliRunner().invoke(cli, ["probe"])
    assert (said.exit_code, "by surprise" in said.stderr) == (3, True)


@pytest.mark.parametrize(("reader_stays", "told"), [(True, "by surprise"), (False, "")])
def test_only_a_reader_who_has_read_enough_ends_a_command_quietly(reader_stays, told):
    probe = (
        "import errno, click, commands.main as main\n"
        "def probe():\n"
        "    click.echo('a line')\n"
        "    raise BrokenPipeError(errno.EPIPE, 'by surprise')\n"
        "main.probe = click.Command('probe', callback=probe)\n"
        "main.COMMANDS['probe'] = 'commands.main:probe'\n"
        "main.cli(['probe'])"
    )
    reading, writing = os.pipe()
    if not reader_stays:
        os.close(reading)
    said = subprocess.run([sys.executable, "-c", probe], stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    assert (said.returncode, told in said.stderr, bool(said.stderr)) == (3 if reader_stays else 1, True, reader_stays)


def test_an_interruption_ends_in_3(command_that):
    command_that(lambda: _fail(KeyboardInterrupt()))
    said = CliRunner().invoke(cli, ["probe"])
    assert said.exit_code == 3
    assert "Traceback" not in said.stderr


def test_a_command_chooses_its_own_exit_code(command_that):
    command_that(lambda: click.get_current_context().exit(1))
    assert CliRunner().invoke(cli, ["probe"]).exit_code == 1


@pytest.mark.parametrize(
    "words", [["no-such-command"], ["db", "start", "--no-such-option"], ["db", "url", "--role", "x"], []]
)
def test_wrong_use_ends_in_2(words):
    assert CliRunner().invoke(cli, words).exit_code == 2


def test_the_workspace_stands_before_the_command(command_that, tmp_path):
    command_that(lambda: click.echo(click.get_current_context().obj.root))
    assert CliRunner().invoke(cli, ["--workspace", str(tmp_path / "mine"), "probe"]).output.strip() == str(
        tmp_path / "mine"
    )
