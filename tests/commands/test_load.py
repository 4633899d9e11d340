"""The commands around loading: exit codes, JSON, and what people read."""

from __future__ import annotations

import json
from datetime import date

import pytest
from click.testing import CliRunner, Result

import commands.build
from commands.main import cli
from tests.ingestion.deliveries import (
    SALES_HEADER,
    deliver,
    deliver_sales,
    sale,
    write_dealer,
    write_group,
    write_sales_dealer,
)
from tests.ingestion.sinks import web_sink
from warehouse.build import BuildOutcome
from warehouse.settings import Workspace


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """A workspace of one dealer that sends the whole of its sales each day."""
    write_group(workspace)
    write_sales_dealer(workspace)
    return workspace


def run(workspace: Workspace, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(workspace.root), *arguments])


def test_loading_ends_with_0_and_tells_what_became_of_each_file(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])
    result = run(workspace, "load")
    assert (result.exit_code, "1 read, 1 new" in result.output, "quarantine" in result.output) == (0, True, False)
    again = run(workspace, "load")
    assert (again.exit_code, "1 file(s) known already" in again.output) == (0, True)


def test_a_file_that_was_sent_again_is_named_with_the_batch_it_is_already(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])
    run(workspace, "load")
    deliver_sales(workspace, "20260301", [sale(1)], minute=5)
    result = run(workspace, "load")
    assert result.exit_code == 0
    told = "skipped  d01  d01/sales_20260301.csv: the same content again: loaded before as batch 20260301_"
    assert result.output.startswith(told)


def test_a_refused_file_ends_with_1_and_its_reason(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260301.csv", "id;customer\n1;x\n")
    result = run(workspace, "load")
    assert result.exit_code == 1
    assert result.stdout == "refused  d01  d01/sales_20260301.csv: missing_columns\n"
    assert "MissingColumns: d01 / dms.sales / d01/sales_20260301.csv\n  found:    id, customer\n" in result.stderr


def test_a_refused_file_says_how_it_is_read_again_and_is_then(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260301.csv", "id;customer\n1;x\n")
    run(workspace, "load")
    assert "It was not read again" in run(workspace, "load").stderr
    assert "It was not read again" not in run(workspace, "load", "--retry-refused").stderr
    assert len(json.loads(run(workspace, "batches", "--status", "refused", "--json").stdout)) == 2


def test_rows_that_wait_are_told_with_where_to_look(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(n) for n in range(9)] + [sale(9, sold="soon")])
    told = "1 row(s) wait in quarantine: `dealer360 quarantine list` says which, and why."
    assert told not in run(workspace, "load", "--dry-run").output
    assert told in run(workspace, "load").output


def test_what_is_wrong_with_several_files_alike_is_told_once_and_each_has_its_own_batch(workspace: Workspace) -> None:
    for day in (1, 2):
        deliver(workspace, f"d01/sales_2026030{day}.csv", "id;customer\n1;x\n", minute=day)
        deliver(workspace, f"d01/sales_2026023{day}.csv", f"{SALES_HEADER}\n{sale(day)}\n", minute=day)
    told = run(workspace, "load").stderr
    assert told.count("  found:    id, customer\n") == 1
    where = "  where:    d01/sales_20260301.csv\n            d01/sales_20260302.csv\n"
    assert f"\nMissingColumns: 2 alike\n{where}  found:" in told
    (first, second) = json.loads(run(workspace, "batches", "--status", "held", "--json").stdout)
    for batch in (first, second):
        assert f"{batch['source_file']} (BATCH {batch['batch_id']})\n" in told
    assert "`dealer360 batches approve BATCH --reason '…'`" in told


def test_whoever_refuses_a_file_says_in_the_same_words_where(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260301.csv", "")
    deliver(workspace, "d01/sales_20260302.csv", f'{SALES_HEADER}\n1;2026-03-01;"Иван\n', minute=1)
    deliver(workspace, "d01/sales_20260303.csv", "id;customer\n1;x\n", minute=2)
    told = run(workspace, "load").stderr
    for kind, day, further in (
        ("EmptyFile", 1, ""),
        ("UnclosedQuote", 2, ", row 2, line 2"),
        ("MissingColumns", 3, ""),
    ):
        assert f"{kind}: d01 / dms.sales / d01/sales_2026030{day}.csv{further}\n" in told


def test_outcomes_batches_and_quarantine_come_as_json(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2, sold="soon")])
    (outcome,) = json.loads(run(workspace, "load", "--json").stdout)
    assert outcome["counts"]["rows_quarantined"] == 1
    (batch,) = json.loads(run(workspace, "batches", "--json").stdout)
    assert (batch["batch_id"], batch["rows_new"]) == (outcome["batch_id"], 1)
    (group,) = json.loads(run(workspace, "quarantine", "list", "--json").stdout)
    assert (group["column_name"], group["row_count"]) == ("sold_at", 1)
    (row,) = json.loads(run(workspace, "quarantine", "show", batch["batch_id"], "--json").stdout)
    assert (row["source_row"], row["findings"][0]["value"]) == (3, "soon")


def test_lists_of_quarantine_show_no_values_and_a_row_shows_them(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2, sold="soon")])
    run(workspace, "load")
    (batch,) = json.loads(run(workspace, "batches", "--json").stdout)
    assert "soon" not in run(workspace, "quarantine", "list").output
    assert "soon" in run(workspace, "quarantine", "show", batch["batch_id"]).output
    assert run(workspace, "quarantine", "show", "no_such_batch").exit_code == 2


def test_validate_tells_every_mistake_and_touches_no_data(workspace: Workspace) -> None:
    assert run(workspace, "validate").exit_code == 0
    write_dealer(workspace, "dealer_code: d02\nnam: x\nfeeds: [{}]\n", "d02")
    result = run(workspace, "validate", "--json")
    assert result.exit_code == 1
    assert len(json.loads(result.stdout)["problems"]) == 3


def test_a_dry_run_in_a_new_workspace_tells_which_rules_rows_break_and_knows_the_groups_currency(
    workspace: Workspace,
) -> None:
    file = workspace.dealers_dir / "d01.yml"
    file.write_text(file.read_text(encoding="utf-8") + "    constants: {currency: RUB}\n", encoding="utf-8")
    deliver_sales(workspace, "20260301", [sale(1), sale(2, sold="soon"), sale(3)])
    (outcome,) = json.loads(run(workspace, "load", "--dry-run", "--json").stdout)
    assert outcome["counts"] == {"rows_read": 3, "rows_quarantined": 1}
    (broken,) = [rule for rule in outcome["broken_rules"] if rule["action"] == "quarantine"]
    assert (broken["rule"], broken["column"], broken["row_count"]) == ("cell_unreadable", "sold_at", 1)
    told = run(workspace, "load", "--dry-run").output
    assert "quarantine 1 row(s) by cell_unreadable (sold_at): The cell for sold_at cannot be read" in told


def test_what_was_discarded_comes_as_json(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1), sale(2, sold="soon")])
    run(workspace, "load")
    (batch,) = json.loads(run(workspace, "batches", "--json").stdout)
    discard = ("quarantine", "discard", batch["batch_id"], "--reason", "a test", "--json")
    discarded = json.loads(run(workspace, *discard).stdout)
    assert discarded == {"batch_id": batch["batch_id"], "rows_discarded": 1}


def test_a_dealer_or_a_source_that_no_yaml_has_is_wrong_use(workspace: Workspace) -> None:
    for choice in (("--dealer", "d07"), ("--source", "web"), ("--dealer", "d01", "--entity", "salse")):
        result = run(workspace, "load", *choice)
        assert result.exit_code == 2
        assert "they have: d01/dms/sales." in " ".join(result.output.split())
    assert run(workspace, "load", "--dealer", "d01", "--source", "dms").exit_code == 0


@pytest.mark.parametrize("command", ["load", "build", "run"])
def test_a_command_that_fails_tells_the_people_that_group_yml_names(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("DEALER360_DATABASE_URL", "postgresql://nobody@127.0.0.1:1/none?connect_timeout=2")
    with web_sink() as (url, taken):
        with workspace.group_file.open("a", encoding="utf-8") as stream:
            stream.write(f"alerts: {{webhook: '{url}'}}\n")
        result = run(workspace, command)
    assert result.exit_code == 3
    (alert,) = taken
    assert alert["subject"].startswith(f"failed dealer360 {command}: ServerUnreachable")
    assert "nothing was changed" in alert["text"]


def test_refused_files_are_told_although_the_build_after_them_fails(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object, **_named: object) -> None:
        raise RuntimeError("the cell of a customer")

    monkeypatch.setattr(commands.build, "build_marts", broken)
    deliver(workspace, "d01/sales_20260301.csv", "id;customer\n1;x\n")
    with web_sink() as (url, taken):
        with workspace.group_file.open("a", encoding="utf-8") as stream:
            stream.write(f"alerts: {{webhook: '{url}'}}\n")
        assert run(workspace, "run").exit_code == 3
    told = [alert["subject"].split(":")[0] for alert in taken]
    assert told == ["refused d01/sales_20260301.csv", "failed dealer360 run"]
    assert "customer" not in taken[1]["text"]


def test_a_dry_run_tells_nobody(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    refused = BuildOutcome("refused", 7, 1, date(2026, 3, 1), "")
    monkeypatch.setattr(commands.build, "build_marts", lambda *_, **__: refused)
    deliver(workspace, "d01/sales_20260301.csv", "id;customer\n1;x\n")
    with web_sink() as (url, taken):
        with workspace.group_file.open("a", encoding="utf-8") as stream:
            stream.write(f"alerts: {{webhook: '{url}'}}\n")
        for command in ("build", "load"):
            assert run(workspace, command, "--dry-run").exit_code == 1
        assert taken == []
        assert run(workspace, "build").exit_code == 1
    assert taken[0]["subject"].startswith("held build 7")


def test_a_run_whose_files_all_failed_ends_as_a_load_does(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    nothing_new = BuildOutcome("nothing new", 7, 1, date(2026, 3, 1), "")
    monkeypatch.setattr(commands.build, "build_marts", lambda *_, **__: nothing_new)
    deliver_sales(workspace, "20260301", [sale(1)])
    workspace.archive_dir.write_text("no folder")
    assert [run(workspace, command).exit_code for command in ("load", "run")] == [3, 3]
