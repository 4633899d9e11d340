"""How cells look."""

from __future__ import annotations

import pytest

from ingestion.onboarding.looks import MOST_VALUES, ColumnLook


def look_of(*cells: str | None) -> ColumnLook:
    look = ColumnLook("column")
    for cell in cells:
        look.add(cell)
    return look


@pytest.mark.parametrize(
    ("look", "cells"),
    [
        ("vin", ["XTAGFK330JY144213", "ХТАGFK330JY144213", "WVW ZZZ1JZ3W386752"]),
        (
            "phone",
            ["+7 916 000-00-00", "8(916)0000000", "9160000000", "79160000000.0", "7,91612E+10", "(480) 555-0100"],
        ),
        ("date", ["01.03.2026", "2026-03-01T10:00:00", "3/1/2026", "20260301", "1 мар 2026", "Mar 1, 2026"]),
        ("plate", ["А123ВС77", "а 123 вс 177", "AB12 CDE"]),
        ("tax_id", ["7707083893", "500100732259"]),
        ("full_name", ["Иванов Пётр Сергеевич", "James Walker", "Орлова А.С."]),
        ("middle_name", ["Сергеевич", "Петровна"]),
        ("company", ["ООО «Ромашка»", "Vector LLC", "ИП Лапин С.С."]),
        ("make_model", ["LADA Granta", "Toyota Camry 2.5"]),
        ("number", ["1 234,50", "1,234.50", "12", "-5 руб.", "1\u00a0200\u00a0000"]),
        ("email", ["a@example.com"]),
    ],
)
def test_cells_are_known_by_their_look(look: str, cells: list[str]) -> None:
    assert {cell: look_of(cell).share(look) for cell in cells} == dict.fromkeys(cells, 1.0)


@pytest.mark.parametrize(
    ("look", "cell"),
    [
        ("vin", "XTAGFK330JY14421"),
        ("vin", "12345678901234567"),
        ("phone", "01.03.2026"),
        ("phone", "1234567"),
        ("tax_id", "7707083894"),
        ("full_name", "LADA Granta"),
        ("number", "2026-03-01"),
        ("plate", "Granta"),
    ],
)
def test_cells_of_another_look_are_not(look: str, cell: str) -> None:
    assert look_of(cell).share(look) == 0.0


def test_empty_cells_count_as_rows_and_not_as_cells() -> None:
    look = look_of("a@example.com", None, " ")
    assert (look.row_count, look.filled, look.share("email")) == (3, 1, 1.0)


def test_a_column_of_many_different_cells_needs_no_more_memory_than_one_of_some() -> None:
    look = look_of(*map(str, range(MOST_VALUES + 500)))
    assert len(look.values) == MOST_VALUES
    assert look.has_more_values


def test_the_year_in_the_middle_tells_birthdays_from_other_dates() -> None:
    assert look_of("03/15/1970", "03/16/1971", "01.02.75").median_year == 1971
    assert look_of("no date").median_year is None
