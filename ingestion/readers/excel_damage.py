"""What Excel does to cells that are no amounts: numbers cut to powers of ten, phones as floats, dates as day numbers.

Excel shows a number of more than eleven digits as 7,91612E+10, and saves a CSV as it shows it; it keeps fifteen digits
of any number. A date is the count of days since the end of 1899, in workbooks made on old Macs since 1904.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from ingestion.dealer_files import FileFormat
from ingestion.readers.reading import Cells, Reading, Row, normalised_name

DAY_ZERO_1900 = datetime(1899, 12, 30)  # noqa: DTZ001 - a day as the dealer means it
DAY_ZERO_1904 = datetime(1904, 1, 1)  # noqa: DTZ001

EXPONENT = re.compile(r"([-+]?\d)(?:[.,](\d+))?[eE]\+(\d{1,3})")
FLOAT_OF_DIGITS = re.compile(r"(\d{10,15})[.,]0+")
DAY_NUMBER = re.compile(r"(\d{5})(?:[.,](\d+))?")
"""10000 is in 1927, 99999 in 2173; fewer digits may be a year."""
SECONDS_OF_A_DAY = 86_400


FORMULA_OF_TEXT = re.compile(r'="([^"]*)"')
"""How programmes keep Excel from taking a cell of CSV for a number: ="007"."""
TEXT_BEHIND_AN_APOSTROPHE = re.compile(r"'([^']*\d[^']*)")
"""How people do: the apostrophe is not shown in Excel, but some programmes write it down."""
_BEGINNINGS = frozenset("0123456789+-=' \t")

SPOILT_CELLS = "cells spoilt by Excel"
"""The column behind the dealer's own that keeps what was read as empty: JSON, cell by column."""
LOST_DIGITS = "numbers of which Excel lost the last digits (as in 7,91612E+10), read as empty"
EXCEL_ERRORS = "cells in which Excel shows an error (#N/A …), read as empty"
NEVER_CALCULATED = "formulas that were never calculated, read as empty"


class ExcelDamage:
    """Mends the cells of a table, and leaves empty what cannot be mended: a wrong number is worse than none."""

    def __init__(self, header: Sequence[str], form: FileFormat, reading: Reading, day_zero: datetime) -> None:
        names = {normalised_name(name) for name in form.date_names}
        self.header = (*header, SPOILT_CELLS)
        self.date_columns = [at for at, name in enumerate(header) if normalised_name(name) in names]
        self.reading = reading
        self.day_zero = day_zero

    def is_in(self, rows: Sequence[Sequence[str]]) -> bool:
        """Whether any of these rows shows floats of phones, days as numbers, or text marked as text."""
        return any(
            FLOAT_OF_DIGITS.fullmatch(cell.strip())
            or (at in self.date_columns and DAY_NUMBER.fullmatch(cell.strip()))
            or FORMULA_OF_TEXT.fullmatch(cell.strip())
            or TEXT_BEHIND_AN_APOSTROPHE.fullmatch(cell.strip())
            for row in rows
            for at, cell in enumerate(row)
        )

    def mended(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The rows under `header`: every cell mended that can be, those that cannot kept aside; counted by column."""
        for row in rows:
            cells = [*row.cells, None]
            if any(cell and cell[0] in _BEGINNINGS for cell in row.cells):
                self._mend(cells)
            yield Row(row.number, cells, row.shape_fault)

    def _mend(self, cells: Cells) -> None:
        spoilt: dict[str, str] = {}
        for at, cell in enumerate(cells):
            if cell is None:
                continue
            text = cell.strip()
            if ("E+" in text or "e+" in text) and (match := EXPONENT.fullmatch(text)):
                cells[at] = self._written_out(at, match)
                if cells[at] is None:
                    spoilt[self.header[at]] = text
            elif at in self.date_columns and (match := DAY_NUMBER.fullmatch(text)):
                self._count(at, "days counted by Excel, written as dates")
                cells[at] = date_of_day_number(float(f"{match[1]}.{match[2] or 0}"), self.day_zero)
            elif len(text) > 11 and text[-1] == "0" and (match := FLOAT_OF_DIGITS.fullmatch(text)):
                self._count(at, "whole numbers with decimals of zero (79161234567.0), written without")
                cells[at] = match[1]
            elif text[:1] in "='" and (
                match := FORMULA_OF_TEXT.fullmatch(text) or TEXT_BEHIND_AN_APOSTROPHE.fullmatch(text)
            ):
                self._count(at, 'what marks a cell as text for Excel (="007", \'007), left out')
                cells[at] = match[1] or None
        if spoilt:
            cells[-1] = json.dumps(spoilt, ensure_ascii=False)

    def _written_out(self, at: int, match: re.Match[str]) -> str | None:
        first, decimals, exponent = match[1], match[2] or "", int(match[3])
        if len(decimals) < exponent:
            self._count(at, LOST_DIGITS)
            return None
        self._count(at, "numbers in powers of ten with all their digits, written out")
        behind = decimals[exponent:].rstrip("0")
        return f"{first}{decimals[:exponent]}" + (f".{behind}" if behind else "")

    def _count(self, at: int, what: str) -> None:
        self.reading.repairs[f"{self.header[at]}: {what}"] += 1


def date_of_day_number(number: float, day_zero: datetime) -> str:
    """A day number of Excel in ISO 8601, with the time where it has one, to the second."""
    days, fraction = divmod(number, 1)
    moment = day_zero + timedelta(days=int(days), seconds=round(fraction * SECONDS_OF_A_DAY))
    return moment.date().isoformat() if moment.time() == datetime.min.time() else moment.isoformat(timespec="seconds")
