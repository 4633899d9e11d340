"""JSON lines: whatever a program writes, one object a line."""

from __future__ import annotations

from pathlib import Path

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.errors import EmptyFile, TruncatedFile, UnreadableFile
from ingestion.readers.jsonl_reader import open_jsonl
from ingestion.readers.reading import ReadTable


def open_text(tmp_path: Path, text: str, encoding: str = "utf-8") -> ReadTable:
    file = tmp_path / "leads.jsonl"
    file.write_bytes(text.encode(encoding))
    return open_jsonl(file, FileFormat("jsonl"), frozenset())


def test_columns_are_the_keys_of_all_lines(tmp_path: Path) -> None:
    table = open_text(tmp_path, '{"a": 1, "b": {"c": "x"}}\n\n{"a": 2, "d": [1, 2]}\n')
    assert table.header == ("a", "b.c", "d")
    assert [(row.number, row.cells) for row in table.rows] == [(1, ["1", "x", None]), (3, ["2", None, "[1, 2]"])]


def test_values_keep_the_writing_they_came_in(tmp_path: Path) -> None:
    (row,) = open_text(tmp_path, '{"a": 1.50, "b": true, "c": null, "d": "", "e": 79161234567890123456}\n').rows
    assert row.cells == ["1.50", "true", None, None, "79161234567890123456"]


def test_a_line_that_is_no_object_is_told_and_kept(tmp_path: Path) -> None:
    rows = list(open_text(tmp_path, '{"a": 1}\n{"a": 2\n[3]\n{"a": 4}\n').rows)
    assert [row.shape_fault for row in rows] == [None, "no JSON object", "no JSON object", None]
    assert rows[1].cells == ['{"a": 2']


def test_a_last_line_that_breaks_off_refuses_the_file(tmp_path: Path) -> None:
    with pytest.raises(TruncatedFile):
        list(open_text(tmp_path, '{"a": 1}\n{"a": ').rows)


def test_a_file_without_objects_is_empty(tmp_path: Path) -> None:
    with pytest.raises(EmptyFile):
        open_text(tmp_path, "\n")


def test_two_encodings_in_one_file_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "calls.jsonl"
    file.write_bytes('{"a": "Иван Петров"}\n'.encode() + '{"a": "Олег"}\n'.encode("cp1251"))
    with pytest.raises(UnreadableFile, match=r"line 2\n.*a byte that is not utf-8"):
        open_jsonl(file, FileFormat("jsonl"), frozenset())
