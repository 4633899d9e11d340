"""Whatever bytes arrive, a reader gives rows or a refusal that a person can read: never anything else."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import openpyxl
import pyarrow
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from ingestion.dealer_entries import FormatType
from ingestion.dealer_files import FileFormat
from ingestion.errors import RefusedFile
from ingestion.readers.open_table import open_table

NAMES = frozenset(("id", "phone", "sold", "телефон"))
TABLE = [{"id": n, "phone": f"+7916000{n:04}", "sold": "2026-03-01", "телефон": "Иван, «А»"} for n in range(1, 9)]
FOLDER = Path(__file__).parent

XML = "<rows>" + "".join(f'<row id="{r["id"]}"><phone>{r["phone"]}</phone></row>' for r in TABLE) + "</rows>"
LEAD = (
    "<prospect><id>{}</id><requestdate>2024-03-05T10:15:00+03:00</requestdate><vehicle><make>LADA</make></vehicle>"
    "<customer><contact><name>Иван &amp; К</name><phone>89161234567</phone></contact></customer></prospect>"
)
ADF = '<?xml version="1.0"?><?adf version="1.0"?><adf>' + "".join(map(LEAD.format, range(3))) + "</adf>"
MAIL = (
    "From: site@example.ru\nDate: Tue, 05 Mar 2024 10:15:00 +0300\nMIME-Version: 1.0\n"
    'Content-Type: multipart/mixed; boundary="b"\n\n--b\nContent-Type: text/plain; charset=utf-8\n\nlead\n'
    "--b\nContent-Type: application/x-adf+xml\n\n" + ADF.replace("Иван", "Ivan") + "\n--b--\n"
)
CSV = "Отчёт;;;\nid;phone;sold;телефон\n" + "".join(
    f'{r["id"]};"{r["phone"]}";{r["sold"]};"a ""b"" {r["телефон"]}"\n' for r in TABLE
)
QUALTRICS = (
    'StartDate,ResponseId,Finished,Q1\nStart Date,Response ID,Finished,"Would you, …?"\n'
    '"{""ImportId"":""startDate"",""timeZone"":""UTC""}","{""ImportId"":""_recordId""}","{}","{}"\n'
    "2024-03-05 10:15:00,R_1,True,9\n"
)


PAGE = (
    "<html><head><meta charset=utf-8></head><body><table border=1><tr><td colspan=4>Отчёт</td></tr>"
    "<tr><th>id<th>phone<th>sold<th>телефон</tr>"
    + "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row.values()) + "</tr>" for row in TABLE)
    + "</table></body></html>"
)
WEB_ARCHIVE = (
    'MIME-Version: 1.0\nContent-Type: multipart/related; boundary="b"\n\n--b\nContent-Location: file:///C:/sheet.htm\n'
    "Content-Transfer-Encoding: 8bit\nContent-Type: text/html; charset=utf-8\n\n" + PAGE + "\n--b--\n"
)
WORKBOOK_2003 = (
    '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
    'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="s"><Table>'
    + "".join(
        "<Row>" + "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in row) + "</Row>"
        for row in (TABLE[0], *(row.values() for row in TABLE))
    )
    + "</Table></Worksheet></Workbook>"
)


def _workbook() -> bytes:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.append(list(TABLE[0]))
    for row in TABLE:
        sheet.append(list(row.values()))
    return _saved(book.save)


def _parquet() -> bytes:
    return _saved(lambda stream: parquet.write_table(pyarrow.Table.from_pylist(TABLE), stream))


def _zip() -> bytes:
    def write(stream: io.BytesIO) -> None:
        with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("sales.csv", CSV)

    return _saved(write)


def _saved(save: Callable[[io.BytesIO], object]) -> bytes:
    stream = io.BytesIO()
    save(stream)
    return stream.getvalue()


GOOD: dict[str, tuple[FormatType, Callable[[], bytes]]] = {
    "csv": ("csv", CSV.encode),
    "csv cp1251": ("csv", lambda: CSV.encode("cp1251")),
    "csv utf-16": ("csv", lambda: CSV.encode("utf-16")),
    "survey": ("csv", QUALTRICS.encode),
    "jsonl": ("jsonl", lambda: "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in TABLE).encode()),
    "json": ("json", lambda: json.dumps({"page": 1, "data": {"rows": TABLE}}, indent=1).encode()),
    "xml": ("xml", XML.encode),
    "adf": ("adf", ADF.encode),
    "eml": ("eml", MAIL.encode),
    "xlsx": ("excel", _workbook),
    "xls": ("excel", (FOLDER / "excel" / "march.xls").read_bytes),
    "html": ("excel", PAGE.encode),
    "mht": ("excel", WEB_ARCHIVE.encode),
    "json lists": ("json", lambda: json.dumps([list(TABLE[0]), *(list(row.values()) for row in TABLE)]).encode()),
    "xml of 2003": ("excel", WORKBOOK_2003.encode),
    "parquet": ("parquet", _parquet),
    "gz": ("csv", lambda: gzip.compress(CSV.encode())),
    "zip": ("csv", _zip),
}


@cache
def good(name: str) -> bytes:
    return GOOD[name][1]()


def rows_or_refusal(folder: Path, kind: FormatType, content: bytes) -> int | RefusedFile:
    """How many rows the reader gives, or its refusal; anything else is raised."""
    file = folder / "delivered"
    file.write_bytes(content)
    form = FileFormat(kind, survey="detect", date_names=("sold",))
    refusal: RefusedFile
    try:
        table = open_table(file, form, NAMES, scratch_folder=folder)
        rows = [row.cells for row in table.rows]
    except RefusedFile as error:
        refusal = error
    else:
        for cells in (list(table.header), *rows):
            assert len(cells) == len(table.header)
            assert b"\0" not in "".join(cell or "" for cell in cells).encode()  # what a database can hold
        return len(rows)
    assert refusal.found
    assert refusal.expected
    assert "Nothing from this file was loaded" in refusal.do
    assert refusal.where.startswith("delivered")
    return refusal


few = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
FORMATS: tuple[FormatType, ...] = ("csv", "jsonl", "json", "xml", "adf", "eml", "excel", "parquet")


@pytest.mark.parametrize("name", GOOD)
def test_the_good_files_are_read(tmp_path: Path, name: str) -> None:
    found = rows_or_refusal(tmp_path, GOOD[name][0], good(name))
    assert isinstance(found, int), found
    assert found == {"survey": 1, "adf": 3, "eml": 3, "xls": 3}.get(name, len(TABLE))
    assert list(tmp_path.iterdir()) == [tmp_path / "delivered"]


@pytest.mark.parametrize("kind", FORMATS)
@few
@given(content=st.binary(max_size=400))
def test_random_bytes_are_read_or_refused(tmp_path: Path, kind: FormatType, content: bytes) -> None:
    rows_or_refusal(tmp_path, kind, content)


@pytest.mark.parametrize("kind", FORMATS)
@few
@given(text=st.text(alphabet="<>&;:,\"'\\{}[]/?!=-+.0123456789eE \n\r\t\0aadfprospectxmlDOCTYPEЯѓ", max_size=300))
def test_random_text_of_telling_letters_is_read_or_refused(tmp_path: Path, kind: FormatType, text: str) -> None:
    rows_or_refusal(tmp_path, kind, text.encode())


@few
@given(
    tags=st.lists(
        st.sampled_from(
            (
                "<table>",
                "</table>",
                "<tr>",
                "</tr>",
                "<td>",
                "<td rowspan=3>",
                "<td colspan=2>",
                "<![CDATA[",
                "]]>",
                "id",
            )
            + (
                "<![x",
                "<!--",
                "-->",
                "<script>",
                "</script>",
                "&nbsp;",
                "&#0;",
                "phone",
                "</body>",
                "<th/>",
                "<br>",
                "1",
            )
        ),
        max_size=40,
    )
)
def test_a_page_of_random_tags_is_read_or_refused(tmp_path: Path, tags: list[str]) -> None:
    rows_or_refusal(tmp_path, "excel", ("<table>" + "".join(tags)).encode())


@pytest.mark.parametrize("name", GOOD)
@few
@given(data=st.data())
def test_a_spoilt_file_is_read_or_refused(tmp_path: Path, name: str, data: st.DataObject) -> None:
    content = bytearray(good(name))
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(content)))
        match data.draw(st.sampled_from(("set", "insert", "delete", "double"))):
            case "set":
                content[at : at + 1] = bytes([data.draw(st.integers(0, 255))])
            case "insert":
                content[at:at] = data.draw(st.binary(min_size=1, max_size=20))
            case "delete":
                del content[at : at + data.draw(st.integers(1, 40))]
            case "double":
                content[at:at] = content[at : at + data.draw(st.integers(1, 200))]
    rows_or_refusal(tmp_path, GOOD[name][0], bytes(content))


@pytest.mark.parametrize("name", GOOD)
def test_a_file_cut_anywhere_is_read_or_refused(tmp_path: Path, name: str) -> None:
    whole = good(name)
    for end in range(0, len(whole), max(1, len(whole) // 60)):
        rows_or_refusal(tmp_path, GOOD[name][0], whole[:end])


@pytest.mark.parametrize("name", ["xlsx", "xml of 2003", "parquet", "gz", "zip", "xml", "json", "adf"])
def test_a_file_that_lost_its_end_is_never_read_as_whole(tmp_path: Path, name: str) -> None:
    whole = good(name)
    for end in (len(whole) // 3, len(whole) // 2, len(whole) - 12):
        assert isinstance(rows_or_refusal(tmp_path, GOOD[name][0], whole[:end]), RefusedFile)
