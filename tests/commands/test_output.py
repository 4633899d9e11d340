import json
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from commands.output import print_json, print_table, print_text, progress


def test_json_holds_letters_dates_and_amounts_as_they_are(capsys):
    at = datetime(2026, 3, 5, tzinfo=UTC)
    print_json({"name": "Ёлкина", "on": at.date(), "at": at, "sum": Decimal("1.50")})
    assert json.loads(capsys.readouterr().out) == {
        "name": "Ёлкина",
        "on": "2026-03-05",
        "at": "2026-03-05T00:00:00+00:00",
        "sum": "1.50",
    }


def test_what_has_no_place_in_json_is_refused(capsys):
    with pytest.raises(TypeError, match="object"):
        print_json(object())
    print_json(Path("a/b"))
    assert capsys.readouterr().out == '"a/b"\n'


def test_a_table_that_no_terminal_shows_cuts_nothing_off(capsys):
    print_table("Batches", ["file", "rows"], [["landing/" + "x" * 300 + ".csv", None]])
    assert "x" * 300 in capsys.readouterr().out


def test_text_in_a_table_is_not_taken_for_markup(capsys):
    print_table("[bold]", ["a"], [["[red]7[/red]"], ["[/]"]])
    shown = capsys.readouterr().out
    assert "[red]7[/red]" in shown
    assert "[/]" in shown


def test_a_text_is_broken_under_its_own_text_and_never_within_what_is_copied(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    print_text(
        "Held: d01\n  do:       If it is right, `dealer360 batches approve 20260302_4e0905f7 --reason '…'`; else ask.",
        err=True,
    )
    assert capsys.readouterr().err.splitlines() == [
        "Held: d01",
        "  do:       If it is right,",
        "            `dealer360 batches approve 20260302_4e0905f7 --reason '…'`;",
        "            else ask.",
    ]
    print_text("  warn       columns_unknown: columns that the YAML does not name are kept")
    assert capsys.readouterr().out.splitlines() == [
        "  warn       columns_unknown: columns that the YAML does not",
        "             name are kept",
    ]


def test_without_a_terminal_there_is_no_progress_display(capsys):
    with progress("Loading") as show:
        show("sales.csv", 1, 2)
    assert capsys.readouterr().err == ""


def test_what_would_steer_a_terminal_is_shown_and_not_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    print_text("found: \x1b[2Jа\u202eб\x07")
    assert capsys.readouterr().out == "found: �[2Jа�б�\n"
