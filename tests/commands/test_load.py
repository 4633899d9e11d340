"""The commands around loading: exit codes, JSON, and what people read."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from commands.main import cli
from tests.ingestion.deliveries import deliver, deliver_sales, sale, write_dealer, write_group, write_sales_dealer
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
    assert (result.exit_code, "1 read, 1 new" in result.output) == (0, True)
    again = run(workspace, "load")
    assert (again.exit_code, "1 file(s) known already" in again.output) == (0, True)


def test_a_file_that_was_sent_again_is_named_with_the_batch_it_is_already(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])
    run(workspace, "load")
    deliver_sales(workspace, "20260301", [sale(1)], minute=5)
    result = run(workspace, "load")
    assert result.exit_code == 0
    assert "sales_20260301.csv │ skipped │ the same content again: loaded before as batch 20260301_" in result.output


def test_a_refused_file_ends_with_1_and_its_reason(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260301.csv", "id;customer\n1;x\n")
    result = run(workspace, "load")
    assert result.exit_code == 1
    assert "MissingColumns" in result.output


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
