"""Where a header stands, and what its columns are called when it takes several rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.readers.csv_reader import open_csv
from ingestion.readers.reading import Reading
from ingestion.readers.table_header import TableHeader, find_header, names_of

EXPECTED = frozenset(("id", "телефон", "фио"))
PLAIN = FileFormat("csv")


def found(rows: list[list[str]], form: FileFormat = PLAIN) -> TableHeader:
    header = find_header(rows, form, EXPECTED, Reading())
    assert header is not None
    return header


def test_the_row_with_most_of_the_mapped_columns_is_the_header() -> None:
    header = found([["Отчёт", "за март", "2026", "id"], ["id", "Телефон", "ФИО"], ["1", "2", "3"]])
    assert (header.position, header.names) == (1, ("id", "Телефон", "ФИО"))


def test_of_a_header_of_two_rows_the_first_is_found_although_the_names_stand_in_the_second() -> None:
    rows = [
        ["Отчёт о продажах", "", "", ""],
        ["Документ", "Клиент", "", "Сумма"],
        ["id", "ФИО", "Телефон", ""],
        ["17", "Иванов Иван", "89161234567", "100"],
        ["18", "Иванов Иван", "89161234567", "100"],
    ]
    header = found(rows, FileFormat("csv", header_rows=2))
    assert (header.position, header.rows_above) == (1, 3)
    assert header.names == ("id", "ФИО", "Телефон", "Сумма")


def test_of_a_header_of_two_rows_the_first_is_found_when_the_names_stand_in_it() -> None:
    rows = [["Export", "", ""], ["id", "телефон", "фио"], ["Number", "Phone", "Name"], ["1", "8916", "Иван"]]
    header = found(rows, FileFormat("csv", header_rows=2))
    assert (header.position, header.names) == (1, ("id", "телефон", "фио"))


def test_a_row_that_the_yaml_names_is_taken_or_missed() -> None:
    rows = [["id", "Телефон"], ["x", "y"], ["1", "2"]]
    assert found(rows, FileFormat("csv", header_row=2)).names == ("x", "y")
    assert find_header(rows, FileFormat("csv", header_row=4), EXPECTED, Reading()) is None


def test_merged_cells_go_on_to_the_right() -> None:
    rows = [["Клиент", "", "Плательщик", ""], ["Имя", "Тел.", "Имя", "Тел."]]
    assert names_of(rows, frozenset()) == ("Клиент / Имя", "Клиент / Тел.", "Плательщик / Имя", "Плательщик / Тел.")


@pytest.mark.parametrize(
    ("expected", "name"),
    [("телефон", "Телефон"), ("клиент / телефон", "Клиент / Телефон"), ("клиент", "Клиент"), ("", "Клиент / Телефон")],
)
def test_a_column_is_called_by_the_cell_that_the_yaml_maps(expected: str, name: str) -> None:
    assert names_of([["Клиент"], ["Телефон"]], frozenset((expected,))) == (name,)


def test_a_cell_that_two_columns_share_names_neither() -> None:
    rows = [["Клиент", "Водитель"], ["Телефон", "Телефон"]]
    assert names_of(rows, frozenset(("телефон",))) == ("Клиент / Телефон", "Водитель / Телефон")


def test_columns_without_a_name_are_called_by_their_place_and_trailing_ones_are_none() -> None:
    assert names_of([["a", "", "c", "", ""]], frozenset()) == ("a", "column 2", "c")


@pytest.mark.parametrize(
    ("rows", "names"),
    [
        ([["ФИО", "id", "Связь"], ["Иванов", "Москва", "Телефон"]], ("ФИО", "id", "Связь")),
        ([["ФИО", "id", "Связь", ""], ["Иванов", "Москва", "Телефон", "да"]], ("ФИО", "id", "Связь")),
        ([["ФИО", "id", "Связь"], ["", "", "Телефон"]], ("ФИО", "id", "Связь")),
        ([["ФИО", "id", ""], ["", "", "Телефон"]], ("ФИО", "id", "Телефон")),
        ([["Документ", "", "Телефон"], ["id", "ФИО", ""]], ("id", "ФИО", "Телефон")),
        ([["id", "Клиент", "Связь"], ["", "ФИО", "Телефон"]], ("id", "ФИО", "Телефон")),
        ([["id", "Клиент", ""], ["", "ФИО", "Город"]], ("id", "ФИО", "Клиент / Город")),
    ],
    ids=["a word", "a word in a row that is wider", "one name alone", "in a gap", "groups", "names alone", "a gap"],
)
def test_a_second_row_is_of_the_header_where_it_goes_on_with_it(rows: list[list[str]], names: tuple[str, ...]) -> None:
    header = found([*rows, ["Петров", "Пермь", "почта", "x"]])
    assert (header.names, header.row_count) == (names, 1 if "Связь" in names else 2)


@pytest.mark.parametrize(
    ("below", "first"), [("1;2;3;4;5", 3), (" 1;2;3;4;5;", 3), ("1;2;3;4;6", 2), ("1;2;3;4;5;6", 2)]
)
def test_a_row_that_numbers_the_columns_as_in_printed_forms_is_of_the_header(
    tmp_path: Path, below: str, first: int
) -> None:
    file = tmp_path / "form.csv"
    file.write_text(f"a;b;c;d;e\n{below}\n7;x;y;z;w\n", "utf-8")
    table = open_csv(file, FileFormat("csv"), frozenset("abcde"))
    assert next(table.rows).number == first
    assert (table.reading.facts.get("row_of_numbers") == 2) is (first == 3)
