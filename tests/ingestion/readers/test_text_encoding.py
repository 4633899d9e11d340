"""The encoding of a file, and what is said of letters that are not of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, EncodingContradicted, RefusedFile, TooLarge, TruncatedFile, UnreadableFile
from ingestion.readers.csv_reader import open_csv
from ingestion.readers.reading import ReadTable
from ingestion.readers.text_encoding import MAX_ROW_CHARACTERS

HEADER = "id;Имя\n"
ROWS = "".join(f"{n};Иванов Пётр\n" for n in range(60))


def read(tmp_path: Path, content: bytes, encoding: str | None = None) -> tuple[ReadTable, list[list[str | None]]]:
    file = tmp_path / "sales.csv"
    file.write_bytes(content)
    table = open_csv(file, FileFormat("csv", encoding=encoding), frozenset(("id", "имя")))
    return table, [row.cells for row in table.rows]


def test_one_spoilt_letter_does_not_make_a_file_another_encodings(tmp_path: Path) -> None:
    content = (HEADER + ROWS).encode().replace("59;И".encode(), b"59;\xff")
    table, rows = read(tmp_path, content)
    assert rows[0] == ["0", "Иванов Пётр"]
    assert rows[59] == ["59", "\N{REPLACEMENT CHARACTER}ванов Пётр"]
    ((told, times),) = table.reading.repairs.items()
    assert (times, "from line 61 on" in told) == (1, True)


def test_two_encodings_in_one_file_are_refused_with_the_line_where_the_other_begins(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="from line 62 on"):
        read(tmp_path, (HEADER + ROWS).encode() + ROWS.encode("cp1251"))


def test_a_letter_that_an_encoding_does_not_have_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="line 3") as refused:
        read(tmp_path, (HEADER + "1;Пётр\n").encode("cp1251") + b"2;\x98\n")
    assert "0x98" in refused.value.found


@pytest.mark.parametrize("content", [(HEADER + ROWS).encode()[:-2], (HEADER + ROWS).encode("utf-16")[:-1]])
def test_an_end_within_a_letter_is_an_end_before_the_end(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TruncatedFile):
        read(tmp_path, content)


def test_an_end_of_zero_bytes_was_never_written(tmp_path: Path) -> None:
    with pytest.raises(TruncatedFile, match="zero bytes"):
        read(tmp_path, (HEADER + ROWS).encode() + bytes(64))


@pytest.mark.parametrize("content", [b"", b"\n \r\n\t\n"])
def test_nothing_but_blanks_is_an_empty_file(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(EmptyFile):
        read(tmp_path, content)


def test_a_line_longer_than_any_row_is_refused_before_it_is_held(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    with file.open("wb") as stream:
        stream.write(HEADER.encode())
        for _ in range(20):
            stream.write(b"x" * (MAX_ROW_CHARACTERS // 8))
    with pytest.raises(TooLarge, match="a line of more than"):
        open_csv(file, FileFormat("csv"), frozenset())


@pytest.mark.parametrize(
    ("encoding", "given", "error"),
    [
        ("utf-8", "cp1251", EncodingContradicted),
        ("utf-16", "cp1251", EncodingContradicted),
        ("cp1251", "utf-8", EncodingContradicted),
        ("cp1251", "cp1251", None),
        ("utf-8-sig", "utf-8", None),
        ("utf-16", "utf-16", None),
        ("utf-16-le", "utf-16", None),
    ],
)
def test_the_yamls_encoding_counts_unless_the_bytes_speak_against_it(
    tmp_path: Path, encoding: str, given: str, error: type[RefusedFile] | None
) -> None:
    content = (HEADER + ROWS).encode(encoding)
    if error:
        with pytest.raises(error):
            read(tmp_path, content, given)
    else:
        assert read(tmp_path, content, given)[1][0] == ["0", "Иванов Пётр"]


def test_bytes_that_are_no_text_are_called_so(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no text"):
        read(tmp_path, bytes(range(1, 256)) * 40)
