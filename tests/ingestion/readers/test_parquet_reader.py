"""Parquet: typed columns as the text that raw expects."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow
import pytest
from pyarrow import parquet

from ingestion.dealer_files import FileFormat
from ingestion.errors import TooLarge, TruncatedFile, UnreadableFile
from ingestion.readers import parquet_reader
from ingestion.readers.parquet_reader import open_parquet


def write(tmp_path: Path, table: pyarrow.Table) -> Path:
    file = tmp_path / "sales.parquet"
    parquet.write_table(table, file)
    return file


def test_types_become_the_text_that_they_mean(tmp_path: Path) -> None:
    row = {
        "id": 7,
        "phone": 79161234567.0,
        "price": Decimal("100.50"),
        "share": 0.1,
        "ok": True,
        "day": date(2026, 3, 5),
        "at": datetime(2026, 3, 5, 10, 15, tzinfo=UTC),
        "tags": ["a", "b"],
        "none": float("nan"),
        "bytes": "Пётр".encode(),
        "client": {"name": "Пётр", "born": {"year": 1980}},
    }
    table = open_parquet(write(tmp_path, pyarrow.Table.from_pylist([row])), FileFormat("parquet"), frozenset())
    (read,) = table.rows
    assert dict(zip(table.header, read.cells, strict=True)) == {
        "id": "7",
        "phone": "79161234567",
        "price": "100.50",
        "share": "0.1",
        "ok": "true",
        "day": "2026-03-05",
        "at": "2026-03-05T10:15:00+00:00",
        "tags": '["a", "b"]',
        "none": None,
        "bytes": "Пётр",
        "client.name": "Пётр",
        "client.born.year": "1980",
    }


def test_nanoseconds_and_dictionaries_are_read(tmp_path: Path) -> None:
    moment = pyarrow.array([1_772_705_700_123_456_789], pyarrow.timestamp("ns"))
    table = pyarrow.table({"at": moment, "make": pyarrow.array(["LADA"]).dictionary_encode()})
    (row,) = open_parquet(write(tmp_path, table), FileFormat("parquet"), frozenset()).rows
    assert row.cells == ["2026-03-05T10:15:00.123456", "LADA"]


def test_a_structure_that_is_missing_leaves_its_columns_empty(tmp_path: Path) -> None:
    table = pyarrow.Table.from_pylist([{"id": 1, "client": {"name": "x"}}, {"id": 2, "client": None}])
    rows = list(open_parquet(write(tmp_path, table), FileFormat("parquet"), frozenset()).rows)
    assert [row.cells for row in rows] == [["1", "x"], ["2", None]]


def test_the_name_of_a_column_holds_no_byte_that_a_database_refuses(tmp_path: Path) -> None:
    table = open_parquet(write(tmp_path, pyarrow.table({"pri\0ce": ["1"]})), FileFormat("parquet"), frozenset())
    assert table.header == ("price",)


def test_a_file_that_breaks_off_or_is_none_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path, pyarrow.table({"id": [1]}))
    whole = file.read_bytes()
    file.write_bytes(whole[:-3])
    with pytest.raises(TruncatedFile):
        open_parquet(file, FileFormat("parquet"), frozenset())
    file.write_bytes(b"PAR1" + bytes(40) + b"PAR1")
    with pytest.raises(UnreadableFile):
        open_parquet(file, FileFormat("parquet"), frozenset())


def test_more_than_any_delivery_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_reader, "MAX_ROWS", 2)
    with pytest.raises(TooLarge, match="3 rows"):
        open_parquet(write(tmp_path, pyarrow.table({"id": [1, 2, 3]})), FileFormat("parquet"), frozenset())
