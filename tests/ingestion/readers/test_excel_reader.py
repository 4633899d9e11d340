"""Excel workbooks with what Excel does to cells."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import openpyxl
import pytest
from openpyxl.utils.datetime import CALENDAR_MAC_1904

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, TooLarge, TruncatedFile, UnclearSheet, UnreadableFile
from ingestion.readers import excel_reader
from ingestion.readers.excel_cells import text_of
from ingestion.readers.excel_damage import EXCEL_ERRORS, SPOILT_CELLS
from ingestion.readers.excel_reader import open_excel
from ingestion.readers.merged_cells import MERGED_CELLS

EXPECTED = frozenset(("id", "phone"))


def workbook(tmp_path: Path, **sheets: list[list[object]]) -> Path:
    book = openpyxl.Workbook()
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    del book["Sheet"]
    file = tmp_path / "book.xlsx"
    book.save(file)
    return file


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (79161234567.0, "79161234567"),
        (7.91612e10, "79161200000"),
        (1234.5, "1234.5"),
        (timedelta(hours=30, minutes=5), "30:05:00"),
        (float("nan"), None),
        (1234567890123456.0 + 1, "1234567890123457"),
        (1234567890123450.0, "1.23456789012345E+15"),
        (12345678901234567.0, "1.23456789012346E+16"),
        (0.1, "0.1"),
        (12, "12"),
        (True, "true"),
        (datetime(2026, 3, 5), "2026-03-05"),
        (datetime(2026, 3, 5, 10, 15), "2026-03-05T10:15:00"),
        (date(2026, 3, 5), "2026-03-05"),
        (time(10, 15), "10:15:00"),
        ("007", "007"),
        ("", None),
        (None, None),
        ("#N/A", None),
    ],
)
def test_a_cell_becomes_text_without_losing_anything(value: object, text: str | None) -> None:
    assert text_of(value) == text


def test_titles_and_blank_rows_are_left_out_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    file = workbook(tmp_path, s=[["Report"], ["id", "phone"], [], [1, 79161234567.0], [2, None]])
    table = open_excel(file, FileFormat("excel"), EXPECTED)
    assert table.header == ("id", "phone", SPOILT_CELLS)
    assert [(row.number, row.cells[:2]) for row in table.rows] == [(4, ["1", "79161234567"]), (5, ["2", None])]


def test_the_sheet_with_the_expected_columns_is_found(tmp_path: Path) -> None:
    file = workbook(tmp_path, cover=[["hello"]], data=[["id", "phone"], [1, 2]])
    assert open_excel(file, FileFormat("excel"), EXPECTED).reading.facts["sheet"] == "data"
    assert open_excel(file, FileFormat("excel", sheet=0), EXPECTED).header[:1] == ("hello",)


def test_a_cell_beyond_the_last_column_is_told(tmp_path: Path) -> None:
    file = workbook(tmp_path, s=[["id", "phone"], [1, 2, 3]])
    (row,) = open_excel(file, FileFormat("excel"), EXPECTED).rows
    assert row.shape_fault == "1 cell(s) beyond the last column"


def test_a_sheet_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="the sheets s"):
        open_excel(workbook(tmp_path, s=[["id"]]), FileFormat("excel", sheet="t"), EXPECTED)


def test_an_empty_sheet_and_a_file_that_is_no_workbook_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile):
        open_excel(workbook(tmp_path, s=[]), FileFormat("excel"), EXPECTED)
    file = tmp_path / "cut.xlsx"
    file.write_bytes(b"PK\x03\x04")
    with pytest.raises(TruncatedFile):
        open_excel(file, FileFormat("excel"), EXPECTED)


def test_an_old_workbook_is_read_like_a_new_one() -> None:
    form = FileFormat("excel", date_names=("sold",))
    table = open_excel(Path(__file__).parent / "excel" / "march.xls", form, frozenset(("id", "sold", "phone")))
    assert (table.reading.facts["sheet"], table.reading.facts["header_row"]) == ("Продажи", 3)
    assert [row.cells[:4] for row in table.rows] == [
        ["1", "2026-03-05", "79161234567", "1000000.5"],
        ["2", "2026-03-06T10:15:00", "8 (903) 765-43-21", "700000"],
        ["3", "2026-03-07", None, "12"],
    ]
    assert len(table.reading.as_json()["repairs"]) == 2


def test_an_old_workbook_that_counts_its_days_from_1904_is_read_so(tmp_path: Path) -> None:
    content = (Path(__file__).parent / "excel" / "march.xls").read_bytes()
    date1904, calc_precision = b"\x22\x00\x02\x00", b"\x0e\x00\x02\x00"
    assert content.count(date1904 + b"\x00\x00" + calc_precision) == 1
    file = tmp_path / "march.xls"
    file.write_bytes(content.replace(date1904 + b"\x00\x00", date1904 + b"\x01\x00"))
    table = open_excel(file, FileFormat("excel", date_names=("sold",)), frozenset(("id", "sold", "phone")))
    days = [str(row.cells[1])[:10] for row in table.rows]  # two are dates, one is a number
    assert days == ["2030-03-06", "2030-03-07", "2030-03-08"]  # four years and a day later


def test_large_sheets_are_read_row_by_row_to_the_same_effect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows: list[list[object]] = [
        ["Report", None, "merged"],
        ["id", "phone", "sold", "ok", "note"],
        [1, 79161234567.0, datetime(2026, 3, 5, 10, 15, 30), True, "=1/0"],
        [],
        [2, 0.1, date(2026, 3, 6), False, "#N/A"],
        [12345678901234567, None, time(10, 15), None, " text "],
        [None, None, timedelta(hours=30), None, None, None, "surplus"],
    ]
    file = workbook(tmp_path, s=rows)

    def read() -> list[tuple[int, list[str | None], str | None]]:
        table = open_excel(file, FileFormat("excel"), EXPECTED)
        found = [(row.number, row.cells, row.shape_fault) for row in table.rows]
        return [*found, (0, sorted(table.reading.as_json()["repairs"]), None)]

    at_once = read()
    monkeypatch.setattr(excel_reader, "CELLS_HELD", 0)
    assert read() == at_once
    assert len(at_once) == 5


def test_a_sheet_that_claims_to_be_huge_is_read_as_large_as_it_is(tmp_path: Path) -> None:
    file = workbook(tmp_path, s=[["id", "phone"], [1, 2]])
    rewrite(file, "sheet1.xml", lambda xml: xml.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"'))
    assert [row.cells[:2] for row in open_excel(file, FileFormat("excel"), EXPECTED).rows] == [["1", "2"]]


def test_a_sheet_with_a_cell_in_its_last_corner_needs_no_more_memory(tmp_path: Path) -> None:
    file = workbook(tmp_path, s=[["id", "phone"], [1, 2]])
    corner = b'<row r="1048576"><c r="XFD1048576"><v>7</v></c></row></sheetData>'
    rewrite(file, "sheet1.xml", lambda xml: xml.replace(b"</sheetData>", corner))
    first, last = open_excel(file, FileFormat("excel"), EXPECTED).rows
    assert (first.cells[:2], last.number, last.shape_fault) == (
        ["1", "2"],
        1_048_576,
        "1 cell(s) beyond the last column",
    )


def test_entities_in_a_workbook_are_never_resolved(tmp_path: Path) -> None:
    file = workbook(tmp_path, s=[["id", "phone"], [1, 2]])
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]>'
    rewrite(file, "sheet1.xml", lambda xml: bomb + xml.replace(b"<v>1</v>", b"<v>&b;</v>"))
    with pytest.raises(UnreadableFile, match="entities"):
        open_excel(file, FileFormat("excel"), EXPECTED)


def test_a_workbook_that_unpacks_to_too_much_is_left_packed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(excel_reader, "MAX_UNPACKED_BYTES", 1000)
    with pytest.raises(TooLarge, match="unpacks to"):
        open_excel(workbook(tmp_path, s=[["id"]]), FileFormat("excel"), EXPECTED)


def test_an_old_workbook_that_asks_for_more_memory_than_there_is_ends_nobody(tmp_path: Path) -> None:
    whole = bytearray((Path(__file__).parent / "excel" / "march.xls").read_bytes())
    # Every number's row becomes the last that two bytes can say, and its column too.
    at = 0
    while (at := whole.find(b"\x03\x02\x0e\x00", at + 1)) > 0:
        whole[at + 4 : at + 8] = b"\xff\xff\xff\xff"
    file = tmp_path / "march.xls"
    file.write_bytes(whole)
    with pytest.raises(UnreadableFile, match="damaged, or far larger"):
        list(open_excel(file, FileFormat("excel"), EXPECTED).rows)


def test_sheets_that_could_all_be_meant_are_named_and_none_is_guessed(tmp_path: Path) -> None:
    rows: list[list[object]] = [["id", "phone"], [1, 2]]
    file = workbook(tmp_path, Янв=rows, Фев=rows)
    with pytest.raises(UnclearSheet, match="Янв, Фев"):
        open_excel(file, FileFormat("excel"), EXPECTED)
    assert open_excel(file, FileFormat("excel", sheet="фев"), EXPECTED).reading.facts["sheet"] == "Фев"


def test_a_sheet_that_is_only_a_form_is_not_in_the_way(tmp_path: Path) -> None:
    file = workbook(tmp_path, form=[["id", "phone"]], data=[["id", "phone"], [1, 2]])
    reading = open_excel(file, FileFormat("excel"), EXPECTED).reading
    assert (reading.facts["sheet"], reading.facts["other_sheets"]) == ("data", ["form"])


def test_a_hidden_sheet_is_read_only_when_it_is_named(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["id", "x"])
    hidden = book.create_sheet("old")
    hidden.append(["id", "phone"])
    hidden.sheet_state = "hidden"
    book.save(tmp_path / "book.xlsx")
    assert open_excel(tmp_path / "book.xlsx", FileFormat("excel"), EXPECTED).header[:2] == ("id", "x")
    assert open_excel(tmp_path / "book.xlsx", FileFormat("excel", sheet=1), EXPECTED).header[:2] == ("id", "phone")


def test_zeros_that_only_the_format_shows_are_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["id", "phone"])
    sheet.append([42, 7])
    sheet["A2"].number_format = "000000"
    book.save(tmp_path / "book.xlsx")
    (row,) = open_excel(tmp_path / "book.xlsx", FileFormat("excel"), EXPECTED).rows
    assert row.cells[:2] == ["000042", "7"]


def test_days_of_an_old_mac_are_counted_from_1904(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.epoch = CALENDAR_MAC_1904
    sheet = book.worksheets[0]
    sheet.append(["id", "sold", "paid"])
    sheet.append([1, datetime(2026, 3, 5), 44624])
    book.save(tmp_path / "book.xlsx")
    form = FileFormat("excel", date_names=("sold", "paid"))
    (row,) = open_excel(tmp_path / "book.xlsx", form, frozenset(("id",))).rows
    assert row.cells[1:3] == ["2026-03-05", "2026-03-05"]


def test_a_header_of_two_rows_with_merged_cells_is_read(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(["Документ", "Клиент", None])
    sheet.append(["id", "Имя", "phone"])
    sheet.append([1, "Пётр", 8916])
    sheet.merge_cells("B1:C1")
    book.save(tmp_path / "book.xlsx")
    table = open_excel(tmp_path / "book.xlsx", FileFormat("excel", header_rows=2), EXPECTED)
    assert table.header[:3] == ("id", "Клиент / Имя", "phone")
    assert [(row.number, row.cells[:3]) for row in table.rows] == [(3, ["1", "Пётр", "8916"])]


def test_cells_in_which_excel_shows_an_error_are_counted(tmp_path: Path) -> None:
    file = workbook(tmp_path, s=[["id", "phone"], [1, "#N/A"]])
    table = open_excel(file, FileFormat("excel"), EXPECTED)
    assert [row.cells[:2] for row in table.rows] == [["1", None]]
    assert table.reading.repairs[EXCEL_ERRORS] == 1


def rewrite(file: Path, member: str, change: Callable[[bytes], bytes]) -> None:
    """The workbook with one of its parts changed."""
    with zipfile.ZipFile(file) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, change(content) if name.endswith(member) else content)


def test_a_cell_over_several_rows_stands_in_each_that_has_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["id", "phone", "sold"], [1, "a", "x"], [None, None, "y"], [2, "b", None], [None, None, None]):
        sheet.append(row)
    for merged in ("A2:A3", "B2:B3", "A4:B5", "C2:C2"):
        sheet.merge_cells(merged)
    file = tmp_path / "book.xlsx"
    book.save(file)

    def read() -> list[list[str | None]]:
        table = open_excel(file, FileFormat("excel"), EXPECTED)
        rows = [row.cells[:3] for row in table.rows]
        assert table.reading.repairs[MERGED_CELLS] == 2
        return rows

    assert read() == [["1", "a", "x"], ["1", "a", "y"], ["2", None, None]]
    monkeypatch.setattr(excel_reader, "CELLS_HELD", 0)
    assert read() == [["1", "a", "x"], ["1", "a", "y"], ["2", None, None]]


def test_merged_cells_of_a_large_sheet_are_read_once_and_only_so_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for row in (["id", "phone"], [1, "a"], [None, "b"], [2, "c"], [None, "d"]):
        sheet.append(row)
    for merged in ("A2:A3", "A4:A5"):
        sheet.merge_cells(merged)
    file = tmp_path / "book.xlsx"
    book.save(file)
    monkeypatch.setattr(excel_reader, "CELLS_HELD", 0)
    monkeypatch.setattr(excel_reader, "MAX_MERGED", 2)
    monkeypatch.setattr(excel_reader, "CHUNK_BYTES", 64)  # a merged cell lies over the end of what is read at once
    table = open_excel(file, FileFormat("excel"), EXPECTED)
    assert [row.cells[:2] for row in table.rows] == [["1", "a"], ["1", "b"], ["2", "c"], ["2", "d"]]
    monkeypatch.setattr(excel_reader, "MAX_MERGED", 1)
    table = open_excel(file, FileFormat("excel"), EXPECTED)  # its header asks for none
    with pytest.raises(TooLarge, match="more than 1 merged cells"):
        list(table.rows)
