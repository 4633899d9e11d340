"""Files packed by gzip or into a zip: unpacked once, one of them, never more than a bounded number of bytes."""

from __future__ import annotations

import errno
import gzip
import shutil
import tempfile
import weakref
import zlib
from collections.abc import Callable
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO
from zipfile import BadZipFile, ZipFile, ZipInfo

from ingestion.errors import TooLarge, TruncatedFile, UnclearMember, UnreadableFile
from ingestion.readers.content_kinds import GZIP_MARK, ZIP_MARKS, content_kind

MAX_UNPACKED_BYTES = 4 * 1024**3
MAX_RATIO = 300
"""Tables of text pack ten to a hundred times smaller; what packs smaller still is made to fill a disk."""
RATIO_WATCHED_FROM = 64 * 1024**2
MAX_MEMBERS = 1000
CHUNK_BYTES = 1024 * 1024
MOST_OF_A_NAME = 60
"""Letters; a name on disk may have 255 bytes."""

_NOT_MEANT = ("__MACOSX/", ".DS_Store", "Thumbs.db", "desktop.ini")
_WORKBOOKS = (".xlsx", ".xlsm")
_UTF8_NAMES = 0x800
_PASSWORD = 0x1
_BROKEN = (EOFError, OSError, BadZipFile, zlib.error, NotImplementedError, RuntimeError, ValueError)


class UnpackedFile:
    """A file that was inside another, in a folder of its own, which is gone when this value is."""

    def __init__(self, file: Path, packed_as: str, other_members: tuple[str, ...]) -> None:
        self.file = file
        self.packed_as = packed_as  # gzip, zip
        self.other_members = other_members
        self._remove = weakref.finalize(self, shutil.rmtree, file.parent, ignore_errors=True)

    def remove(self) -> None:
        """Neither the file nor its folder is there any more."""
        self._remove()


def unpack(file: Path, member: str | None, folder: Path | None) -> UnpackedFile | None:
    """The file within a .gz or a .zip, whatever its name says; None when the file is not packed (or is a workbook).

    Args:
        file: the file that was delivered.
        member: pattern of the one that is meant, where the YAML names one.
        folder: below which it is unpacked, made where it is not there; None: the system's temporary folder.

    Raises:
        TooLarge: more bytes than any delivery, or packed far smaller than tables are.
        TruncatedFile: the archive is not whole.
        UnclearMember: it holds none or several of what could be meant.
        UnreadableFile: a password, or an archive within the archive.
    """
    with file.open("rb") as stream:
        head = stream.read(4)
    if head.startswith(GZIP_MARK):
        return _unpacked(file, _inner_name(file), folder, "gzip", (), lambda: gzip.open(file))
    if not head.startswith(ZIP_MARKS):
        return None
    try:
        with ZipFile(file) as archive:
            members = [entry for entry in archive.infolist() if _is_meant(entry)]
            if any(entry.filename.startswith(("xl/", "word/")) or entry.filename == "mimetype" for entry in members):
                return None  # a workbook, or another document
            chosen = _chosen(file, members, member)
            others = tuple(_name_of(entry) for entry in members if entry is not chosen)
            name = PurePosixPath(_name_of(chosen)).name
            return _unpacked(file, name, folder, "zip", others, lambda: archive.open(chosen))
    except _BROKEN as error:
        if is_of_surroundings(error):
            raise
        if file.suffix.lower() in _WORKBOOKS:
            return None  # whose reader says what is wrong with it
        raise _not_whole(file, error) from error


def is_of_surroundings(error: Exception) -> bool:
    """Whether the disk or the system failed (full, forbidden), and not the file: a bad offset is the file's fault."""
    return isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)


def _inner_name(file: Path) -> str:
    return file.name[:-3] if file.name.lower().endswith(".gz") else file.name


def _is_meant(entry: ZipInfo) -> bool:
    name = entry.filename
    return not entry.is_dir() and not name.startswith(_NOT_MEANT) and not name.endswith(_NOT_MEANT)


def _name_of(entry: ZipInfo) -> str:
    """The member's name; Windows archives names in its own letters without saying so."""
    if entry.flag_bits & _UTF8_NAMES or entry.filename.isascii():
        return entry.filename
    return entry.filename.encode("cp437", "replace").decode("cp866", "replace")


def _chosen(file: Path, members: list[ZipInfo], pattern: str | None) -> ZipInfo:
    def is_named(entry: ZipInfo) -> bool:
        name = _name_of(entry).casefold()
        wanted = (pattern or "*").casefold()
        return fnmatchcase(name, wanted) or fnmatchcase(PurePosixPath(name).name, wanted)

    candidates = [entry for entry in members[:MAX_MEMBERS] if is_named(entry)]
    if len(members) > MAX_MEMBERS or len(candidates) != 1:
        names = ", ".join(_name_of(entry) for entry in (candidates or members)[:10])
        raise UnclearMember(
            file.name,
            found=f"{len(candidates or members):,} files in the archive: {names}" if members else "an empty archive",
            expected=f"one file that matches `{pattern}`" if pattern else "one file",
            do='Name the one that is meant: `format: {member: "sales*.csv"}` in the YAML, or ask the dealer to resend.'
            if members
            else "Ask the dealer to resend.",
        )
    (chosen,) = candidates
    if chosen.flag_bits & _PASSWORD:
        raise UnreadableFile(
            file.name,
            found="an archive with a password",
            expected="one that opens without",
            do="Ask the dealer to send it without a password.",
        )
    return chosen


def _unpacked(
    file: Path,
    name: str,
    folder: Path | None,
    packed_as: str,
    others: tuple[str, ...],
    opened: Callable[[], IO[bytes] | gzip.GzipFile],
) -> UnpackedFile:
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
    own = Path(tempfile.mkdtemp(prefix="unpacked_", dir=folder))
    name = name.replace("\0", "")[-MOST_OF_A_NAME:].strip(".") or "member"
    unpacked = UnpackedFile(own / name, packed_as, others)
    try:
        with opened() as source, unpacked.file.open("wb") as target:
            _copy(file, source, target)
        kind = content_kind(unpacked.file)
        with unpacked.file.open("rb") as stream:
            head = stream.read(4)
        if head.startswith(GZIP_MARK) or (kind is not None and "archive" in kind.told and not kind.types):
            raise UnreadableFile(
                file.name,
                found=f"an archive within the archive ({name})",
                expected="a file packed once",
                do="Ask the dealer to pack the table itself.",
            )
    except _BROKEN as error:
        unpacked.remove()
        if is_of_surroundings(error):
            raise
        raise _not_whole(file, error) from error
    except BaseException:
        unpacked.remove()
        raise
    return unpacked


def _copy(file: Path, source: IO[bytes] | gzip.GzipFile, target: IO[bytes]) -> None:
    packed = max(1, file.stat().st_size)
    total = 0
    while chunk := source.read(CHUNK_BYTES):
        total += target.write(chunk)
        if total > MAX_UNPACKED_BYTES or (total > RATIO_WATCHED_FROM and total > MAX_RATIO * packed):
            raise TooLarge(
                file.name,
                found=f"{packed:,} bytes that unpack to more than {total:,}",
                expected=f"at most {MAX_UNPACKED_BYTES:,} bytes, and at most {MAX_RATIO} times what was sent",
                do="Look what the file is; a delivery of this size is sent in parts, or unpacked.",
            )


def _not_whole(file: Path, error: Exception) -> TruncatedFile:
    return TruncatedFile(
        file.name,
        found=f"an archive that is not whole ({error})",
        expected="a whole archive",
        do="The transfer broke off: ask the dealer to resend.",
    )
