"""Encodings of one byte a letter, told by the words that their bytes make."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.readers.csv_reader import open_csv
from ingestion.readers.eight_bit_letters import encoding_by_letters

TEXTS = {
    "Polish": ("Łukasz Żółć\nMałgorzata Święcicka\nŚlązak „Jędrzej”", ("cp1250", "iso8859-2", "cp852")),
    "Czech": ("Dvořák Jiří\nNěmcová Růžena", ("cp1250", "cp852")),
    "Turkish": ("Gülşen Işık\nÇağrı Öztürk\nİbrahim Şahin", ("cp1254", "iso8859-9")),
    "German": ("Müller Jürgen\nGröße Käthe\nWeiß Björn", ("cp1252", "cp850", "mac-roman")),
    "French": ("François Lefèvre\nHélène d’Arc", ("cp1252", "cp850")),
    "Russian": ("Иванов Пётр\nООО Ромашка\nToyota Camry, чёрная", ("cp1251", "cp866", "koi8-r", "mac-cyrillic")),
    "Russian beside brands": ("Toyota\u00a0Camry;Белый\nKIA\u00a0Rio;Серый\n«Smart»", ("cp1251",)),
    "Russian beside amounts": (
        "1;Иван;12\u00a0500,00;3\u00a0400,00;7\u00a0100,00\u00a0руб.;1\u00a0000\n" * 20,
        ("cp1251",),
    ),
    "French beside amounts": ("Lefèvre;12\u00a0500,00\u00a0€;3\u00a0400,00\u00a0€\n", ("cp1252",)),
    "Polish beside amounts": ("Łukasz;12\u00a0500,00;3\u00a0400,00;7\u00a0100,00;1\u00a0000\n", ("cp1250",)),
    "Polish with blanks that do not break": (
        "Łukasz\u00a0Żak\u00a0\u2013\u00a0Kraków\nJan\u00a0Święch\u00a0\n",
        ("cp1250",),
    ),
    "German, but for its marks": ("Schröder\nBjörn", ("cp1252", "cp850")),
    "Ukrainian": ("Їжак Євген Андрійович", ("cp1251",)),
    "Kazakh": ("Әлия Қасымова\nҒани Өмірұлы, Құжат", ("ptcp154",)),
}


@pytest.mark.parametrize(
    ("language", "encoding"), [(language, one) for language, (_, encodings) in TEXTS.items() for one in encodings]
)
def test_bytes_are_read_as_letters_of_one_language(language: str, encoding: str) -> None:
    text, _ = TEXTS[language]
    written = text.encode(encoding, "ignore")
    assert written.decode(encoding_by_letters(written)[0]) == written.decode(encoding)


def test_letters_behind_a_long_beginning_without_any_are_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    rows = "".join(f"{n};Jan Kowalski\n" for n in range(6_000))
    file.write_bytes(f"id;name\n{rows}6000;Łukasz Żółć\n".encode("cp1250"))
    table = open_csv(file, FileFormat("csv"), frozenset(("id", "name")))
    assert list(table.rows)[-1].cells == ["6000", "Łukasz Żółć"]
    assert table.reading.facts["encoding_by"] == "its letters, which are Polish"


def test_names_of_columns_that_several_encodings_write_alike_leave_it_to_the_letters(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_bytes("Größe;Müşteri\n1;Işık\n".encode("cp1254"))
    table = open_csv(file, FileFormat("csv"), frozenset(("größe",)))
    assert [row.cells for row in table.rows] == [["1", "Işık"]]
