"""Rows in quarantine go to the dealer as a workbook, and come back corrected."""

from __future__ import annotations

import os
import tempfile
from datetime import date, datetime
from pathlib import Path
from threading import Thread
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import openpyxl
import pytest
from openpyxl.worksheet.worksheet import Worksheet

import ingestion.corrections
import ingestion.rows_to_correct
from ingestion.corrections import MOST_UNPACKED_BYTES, ImportedRows, import_rows
from ingestion.discover import FoundFile
from ingestion.errors import NotCorrected, UnknownBatch
from ingestion.load import Vouch, load, replay
from ingestion.outcomes import FileOutcome
from ingestion.rows_to_correct import MOST_ROWS, REASON_COLUMN, ROW_COLUMN, export_rows
from tests.ingestion.deliveries import (
    SALES_HEADER,
    current_sales,
    deliver_sales,
    query,
    sale,
    starts_when_landed,
    write_group,
    write_sales_dealer,
)
from warehouse.database import connect
from warehouse.settings import Workspace


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """A workspace of one dealer that sends what is new, with two of four rows in quarantine."""
    write_group(workspace)
    write_sales_dealer(workspace, delivery="delta")
    bad = sale(2, price="=HYPERLINK(1)", customer="Анна Лапина")
    deliver_sales(workspace, "20260301", [sale("001"), bad, sale("003", price=-5), sale(4)])
    load(workspace)
    return workspace


def exported(workspace: Workspace) -> tuple[Path, Any, Worksheet]:
    (found,) = export_rows(workspace)
    book = openpyxl.load_workbook(found.file)
    return found.file, book, book.worksheets[0]


def column_of(sheet: Worksheet, name: str) -> int:
    return next(int(cell.column or 0) for cell in sheet[1] if cell.value == name)


def corrected(workspace: Workspace, cells: dict[tuple[int, str], object]) -> Path:
    """The export with these cells (row of the workbook, column) changed, under a name of its own."""
    file, book, sheet = exported(workspace)
    for (row, name), value in cells.items():
        sheet.cell(row=row, column=column_of(sheet, name)).value = value
    book.save(file.with_name("corrected.xlsx"))
    return file.with_name("corrected.xlsx")


def test_a_workbook_has_the_dealers_own_columns_in_their_order_and_the_reason_beside(workspace: Workspace) -> None:
    _, _, sheet = exported(workspace)
    assert [cell.value for cell in sheet[1]] == [*SALES_HEADER.split(";"), REASON_COLUMN, ROW_COLUMN]
    assert sheet.max_row == 3
    assert "nothing or less" in str(sheet.cell(row=3, column=column_of(sheet, REASON_COLUMN)).value)


def test_every_cell_is_text_and_nothing_is_a_formula(workspace: Workspace) -> None:
    _, _, sheet = exported(workspace)
    number = sheet.cell(row=3, column=column_of(sheet, "id"))
    assert (number.value, number.number_format, number.data_type) == ("003", "@", "s")
    formula = sheet.cell(row=2, column=column_of(sheet, "price"))
    assert (formula.value, formula.data_type, formula.quotePrefix) == ("=HYPERLINK(1)", "s", True)


def test_the_cells_at_fault_are_marked_and_no_others(workspace: Workspace) -> None:
    _, _, sheet = exported(workspace)
    marked = {cell.coordinate for line in sheet.iter_rows() for cell in line if cell.fill.fgColor.rgb == "00FFE699"}
    assert marked == {sheet.cell(row=row, column=column_of(sheet, "price")).coordinate for row in (2, 3)}


def test_only_its_owner_may_read_a_workbook(workspace: Workspace) -> None:
    file, _, _ = exported(workspace)
    assert file.stat().st_mode & 0o077 == 0
    assert file.parent == workspace.exports_dir


def test_a_corrected_row_is_loaded_as_of_its_day_and_says_where_it_was_corrected(workspace: Workspace) -> None:
    file = corrected(workspace, {(3, "price"): "700"})
    found = import_rows(workspace, file, decided_by="anna")
    assert (found.corrected, found.still_broken, found.untouched) == (1, 0, 1)
    (row,) = query(workspace, "select * from raw.dms__sales where source_record_id = '003'")
    assert (row["price_amount"], row["_delivered_on"].isoformat(), row["_source_row"]) == ("700.00", "2026-03-01", 3)
    assert row["_source_file"] == "d01/sales_20260301.csv (corrected in corrected.xlsx)"
    (batch,) = query(workspace, "select * from ops.batches where reason_code = 'released'")
    assert batch["reading"]["corrects"]["by"] == "anna"
    kept = workspace.archive_dir / batch["archive_path"]
    assert kept.with_name("corrected.xlsx").read_bytes() == file.read_bytes()


def test_a_correction_that_cannot_be_noted_is_not_loaded(workspace: Workspace) -> None:
    file = corrected(workspace, {(3, "price"): "700"})
    with connect(workspace) as connection:
        connection.execute("alter table quarantine.decisions rename to decisions_elsewhere")
    found = import_rows(workspace, file, decided_by="anna")
    assert (found.corrected, found.still_broken, found.not_loaded) == (0, 0, 1)
    assert "003" not in current_sales(workspace)
    assert not list(workspace.archive_dir.rglob("corrected.xlsx"))
    with connect(workspace) as connection:
        connection.execute("alter table quarantine.decisions_elsewhere rename to decisions")
    assert import_rows(workspace, file, decided_by="anna").corrected == 1


def test_what_was_typed_as_a_number_or_a_date_is_read_as_such(workspace: Workspace) -> None:
    typed = {(3, "price"): 700.5, (2, "price"): 1250000, (2, "sold"): date(2026, 2, 27), (3, "phone"): 89161234567}
    file = corrected(workspace, {**typed, (3, "sold"): datetime(2026, 2, 28, 10, 15)})
    assert import_rows(workspace, file, decided_by="anna").corrected == 2
    sales = current_sales(workspace, "price_amount, sold_at, phone")
    assert sales["003"] == ("700.50", "2026-02-28T10:15:00+03:00", "89161234567")
    assert sales["2"][:2] == ("1250000.00", "2026-02-27T00:00:00+03:00")


def test_importing_again_does_nothing(workspace: Workspace) -> None:
    file = corrected(workspace, {(3, "price"): "700"})
    import_rows(workspace, file, decided_by="anna")
    before = query(workspace, "select batch_id, status from ops.batches order by 1")
    found = import_rows(workspace, file, decided_by="anna")
    assert (found.corrected, found.settled, found.untouched) == (0, 1, 1)
    assert query(workspace, "select batch_id, status from ops.batches order by 1") == before


def test_a_row_that_still_breaks_a_rule_waits_on_and_is_told(workspace: Workspace) -> None:
    file = corrected(workspace, {(3, "price"): "-4", (2, "price"): "5"})
    found = import_rows(workspace, file, decided_by="anna")
    assert (found.corrected, found.still_broken) == (1, 1)
    assert any("row 3 first" in line for line in found.told)
    states = query(workspace, "select source_row, status from quarantine.rows order by 1")
    assert [tuple(row.values()) for row in states] == [(3, "corrected"), (4, "open")]


def test_where_no_corrected_row_passes_nothing_is_loaded(workspace: Workspace) -> None:
    batches = query(workspace, "select batch_id from ops.batches")
    found = import_rows(workspace, corrected(workspace, {(3, "price"): "-4"}), decided_by="anna")
    assert (found.corrected, found.still_broken, found.untouched) == (0, 1, 1)
    assert any("price_not_positive" in line for line in found.told)
    assert query(workspace, "select batch_id from ops.batches") == batches


def test_what_a_later_file_of_the_day_said_is_not_overwritten(workspace: Workspace) -> None:
    file = corrected(workspace, {(3, "price"): "700"})
    deliver_sales(workspace, "20260301", [sale("003", price=900)], minute=5, suffix="_corrected")
    load(workspace)
    assert import_rows(workspace, file, decided_by="anna").settled == 1
    assert current_sales(workspace)["003"] == "900.00"


def test_a_row_that_came_again_since_the_export_is_corrected_where_it_waits_now(workspace: Workspace) -> None:
    file = corrected(workspace, {(3, "price"): "700"})
    deliver_sales(workspace, "20260302", [sale(9), sale("003", price=-5)], minute=5)
    load(workspace)
    assert import_rows(workspace, file, decided_by="anna").corrected == 1
    (row,) = query(workspace, "select _delivered_on from raw.dms__sales where source_record_id = '003'")
    assert row["_delivered_on"].isoformat() == "2026-03-02"
    states = query(workspace, "select source_row, status from quarantine.rows order by quarantine_id")
    assert [tuple(state.values()) for state in states] == [(3, "open"), (4, "superseded"), (3, "corrected")]


def test_rows_in_another_order_and_without_some_are_found_by_their_names(workspace: Workspace) -> None:
    file, book, sheet = exported(workspace)
    sheet.cell(row=3, column=column_of(sheet, "price")).value = "700"
    sheet.delete_rows(2)
    sheet.insert_rows(1)
    sheet["A1"] = "Please correct"
    book.save(file)
    assert import_rows(workspace, file, decided_by="anna").corrected == 1
    assert current_sales(workspace)["003"] == "700.00"


def test_corrected_rows_are_no_file_that_could_be_replayed(workspace: Workspace) -> None:
    import_rows(workspace, corrected(workspace, {(3, "price"): "700"}), decided_by="anna")
    (batch,) = query(workspace, "select batch_id from ops.batches where reason_code = 'released'")
    with pytest.raises(UnknownBatch, match=r"corrected in corrected\.xlsx"):
        replay(workspace, batch["batch_id"])


@pytest.mark.parametrize("content", [b"no workbook", None])
def test_a_file_that_is_no_export_is_refused(workspace: Workspace, tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "other.xlsx"
    if content is None:
        openpyxl.Workbook().save(file)
    else:
        file.write_bytes(content)
    with pytest.raises(NotCorrected, match=r"other\.xlsx"):
        import_rows(workspace, file, decided_by="anna")


def test_a_workbook_of_more_than_anyone_corrects_is_refused_before_it_is_held(
    workspace: Workspace, tmp_path: Path
) -> None:
    bomb = tmp_path / "bomb.xlsx"
    with (
        ZipFile(bomb, "w", ZIP_DEFLATED, compresslevel=1) as archive,
        archive.open("xl/worksheets/sheet1.xml", "w") as sheet_of_zeros,
    ):
        for _ in range(MOST_UNPACKED_BYTES // 1024**2 + 1):
            sheet_of_zeros.write(bytes(1024**2))
    with pytest.raises(NotCorrected, match="unpacks to"):
        import_rows(workspace, bomb, decided_by="anna")
    long = openpyxl.Workbook(write_only=True)
    lines = long.create_sheet()
    lines.append([ROW_COLUMN])
    for number in range(MOST_ROWS + 1):
        lines.append([f"some_batch:{number}"])
    long.save(tmp_path / "long.xlsx")
    with pytest.raises(NotCorrected, match="more than 20,000 rows to correct"):
        import_rows(workspace, tmp_path / "long.xlsx", decided_by="anna")


def test_more_rows_than_a_workbook_holds_are_exported_into_several(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ingestion.rows_to_correct, "MOST_ROWS", 1)
    files = export_rows(workspace)
    assert [file.row_count for file in files] == [1, 1]
    assert files[1].file.name == f"{files[0].file.stem}_2.xlsx"


def test_nothing_is_written_where_nothing_waits(workspace: Workspace) -> None:
    assert export_rows(workspace, dealer="d07") == []


def test_a_workbook_that_somebody_works_in_is_not_overwritten(workspace: Workspace) -> None:
    (first,), (second,) = export_rows(workspace), export_rows(workspace)
    assert (second.file.name, first.file.exists()) == (f"{first.file.stem}_2.xlsx", True)


def test_rows_are_written_nowhere_but_in_the_workspace_and_what_a_killed_import_left_goes(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    left, at_work = (workspace.exports_dir / ".work" / name for name in ("left", "at_work"))
    for folder in (left, at_work):
        folder.mkdir(parents=True)
    os.utime(left, (1_772_400_000, 1_772_400_000))
    written: list[Path] = []
    save, load_rows = openpyxl.Workbook.save, ingestion.corrections.load_corrections

    def watched_save(book: openpyxl.Workbook, stream: object) -> None:
        written.append(Path(tempfile.gettempdir()))
        save(book, stream)

    def watched_load(of: Workspace, found: FoundFile, vouch: Vouch) -> FileOutcome:
        written.append(found.file)
        return load_rows(of, found, vouch)

    monkeypatch.setattr(ingestion.corrections, "load_corrections", watched_load)
    file = corrected(workspace, {(3, "price"): 5})
    monkeypatch.setattr(openpyxl.Workbook, "save", watched_save)
    export_rows(workspace)
    assert import_rows(workspace, file, decided_by="anna").corrected == 1
    assert len(written) == 2
    assert all(path.is_relative_to(workspace.exports_dir / ".work") for path in written)
    assert list((workspace.exports_dir / ".work").iterdir()) == [at_work]


def test_an_import_that_waited_for_a_load_sees_that_the_row_was_corrected_meanwhile(workspace: Workspace) -> None:
    file = corrected(workspace, {(3, "price"): 5})
    deliver_sales(workspace, "20260301", [sale("003", price=7)], minute=5, suffix="_corrected")
    found: list[ImportedRows] = []
    decision = Thread(target=lambda: found.append(import_rows(workspace, file, decided_by="anna")))
    load(workspace, progress=starts_when_landed(workspace, decision))
    decision.join()
    assert (found[0].corrected, found[0].told) == (0, ("row(s) 4, settled a moment ago",))
    assert current_sales(workspace)["003"] == "7.00"
