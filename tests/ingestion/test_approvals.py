"""Files that were held or refused, and a person who answers for them."""

from __future__ import annotations

import re
from threading import Thread

import psycopg
import pytest

from ingestion.approvals import approve
from ingestion.errors import LaterDelivery, NotApprovable, UnknownBatch
from ingestion.load import load, replay
from tests.ingestion.deliveries import (
    SALES_HEADER,
    current_sales,
    deliver,
    deliver_sales,
    query,
    sale,
    starts_when_landed,
    write_dealer,
)
from warehouse.database import connect
from warehouse.settings import Workspace

pytestmark = pytest.mark.usefixtures("sales_dealer")


def load_one(workspace: Workspace, status: str) -> str:
    outcome = load(workspace)[-1]
    assert (outcome.status, outcome.batch_id is not None) == (status, True), outcome.error
    return str(outcome.batch_id)


def hold_a_short_file(workspace: Workspace) -> str:
    deliver_sales(workspace, "20260301", [sale(n) for n in range(20)])
    load(workspace)
    deliver_sales(workspace, "20260302", [sale(n) for n in range(3)], minute=1)
    return load_one(workspace, "held")


def test_a_held_file_is_loaded_and_who_approved_it_is_kept(workspace: Workspace) -> None:
    held = hold_a_short_file(workspace)
    outcome = approve(workspace, held, approved_by="anna", reason="they closed a branch")
    assert (outcome.status, outcome.counts["rows_absent"]) == ("loaded", 17)
    (kept,) = query(workspace, "select batch_id, approved_by, reason, reason_code from ops.batch_approvals")
    assert kept == {
        "batch_id": held,
        "approved_by": "anna",
        "reason": "they closed a branch",
        "reason_code": "far_fewer_rows",
    }
    (loaded,) = query(
        workspace, f"select reading -> 'approval' as approval from ops.batches where batch_id = '{outcome.batch_id}'"
    )
    assert (loaded["approval"]["by"], loaded["approval"]["batch"]) == ("anna", held)
    assert [known.status for known in load(workspace)] == ["skipped", "skipped"]


def test_exactly_the_file_that_was_held_is_loaded(workspace: Workspace) -> None:
    held = hold_a_short_file(workspace)
    deliver_sales(workspace, "20260302", [sale(n) for n in range(4)], minute=2)
    with pytest.raises(UnknownBatch, match="with the batch's content"):
        approve(workspace, held, approved_by="anna", reason="they closed a branch")
    assert query(workspace, "select from ops.batch_approvals") == []
    assert len(current_sales(workspace)) == 20


def test_an_approval_is_never_changed_or_deleted(workspace: Workspace) -> None:
    held = hold_a_short_file(workspace)
    approve(workspace, held, approved_by="anna", reason="they closed a branch")
    for statement in ("update ops.batch_approvals set approved_by = 'boris'", "delete from ops.batch_approvals"):
        with connect(workspace) as connection, pytest.raises(psycopg.errors.RaiseException, match="only added to"):
            connection.execute(statement.encode())


def test_a_file_of_many_bad_rows_is_loaded_without_them(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(n, price=-1 if n % 2 else 5) for n in range(1, 41)])
    refused = load_one(workspace, "refused")
    outcome = approve(workspace, refused, approved_by="anna", reason="the good half is wanted")
    assert (outcome.counts["rows_new"], outcome.counts["rows_quarantined"]) == (20, 20)


def test_a_file_whose_total_differs_is_loaded_when_somebody_knows_why(workspace: Workspace) -> None:
    file = workspace.dealers_dir / "d01.yml"
    total = "    format: {total_row: {column: id, equals: Итого, sums: {price_amount: price}}}\n"
    file.write_text(file.read_text(encoding="utf-8") + total, encoding="utf-8")
    rows = "\n".join((SALES_HEADER, sale(1, price=5), sale(2, price=6), "Итого;;;;;12"))
    deliver(workspace, "d01/sales_20260301.csv", rows)
    refused = load_one(workspace, "refused")
    assert approve(workspace, refused, approved_by="anna", reason="a rounding").counts["rows_new"] == 2


def test_a_file_that_cannot_be_read_is_not_approved(workspace: Workspace) -> None:
    deliver(workspace, "d01/sales_20260301.csv", "id;customer\n1;Иван\n")
    refused = load_one(workspace, "refused")
    with pytest.raises(NotApprovable, match="missing_columns"):
        approve(workspace, refused, approved_by="anna", reason="it is fine")
    assert query(workspace, "select from ops.batch_approvals") == []


def test_what_is_loaded_needs_no_approval(workspace: Workspace) -> None:
    deliver_sales(workspace, "20260301", [sale(1)])
    with pytest.raises(NotApprovable, match="loaded"):
        approve(workspace, load_one(workspace, "loaded"), approved_by="anna", reason="it is fine")


def test_a_file_is_approved_once(workspace: Workspace) -> None:
    held = hold_a_short_file(workspace)
    loaded = approve(workspace, held, approved_by="anna", reason="they closed a branch").batch_id
    with pytest.raises(NotApprovable, match=f"loaded already as batch {loaded}, approved by anna"):
        approve(workspace, held, approved_by="boris", reason="so do I")
    assert len(query(workspace, "select from ops.batch_approvals")) == 1


def test_of_two_approvals_at_once_one_loads_the_file(workspace: Workspace) -> None:
    held = hold_a_short_file(workspace)
    said: list[str] = []

    def approve_too() -> None:
        try:
            said.append(approve(workspace, held, approved_by="boris", reason="so do I").status)
        except NotApprovable as error:
            said.append(error.found)

    second = Thread(target=approve_too)

    first = approve(
        workspace,
        held,
        approved_by="anna",
        reason="they closed a branch",
        progress=starts_when_landed(workspace, second),
    )
    second.join()
    assert said == [f"its content, loaded already as batch {first.batch_id}, approved by anna"]
    assert query(workspace, "select approved_by from ops.batch_approvals") == [{"approved_by": "anna"}]


def test_an_approval_with_which_nothing_was_loaded_is_none(workspace: Workspace) -> None:
    held = hold_a_short_file(workspace)
    workspace.archive_dir.rename(workspace.root / "elsewhere")
    workspace.archive_dir.write_text("no folder")
    assert approve(workspace, held, approved_by="anna", reason="they closed a branch").status == "failed"
    assert query(workspace, "select from ops.batch_approvals") == []


def test_an_approval_without_a_reason_is_none(workspace: Workspace) -> None:
    held = hold_a_short_file(workspace)
    with pytest.raises(NotApprovable, match="no reason"):
        approve(workspace, held, approved_by="anna", reason="  ")


def test_a_held_file_that_a_later_one_of_its_day_overtook_is_not_approved(workspace: Workspace) -> None:
    held = hold_a_short_file(workspace)
    deliver_sales(workspace, "20260302", [sale(n) for n in range(19)], minute=3, suffix="_corrected")
    load(workspace)
    with pytest.raises(LaterDelivery):
        approve(workspace, held, approved_by="anna", reason="they closed a branch")
    assert len(current_sales(workspace)) == 19


def test_what_was_approved_of_a_file_stays_approved_when_it_is_replayed(workspace: Workspace) -> None:
    rows = [sale(1, price=100), sale(2, price=200), "Итого;;;;;900"]
    deliver_sales(workspace, "20260301", rows)
    refused = load_one(workspace, "refused")
    batch_id = approve(workspace, refused, approved_by="anna", reason="their total is wrong").batch_id
    again = replay(workspace, str(batch_id))
    assert (again.status, again.counts["rows_unchanged"]) == ("loaded", 2)
    (reading,) = query(workspace, f"select reading from ops.batches where batch_id = '{again.batch_id}'")
    assert (reading["reading"]["approval"]["by"], reading["reading"]["approval"]["batch"]) == ("anna", refused)
    assert len(query(workspace, "select from ops.batch_approvals")) == 1


def sales_yaml(workspace: Workspace) -> str:
    return (workspace.dealers_dir / "d01.yml").read_text(encoding="utf-8")


def test_a_file_that_was_approved_and_is_read_in_another_way_is_judged_anew(workspace: Workspace) -> None:
    rows = [sale(1, price=100), sale(2, price=200), *[f"{n};2026-03-01" for n in range(3, 7)]]
    deliver_sales(workspace, "20260301", rows)
    ragged = load_one(workspace, "refused")
    loaded = approve(workspace, ragged, approved_by="anna", reason="the others are notes").batch_id
    write_dealer(workspace, sales_yaml(workspace) + "    constants: {department: new cars}\n")
    again = replay(workspace, str(loaded))
    assert (again.status, again.message.split(":")[0]) == ("refused", "ragged_rows")
    (reading,) = query(workspace, f"select reading from ops.batches where batch_id = '{again.batch_id}'")
    assert "approval" not in reading["reading"]
    assert current_sales(workspace) == {"1": "100.00", "2": "200.00"}
    anew = approve(workspace, str(again.batch_id), approved_by="boris", reason="they still are")
    assert (anew.status, current_sales(workspace, "department")["1"]) == ("loaded", "new cars")
    assert replay(workspace, str(anew.batch_id)).status == "loaded"


def test_an_approval_of_a_file_that_was_refused_again_is_none(workspace: Workspace) -> None:
    yaml = sales_yaml(workspace)
    deliver_sales(workspace, "20260301", [sale(1, price=100), sale(2, price=200), "Итого;;;;;900"])
    refused = load_one(workspace, "refused")
    write_dealer(workspace, yaml.replace("source_id: id", "source_id: number"))
    again = approve(workspace, refused, approved_by="anna", reason="their total is wrong")
    assert (again.status, again.message.split(":")[0]) == ("refused", "missing_columns")
    write_dealer(workspace, yaml)
    assert replay(workspace, str(again.batch_id)).message.split(":")[0] == "control_total_differs"
    assert query(workspace, "select reading from ops.batches where reading ? 'approval'") == []
    assert (query(workspace, "select from ops.batch_approvals"), current_sales(workspace)) == ([], {})


def test_dates_that_excel_may_have_exchanged_wait_for_a_person(workspace: Workspace) -> None:
    yaml = (workspace.dealers_dir / "d01.yml").read_text("utf-8")
    write_dealer(workspace, re.sub("\n *dates: .*", "", yaml))
    made = [f"2025-{month:02}-03" for month in (1, 5, 9, 11, 12)]
    left = ["13.03.2025", "25.03.2025", "14.03.2025"]
    deliver_sales(workspace, "20260301", [sale(n, sold=day) for n, day in enumerate(made + left)])
    refused = load(workspace)[-1]
    assert (refused.status, refused.message.split(":")[0]) == ("refused", "exchanged_dates")
    assert "in «sold» only days up to the 12th as dates" in str(refused.error)
    approved = approve(workspace, str(refused.batch_id), approved_by="anna", reason="typed so by hand")
    assert (approved.status, approved.counts["rows_new"]) == ("loaded", 8)
    write_dealer(workspace, yaml.replace("order: ymd", "order: dmy"))
    days = [*made, *left, "31.03.2025"]
    deliver_sales(workspace, "20260302", [sale(n, sold=day) for n, day in enumerate(days)], minute=1)
    told = load(workspace)[-1]  # the order that the YAML says was somebody's word
    assert told.status == "loaded"
    assert any("only days up to the 12th as dates" in note for note in told.notes)
