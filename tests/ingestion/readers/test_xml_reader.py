"""XML of any make: rows, columns, and what is never resolved."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, RefusedFile, TooLarge, TruncatedFile, UnreadableFile
from ingestion.readers.reading import MAX_ROW_CHARACTERS, ReadTable
from ingestion.readers.xml_reader import open_xml

EXPECTED = frozenset(("no", "client.phone"))
SALES = (
    '<export made="today"><info><item>1</item><item>2</item><item>3</item></info><sales>'
    '<sale no="1"><client><phone>8916</phone></client><sum>5</sum></sale>'
    '<sale no="2"><client><phone>8903</phone><phone>8905</phone></client></sale></sales></export>'
)


def read(
    tmp_path: Path, text: str | bytes, rows_at: str | None = None
) -> tuple[ReadTable, list[dict[str, str | None]]]:
    file = tmp_path / "sales.xml"
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    table = open_xml(file, FileFormat("xml", rows_at=rows_at), EXPECTED)
    return table, [dict(zip(table.header, row.cells, strict=True)) for row in table.rows]


def test_the_element_with_the_mapped_columns_is_the_row(tmp_path: Path) -> None:
    table, rows = read(tmp_path, SALES)
    assert rows == [
        {"no": "1", "client.phone": "8916", "sum": "5"},
        {"no": "2", "client.phone": '["8903", "8905"]', "sum": None},
    ]
    assert table.reading.facts["rows_at"] == "export/sales/sale"


def test_the_yaml_names_the_row(tmp_path: Path) -> None:
    assert read(tmp_path, SALES, "item")[1] == [{"text": "1"}, {"text": "2"}, {"text": "3"}]
    with pytest.raises(UnreadableFile, match="elements <deal>"):
        read(tmp_path, SALES, "deal")


def test_text_around_child_elements_is_kept_whole(tmp_path: Path) -> None:
    notes = ("first<br/>second", "<b>only</b>\n behind", " before <b>x</b> ", "<b>y</b>")
    text = "".join(f'<sale no="{n}"><note>{note}</note></sale>' for n, note in enumerate(notes))
    _, rows = read(tmp_path, f"<r>{text}</r>")
    assert [row["note"] for row in rows] == ["first second", "behind", "before", None]
    _, rows = read(tmp_path, '<r><sale no="1"><note><br/>behind</note></sale><sale no="2"/></r>')
    assert rows == [{"no": "1", "note": "behind"}, {"no": "2", "note": None}]


def test_name_spaces_are_left_out(tmp_path: Path) -> None:
    text = '<a:r xmlns:a="urn:x"><a:sale a:no="1"/><a:sale a:no="2"/></a:r>'
    assert read(tmp_path, text)[1] == [{"no": "1"}, {"no": "2"}]


def test_a_declared_encoding_is_followed(tmp_path: Path) -> None:
    text = '<?xml version="1.0" encoding="windows-1251"?><r><sale no="Пётр"/></r>'
    assert read(tmp_path, text.encode("cp1251"))[1] == [{"no": "Пётр"}]


@pytest.mark.parametrize(
    "text",
    [
        '<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]><r><sale no="&b;"/></r>',
        '<!DOCTYPE r [<!ENTITY a SYSTEM "file:///etc/passwd">]><r><sale><no>&a;</no></sale></r>',
        '<!DOCTYPE r SYSTEM "http://127.0.0.1/x.dtd"><r/>',
    ],
)
def test_document_types_and_entities_are_refused_unresolved(tmp_path: Path, text: str) -> None:
    with pytest.raises(UnreadableFile, match="document type or entities"):
        read(tmp_path, text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("<r><sale><no>1</no></sale><sale>", TruncatedFile),
        ("<r><sale></r>", UnreadableFile),
        ("no xml", UnreadableFile),
        ("<r><sale/></r>", EmptyFile),
        ("<a>" * 5000, TooLarge),
        ("<r>" + "".join(f"<e{n}/>" for n in range(6000)) + "</r>", TooLarge),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, text: str, error: type[RefusedFile]) -> None:
    with pytest.raises(error):
        read(tmp_path, text)


@pytest.mark.parametrize(("text", "rows_at"), [("<r/>", None), ("<r>\n</r>", "sale")])
def test_an_empty_outermost_element_is_a_table_without_rows(tmp_path: Path, text: str, rows_at: str | None) -> None:
    table, rows = read(tmp_path, text, rows_at)
    assert (set(table.header), rows) == (EXPECTED, [])


def test_an_outermost_element_that_says_something_else_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="elements error"):
        read(tmp_path, '<error code="5"/>', "sale")


def test_an_element_that_never_ends_is_left(tmp_path: Path) -> None:
    with pytest.raises(TooLarge):
        read(tmp_path, "<r><sale>" + "x" * (MAX_ROW_CHARACTERS + 200_000) + "</sale></r>")
