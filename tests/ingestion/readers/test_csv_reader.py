"""CSV files as dealers really send them."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.errors import TooLarge, TruncatedFile, UnclosedQuote, UnreadableFile
from ingestion.readers.csv_reader import QUOTES_NOT_DOUBLED, open_csv
from ingestion.readers.reading import ReadTable, Row

EXPECTED = frozenset(("№ док.", "дата", "телефон"))
HEADER = "№ док.;Дата;Телефон"


def open_bytes(tmp_path: Path, content: bytes, form: FileFormat | None = None) -> ReadTable:
    file = tmp_path / "sales.csv"
    file.write_bytes(content)
    return open_csv(file, form or FileFormat("csv"), EXPECTED)


def open_text(tmp_path: Path, text: str, encoding: str = "utf-8") -> ReadTable:
    return open_bytes(tmp_path, text.encode(encoding))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251", "utf-16", "utf-16-le", "utf-16-be", "cp866"])
def test_the_encoding_is_found(tmp_path: Path, encoding: str) -> None:
    table = open_text(tmp_path, f"{HEADER}\n1;01.03.2026;Пётр\n", encoding)
    assert table.header == ("№ док.", "Дата", "Телефон")
    assert [row.cells for row in table.rows] == [["1", "01.03.2026", "Пётр"]]
    assert table.reading.facts["encoding"].startswith(encoding.removesuffix("-sig"))


@pytest.mark.parametrize("delimiter", [";", ",", "\t", "|"])
def test_the_delimiter_is_found(tmp_path: Path, delimiter: str) -> None:
    table = open_text(tmp_path, f"{HEADER}\n1;a;b\n".replace(";", delimiter))
    assert table.reading.facts["delimiter"] == delimiter
    assert [row.cells for row in table.rows] == [["1", "a", "b"]]


def test_titles_above_the_header_are_left_out_and_rows_keep_their_numbers(tmp_path: Path) -> None:
    table = open_text(tmp_path, f"Отчёт;;\n\n{HEADER}\n\n1;a;b\n;;\n2;c;d\n")
    assert [(row.number, row.cells[0]) for row in table.rows] == [(5, "1"), (7, "2")]
    assert table.reading.facts["header_row"] == 3
    assert table.reading.repairs["blank rows left out"] == 2


def test_the_header_row_of_the_yaml_is_taken(tmp_path: Path) -> None:
    table = open_bytes(tmp_path, b"a;b\nc;d\n1;2\n", FileFormat("csv", header_row=2, delimiter=";"))
    assert table.header == ("c", "d")


def test_a_header_below_more_titles_than_are_looked_through_is_found_where_the_yaml_says(tmp_path: Path) -> None:
    content = ("Отчёт\n" * 35 + f"{HEADER}\n1;a;b\n").encode()
    table = open_bytes(tmp_path, content, FileFormat("csv", header_row=36, delimiter=";"))
    assert [(row.number, row.cells) for row in table.rows] == [(37, ["1", "a", "b"])]


def test_a_header_of_two_rows_is_read_from_top_to_bottom(tmp_path: Path) -> None:
    table = open_bytes(tmp_path, b"q1;;q3\nx;q2;y\n1;2;3\n", FileFormat("csv", header_row=1, header_rows=2))
    assert table.header == ("q1 / x", "q1 / q2", "q3 / y")
    assert [row.number for row in table.rows] == [3]


def test_cells_over_several_lines_are_one_row(tmp_path: Path) -> None:
    table = open_text(tmp_path, f'{HEADER}\n1;"a\nb;c";d\n2;e;f\n')
    assert [(row.number, row.cells[1]) for row in table.rows] == [(2, "a\nb;c"), (3, "e")]


def test_a_row_of_another_width_is_told_and_kept(tmp_path: Path) -> None:
    rows = list(open_text(tmp_path, f"{HEADER}\n1;a\n2;b;c;d\n3;e;f;\n").rows)
    assert rows[0] == Row(2, ["1", "a", None], "2 cell(s) instead of 3")
    assert rows[1].shape_fault == "4 cell(s) instead of 3"
    assert rows[2].shape_fault is None


@pytest.mark.parametrize("text", [f"{HEADER}\n1;a;b\n2;c", f'{HEADER}\n1;"a;b\n2;c;d\n3;e;f\n'])
def test_a_file_that_breaks_off_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(TruncatedFile):
        list(open_text(tmp_path, text).rows)


def test_a_byte_that_no_letter_has_is_refused(tmp_path: Path) -> None:
    content = f"{HEADER}\n1;Пётр;b\n".encode("cp1251") + b"2;\x98;b\n"
    with pytest.raises(UnreadableFile, match="0x98"):
        list(open_bytes(tmp_path, content).rows)


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        (f"{HEADER}\n1;a;b\n", True),
        (f'{HEADER}\n1;"a";b\n', True),
        (f'{HEADER}\n1;"a ""b""";c\n', False),
        (f'{HEADER}\n1;5" wheel;b\n', False),
        (f'{HEADER}\n1;"a"b;c\n', False),
    ],
)
def test_only_files_with_quotes_around_whole_cells_are_copied_unread(tmp_path: Path, text: str, is_plain: bool) -> None:
    assert (open_text(tmp_path, text).plain_body is not None) == is_plain


def test_a_file_copied_unread_begins_behind_titles_and_header(tmp_path: Path) -> None:
    body = open_text(tmp_path, f"Отчёт;;\r\n{HEADER}\r\n1;Пётр;b\r\n", "cp1251").plain_body
    assert body is not None
    assert body.file.read_bytes()[body.offset :].decode("cp1251") == "1;Пётр;b\r\n"
    assert (body.first_row, body.encoding) == (3, "WIN1251")


def test_a_quote_that_is_never_closed_is_named_with_its_row_and_line(tmp_path: Path) -> None:
    text = f'Отчёт\n{HEADER}\n1;"a\nb";c\n2;"d;e\n3;f;g\n4;h;i\n'
    with pytest.raises(UnclosedQuote, match="row 4, line 5") as refused:
        list(open_text(tmp_path, text).rows)
    assert "swallows 2 line(s)" in refused.value.found


def test_a_quote_that_is_never_closed_is_left_after_a_bounded_cell(tmp_path: Path) -> None:
    text = f'{HEADER}\n1;a;b\n2;"c;d\n' + "3;e;f\n" * 1_500_000
    with pytest.raises(UnclosedQuote, match="row 3, line 3") as refused:
        list(open_text(tmp_path, text).rows)
    assert "8,388,608 characters" in refused.value.found


@pytest.mark.parametrize("is_of_database", [True, False])
def test_a_cell_may_be_as_long_as_a_row(tmp_path: Path, is_of_database: bool) -> None:
    form = FileFormat(type="csv", is_of_database=is_of_database)
    comment = '{"said": "' + "слово " * 50_000 + '"}'
    quoted = comment.replace('"', '""')
    text = f'number,comment,city\n1,"first, {quoted}\nsecond line",Москва\n2,short,Пермь\n'
    first, second = open_bytes(tmp_path, text.encode(), form).rows
    assert first.cells == ["1", f"first, {comment}\nsecond line", "Москва"]
    assert second.cells == ["2", "short", "Пермь"]


def test_quotes_behind_backslashes_are_read(tmp_path: Path) -> None:
    table = open_text(tmp_path, f'{HEADER}\n1;"ООО \\"Ромашка\\"; Тула";b\n')
    assert [row.cells for row in table.rows] == [["1", 'ООО "Ромашка"; Тула', "b"]]
    assert table.plain_body is None


def test_a_line_that_names_the_delimiter_is_a_title(tmp_path: Path) -> None:
    table = open_text(tmp_path, f"sep=;\n{HEADER}\n1;a;b\n")
    assert [(row.number, row.cells) for row in table.rows] == [(3, ["1", "a", "b"])]


def test_zero_bytes_are_left_out_and_counted(tmp_path: Path) -> None:
    table = open_text(tmp_path, f"{HEADER}\n1;a\0\0;b\n")
    assert [row.cells for row in table.rows] == [["1", "a", "b"]]
    assert table.reading.repairs["zero bytes left out"] == 2


@pytest.mark.parametrize(("encoding", "cell"), [("utf-8", "7,91612E+10"), ("utf-16", "7,91612E+10")])
def test_a_file_with_numbers_that_excel_spoilt_is_never_copied_unread(tmp_path: Path, encoding: str, cell: str) -> None:
    rows = "".join(f"{n};a;b\n" for n in range(20_000))
    table = open_text(tmp_path, f"{HEADER}\n{rows}7;a;{cell}\n", encoding)
    assert table.plain_body is None
    *_, last = table.rows
    assert last.cells == ["7", "a", None, f'{{"Телефон": "{cell}"}}']


def test_phones_that_are_floats_are_mended_wherever_they_stand(tmp_path: Path) -> None:
    table = open_text(tmp_path, f"{HEADER}\n1;a;79161234567.0\n2;b;\n")
    assert table.plain_body is None
    assert [row.cells[2] for row in table.rows] == ["79161234567", None]


def test_days_that_excel_counted_are_dates_in_the_columns_that_are_dates(tmp_path: Path) -> None:
    form = FileFormat("csv", date_names=("Дата",))
    (row,) = open_bytes(tmp_path, f"{HEADER}\n45000;46086;45000\n".encode(), form).rows
    assert row.cells[:3] == ["45000", "2026-03-05", "45000"]


def test_more_columns_than_any_table_has_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TooLarge, match="3,000 columns"):
        open_text(tmp_path, ";".join(f"c{n}" for n in range(3000)) + "\n")


def test_lines_that_end_as_on_old_macs_are_rows_and_never_copied_unread(tmp_path: Path) -> None:
    table = open_text(tmp_path, f"{HEADER}\r1;a;b\r2;c;d\r")
    assert table.plain_body is None
    assert [row.cells for row in table.rows] == [["1", "a", "b"], ["2", "c", "d"]]


@pytest.mark.parametrize("end", ["\x1a", "\x1a\r\n"])
def test_the_mark_with_which_dos_ends_a_file_is_no_row(tmp_path: Path, end: str) -> None:
    table = open_text(tmp_path, f"{HEADER}\n1;a;b\n{end}")
    assert [row.cells for row in table.rows] == [["1", "a", "b"]]
    assert "DOS" in next(iter(table.reading.repairs))


def test_a_last_line_without_an_end_is_told(tmp_path: Path) -> None:
    assert "last_line" in open_text(tmp_path, f"{HEADER}\n1;a;1 234").reading.facts
    for end in ("\n", "\r\n", "\r"):
        assert "last_line" not in open_text(tmp_path, f"{HEADER}\n1;a;b{end}").reading.facts
    assert "last_line" not in open_text(tmp_path, f"{HEADER}\n1;a;b\n", "utf-16-le").reading.facts


@pytest.mark.parametrize(
    ("body", "rows"),
    [
        (
            '"1";"";"DOM\\user"\n"2";"";"Иванов\\"\n"3";"";"M"\n',
            [["1", None, "DOM\\user"], ["2", None, "Иванов\\"], ["3", None, "M"]],
        ),
        (
            '"1";"";"ООО \\"Ромашка\\"; Тула"\n"2";"DOM\\user";"C:\\\\"\n',
            [["1", None, 'ООО "Ромашка"; Тула'], ["2", "DOM\\user", "C:\\"]],
        ),
        (
            '"1";"";"ООО \\"Ромашка\\""\n"2";"Иванов\\";"M"\n"3";"";"DOM\\user"\n',
            [["1", None, 'ООО "Ромашка"'], ["2", "Иванов\\", "M"], ["3", None, "DOM\\user"]],
        ),
    ],
    ids=["backslashes that end cells", "quotes behind backslashes", "both"],
)
def test_a_backslash_that_escapes_nothing_stays(tmp_path: Path, body: str, rows: list[list[str | None]]) -> None:
    assert [row.cells for row in open_text(tmp_path, f"{HEADER}\n{body}").rows] == rows


@pytest.mark.parametrize(
    ("first", "again"),
    [
        ("key;name", '"key";"name"'),
        ('"key";"name"', "key;name"),
        ("key;name", 'key;"name"'),
        (";Телефон", '"";"Телефон"'),
        (";Телефон;", '"";"Телефон";'),
        ("№;name", '"№";name'),
    ],
)
def test_a_header_that_comes_again_is_never_copied_unread_however_it_is_quoted(
    tmp_path: Path, first: str, again: str
) -> None:
    table = open_text(tmp_path, f"{first}\n1;a\n{again}\n2;b\n")
    assert table.plain_body is None
    assert [row.cells[:2] for row in table.rows] == [["1", "a"], ["2", "b"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize(
    ("cell", "text"), [('="007"', "007"), ('"=""007"""', "007"), ("'007", "007"), ('"\'007"', "007")]
)
def test_text_marked_for_excel_is_mended_wherever_it_stands(
    tmp_path: Path, encoding: str, cell: str, text: str
) -> None:
    rows = "".join(f"{n};a;b\n" for n in range(20_000))
    table = open_text(tmp_path, f"{HEADER}\n{rows}7;a;{cell}\n", encoding)
    assert table.plain_body is None
    *_, last = table.rows
    assert last.cells[:3] == ["7", "a", text]


def test_an_apostrophe_within_a_cell_keeps_no_file_from_being_copied_unread(tmp_path: Path) -> None:
    assert open_text(tmp_path, f"{HEADER}\n1;O'Neil 7;b'\n").plain_body is not None


@pytest.mark.parametrize(
    ("line", "cells"),
    [
        ('1;"ООО "Ромашка"";5', ["1", 'ООО "Ромашка"', "5"]),
        ('"1";"ООО "Рога; и "Копыта"";"5"', ["1", 'ООО "Рога; и "Копыта"', "5"]),
        ('1;"17" диски;5', ["1", '"17" диски', "5"]),
        ('"";""Ромашка" ООО";"say ""no"""', [None, '"Ромашка" ООО', 'say "no"']),
    ],
)
def test_quotes_within_a_cell_that_were_not_doubled_belong_to_it(tmp_path: Path, line: str, cells: list[str]) -> None:
    table = open_text(tmp_path, f'{HEADER}\n{line}\n2;"";"x;""y"""\n')
    assert table.plain_body is None
    assert [row.cells for row in table.rows] == [cells, ["2", None, 'x;"y"']]
    assert table.reading.repairs[QUOTES_NOT_DOUBLED] == 1


def test_rows_that_a_stray_quote_swallowed_lose_the_quotes_around_their_cells(tmp_path: Path) -> None:
    table = open_text(tmp_path, f'{HEADER}\n"1";"a";"b\n"2";"c";"d"\n')
    assert [row.cells for row in table.rows] == [["1", "a", '"b'], ["2", "c", "d"]]
