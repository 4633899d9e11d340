"""Workbooks that Excel 2003 wrote in XML: types, gaps and merged cells as Excel shows them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.errors import TooLarge, TruncatedFile, UnreadableFile
from ingestion.readers.excel_damage import EXCEL_ERRORS, LOST_DIGITS, NEVER_CALCULATED
from ingestion.readers.merged_cells import MERGED_CELLS
from ingestion.readers.open_table import open_table
from ingestion.readers.reading import ReadTable

NAMES = frozenset(("id", "sold", "phone", "price"))


def cell(value: object, kind: str = "String", **attributes: object) -> str:
    written = "".join(f' ss:{name}="{text}"' for name, text in attributes.items())
    return f'<Cell{written}><Data ss:Type="{kind}">{value}</Data></Cell>'


def sheet(name: str, *rows: str, options: str = "") -> str:
    return f'<Worksheet ss:Name="{name}"><Table ss:ExpandedRowCount="1">{"".join(rows)}</Table>{options}</Worksheet>'


def book(*sheets: str, head: str = "") -> str:
    return (
        '<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
        '<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet" xmlns:x="urn:schemas-microsoft-com:office:excel">'
        '<Styles><Style ss:ID="z"><NumberFormat ss:Format="0000"/></Style></Styles>'
        f"{head}{''.join(sheets)}</Workbook>"
    )


HEADER = f"<Row>{cell('id')}{cell('sold')}{cell('phone')}{cell('price')}</Row>"


def opened(tmp_path: Path, content: str | bytes) -> ReadTable:
    file = tmp_path / "march.xls"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_table(file, FileFormat("excel", date_names=("sold",)), NAMES)


def rows_of(table: ReadTable) -> list[tuple[int, list[str | None]]]:
    return [(row.number, row.cells[:4]) for row in table.rows]


@pytest.mark.parametrize(
    ("kind", "written", "text"),
    [
        ("Number", "79161234567", "79161234567"),
        ("Number", "7.9161234567E10", "79161234567"),
        ("Number", "1000.5", "1000.5"),
        ("Number", "450.125", "450.1250"),
        ("DateTime", "2026-03-05T00:00:00.000", "2026-03-05"),
        ("DateTime", "2026-03-05T10:15:30.000", "2026-03-05T10:15:30"),
        ("DateTime", "1899-12-31T10:15:00.000", "10:15:00"),
        ("Boolean", "1", "true"),
        ("String", "007", "007"),
        ("String", "<B>Иван</B> <Font>П.</Font>", "Иван П."),
        ("Error", "#N/A", None),
        ("Number", "", None),
        ("Number", "no number", "no number"),
        ("DateTime", "no date", "no date"),
    ],
)
def test_a_cell_is_what_its_type_says(tmp_path: Path, kind: str, written: str, text: str | None) -> None:
    row = f"<Row>{cell('1')}<Cell/>{cell(written, kind)}</Row>"
    table = opened(tmp_path, book(sheet("s", HEADER, row)))
    assert rows_of(table) == [(2, ["1", None, text, None])]
    assert table.reading.repairs[EXCEL_ERRORS] == (kind == "Error")


def test_rows_and_cells_that_are_left_out_keep_their_places(tmp_path: Path) -> None:
    title = f'<Row ss:Index="2">{cell("Report")}</Row><Row ss:Span="2"/>'
    row = f'<Row ss:Index="9">{cell(1, "Number")}{cell("x", Index=4)}</Row>'
    table = opened(tmp_path, book(sheet("s", title, HEADER, row)))
    assert table.reading.facts["header_row"] == 6
    assert rows_of(table) == [(9, ["1", None, None, "x"])]
    assert table.reading.repairs["blank rows left out"] == 2


def test_merged_cells_take_their_places_and_stand_in_each_row_that_has_more(tmp_path: Path) -> None:
    first = f"<Row>{cell(7, 'Number', MergeDown=2, StyleID='z')}{cell('a', MergeAcross=1)}{cell('p')}</Row>"
    table = opened(tmp_path, book(sheet("s", HEADER, first, f"<Row>{cell('q', Index=4)}</Row>", "<Row/>")))
    assert rows_of(table) == [(2, ["0007", "a", None, "p"]), (3, ["0007", None, None, "q"])]
    assert table.reading.repairs[MERGED_CELLS] == 1


def test_a_number_that_lost_digits_is_read_as_empty_and_told(tmp_path: Path) -> None:
    table = opened(tmp_path, book(sheet("s", HEADER, f"<Row>{cell(1)}{cell('')}{cell('1.2E+25', 'Number')}</Row>")))
    assert rows_of(table) == [(2, ["1", None, None, None])]
    assert table.reading.repairs[f"phone: {LOST_DIGITS}"] == 1


def test_days_of_an_old_mac_are_counted_from_1904(tmp_path: Path) -> None:
    head = "<x:ExcelWorkbook><x:Date1904/></x:ExcelWorkbook>"
    row = f"<Row>{cell('1')}{cell(44624, 'Number')}</Row>"
    assert rows_of(opened(tmp_path, book(sheet("s", HEADER, row), head=head)))[0][1][1] == "2026-03-05"
    assert rows_of(opened(tmp_path, book(sheet("s", HEADER, row))))[0][1][1] == "2022-03-04"


def test_the_first_day_of_1904_is_a_time_only_where_days_are_counted_from_it(tmp_path: Path) -> None:
    head = "<x:ExcelWorkbook><x:Date1904/></x:ExcelWorkbook>"
    row = f"<Row>{cell('1')}{cell('1904-01-01T10:15:00.000', 'DateTime')}</Row>"
    assert rows_of(opened(tmp_path, book(sheet("s", HEADER, row), head=head)))[0][1][1] == "10:15:00"
    assert rows_of(opened(tmp_path, book(sheet("s", HEADER, row))))[0][1][1] == "1904-01-01T10:15:00"


def test_the_sheet_that_a_person_sees_with_the_expected_columns_is_found(tmp_path: Path) -> None:
    hidden = "<x:WorksheetOptions><x:Visible>SheetHidden</x:Visible></x:WorksheetOptions>"
    row = f"<Row>{cell('1')}</Row>"
    sheets = (sheet("cover", row), sheet("old", HEADER, row, options=hidden), sheet("new", HEADER, row))
    assert opened(tmp_path, book(*sheets)).reading.facts["sheet"] == "new"


def test_a_formula_that_was_never_calculated_is_told(tmp_path: Path) -> None:
    formulas = '<Cell ss:Formula="=A1"/>' + cell("", "Number", Formula="=A1") + cell("", Formula="=A1&amp;B1")
    table = opened(tmp_path, book(sheet("s", HEADER, f"<Row>{cell('1')}{formulas}</Row>")))
    assert rows_of(table) == [(2, ["1", None, None, None])]
    assert table.reading.repairs[NEVER_CALCULATED] == 2


def test_blank_lines_before_it_and_letters_of_its_own_are_read(tmp_path: Path) -> None:
    text = book(sheet("Лист", HEADER, f"<Row>{cell('Иван')}</Row>"))
    assert rows_of(opened(tmp_path, f"\r\n\n{text}"))[0][1][0] == "Иван"
    in_cp1251 = text.replace('"1.0"?', '"1.0" encoding="windows-1251"?').encode("cp1251")
    assert rows_of(opened(tmp_path, in_cp1251))[0][1][0] == "Иван"
    assert rows_of(opened(tmp_path, text.encode("utf-16")))[0][1][0] == "Иван"


def test_a_workbook_that_breaks_off_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TruncatedFile):
        opened(tmp_path, book(sheet("s", HEADER))[:-60])


def test_entities_and_workbooks_without_a_sheet_are_refused(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bbbbbbbb"><!ENTITY c "&b;&b;&b;&b;">]>'
    with pytest.raises(UnreadableFile, match="entities of its own"):
        opened(tmp_path, book(sheet("s", HEADER)).replace("<Workbook", f"{bomb}<Workbook"))
    with pytest.raises(UnreadableFile, match="without a sheet"):
        opened(tmp_path, book())


@pytest.mark.parametrize(
    "row",
    [
        f'<Row ss:Index="999999999">{cell("1")}</Row>',
        f"<Row>{cell('1', Index=999999999)}</Row>",
        f"<Row>{cell('1', MergeAcross=999999999)}</Row>",
        '<Row ss:Span="999999999"/>',
        f"<Row>{cell('x' * 9_000_000)}</Row>",
    ],
)
def test_more_than_a_sheet_of_excel_holds_is_refused(tmp_path: Path, row: str) -> None:
    with pytest.raises(TooLarge):
        list(opened(tmp_path, book(sheet("s", HEADER, row))).rows)
