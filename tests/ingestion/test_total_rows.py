"""A total row that nobody declared is a control sum, and no row of the table."""

from __future__ import annotations

import pytest

from ingestion.load import load
from ingestion.outcomes import FileOutcome
from ingestion.total_rows import SUBTOTALS
from tests.ingestion.deliveries import SALES_HEADER, current_sales, deliver, deliver_sales, query, sale
from warehouse.settings import Workspace

pytestmark = pytest.mark.usefixtures("sales_dealer")

ROWS = [sale(1, price=100), sale(2, price="200.50")]


@pytest.mark.parametrize(
    "total", ["Итого;;;;;300.50", "Всего: 2 шт.;;;;;300.50", ";;Total;;;300.5", "ИТОГО;;;;;", "Genel Toplam;;2;;;"]
)
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


@pytest.mark.parametrize(
    "row",
    [
        "3;;Total Oil LLC;;;5",  # with a key
        "Total Oil LLC;;;+79161234567;;",  # with a phone
        ";;Total Oil LLC;;;",  # with nothing that is summed
    ],
)
def test_a_row_that_says_anything_but_sums_is_no_total_and_no_subtotal(workspace: Workspace, row: str) -> None:
    deliver_sales(workspace, "20260301", [*ROWS, row, "Причина: отчёт;;;;;"])
    deliver_sales(workspace, "20260302", [*ROWS, row, "Всего;;;;;"], minute=1)
    last, above_a_total = load(workspace)
    assert (last.counts["rows_read"], above_a_total.counts["rows_read"]) == (4, 3)
    readings = query(workspace, "select reading from ops.batches order by delivered_on")
    assert "total_row" not in readings[0]["reading"]
    assert readings[1]["reading"]["total_row"] == 5


def test_a_total_row_may_count_in_columns_that_nobody_mapped(workspace: Workspace) -> None:
    lines = [f"{SALES_HEADER};pieces;note", f"{ROWS[0]};1;gift", f"{ROWS[1]};1;", "Итого;;;;;300.50;2 000;"]
    deliver(workspace, "d01/sales_20260301.csv", "\n".join(lines) + "\n")
    (outcome,) = load(workspace)
    assert (outcome.status, outcome.counts["rows_read"]) == ("loaded", 2)


def test_a_total_without_cents_is_a_sum(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1, price="1.500,-"), sale(2, price="250,-"), "Итого;;;;;1.750,-"])
    (outcome,) = load(workspace)
    assert (outcome.status, outcome.counts["rows_read"]) == ("loaded", 2)
    assert current_sales(workspace) == {"1": "1500.00", "2": "250.00"}


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
    assert outcome.notes == ("2 notes below the total row left out",)


def test_a_whole_row_below_it_is_a_row(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1, price=100), "Итого;;;;;300.50", sale(2, price="200.50")])
    load(workspace)
    assert set(current_sales(workspace)) == {"1", "2"}


def test_subtotals_are_no_rows_and_told_and_the_last_total_is_of_all_rows(workspace: Workspace) -> None:
    part = ["Итого по LADA;;;;;300.50", sale(3, price=7)]
    deliver_sales(workspace, "20260301", [*ROWS, *part, "Всего;;;;;307.50"])
    deliver_sales(workspace, "20260302", [*ROWS[:1], *part, "Итого по Haval;;;;;7"], minute=1)  # its second row is lost
    loaded, refused = load(workspace)
    assert (loaded.status, loaded.notes) == ("loaded", ("1 rows of subtotals left out",))
    assert set(current_sales(workspace)) == {"1", "2", "3"}
    assert (refused.status, refused.message.split(":")[0]) == ("refused", "control_total_differs")
    assert "of the last part alone" in " ".join(str(refused.error).split())


SECTIONS = [*ROWS, "Итого по LADA;;;;;300.50", sale(3, price=7), sale(4, price=1), "Итого по Haval;;;;;8"]


def loaded_in_sections(workspace: Workspace, *lines: str) -> FileOutcome:
    deliver_sales(workspace, "20260301", lines)
    (outcome,) = load(workspace)
    return outcome


ADDING_UP = {
    "one after the other": [*SECTIONS, "Всего;;;;;308.50"],
    "one in another": [*SECTIONS, "Итого Москва;;;;;308,50", sale(5, price=2), "Всего;;;;;310.50"],
    "running on": [*SECTIONS[:5], "Итого Haval;;;;;308.50", "Всего;;;;;308.50"],
    "one without rows": ["Итого GAZ;;;;;0", *SECTIONS, "Всего;;;;;308.50"],
    "none of all rows": [*SECTIONS, "Всего;;;;;"],
    "averages": [*ROWS, "Итого;;;;;150.25", sale(3, price=8), sale(4, price=8), "Итого;;;;;8", "Всего;;;;;316.50"],
}


def test_sections_that_add_up_are_told_by_their_number_alone(workspace: Workspace) -> None:
    for day, lines in enumerate(ADDING_UP.values(), start=1):
        deliver_sales(workspace, f"202603{day:02}", lines, minute=day)
    for which, outcome in zip(ADDING_UP, load(workspace), strict=True):
        assert outcome.status == "loaded", (which, outcome.error)
        assert [note.partition(" ")[2] for note in outcome.notes] == [SUBTOTALS], which


def test_sections_without_a_total_of_all_rows_are_loaded_and_told(workspace: Workspace) -> None:
    outcome = loaded_in_sections(workspace, *SECTIONS)
    assert (outcome.status, outcome.counts["rows_read"]) == ("loaded", 4)
    assert "the last total is that of its section alone (price_amount), and none is of all rows" in outcome.notes


@pytest.mark.parametrize("total", ["(1 200,00)", "\N{MINUS SIGN}1200,00", "1.200,00-", "-1 200 RUB"])
def test_totals_below_nothing_are_totals_however_they_are_written(workspace: Workspace, total: str) -> None:
    lines = [sale(1, price="-1 200,00"), f"Итого по LADA;;;;;{total}", sale(2, price="0,00"), f"Всего;;;;;{total}"]
    outcome = loaded_in_sections(workspace, *lines)
    assert (outcome.status, outcome.counts["rows_read"]) == ("loaded", 2)
    assert [note.partition(" ")[2] for note in outcome.notes] == [SUBTOTALS]
    refused = [sale(1, price="-11 200,00"), *lines[1:]]
    assert loaded_in_sections(workspace, *refused).status == "refused"


def test_a_section_that_does_not_add_up_is_told_although_the_whole_does(workspace: Workspace) -> None:
    moved = [ROWS[0], "Итого по LADA;;;;;300.50", ROWS[1], *SECTIONS[3:]]
    outcome = loaded_in_sections(workspace, *moved, "Всего;;;;;308.50")
    assert outcome.status == "loaded"
    assert outcome.notes[0] == (
        "a section does not add up although the whole does: price_amount sums to 100.00 over rows 2-2, where "
        "«Итого по LADA» in row 3 says 300.50; price_amount sums to 208.50 over rows 4-6, where «Итого по Haval» "
        "in row 7 says 8"
    )
    (check,) = query(workspace, "select unexpected_count from ops.checks where rule_code = 'section_total_differs'")
    assert check["unexpected_count"] == 2


def test_a_whole_that_does_not_add_up_is_refused_with_the_section_to_look_at(workspace: Workspace) -> None:
    lost = [line for line in SECTIONS if not line.startswith("3;")]
    outcome = loaded_in_sections(workspace, *lost, "Всего;;;;;308.50")
    assert (outcome.status, outcome.message.split(":")[0]) == ("refused", "control_total_differs")
    told = " ".join(str(outcome.error).split())
    assert "price_amount sums to 301.50 over the rows; price_amount sums to 1.00 over rows 5-5" in told
    assert "where «Итого по Haval» in row 6 says 8" in told


def test_a_section_is_refused_where_nothing_says_the_sum_of_the_whole(workspace: Workspace) -> None:
    lost = [line for line in SECTIONS if not line.startswith("3;")]
    outcome = loaded_in_sections(workspace, *lost, "Всего: 3;;;;;")
    assert (outcome.status, outcome.message.split(":")[0]) == ("refused", "control_total_differs")
    assert "price_amount sums to 1.00 over rows 5-5" in " ".join(str(outcome.error).split())


def test_subtotals_may_stand_in_another_column_than_the_total(workspace: Workspace) -> None:
    lines = [*ROWS, ";;Итого по LADA;;;300.50", sale(3, price=7), "Всего;;;;;307.50"]
    outcome = loaded_in_sections(workspace, *lines)
    assert (outcome.status, outcome.counts["rows_read"], outcome.counts["rows_quarantined"]) == ("loaded", 3, 0)
