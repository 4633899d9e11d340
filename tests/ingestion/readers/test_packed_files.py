"""Archives: one file of them, unpacked once, within bounds, gone when it is read."""

from __future__ import annotations

import errno
import gzip
import io
import zipfile
from pathlib import Path

import pytest

from ingestion.dealer_files import FileFormat
from ingestion.errors import RefusedFile, TooLarge, TruncatedFile, UnclearMember, UnreadableFile
from ingestion.readers import packed_files
from ingestion.readers.open_table import open_table

CSV = b"id;phone\n1;8916\n"
# An archive holds the moment it was packed, so the cases below are named by hand: their bytes would name them anew
# in every process, and the workers of one run must agree on the names.


def archive(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in members.items():
            target.writestr(name, content)
    return stream.getvalue()


def read(tmp_path: Path, content: bytes, form: FileFormat | None = None) -> tuple[dict[str, object], list[object]]:
    """What was found out, and the cells."""
    file = tmp_path / "delivery"
    file.write_bytes(content)
    table = open_table(
        file, form or FileFormat("csv"), frozenset(("id",)), told_as="d01/sales", scratch_folder=tmp_path
    )
    cells = [row.cells for row in table.rows]
    return table.reading.facts, cells


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(CSV),
        archive({"sales.csv": CSV}),
        archive({"in/sales.csv": CSV, "__MACOSX/x": b"", "Thumbs.db": b""}),
    ],
    ids=("gzip", "zip", "zip with a system's own files"),
)
def test_what_is_packed_is_told_by_its_content_and_read(tmp_path: Path, content: bytes) -> None:
    facts, cells = read(tmp_path, content)
    assert cells == [["1", "8916"]]
    assert facts["unpacked"]


def test_nothing_that_was_unpacked_is_left(tmp_path: Path) -> None:
    read(tmp_path, gzip.compress(CSV))
    with pytest.raises(RefusedFile):
        read(tmp_path, gzip.compress(b"\0" * 100))
    assert [path.name for path in tmp_path.iterdir()] == ["delivery"]


def test_the_yaml_names_one_of_several(tmp_path: Path) -> None:
    content = archive({"продажи_03.csv": CSV, "readme.txt": b"x", "визиты.csv": b"id\n7\n"})
    facts, cells = read(tmp_path, content, FileFormat("csv", member="Продажи_*.csv"))
    assert (cells, facts["other_members"]) == ([["1", "8916"]], ["readme.txt", "визиты.csv"])


def test_one_of_several_that_nobody_named_is_not_guessed(tmp_path: Path) -> None:
    with pytest.raises(UnclearMember, match=r"d01/sales") as refused:
        read(tmp_path, archive({"a.csv": CSV, "b.csv": CSV}))
    assert "a.csv, b.csv" in refused.value.found
    with pytest.raises(UnclearMember):
        read(tmp_path, archive({"a.csv": CSV}), FileFormat("csv", member="x*"))
    with pytest.raises(UnclearMember, match="empty archive"):
        read(tmp_path, archive({}))


def test_an_error_within_names_the_archive_and_the_file(tmp_path: Path) -> None:
    with pytest.raises(TruncatedFile, match=r"d01/sales: sales\.csv, row 2"):
        read(tmp_path, archive({"sales.csv": b'id;phone\n1;"8916\n2;3\n'}))


@pytest.mark.parametrize(
    "content",
    [gzip.compress(gzip.compress(CSV)), archive({"x.zip": archive({"a.csv": CSV})})],
    ids=("gzip", "zip"),
)
def test_an_archive_within_an_archive_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableFile, match="archive within"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    "content",
    [gzip.compress(CSV * 500)[:-12], archive({"a.csv": CSV * 500})[:-40], archive({"a.csv": CSV})[:20]],
    ids=("gzip", "zip", "zip's first bytes"),
)
def test_an_archive_that_breaks_off_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(TruncatedFile):
        read(tmp_path, content)


@pytest.mark.parametrize("pack", [gzip.compress, lambda content: archive({"a.csv": content})])
def test_a_bomb_is_left_after_a_bounded_number_of_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pack: object
) -> None:
    monkeypatch.setattr(packed_files, "RATIO_WATCHED_FROM", 1024 * 1024)
    with pytest.raises(TooLarge, match="unpack to more than"):
        read(tmp_path, pack(bytes(8 * 1024 * 1024)))  # type: ignore[operator]
    assert [path.name for path in tmp_path.iterdir()] == ["delivery"]


def test_more_bytes_than_any_delivery_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packed_files, "MAX_UNPACKED_BYTES", 10)
    with pytest.raises(TooLarge):
        read(tmp_path, gzip.compress(CSV))


def test_a_password_is_told(tmp_path: Path) -> None:
    content = bytearray(archive({"a.csv": CSV}))
    content[content.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(UnreadableFile, match="password"):
        read(tmp_path, bytes(content))


@pytest.mark.parametrize("name", ["a" * 300 + ".csv", "../../..", "/etc/sales.csv", "..\\sales.csv"])
def test_a_members_name_leads_nowhere(tmp_path: Path, name: str) -> None:
    _, cells = read(tmp_path, archive({name: CSV}))
    assert cells == [["1", "8916"]]
    assert [path.name for path in tmp_path.iterdir()] == ["delivery"]


def test_a_full_disk_is_not_the_files_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(packed_files, "_copy", full)
    with pytest.raises(OSError, match="No space left"):
        read(tmp_path, gzip.compress(CSV))
    assert [path.name for path in tmp_path.iterdir()] == ["delivery"]
