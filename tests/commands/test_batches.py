"""`dealer360 batches` as it is typed: one batch in full, and a held one approved."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner, Result

from commands.main import cli
from tests.ingestion.deliveries import deliver_sales, sale, write_group, write_sales_dealer
from warehouse.settings import Workspace


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """A workspace of one dealer, whose second file is held for being short."""
    write_group(workspace)
    write_sales_dealer(workspace)
    deliver_sales(workspace, "20260301", [sale(n) for n in range(20)])
    run(workspace, "load")
    deliver_sales(workspace, "20260302", [sale(n) for n in range(3)], minute=1)
    run(workspace, "load")
    return workspace


def run(workspace: Workspace, *arguments: str) -> Result:
    return CliRunner().invoke(cli, ["--workspace", str(workspace.root), *arguments])


def test_a_held_batch_is_told_in_full_and_approved_with_a_name_and_a_reason(workspace: Workspace) -> None:
    (held,) = json.loads(run(workspace, "batches", "--status", "held", "--json").stdout)
    listed = run(workspace, "batches").output
    assert f"dealer360 batches show {held['batch_id']}" in listed
    assert f"{held['batch_id']}  held     d01/sales_20260302.csv of 2026-03-02: far_fewer_rows\n" in listed
    assert "  loaded   d01/sales_20260301.csv of 2026-03-01: 20 read, 20 new\n" in listed
    told = run(workspace, "batches", "show", held["batch_id"]).output
    assert "far_fewer_rows" in told
    assert "found      delimiter: ';'" in told
    assert f"dealer360 batches approve {held['batch_id']}" in told
    assert run(workspace, "batches", "approve", held["batch_id"]).exit_code == 2
    approved = run(
        workspace, "batches", "approve", held["batch_id"], "--reason", "a branch closed", "--by", "anna", "--json"
    )
    assert approved.exit_code == 0, approved.output
    loaded = json.loads(approved.stdout)["batch_id"]
    shown = run(workspace, "batches", "show", loaded)
    assert "approved   by anna" in shown.output
    assert "a branch closed" in " ".join(shown.output.split())
    assert (
        json.loads(run(workspace, "batches", "show", loaded, "--json").stdout)["approvals"][0]["approved_by"] == "anna"
    )
    assert "held: `dealer360" not in run(workspace, "batches").output
    assert run(workspace, "batches", "approve", held["batch_id"], "--reason", "again").exit_code == 3


def test_a_batch_that_is_not_there_is_wrong_use(workspace: Workspace) -> None:
    assert run(workspace, "batches", "show", "no_such").exit_code == 2


def test_a_held_batch_that_a_good_file_of_its_day_followed_waits_for_nobody(workspace: Workspace) -> None:
    assert "1 held: `dealer360 batches show" in run(workspace, "batches").output
    deliver_sales(workspace, "20260302", [sale(n) for n in range(19)], minute=3, suffix="_corrected")
    run(workspace, "load")
    assert "held: `dealer360" not in run(workspace, "batches").output


def test_a_held_delta_waits_although_the_next_part_of_its_day_is_loaded(workspace: Workspace) -> None:
    write_sales_dealer(workspace, "d02", delivery="delta")
    deliver_sales(workspace, "20260301", [sale(n) for n in range(20)], dealer="d02")
    run(workspace, "load", "--dealer", "d02")
    deliver_sales(workspace, "20260302", [sale(f"A-{n}") for n in range(20)], dealer="d02", minute=1)
    run(workspace, "load", "--dealer", "d02")
    deliver_sales(workspace, "20260302", [sale(21)], dealer="d02", minute=2, suffix="_part_2")
    run(workspace, "load", "--dealer", "d02")
    listed = run(workspace, "batches", "--dealer", "d02")
    (held,) = json.loads(run(workspace, "batches", "--dealer", "d02", "--status", "held", "--json").stdout)
    assert f"1 held: `dealer360 batches show {held['batch_id']}" in listed.output
    assert run(workspace, "batches", "approve", held["batch_id"], "--reason", "numbered anew").exit_code == 0
    assert "held: `dealer360" not in run(workspace, "batches", "--dealer", "d02").output


def test_a_held_batch_is_not_replayed(workspace: Workspace) -> None:
    (held,) = json.loads(run(workspace, "batches", "--status", "held", "--json").stdout)
    told = run(workspace, "replay", held["batch_id"])
    assert (told.exit_code, f"dealer360 batches approve {held['batch_id']}" in told.stderr) == (3, True)
