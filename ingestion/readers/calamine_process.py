"""A workbook read by calamine in a process of its own, which may end badly without harm.

A damaged .xls makes calamine ask for memory that no machine has, and that ends the process it runs in. So the
process is started for one workbook, with bounds on memory and time, and writes what it reads as JSON, a line a row.
"""

from __future__ import annotations

import json
import resource
import sys
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import python_calamine

from ingestion.readers.excel_cells import text_of

MAX_MEMORY_BYTES = 2 * 1024**3
MAX_SECONDS = 600


def main() -> None:
    """`FILE MARK ROWS`: what sheets there are, with their first rows. `FILE MARK --sheet NAME`: all rows of one.

    MARK is the decimal mark that numbers are written with.
    """
    with suppress(ValueError, OSError):  # where the system has lower bounds of its own
        resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    file, mark, *asked = sys.argv[1:]
    try:
        # From a stream: a path's ending would be believed, and an .xlsx is often called .xls.
        book = python_calamine.load_workbook(Path(file).open("rb"))
        if asked[0] == "--sheet":
            for cells in _rows(book.get_sheet_by_name(asked[1]), mark):
                _write(cells)
        else:
            _write([_described(book, sheet, mark, int(asked[0])) for sheet in book.sheets_metadata])
    except python_calamine.PasswordError:
        _write({"refused": "password"})
    except python_calamine.CalamineError as error:
        _write({"refused": str(error)})


def _described(book: Any, told: Any, mark: Any, rows: int) -> dict[str, Any]:  # noqa: ANN401
    is_table = told.typ == python_calamine.SheetTypeEnum.WorkSheet
    sheet = book.get_sheet_by_name(told.name) if is_table else None
    merged = (sheet.merged_cell_ranges or ()) if sheet is not None else ()
    return {
        "name": told.name,
        "is_table": is_table,
        "is_visible": told.visible == python_calamine.SheetVisibleEnum.Visible,
        "merged": [(top, left, bottom - top + 1) for (top, left), (bottom, _) in merged if bottom > top],
        "first_rows": list(islice(_rows(sheet, mark), rows)) if sheet is not None else [],
    }


def _rows(sheet: Any, mark: Any) -> Any:  # noqa: ANN401
    if sheet.start is not None:
        left = [None] * sheet.start[1]
        for row in sheet.iter_rows():
            yield [*left, *(text_of(cell, mark) for cell in row)]


def _write(content: object) -> None:
    sys.stdout.write(json.dumps(content, ensure_ascii=True, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
