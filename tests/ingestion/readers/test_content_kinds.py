"""What a file is, by its bytes: the ending may say anything."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pytest

from ingestion.dealer_entries import FormatType
from ingestion.dealer_files import FileFormat
from ingestion.errors import UnreadableFile
from ingestion.readers.open_table import open_table


def workbook() -> bytes:
    stream = io.BytesIO()
    openpyxl.Workbook().save(stream)
    return stream.getvalue()


def compound(part: str) -> bytes:
    return b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + part.encode("utf-16-le") + bytes(600)


@pytest.mark.parametrize(
    ("content", "wanted", "told", "do"),
    [
        (
            b"<!DOCTYPE html><html><body>Session expired</body></html>",
            "csv",
            "an HTML page",
            "says why there is no file",
        ),
        (b"<html><table><tr><td>id</td></tr></table></html>", "csv", "an HTML page with a table, as", "type: excel"),
        (
            b'<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"/>',
            "csv",
            "2003",
            "type: excel",
        ),
        (b"<!-- -->" * 400 + b"x", "excel", "XML", "type: xml"),
        (b"%PDF-1.7\n", "csv", "a PDF document", "for the table itself"),
        (workbook(), "csv", "an Excel workbook", "type: excel"),
        (b'{"id": 1}\n', "csv", "JSON", "type: json"),
        (b"PAR1xxxxPAR1", "csv", "a Parquet file", "type: parquet"),
        (b"id;phone\n1;2\n", "excel", "no workbook", "type: csv"),
        (compound("__substg1.0_0037001F"), "eml", "a message of Outlook", "save it as .eml"),
        (compound("WordDocument\0"), "excel", "a Word document", "for the table itself"),
        (compound("Workbook\0"), "csv", "an Excel workbook (.xls)", "type: excel"),
        (b"\x89PNG\r\n", "csv", "a picture", "for the table itself"),
        (b"Rar!\x1a\x07", "csv", "a RAR archive", "unpacked, or packed as .zip or .gz"),
    ],
)
def test_a_file_of_another_kind_is_called_by_its_kind_with_what_to_do_about_it(
    tmp_path: Path, content: bytes, wanted: FormatType, told: str, do: str
) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes(content)
    with pytest.raises(UnreadableFile) as caught:
        open_table(file, FileFormat(wanted), frozenset())
    assert told in caught.value.found
    assert do in caught.value.do


@pytest.mark.parametrize(
    "text",
    [
        '<?xml version="1.0"?><Table><row><id>1</id><phone>2</phone></row></Table>',
        '<?xml version="1.0"?>\n<center city="Omsk"><row><id>1</id><phone>2</phone></row></center>',
    ],
)
def test_xml_whose_root_is_called_as_a_part_of_a_page_is_xml(tmp_path: Path, text: str) -> None:
    file = tmp_path / "sales.xml"
    file.write_text(text)
    table = open_table(file, FileFormat("xml", rows_at="row"), frozenset(("id", "phone")))
    assert [row.cells for row in table.rows] == [["1", "2"]]


def test_a_page_behind_a_declaration_of_xml_is_a_page(tmp_path: Path) -> None:
    file = tmp_path / "sales.xls"
    row = "<tr><td>1</td><td>2</td></tr>"
    head = '<?xml version="1.0"?>\n<!DOCTYPE html PUBLIC "-//W3C//DTD XHTML 1.0 Strict//EN" "x"><html><body>'
    file.write_text(f"{head}<table><tr><td>id</td><td>phone</td></tr>{row}</table></body></html>")
    table = open_table(file, FileFormat("excel"), frozenset(("id", "phone")))
    assert [row.cells[:2] for row in table.rows] == [["1", "2"]]


def test_titles_that_look_like_the_head_of_a_letter_are_titles_of_a_table(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes(b"From: 01.03.2026\nTo: 31.03.2026\nid;phone\n1;2\n")
    table = open_table(file, FileFormat("csv"), frozenset(("id", "phone")))
    assert [row.cells for row in table.rows] == [["1", "2"]]
