"""`dealer360 quarantine` as it is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from commands.main import cli
from tests.ingestion.deliveries import deliver_sales, sale, write_group, write_sales_dealer
from warehouse.settings import Workspace


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """A workspace of one dealer, with two rows in quarantine."""
    write_group(workspace)
    write_sales_dealer(workspace, delivery="delta")
    deliver_sales(workspace, "20260301", [sale(1), sale(2, price="soon"), sale(3, price=-5)])
    run(workspace, "load")
    return workspace


def run(workspace: Workspace, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(workspace.root), *arguments])


def batch_of(workspace: Workspace) -> str:
    groups = json.loads(run(workspace, "quarantine", "list", "--dealer", "d01", "--json").stdout)
    assert {(group["dealer_code"], group["rule_code"]) for group in groups} == {
        ("d01", "cell_unreadable"),
        ("d01", "price_not_positive"),
    }
    return str(groups[0]["batch_id"])


def test_rows_are_shown_as_the_file_has_them_and_judged_anew_after_a_fix(workspace: Workspace) -> None:
    batch = batch_of(workspace)
    shown = run(workspace, "quarantine", "show", batch, "--row", "3").output
    assert "found «soon»" in shown
    columns = re.findall(r"^ {4}(\S+)", shown, re.MULTILINE)
    assert columns == ["id", "sold", "customer", "phone", "make", "price"]
    assert run(workspace, "quarantine", "release", batch).exit_code == 3
    file = workspace.dealers_dir / "d01.yml"
    file.write_text(file.read_text(encoding="utf-8") + "    values: {price_amount: {soon: 5}}\n", encoding="utf-8")
    released = run(workspace, "quarantine", "release", batch)
    assert (released.exit_code, "1 new" in released.output, "wait on" in released.output) == (1, True, True)
    assert "released by" in run(workspace, "quarantine", "show", batch, "--row", "3").output


def test_who_vouches_says_why(workspace: Workspace) -> None:
    batch = batch_of(workspace)
    assert run(workspace, "quarantine", "release", batch, "--row", "4", "--vouch").exit_code == 2
    vouched = ("quarantine", "release", batch, "--row", "4", "--vouch", "--reason", "a gift", "--by", "anna")
    assert run(workspace, *vouched).exit_code == 0
    assert "released by anna" in run(workspace, "quarantine", "show", batch, "--row", "4").output


def test_rows_are_discarded_only_with_a_reason(workspace: Workspace) -> None:
    batch = batch_of(workspace)
    assert run(workspace, "quarantine", "discard", batch).exit_code == 2
    assert "2 row(s) discarded" in run(workspace, "quarantine", "discard", batch, "--reason", "test rows").output
    again = run(workspace, "quarantine", "discard", batch, "--reason", "test rows")
    assert (again.exit_code, "no such row that waits" in again.output) == (2, True)
    assert "No row waits" in run(workspace, "quarantine", "list").output


def test_rows_go_out_to_be_corrected_and_come_back(workspace: Workspace, tmp_path: Path) -> None:
    (exported,) = json.loads(run(workspace, "quarantine", "export", "--to", str(tmp_path), "--json").stdout)
    assert exported["row_count"] == 2
    book = openpyxl.load_workbook(exported["file"])
    book.worksheets[0]["F2"].value = "700"
    book.worksheets[0]["F3"].value = "-1"
    book.save(exported["file"])
    result = run(workspace, "quarantine", "import", exported["file"], "--by", "anna")
    assert result.exit_code == 1
    assert "1 row(s) corrected and loaded, 1 still break a rule" in result.output


def test_a_dealer_is_listed_by_his_code_and_not_by_one_that_looks_like_it(workspace: Workspace) -> None:
    for dealer in ("d_1", "da1"):
        write_sales_dealer(workspace, dealer, delivery="delta")
        deliver_sales(workspace, "20260301", [sale(1, price=-5)], dealer=dealer)
    run(workspace, "load")
    listed = json.loads(run(workspace, "quarantine", "list", "--dealer", "d_1", "--json").stdout)
    assert [group["feed_id"].split("/")[0] for group in listed] == ["d_1"]
    exported = json.loads(run(workspace, "quarantine", "export", "--feed", "da1/dms", "--json").stdout)
    assert [file["feed_id"].split("/")[0] for file in exported] == ["da1"]
