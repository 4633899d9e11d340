"""Files that were spoilt on their way, of all formats: read whole, or refused with what to look at."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from email.message import EmailMessage
from pathlib import Path

import openpyxl
import pytest

from ingestion.dealer_entries import type_of_path
from ingestion.dealer_files import FileFormat
from ingestion.errors import (
    EmptyFile,
    RefusedFile,
    TooLarge,
    TruncatedFile,
    TwoTables,
    UnclearSheet,
    UnclosedQuote,
    UnreadableFile,
)
from ingestion.readers.excel_damage import NEVER_CALCULATED
from ingestion.readers.json_reader import COMMAS_TOO_MANY
from ingestion.readers.open_table import open_table
from ingestion.readers.reading import ReadTable, normalised_name
from ingestion.readers.table_header import HEADER_AGAIN

NAMES = ("№ док.", "Дата", "Телефон")
ROWS = [["1", "01.03.2026", "89161234567"], ["2", "02.03.2026", "89161234568"]]
HEADER, FIRST, SECOND = (";".join(row) + "\n" for row in (NAMES, *ROWS))
WHOLE = HEADER + FIRST + SECOND
PAGE = (
    "<html><body><table>" + "".join(f"<tr><td>{'<td>'.join(r)}</tr>" for r in (NAMES, *ROWS)) + "</table></body></html>"
)
OBJECTS = [dict(zip(NAMES, row, strict=True)) for row in ROWS]
LINES = [json.dumps(content, ensure_ascii=False) for content in OBJECTS]
MARKED_AS_TEXT = 'what marks a cell as text for Excel (="007", \'007), left out'


def xml(declared: str = "") -> str:
    rows = "".join(f"<Строка><Номер>{a}</Номер><Дата>{b}</Дата><Телефон>{c}</Телефон></Строка>" for a, b, c in ROWS)
    return f"<?xml version='1.0'{declared}?><Строки>{rows}</Строки>"


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        assert book.active is not None
        book.active.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def web_archive(*pages: str, names: Sequence[str] = ("report.htm",), charset: str = "utf-8") -> bytes:
    message = EmailMessage()
    message["From"] = "<Saved by Microsoft Excel>"
    message["Subject"] = "Отчёт"
    message.make_related()
    for page, name in zip(pages, names, strict=True):
        message.add_related(page, subtype="html", charset=charset, cte="quoted-printable")
        list(message.iter_parts())[-1]["Content-Location"] = f"file:///C:/{name}"
    return bytes(message)


def hidden_sheet() -> bytes:
    book = openpyxl.Workbook()
    book.worksheets[0].append(["Report"])
    sheet = book.create_sheet("data")
    for row in (NAMES, *ROWS):
        sheet.append(list(row))
    sheet.sheet_state = "hidden"
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def opened(tmp_path: Path, name: str, content: bytes | str, names: Sequence[str] = NAMES) -> ReadTable:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    kind = type_of_path(name)
    assert kind is not None
    return open_table(file, FileFormat(kind), frozenset(map(normalised_name, names)))


READ: dict[str, tuple[str, bytes | str, str | None]] = {  # and what is told of it
    "two files in one": ("a.csv", WHOLE.replace(SECOND, HEADER + SECOND), HEADER_AGAIN),
    "two files in one, each with its mark": ("a.csv", HEADER + FIRST + "\ufeff" + HEADER + SECOND, HEADER_AGAIN),
    "two sheets in one": ("a.xlsx", workbook([NAMES, ROWS[0], [], NAMES, ROWS[1]]), HEADER_AGAIN),
    "merged cells above": ("a.csv", f"Отчёт;;\nДокумент;;Телефон\n№ док.;Дата;\n{FIRST}{SECOND}", None),
    "merged cells below": ("a.xlsx", workbook([NAMES[:2], [None, None, NAMES[2]], *ROWS]), None),
    "text as formulas": ("a.csv", HEADER + '="1";01.03.2026;="89161234567"\n' + SECOND, MARKED_AS_TEXT),
    "text behind apostrophes": ("a.csv", WHOLE.replace("8916", "'8916"), "Телефон: " + MARKED_AS_TEXT),
    "carets": ("a.csv", WHOLE.replace(";", "^"), None),
    "tildes": ("a.csv", WHOLE.replace(";", "~"), None),
    "letters of a Mac": ("a.csv", WHOLE.encode("mac-cyrillic"), None),
    "a comma behind the last object": ("a.json", f"[{','.join(LINES)},]", COMMAS_TOO_MANY),
    "commas between lines": ("a.jsonl", ",\n".join(LINES), COMMAS_TOO_MANY),
    "objects over several lines": (
        "a.jsonl",
        json.dumps(OBJECTS[0], indent=1) + json.dumps(OBJECTS[1], indent=1),
        None,
    ),
    "JSON in cp1251": ("a.json", f"[{','.join(LINES)}]".encode("cp1251"), None),
    "lines of JSON in cp866": ("a.jsonl", "\n".join(LINES).replace("№", "N").encode("cp866"), None),
    "XML in cp1251 that does not say so": ("a.xml", xml().encode("cp1251"), None),
    "XML in cp1251 that says UTF-8": ("a.xml", xml(" encoding='UTF-8'").encode("cp1251"), None),
    "XML in UTF-16 that says UTF-8": ("a.xml", xml(" encoding='UTF-8'").encode("utf-16"), None),
    "XML in UTF-8 that says cp1251": ("a.xml", xml(" encoding='windows-1251'"), None),
    "a mark of DOS behind the last cell": ("a.csv", WHOLE.rstrip("\n") + "\x1a", "as DOS wrote it, left out"),
    "text in UTF-16 under the name of a workbook": ("a.xls", WHOLE.replace(";", "\t").encode("utf-16"), None),
    "text in cp1251 under the name of a new workbook": ("a.xlsx", WHOLE.encode("cp1251"), None),
    "a line drawn below the header": ("a.csv", HEADER + "------;----;-------\n" + FIRST + SECOND, None),
    "a line drawn below the header of a sheet": ("a.xlsx", workbook([NAMES, ["---", "---", "---"], *ROWS]), None),
    "Markdown": ("a.csv", "|".join(NAMES) + "\n:--|---|--:\n" + (FIRST + SECOND).replace(";", "|"), None),
    "a web archive": ("a.mht", web_archive(PAGE), None),
    "a web archive of Excel": (
        "a.xls",
        web_archive("<table><tr><td>sheet1</table>", PAGE, names=("tabstrip.htm", "sheet001.htm")),
        None,
    ),
    "a web archive in cp1251": ("a.mhtml", web_archive(PAGE, charset="windows-1251"), None),
    "a new workbook under an old name": ("a.xls", workbook([NAMES, *ROWS]), None),
}


@pytest.mark.parametrize("spoilt", READ)
def test_a_spoilt_file_is_read_whole_and_what_was_mended_is_told(tmp_path: Path, spoilt: str) -> None:
    name, content, told = READ[spoilt]
    table = opened(tmp_path, name, content, ("N док.", "Номер", *NAMES))
    assert [row.cells[:3] for row in table.rows] == ROWS
    assert table.plain_body is None or told is None
    mended = {repair for repair, times in table.reading.repairs.items() if times}
    assert told is None or any(repair.endswith(told) for repair in mended)


REFUSED: dict[str, tuple[str, bytes | str, type[RefusedFile], str]] = {
    "nothing but a mark": ("a.csv", b"\xef\xbb\xbf\r\n", EmptyFile, "nothing but blanks"),
    "a quote in the last line": ("a.csv", HEADER + FIRST + '2;"02.03.2026;8916\n', UnclosedQuote, "end of the file\n"),
    "XML that ends within a letter": ("a.xml", xml().encode()[:-4], TruncatedFile, "ends before its last element"),
    "a bare ampersand": ("a.xml", xml().replace("8916", "&"), UnreadableFile, "`&amp;`"),
    "JSON that ends behind a comma": ("a.json", f"[{LINES[0]},", TruncatedFile, "breaks off"),
    "two files with their columns in another order": (
        "a.csv",
        WHOLE + "Дата;Телефон;№ док.\n01.03.2026;89161234567;3\n",
        TwoTables,
        "a.csv, row 4",
    ),
    "two files, the second with its mark and quotes": (
        "a.csv",
        WHOLE + '\ufeff"Телефон";"№ док.";"Дата"\n89161234567;3;01.03.2026\n',
        TwoTables,
        "two tables in one file",
    ),
    "two sheets with their columns in another order": (
        "a.xlsx",
        workbook([NAMES, *ROWS, NAMES[::-1], ROWS[0][::-1]]),
        TwoTables,
        "row 4",
    ),
    "the table on a hidden sheet": ("a.xlsx", hidden_sheet(), UnclearSheet, "which is hidden"),
    "a page to log in": (
        "a.xls",
        "<html><title>Вход\n в CRM</title><form><table><tr><td>Логин<td><input></tr></table></form></html>",
        UnreadableFile,
        "called «Вход в CRM» with 1 table(s)",
    ),
    "a web archive without a table": (
        "a.mht",
        web_archive("<p>Нет данных</p>"),
        UnreadableFile,
        "a web archive of 1 page(s), none with a table",
    ),
    "a web archive of two sheets alike": (
        "a.mht",
        web_archive(PAGE, PAGE, names=("sheet001.htm", "sheet002.htm")),
        UnclearSheet,
        "the same columns on the sheets table 1, table 2",
    ),
    "a web archive that breaks off": ("a.mht", web_archive(PAGE)[:-20], TruncatedFile, "before its last part does"),
    "an answer of a service": (
        "a.xml",
        "<s:Envelope xmlns:s='x'><s:Body><s:Fault><faultstring>Auth</faultstring></s:Fault></s:Body></s:Envelope>",
        UnreadableFile,
        "Body.Fault.faultstring",
    ),
    "two documents of XML": ("a.xml", xml() + xml().partition("?>")[2], UnreadableFile, "Two documents stand in it"),
    "JSON as a script": ("a.json", f"show([{LINES[0]}]);", UnreadableFile, "calls of a programme around it"),
    "text of one column under the name of a workbook": ("a.xls", "№ док.\n1\n", UnreadableFile, "no workbook"),
    "JSON of columns": (
        "a.json",
        json.dumps({name: [row[at] for row in ROWS] for at, name in enumerate(NAMES)}, ensure_ascii=False),
        UnreadableFile,
        "an object of columns: a list under each of № док., Дата, Телефон",
    ),
    "JSON of lists alone": (
        "a.json",
        '[["1", "01.03.2026"], ["2", "02.03.2026"]]',
        EmptyFile,
        "an object with its names",
    ),
    "CSV that is called JSON": ("a.json", WHOLE.encode("cp1251"), UnreadableFile, "no JSON from character 1 on"),
}


@pytest.mark.parametrize("spoilt", REFUSED)
def test_a_file_that_cannot_be_mended_is_refused_in_words_that_help(tmp_path: Path, spoilt: str) -> None:
    name, content, error, told = REFUSED[spoilt]
    with pytest.raises(error) as refused:
        list(opened(tmp_path, name, content).rows)
    assert told in str(refused.value)


def test_a_web_archive_of_more_parts_than_any_is_left_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingestion.readers.web_archive.MOST_BOUNDARIES", 2)
    with pytest.raises(TooLarge, match="more than 2 parts"):
        opened(tmp_path, "a.mht", web_archive(PAGE, PAGE, names=("sheet001.htm", "sheet002.htm")))


def test_quotes_behind_backslashes_are_known_also_at_the_end_of_a_cell(tmp_path: Path) -> None:
    table = opened(tmp_path, "a.csv", HEADER + '1;"ООО \\"Рога\\"";""\n')
    assert [row.cells for row in table.rows] == [["1", 'ООО "Рога"', None]]


def test_formulas_that_no_programme_calculated_are_counted(tmp_path: Path) -> None:
    table = opened(tmp_path, "a.xlsx", workbook([NAMES, ["1", "01.03.2026", "=8916&1"], ["2", "02.03.2026", "=1+1"]]))
    assert [row.cells[2] for row in table.rows] == [None, None]
    assert table.reading.repairs[NEVER_CALCULATED] == 2
