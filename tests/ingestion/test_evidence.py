"""How a file writes dates and numbers, from tables of examples."""

from __future__ import annotations

import pytest

from ingestion.contracts import ColumnType
from ingestion.errors import AmbiguousDates, AmbiguousNumbers
from ingestion.evidence import (
    are_half_converted,
    decide_dates,
    decide_numbers,
    describe_number_column,
    mark_of_final_numbers,
)


def once(*cells: str) -> list[tuple[str, int]]:
    return [(cell, 1) for cell in cells]


@pytest.mark.parametrize(
    ("cells", "order"),
    [
        (["13/04/2025", "03/04/2025"], "dmy"),
        (["04/13/2025", "03/04/2025"], "mdy"),
        (["1/2/2022", "1/31/2022"], "mdy"),
        (["2025-03-04", "2025-12-31"], "ymd"),
        (["20250304"], "ymd"),
        (["03.04.2025"], "dmy"),
        (["03/03/2025"], "dmy"),
        (["85-03-04"], "ymd"),
        (["2025-03-04", "13.03.2025"], "dmy"),
        (["нет", "2025-03-04"], "ymd"),
        ([], "ymd"),
    ],
)
def test_the_order_is_what_the_dates_themselves_show(cells: list[str], order: str) -> None:
    assert decide_dates("", once(*cells), None).order == order


@pytest.mark.parametrize(
    "cells",
    [
        ["03/04/2025"],
        ["03-04-2025", "05-06-2025"],
        ["13/04/2025", "04/13/2025"],
        ["1/31/2022", "01-02-2022"],
        ["03.04.2025", "04/13/2025"],
    ],
)
def test_a_file_that_can_be_read_in_two_ways_is_refused_unless_the_yaml_says(cells: list[str]) -> None:
    with pytest.raises(AmbiguousDates, match="order"):
        decide_dates("", once(*cells), None)
    assert decide_dates("", once(*cells), "mdy").order == "mdy"


def test_a_date_that_is_told_as_evidence_is_nobodys_day_of_birth() -> None:
    with pytest.raises(AmbiguousDates) as caught:
        decide_dates("", [("13/04/1985", 7), ("04/14/85", 5), ("93/11/12", 2)], None)
    assert caught.value.found == (
        "dates such as 13/04/yyyy (dmy, 7 such) and 04/14/yy (mdy, 5 such) and yy/11/12 (ymd, 2 such)"
    )


def test_a_slip_of_a_hand_does_not_make_a_file_ambiguous() -> None:
    assert decide_dates("", [("13/04/2025", 999), ("04/13/2025", 1)], None).order == "dmy"


@pytest.mark.parametrize(
    ("cells", "is_refused"),
    [
        (["04/13/2025", "04/25/2025", "03/04/2025"], True),
        (["13.04.2025", "25.04.2025"], False),
        (["04/13/2025", *["03/04/2025"] * 9], False),  # a slip
        (["04/13/2025", "04/25/2025", "13/04/2025"], False),  # mixed: then the YAML's word counts
        (["03/04/2025", "05/06/2025"], False),
    ],
)
def test_an_order_that_all_evidence_is_against_is_not_read_as_the_yaml_says(cells: list[str], is_refused: bool) -> None:
    if is_refused:
        with pytest.raises(AmbiguousDates, match="which show mdy, and none that shows dmy: 04/13/yyyy"):
            decide_dates("", once(*cells), "dmy")
    else:
        assert decide_dates("", once(*cells), "dmy").order == "dmy"


def test_short_years_and_cells_that_are_no_dates_are_noticed() -> None:
    writing = decide_dates("", once("13.04.85", "today"), None)
    assert writing.has_short_years
    assert writing.has_foreign_cells


@pytest.mark.parametrize(
    ("shapes", "decimal"),
    [
        (["0000.00"], "."),
        (["0 000 000,00"], ","),
        (["0.000,00"], ","),
        (["0,000.00"], "."),
        (["0.000.000"], ","),
        (["0,000,000"], "."),
        (["00,000"], "."),
        (["00.000"], ","),
        (["00000.000"], "."),
        (["0000000"], "."),
        (["0 000 руб."], "."),
        (["000,00-"], ","),
        (["00.000,-"], ","),
        (["00,000.-"], "."),
        (["0 000,-", "00.00"], "."),
        (["0.0-0.00", "00,0"], ","),
    ],
)
def test_the_decimal_mark_is_what_the_numbers_themselves_show(shapes: list[str], decimal: str) -> None:
    assert decide_numbers("", shapes, None).decimal == decimal


@pytest.mark.parametrize("shapes", [["00,00", "00.00"], ["00.000", "00,000"]])
def test_two_decimal_marks_in_one_file_are_refused_unless_the_yaml_says(shapes: list[str]) -> None:
    with pytest.raises(AmbiguousNumbers, match="decimal"):
        decide_numbers("", shapes, None)
    assert decide_numbers("", shapes, ",").decimal == ","


def test_only_what_occurs_in_a_column_is_cleaned_away() -> None:
    plain = describe_number_column(["0000.00", "-00.0"], ".")
    assert (plain.is_plain, plain.is_whole, plain.most_decimals, plain.has_foreign_cells) == (True, False, 2, False)
    assert describe_number_column(["0000"], ".").is_whole
    assert describe_number_column(["0 000,00 руб."], ",").has_words
    assert describe_number_column(["нет"], ".").has_foreign_cells
    assert describe_number_column(["0000-"], ".").has_minus_behind
    assert not describe_number_column(["00.000,-", "0000 -"], ",").has_minus_behind
    assert describe_number_column(["00.000,- руб."], ",").has_no_cents
    assert not describe_number_column(["0\u00a0000\u202f000,00 ₽", "(00)"], ",").has_foreign_cells


@pytest.mark.parametrize(
    ("kind", "cells", "mark"),
    [
        ("amount", ["1000.50", "-7.00", "0.05"], "."),
        ("amount", ["1000,50"], ","),
        ("amount", ["1000.5"], None),
        ("amount", ["1000"], None),
        ("amount", ["007.50"], None),
        ("amount", ["1 000.50"], None),
        ("amount", ["1.50", "1,50"], None),
        ("decimal", ["1.5", "12"], "."),
        ("decimal", ["1.50"], None),
        ("integer", ["12", "-7", "0"], ""),
        ("integer", ["1.0"], None),
        ("integer", ["1234567890123456789"], None),
    ],
)
def test_numbers_are_final_where_every_cell_is_a_canonical_text_but_for_the_mark(
    kind: ColumnType, cells: list[str], mark: str | None
) -> None:
    assert mark_of_final_numbers(cells, kind, None) == mark


def test_a_mark_that_the_yaml_does_not_mean_is_no_decimal_mark() -> None:
    assert mark_of_final_numbers(["1000.50"], "amount", ",") is None


MADE = ["2026-01-03", "2026-05-03", "2026-11-03", "2026-12-03", "2026-02-04"]  # 1, 5, 11, 12 March and 2 April
LEFT = ["13/03/2026", "25/03/2026", "13/04/2026"]

FIRSTS = [f"2026-{month:02}-01" for month in range(2, 8)]


@pytest.mark.parametrize(
    ("cells", "is_known"),
    [
        (MADE + LEFT, True),
        (MADE + LEFT[:2], False),  # too few to tell
        (MADE[:4] + LEFT, False),
        ([*MADE, "2026-03-15", *LEFT], False),  # no month is the 15th
        ([*MADE, *LEFT, "05/03/2026"], False),  # that Excel would have made a date
        ([f"2026-03-{day:02}" for day in range(1, 10)] + ["25.02.2026"] * 3, False),  # the first days of a month
        ([*MADE, "03/13/2026", "03/25/2026", "04/13/2026"], True),  # American ones in a Russian Excel
        ([*MADE, "13/03/2026", "25/03/2026", "04/13/2026"], False),  # no country writes so
        ([*FIRSTS, *LEFT], False),  # the firsts of months
        ([*FIRSTS, "13.01.2026", "25.01.2026", "14.01.2026"], True),  # days of January
    ],
)
def test_a_column_that_excel_converted_by_half_is_known(cells: list[str], is_known: bool) -> None:
    assert are_half_converted((cell, 1) for cell in cells) is is_known
