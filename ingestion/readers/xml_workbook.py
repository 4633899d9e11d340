"""Workbooks as Excel 2003 wrote them in XML (SpreadsheetML), which many programmes still give out as .xls.

The format: "XML Spreadsheet Reference", Microsoft, 2001. Cells have types; rows and cells that are left out are told by
`ss:Index`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from xml.etree.ElementTree import Element

from ingestion.dealer_files import FileFormat
from ingestion.errors import TooLarge, UnreadableFile
from ingestion.readers.excel_cells import MAX_WIDTH, text_of
from ingestion.readers.merged_cells import SheetRow
from ingestion.readers.reading import Cells, Reading, too_wide
from ingestion.readers.table_header import HEADER_SEARCH_ROWS
from ingestion.readers.typed_values import Mark
from ingestion.readers.xml_reader import local_name, xml_encoding, xml_events

MAX_BYTES = 2 * 1024**3
MAX_ROWS = 1_048_576
"""Of Excel's sheets."""
MAX_SHEETS = 1_000

_ZEROS = re.compile(r"0{2,}")
_DAYS_OF_TIMES = {False: ("1899-12-30", "1899-12-31"), True: ("1904-01-01",)}
"""On which Excel puts a time of day without a day, by whether the workbook's days are counted from 1904."""
_DEPTH_OF_ROWS = 4
_HELD_WHOLE = ("Row", "Style", "WorksheetOptions", "ExcelWorkbook", "DocumentProperties", "Names")


@dataclass
class _Sheet:
    name: str
    is_visible: bool = True
    first_rows: list[Cells] = field(default_factory=list)


class XmlWorkbook:
    """A workbook in XML; its sheets are read row by row, from the file each time."""

    def __init__(self, file: Path, form: FileFormat, expected_names: frozenset[str], reading: Reading) -> None:
        """Raises the errors of XML files; UnreadableFile where it has no sheet, TooLarge beyond Excel's own limits."""
        self._file = file
        self._mark: Mark | None = form.decimal
        self.is_of_1904 = False
        self.errors = 0  # cells in which Excel shows an error
        self.formulas_without_values = 0
        self._zeros: dict[str, int] = {}  # how many digits a style shows of a whole number
        if (size := file.stat().st_size) > MAX_BYTES:
            raise TooLarge(
                file.name,
                found=f"a workbook of {size:,} bytes",
                expected=f"at most {MAX_BYTES:,}",
                do="Have a table of this size sent as CSV.",
            )
        self._encoding = form.encoding or xml_encoding(file, expected_names, reading)
        self._sheets: list[_Sheet] = []
        for element, position in self._elements():
            self._look_at(element, position)
        if not self._sheets:
            raise UnreadableFile(
                file.name,
                found="an XML workbook without a sheet",
                expected="a workbook with a table",
                do="Ask the dealer to save it as .xlsx and resend.",
            )
        self.sheets = [sheet.name for sheet in self._sheets]
        self.visible = [sheet.name for sheet in self._sheets if sheet.is_visible]

    def first_rows(self, name: str) -> list[list[str]]:
        """What stands in the first rows of a sheet."""
        return [[cell or "" for cell in row] for row in self._sheets[self.sheets.index(name)].first_rows]

    def rows(self, name: str) -> Iterator[SheetRow]:
        """The rows of a sheet from the first on, empty ones included."""
        wanted = self.sheets.index(name)
        number = 0
        for element, sheet in self._elements():
            if sheet == wanted and local_name(element.tag) == "Row":
                index, behind = self._place_of(element, number)
                yield from (([], ()) for _ in range(number + 1, index))
                yield self._cells(element)
                yield from (([], ()) for _ in range(behind))
                number = index + behind

    def _look_at(self, element: Element, sheet: int) -> None:
        kind = local_name(element.tag)
        if kind == "Worksheet":
            if sheet >= MAX_SHEETS:
                raise TooLarge(
                    self._file.name,
                    found=f"more than {MAX_SHEETS:,} sheets",
                    expected="a workbook with a table",
                    do="Ask the dealer what the file is.",
                )
            self._sheets.append(_Sheet(_attributes(element).get("Name") or f"sheet {sheet + 1}"))
        elif kind == "Row":
            self._count(element)
            held = self._sheets[sheet].first_rows
            if len(held) < HEADER_SEARCH_ROWS:
                index, behind = self._place_of(element, len(held))
                held += [[] for _ in range(min(index, HEADER_SEARCH_ROWS + 1) - 1 - len(held))]
                held += [self._cells(element)[0], *([] for _ in range(min(behind, HEADER_SEARCH_ROWS)))]
                del held[HEADER_SEARCH_ROWS:]
        elif kind == "Style":
            shown = next((_attributes(e).get("Format", "") for e in element if local_name(e.tag) == "NumberFormat"), "")
            if _ZEROS.fullmatch(shown):
                self._zeros[_attributes(element).get("ID", "")] = len(shown)
        elif kind == "WorksheetOptions":
            told = [(e.text or "").strip() for e in element if local_name(e.tag) == "Visible"]
            self._sheets[sheet].is_visible = not any(text in ("SheetHidden", "SheetVeryHidden") for text in told)
        elif kind == "ExcelWorkbook":
            self.is_of_1904 = any(local_name(e.tag) == "Date1904" for e in element)

    def _count(self, row: Element) -> None:
        for cell in row:
            data = _data_of(cell)
            kind = _attributes(data).get("Type") if data is not None else None
            self.errors += kind == "Error"
            is_formula = "Formula" in _attributes(cell)
            if is_formula and kind not in ("String", "Error") and (data is None or not _text(data)):
                self.formulas_without_values += 1

    def _place_of(self, row: Element, before: int) -> tuple[int, int]:
        """The number of a row, and how many empty ones it stands for besides."""
        attributes = _attributes(row)
        index = max(before + 1, _number(attributes.get("Index"), before + 1))
        behind = _number(attributes.get("Span"), 0)
        if index + behind > MAX_ROWS:
            raise TooLarge(
                self._file.name,
                found=f"a row with the number {index + behind:,}",
                expected=f"at most {MAX_ROWS:,}, as Excel's sheets have",
                do="Have a table of this size sent as CSV.",
            )
        return index, behind

    def _cells(self, row: Element) -> SheetRow:
        cells: Cells = []
        merged: list[tuple[int, int]] = []
        for cell in row:
            if local_name(cell.tag) != "Cell":
                continue
            attributes = _attributes(cell)
            place = max(len(cells), _number(attributes.get("Index"), len(cells) + 1) - 1)
            across = _number(attributes.get("MergeAcross"), 0)
            if place + across >= MAX_WIDTH:
                raise too_wide(self._file, place + across + 1)
            cells += [None] * (place - len(cells))
            cells += [self._value(cell, attributes), *[None] * across]
            if down := _number(attributes.get("MergeDown"), 0):
                merged.append((place, down + 1))
        while cells and cells[-1] is None:
            cells.pop()
        return cells, merged

    def _value(self, cell: Element, attributes: Mapping[str, str]) -> str | None:
        data = _data_of(cell)
        if data is None:
            return None
        text = _text(data)
        kind = _attributes(data).get("Type", "String")
        if kind == "String":
            return text_of(text)
        text = text.strip()
        if kind == "Error" or not text:
            return None
        if kind == "Boolean":
            return {"1": "true", "0": "false"}.get(text, text)
        if kind == "DateTime":
            return _moment(text, self.is_of_1904)
        try:
            number = int(text) if re.fullmatch(r"-?\d{1,15}", text) else float(text)
        except ValueError:
            return text
        shown = text_of(number, self._mark)
        zeros = self._zeros.get(attributes.get("StyleID", ""))
        return shown.zfill(zeros) if zeros and shown and shown.isdigit() else shown

    def _elements(self) -> Iterator[tuple[Element, int]]:
        """Worksheets as they begin; rows, styles and settings as they end: each with the position of its sheet."""
        path: list[Element] = []
        sheet = -1
        held = 0  # elements that are held whole and have begun
        for event, element in xml_events(self._file, self._encoding, depth_of_rows=_DEPTH_OF_ROWS):
            kind = local_name(element.tag)
            if event == "start":
                path.append(element)
                held += kind in _HELD_WHOLE
                if kind == "Worksheet" and len(path) == 2:
                    sheet += 1
                    yield element, sheet
                continue
            path.pop()
            if kind in _HELD_WHOLE:
                held -= 1
                if sheet >= 0 or kind in ("Style", "ExcelWorkbook"):
                    yield element, sheet
            if path and not held:
                path[-1].remove(element)


def _attributes(element: Element) -> dict[str, str]:
    return {local_name(name): value for name, value in element.attrib.items()}


def _data_of(cell: Element) -> Element | None:
    return next((child for child in cell if local_name(child.tag) == "Data"), None)


def _text(data: Element) -> str:
    return "".join(data.itertext())


def _number(written: str | None, otherwise: int) -> int:
    return int(written) if written and re.fullmatch("[0-9]{1,9}", written) else otherwise


def _moment(text: str, is_of_1904: bool) -> str | None:
    """`2026-03-05T00:00:00.000` as the date or the moment that it is; as it stands where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if text.startswith(_DAYS_OF_TIMES[is_of_1904]):
        return moment.time().isoformat(timespec="seconds")
    return text_of(moment)
