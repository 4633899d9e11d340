"""A total row that nobody declared is a control sum, and no row of the table."""

from __future__ import annotations

import pytest

from ingestion.load import load
from tests.ingestion.deliveries import current_sales, deliver_sales, query, sale
from warehouse.settings import Workspace

pytestmark = pytest.mark.usefixtures("sales_dealer")

ROWS = [sale(1, price=100), sale(2, price="200.50")]


@pytest.mark.parametrize("total", ["Итого;;;;;300.50", "Всего: 2 шт.;;;;;300.50", ";;Total;;;300.5", "ИТОГО;;;;;"])
def test_a_row_that_says_total_is_left_out_and_told(workspace: Workspace, total: str) -> None:
    deliver_sales(workspace, "20260301", [*ROWS, total])
    (outcome,) = load(workspace)
    assert (outcome.status, outcome.counts["rows_read"], outcome.counts["rows_quarantined"]) == ("loaded", 2, 0)
    (batch,) = query(workspace, "select reading from ops.batches")
    assert batch["reading"]["total_row"] == 4


def test_rows_that_do_not_add_up_to_it_refuse_the_file(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [*ROWS, "Итого;;;;;900"])
    (outcome,) = load(workspace)
    assert outcome.status == "refused"
    assert outcome.error is not None
    assert "ControlTotalDiffers" in outcome.error
    assert 'total_row: {column: "id", equals: "Итого"}' in outcome.error


def test_a_row_of_somebody_whose_name_says_total_is_a_row(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [*ROWS, "Total-7;2026-03-01;Total;+79160000003;LADA;5"])
    load(workspace)
    assert set(current_sales(workspace)) == {"1", "2", "Total-7"}


@pytest.mark.parametrize("is_named", [True, False])
def test_notes_below_it_are_no_rows(workspace: Workspace, is_named: bool) -> None:
    if is_named:
        yaml = workspace.dealers_dir / "d01.yml"
        form = "format: {total_row: {column: id, equals: Итого, sums: {price_amount: price}}}\n    columns:"
        yaml.write_text(yaml.read_text("utf-8").replace("columns:", form), "utf-8")
    below = ["Ответственный: Сидорова;;;;;", ";;;;;", "Отчёт от 01.03.2026"]
    deliver_sales(workspace, "20260301", [*ROWS, "Итого;;;;;300.50", *below])
    (outcome,) = load(workspace)
    assert (outcome.status, outcome.counts["rows_read"], outcome.counts["rows_quarantined"]) == ("loaded", 2, 0)
    (batch,) = query(workspace, "select reading from ops.batches")
    assert batch["reading"]["repairs"]["notes below the total row left out"] == 2


def test_a_whole_row_below_it_is_a_row(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1, price=100), "Итого;;;;;300.50", sale(2, price="200.50")])
    load(workspace)
    assert set(current_sales(workspace)) == {"1", "2"}


def test_subtotals_are_no_rows_and_the_last_total_may_be_of_the_rows_behind_the_last_of_them(
    workspace: Workspace,
) -> None:
    part = ["Итого по LADA;;;;;300.50", sale(3, price=7)]
    deliver_sales(workspace, "20260301", [*ROWS, *part, "Всего;;;;;307.50"])
    deliver_sales(workspace, "20260302", [*ROWS, *part, "Итого по Haval;;;;;7"], minute=1)
    deliver_sales(workspace, "20260303", [*ROWS, *part, "Итого по Haval;;;;;8"], minute=2)
    assert [outcome.status for outcome in load(workspace)] == ["loaded", "loaded", "refused"]
    assert set(current_sales(workspace)) == {"1", "2", "3"}
    readings = query(workspace, "select reading from ops.batches where status = 'loaded'")
    assert [batch["reading"]["repairs"]["rows of subtotals left out"] for batch in readings] == [1, 1]
