"""Writes rows as a feed's YAML says the dealer writes them: the format read backwards."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from openpyxl import Workbook

from demo.adf import write_adf
from demo.centres import Centre, Feed
from demo.rows import Row, Value

NO_BREAK_SPACE = "\N{NO-BREAK SPACE}"
_MOMENT_FORMATS = {"dmy": "%d.%m.%Y %H:%M", "mdy": "%m/%d/%Y %H:%M", "ymd": "%Y-%m-%d %H:%M:%S"}
_DATE_FORMATS = {"dmy": "%d.%m.%Y", "mdy": "%m/%d/%Y", "ymd": "%Y-%m-%d"}
_EXCEL_EPOCH = b"2026-01-01T00:00:00Z"


def write_rows(feed: Feed, centre: Centre, rows: Sequence[Row], *, is_first_night: bool = True) -> bytes:
    """The content of a file of the feed that holds the rows; the same rows give the same bytes."""
    kind = feed.file_format["type"]
    if kind == "adf":
        return write_adf(centre, rows, is_first_night=is_first_night)
    if kind == "jsonl":
        return _write_jsonl(feed, rows)
    table = _table(feed, centre, rows)
    return _write_excel(table) if kind == "excel" else _write_csv(feed, table)


def _table(feed: Feed, centre: Centre, rows: Sequence[Row]) -> list[list[Value]]:
    extra = sorted({name for row in rows for name in row.extra} & set(feed.ignore))
    other = sorted({name for row in rows for name in row.extra} - set(feed.ignore)) if feed.ignore else []
    header: list[Value] = [*feed.columns.values(), *extra, *other]
    lines = (f"{centre.name}: выгрузка", f"Организация: {centre.legal_entity}", f"Записей: {len(rows)}")
    titles: list[list[Value]] = [[line] for line in lines[: feed.file_format.get("header_row", 1) - 1]]
    cells: list[list[Value]] = [
        [*(_cell(feed, row, column) for column in feed.columns), *(row.extra.get(name) for name in (*extra, *other))]
        for row in rows
    ]
    return [*titles, header, *cells, *_total_row(feed, rows, len(header))]


def _total_row(feed: Feed, rows: Sequence[Row], width: int) -> list[list[Value]]:
    total = feed.file_format.get("total_row")
    if not total:
        return []
    cells: list[Value] = [None] * width
    theirs = list(feed.columns.values())
    cells[theirs.index(total["column"])] = total["equals"]
    for ours, column in total["sums"].items():
        amounts = [row.values[ours] for row in rows]
        added = sum(amount for amount in amounts if isinstance(amount, int))
        cells[theirs.index(column)] = added if feed.file_format["type"] == "excel" else _amount(feed, added)
    return [cells]


def _amount(feed: Feed, amount: int) -> str:
    if feed.file_format.get("decimal") == ",":
        return f"{amount:,}".replace(",", NO_BREAK_SPACE) + ",00"
    return f"{amount}.00"


def _their_word(feed: Feed, column: str, word: str) -> str:
    for theirs, ours in feed.values.get(column, {}).items():
        if ours == word:
            return theirs
    return word


def _cell(feed: Feed, row: Row, column: str) -> Value:
    value = row.values.get(column)
    is_excel = feed.file_format["type"] == "excel"
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return _their_word(feed, column, "true" if value else "false")
    if isinstance(value, int):
        return value if is_excel else _amount(feed, value) if column.endswith("amount") else str(value)
    if isinstance(value, datetime):
        return value if is_excel and "format" not in feed.dates else value.strftime(_moment_format(feed))
    if isinstance(value, date):
        order = feed.dates.get("order", "dmy")
        return datetime.combine(value, datetime.min.time()) if is_excel else value.strftime(_DATE_FORMATS[order])
    if is_excel and re.fullmatch(r"\d{11}\.0", value):
        return int(value[:-2])  # the cell holds a number, as Excel makes of a phone
    return _their_word(feed, column, value)


def _moment_format(feed: Feed) -> str:
    return str(feed.dates.get("format") or _MOMENT_FORMATS[feed.dates.get("order", "dmy")])


def _write_csv(feed: Feed, table: list[list[Value]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=feed.file_format.get("delimiter", ","), lineterminator="\r\n")
    writer.writerows(table)
    return text.getvalue().encode(feed.file_format.get("encoding", "utf-8"), errors="replace")


def _write_excel(table: list[list[Value]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Лист1")
    for cells in table:
        sheet.append(cells)
    saved = io.BytesIO()
    book.save(saved)
    return _without_clock(saved.getvalue())


def _without_clock(content: bytes) -> bytes:
    """The workbook with fixed dates inside: openpyxl writes the time of saving into it."""
    fixed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as book, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as copy:
        for name in book.namelist():
            part = book.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"(<dcterms:\w+[^>]*>)[^<]*", rb"\g<1>" + _EXCEL_EPOCH, part)
            copy.writestr(zipfile.ZipInfo(name, (2026, 1, 1, 0, 0, 0)), part, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()


def _write_jsonl(feed: Feed, rows: Sequence[Row]) -> bytes:
    lines = []
    for row in rows:
        record: dict[str, Any] = {}
        for ours, theirs in feed.columns.items():
            value = row.values.get(ours)
            if isinstance(value, datetime):
                value = value.strftime(_moment_format(feed)) if feed.dates else value.isoformat()
            elif isinstance(value, date):
                value = value.isoformat()
            elif isinstance(value, str):
                value = _their_word(feed, ours, value)
            _put(record, theirs, value)
        lines.append(json.dumps(record, ensure_ascii=False))
    return "".join(f"{line}\n" for line in lines).encode()


def _put(record: dict[str, Any], name: str, value: Value) -> None:
    if value is not None and value != "":
        record[name] = value
