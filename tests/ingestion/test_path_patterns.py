"""Which files a feed's path names, and the dates it reads in their names."""

from __future__ import annotations

from datetime import date

import pytest

from ingestion.path_patterns import PathPattern


@pytest.mark.parametrize(
    ("pattern", "path", "day"),
    [
        ("d01/sales_{date:%Y%m%d}.csv", "d01/sales_20260305.csv", date(2026, 3, 5)),
        ("d01/{date:%d.%m.%Y}.csv", "d01/05.03.2026.csv", date(2026, 3, 5)),
        ("d01/*_{date:%y%m%d}*.csv", "d01/full_260305_v2.csv", date(2026, 3, 5)),
        ("**/sales_{date:%Y-%m-%d}.csv", "a/b/sales_2026-03-05.csv", date(2026, 3, 5)),
    ],
)
def test_a_date_in_the_name_is_the_day_of_delivery(pattern: str, path: str, day: date) -> None:
    assert PathPattern(pattern).date_in(path) == day


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("d01/sales_*.csv", "d01/sales_1.csv"),
        ("d01/sales_?.csv", "d01/sales_1.csv"),
        ("**/sales.csv", "sales.csv"),
    ],
)
def test_stars_and_question_marks_match(pattern: str, path: str) -> None:
    assert PathPattern(pattern).match(path)
    assert PathPattern(pattern).date_in(path) is None


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("d01/sales_*.csv", "d01/old/sales_1.csv"),
        ("d01/sales_{date:%Y%m%d}.csv", "d01/sales_2026.csv"),
        ("d01/sales+.csv", "d01/saless.csv"),
        ("d01/*.csv", "d02/x.csv"),
    ],
)
def test_other_files_do_not_match(pattern: str, path: str) -> None:
    assert PathPattern(pattern).match(path) is None


def test_a_name_that_holds_no_real_date_gives_none() -> None:
    assert PathPattern("{date:%Y%m%d}.csv").date_in("20261399.csv") is None


@pytest.mark.parametrize(
    "pattern",
    [
        "/x.csv",
        "../x.csv",
        "https://example.com/x.csv",
        "{date:%Y%m%d}_{date:%Y%m%d}.csv",
        "{day:%Y%m%d}.csv",
        "{x.csv",
    ],
)
def test_a_pattern_that_cannot_work_is_told(pattern: str) -> None:
    assert PathPattern(pattern).mistake()
