"""Tables of HTML that are called workbooks: read as Excel would show them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.errors import EncodingContradicted, RefusedFile, TooLarge, TruncatedFile, UnclearSheet, UnreadableFile
from ingestion.readers import html_workbook
from ingestion.readers.excel_damage import EXCEL_ERRORS
from ingestion.readers.merged_cells import MERGED_CELLS
from ingestion.readers.open_table import open_table
from ingestion.readers.reading import ReadTable
from ingestion.readers.table_header import HEADER_AGAIN

NAMES = frozenset(("№ док.", "дата", "телефон", "сумма"))
PAGE = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head>
<meta http-equiv=Content-Type content="text/html; charset=windows-1251">
<style><!-- td {mso-number-format:"<table>"} --></style><![if !supportMisalignedColumns]><![endif]></head>
<body><h1>Отчёт</h1><table border=1>
<tr><td colspan=4>Отчёт за март</td></tr>
<tr><th>№ док.<th>Дата<th>Телефон<th>Сумма</tr>
<tr><td>1</td><td>05.03.2026</td><td x:num="79161234567">7,91612E+10</td><td>1&nbsp;000,50 &#8381;</td></tr>
<TR><TD>2<TD>06.03.2026<TD><b>+7 916</b> 123<br>+7 903<TD>5 &lt; 6
<tr><td>&nbsp;<td></tr>
</table></body></html>"""
ROWS = [
    (3, ["1", "05.03.2026", "79161234567", "1\u00a0000,50 ₽"]),
    (4, ["2", "06.03.2026", "+7 916 123\n+7 903", "5 < 6"]),
]
HEADER = "<tr><td>№ док.<td>Телефон</tr>"


def opened(tmp_path: Path, content: str | bytes, **options: object) -> ReadTable:
    file = tmp_path / "march.xls"
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    return open_table(file, FileFormat("excel", date_names=("Дата",), **options), NAMES)  # type: ignore[arg-type]


def rows_of(table: ReadTable) -> list[list[str | None]]:
    return [row.cells[:-1] for row in table.rows]


@pytest.mark.parametrize("encoding", ["cp1251", "utf-8", "utf-8-sig", "utf-16"])
def test_a_page_is_read_as_a_workbook_in_whatever_encoding(tmp_path: Path, encoding: str) -> None:
    table = opened(tmp_path, PAGE.encode(encoding))
    assert table.header[:-1] == ("№ док.", "Дата", "Телефон", "Сумма")
    assert [(row.number, row.cells[:-1]) for row in table.rows] == ROWS
    assert table.reading.facts["encoding"] == encoding.removesuffix("-sig")
    assert table.reading.repairs["blank rows left out"] == 1


def test_a_page_of_another_encoding_than_it_says_is_read_by_its_column_names(tmp_path: Path) -> None:
    table = opened(tmp_path, PAGE.replace("windows-1251", "utf-8").encode("cp1251"))
    assert [(row.number, row.cells[:-1]) for row in table.rows] == ROWS


@pytest.mark.parametrize(("given", "sent"), [("utf-8", "cp1251"), ("cp1251", "utf-8"), ("cp1251", "utf-16")])
def test_a_page_of_another_encoding_than_the_yaml_says_is_refused(tmp_path: Path, given: str, sent: str) -> None:
    with pytest.raises(EncodingContradicted, match=f"encoding: {given}"):
        opened(tmp_path, PAGE.encode(sent), encoding=given)
    assert rows_of(opened(tmp_path, PAGE.encode(given), encoding=given)) == [cells for _, cells in ROWS]
    assert rows_of(opened(tmp_path, f"<table><tr><td>№ док.<td>Дата{'<tr><td>1<td>2' * 4}</table>".encode(given)))


def test_a_few_spoilt_letters_are_told(tmp_path: Path) -> None:
    table = opened(tmp_path, PAGE.encode().replace("Отчёт".encode(), b"\xff" + "Отчёт".encode(), 1))
    assert table.reading.repairs[html_workbook.SPOILT_LETTERS] == 1


def test_a_cell_over_several_rows_stands_in_each_that_has_more(tmp_path: Path) -> None:
    merged = "<tr><td rowspan=3>7<td colspan=2 rowspan=2>a<td>1</tr><tr><td>2</tr><tr><td>b<td>c<td>3</tr>"
    rows = "<tr><th>№ док.<th>Дата<th>Телефон<th>Сумма</tr>" + merged + "<tr><td rowspan=4>8</tr><tr></tr>"
    table = opened(tmp_path, f"<table>{rows}</table>")
    assert rows_of(table) == [["7", "a", None, "1"], ["7", "a", None, "2"], ["7", "b", "c", "3"], ["8"] + [None] * 3]
    assert table.reading.repairs[MERGED_CELLS] == 3


def test_a_total_row_under_a_merged_cell_stays_one(tmp_path: Path) -> None:
    header = "<tr><th>Менеджер<th>№ док.<th>Телефон<th>Сумма</tr>"
    merged = "<tr><td rowspan=3>Иванов<td>1<td>8916<td>5</tr><tr><td>2<td>8903<td>6</tr><tr><td>Итого<td><td>11</tr>"
    table = opened(tmp_path, f"<table>{header}{merged}<tr><td>Петров<td>3<td>8909<td>7</tr></table>")
    rows = [row.cells[:4] for row in table.rows]
    assert rows[1:3] == [["Иванов", "2", "8903", "6"], [None, "Итого", None, "11"]]


def test_a_merged_amount_is_said_once(tmp_path: Path) -> None:
    header = "<tr><th>№ док.<th>Дата<th>Телефон<th>Сумма</tr>"
    merged = "<tr><td>1<td>a<td>8916<td rowspan=3>9000</tr><tr><td>2<td>b<td>8903</tr><tr><td>3<td>c<td>8909</tr>"
    table = opened(tmp_path, f"<table>{header}{merged}</table>", amount_names=("Сумма",))
    assert [row.cells[3] for row in table.rows] == ["9000", None, None]
    assert table.reading.repairs[MERGED_CELLS] == 0


def test_pages_of_one_report_are_one_table(tmp_path: Path) -> None:
    pages = [f"<table>{HEADER}<tr><td>{n}<td>8916</tr></table><p>Page {n}</p>" for n in (1, 2)]
    table = opened(tmp_path, "".join(pages))
    assert rows_of(table) == [["1", "8916"], ["2", "8916"]]
    assert table.reading.repairs[HEADER_AGAIN] == 1


def test_a_header_in_a_table_of_its_own_is_that_of_the_next(tmp_path: Path) -> None:
    table = opened(tmp_path, f"<table>{HEADER}</table><div><table><tr><td>1<td>8916</tr></table></div>")
    assert rows_of(table) == [["1", "8916"]]


def test_tables_that_could_all_be_meant_are_named_and_none_is_guessed(tmp_path: Path) -> None:
    table = "<table><tr><td>{}</tr>" + HEADER + "<tr><td>1<td>8916</tr></table>"
    with pytest.raises(UnclearSheet, match="table 1, table 2"):
        opened(tmp_path, table.format("Sold") + table.format("Cancelled"))


def test_a_table_within_the_frame_of_a_page_is_found(tmp_path: Path) -> None:
    inner = "<table><tr><td>8916<td>8903</tr></table>"
    page = f"<table><tr><td>Menu<td><table>{HEADER}<tr><td>1<td>{inner}</tr></table></tr></table>"
    assert rows_of(opened(tmp_path, page)) == [["1", "8916\n8903"]]


@pytest.mark.parametrize("end", ["</body></html>", "</table></html>"])
def test_a_table_that_nothing_but_the_page_ends_is_whole(tmp_path: Path, end: str) -> None:
    assert rows_of(opened(tmp_path, f"<html><body><table>{HEADER}<tr><td>1<td>2{end}")) == [["1", "2"]]


def test_characters_as_they_are_are_read(tmp_path: Path) -> None:
    cell = "<![CDATA[a < b]]>"
    assert rows_of(opened(tmp_path, f"<table>{HEADER}<tr><td>1<td>{cell}</tr></table>")) == [["1", "a < b"]]


@pytest.mark.parametrize("end", [PAGE.index("06.03"), PAGE.index("<TR>") + 2, PAGE.index("<TR>") + 10])
def test_a_page_that_breaks_off_is_refused(tmp_path: Path, end: int) -> None:
    with pytest.raises(TruncatedFile, match="before its table does"):
        opened(tmp_path, PAGE[:end])


def test_a_page_that_never_ends_its_table_is_read_when_its_last_row_is_whole(tmp_path: Path) -> None:
    table = opened(tmp_path, PAGE[: PAGE.index("</table>")])
    assert [(row.number, row.cells[:-1]) for row in table.rows] == ROWS
    assert table.reading.repairs[html_workbook.NEVER_ENDED] == 1
    with pytest.raises(TruncatedFile):  # it ends its tables, but not this one
        opened(tmp_path, f"<table><tr><td>Menu</tr></table>{PAGE[: PAGE.index('</table>')]}")


def test_cells_in_which_excel_showed_an_error_are_counted(tmp_path: Path) -> None:
    table = opened(tmp_path, f"<table>{HEADER}<tr><td>1<td>#N/A</tr></table>")
    assert rows_of(table) == [["1", None]]
    assert table.reading.repairs[EXCEL_ERRORS] == 1


WIDE_HEADER = "<tr><th>№ док.<th>Дата<th>Телефон</tr>"


def test_pages_without_a_header_go_on_with_the_first(tmp_path: Path) -> None:
    rows = [f"<tr><td>{n}<td>05.03.2026<td>8916</tr>" for n in (1, 2, 3)]
    footer = "<table><tr><td>Page</tr></table>"
    page = footer.join(f"<table>{row}</table>" for row in (WIDE_HEADER + rows[0], *rows[1:]))
    table = opened(tmp_path, page)
    assert [row.cells[0] for row in table.rows] == ["1", "2", "3"]
    assert table.reading.repairs[html_workbook.PAGES_JOINED] == 2


def test_a_table_that_may_be_a_further_page_is_not_ignored(tmp_path: Path) -> None:
    page = f"<table>{WIDE_HEADER}<tr><td>1<td>05.03.2026<td>8916</tr></table><table><tr><td>a<td>b<td>c</tr></table>"
    with pytest.raises(UnclearSheet, match='sheet: "table 1"'):
        opened(tmp_path, page)
    assert [row.cells[0] for row in opened(tmp_path, page, sheet="table 1").rows] == ["1"]


def test_a_table_of_other_things_is_no_further_page(tmp_path: Path) -> None:
    page = f"<table>{WIDE_HEADER}<tr><td>1<td>05.03.2026<td>8916</tr></table>"
    by_manager = "<table><tr><td>Сидоров<td>1 250 000,50<td>17</tr></table>"
    with pytest.raises(UnclearSheet, match="not plainly like its own"):
        opened(tmp_path, page + by_manager)
    table = opened(tmp_path, f"{page}<table><tr><td>2<td><td>нет</tr><tr><td>3<td>06.03.2026<td></tr></table>")
    assert [row.cells[0] for row in table.rows] == ["1", "2", "3"]


def test_a_page_of_more_tables_than_any_is_left_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = f"<table>{HEADER}<tr><td>1<td>2</tr></table>" + "<table><tr><td>x</tr></table>" * 80
    assert len(opened(tmp_path, page).reading.facts["other_sheets"]) == 50
    monkeypatch.setattr(html_workbook, "MAX_TABLES", 80)
    with pytest.raises(TooLarge, match="more than 80 tables"):
        opened(tmp_path, page)


@pytest.mark.parametrize("given", ["utf-16", "utf-16-le", "UTF-16LE"])
def test_an_encoding_may_be_named_with_its_order_of_bytes(tmp_path: Path, given: str) -> None:
    assert rows_of(opened(tmp_path, PAGE.encode("utf-16"), encoding=given)) == [cells for _, cells in ROWS]


def test_a_page_without_a_table_is_refused_with_what_to_look_at(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="without a table") as caught:
        opened(tmp_path, "<html><body>Your session has expired</body></html>")
    assert "look what it" in caught.value.do


def test_a_table_with_new_names_is_read_so_that_they_can_be_told(tmp_path: Path) -> None:
    rows = "<tr><th>Number<th>Phone</tr>" + "<tr><td>1<td>2</tr>" * 4
    assert opened(tmp_path, f"<table>{rows}</table>").header[:-1] == ("Number", "Phone")
    with pytest.raises(UnreadableFile, match="none of the mapped columns"):
        opened(tmp_path, f"<table>{rows.removesuffix('<tr><td>1<td>2</tr>')}</table>")


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("<table>" * 40, "tables within tables"),
        ("<table><!--" + "x" * 300_000, "a tag or a comment"),
        ("<table><tr><td " + "a " * 150_000, "a tag or a comment"),
        (f"<table>{HEADER}<tr>" + "<td colspan=9999>1" * 2 + "</table>", "columns"),
        (f"<table>{HEADER}<tr>" + ("<td>" + "x" * 40_000) * 300 + "</table>", "a row of more than"),
        ("<table>" + "<" * 200_000, None),
        ("<table>" + "<a" * 500_000, None),
        ("<table>" + "&" * 1_000_000 + "</table>", None),
        ("<table><tr><td rowspan=99999999 colspan=16000>1" + "<tr><td>2" * 80 + "</table>", "a page of more than"),
    ],
)
def test_what_is_made_to_take_for_ever_or_all_memory_does_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, found: str | None
) -> None:
    monkeypatch.setattr(html_workbook, "MAX_TAG_CHARACTERS", 128 * 1024)
    monkeypatch.setattr(html_workbook, "MAX_CELLS", 1_000_000)
    with pytest.raises(RefusedFile) as caught:
        list(opened(tmp_path, content).rows)
    if found is not None:
        assert isinstance(caught.value, TooLarge)
        assert found in caught.value.found


def test_a_page_larger_than_any_is_left_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html_workbook, "MAX_BYTES", 100)
    with pytest.raises(TooLarge, match="as .xlsx or CSV"):
        opened(tmp_path, PAGE)
