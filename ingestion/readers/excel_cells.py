"""What stands in a cell of a workbook, as text."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from ingestion.readers.typed_values import Mark, number_text

MAX_WIDTH = 16_384
"""Columns of Excel's sheets."""
FEWEST_LOST = 10**15
"""Excel keeps fifteen digits of a number: of one this large the last ones are gone."""
MOST_EXACT = 2**53

ERRORS = frozenset(("#N/A", "#REF!", "#NAME?", "#VALUE!", "#DIV/0!", "#NULL!", "#NUM!", "#GETTING_DATA"))


def text_of(value: object, mark: Mark | None = None) -> str | None:
    """A cell as text: dates in ISO, whole numbers without `.0`; None where nothing stands or Excel shows an error.

    A number whose last digits Excel lost is written as Excel shows it, 1.23456789012346E+16: no other one is.
    """
    if value is None or value == "" or (isinstance(value, str) and value in ERRORS):
        return None
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return _number(value, mark)
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat(timespec="seconds")
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        seconds = round(value.total_seconds())
        return f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
    return str(value).replace("\0", "")


def _number(value: float, mark: Mark | None) -> str | None:
    if isinstance(value, float) and not value.is_integer():
        return number_text(value, mark)
    whole = int(value)
    # A number typed into Excel ends in zeros from the sixteenth digit on; one that does not was written by a program.
    if abs(whole) >= FEWEST_LOST and (abs(whole) > MOST_EXACT or whole % 10 == 0):
        return f"{whole:.14E}"
    return str(whole)
