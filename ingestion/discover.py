"""Which files under landing/ belong to a feed, on which day each was delivered, and whether it is complete."""

from __future__ import annotations

import errno
import fcntl
import logging
import os
import signal
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ingestion.dealer_files import Configuration, Feed
from warehouse.settings import Workspace

_log = logging.getLogger(__name__)

STABLE_SECONDS = 2.0
"""A file that changed within this time is watched for as long: one that changes again is still being written."""
ABANDONED_SECONDS = 3600.0
"""A file that somebody holds open for writing and has not changed for so long is taken for finished."""
UNFINISHED_ENDINGS = (".part", ".partial", ".tmp", ".crdownload", ".filepart")
CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class FoundFile:
    """A file that arrived for a feed."""

    feed: Feed
    file: Path
    source_file: str  # its path under landing/
    byte_count: int
    arrived_at: datetime  # when it was last written, UTC, whole microseconds
    delivered_on: date
    known_sha256: str | None = None  # of the content, where it was told while copying
    stored: tuple[Any, str] | None = None  # of a file in a store: its file system, and the path there
    cursor: dict[str, str] | None = None  # of a database's answer: the last value of the column that only grows

    @property
    def names_no_real_day(self) -> bool:
        """Whether the name should give the day and gives one that does not exist: 20260231."""
        pattern = self.feed.pattern
        is_its_name = pattern.has_date and pattern.match(self.source_file) is not None
        return is_its_name and pattern.date_in(self.source_file) is None

    def content_sha256(self) -> str:
        """The hash of the content, read in pieces unless it is known."""
        if self.known_sha256 is not None:
            return self.known_sha256
        digest = sha256()
        with self.file.open("rb") as stream:
            while chunk := stream.read(CHUNK_BYTES):
                digest.update(chunk)
        return digest.hexdigest()


def landing_paths(workspace: Workspace) -> list[str]:
    """Every finished file under landing/, as a path with `/`, sorted; hidden and unfinished ones are left out.

    A folder that cannot be listed (a share that is not mounted) is told in the log. Links are followed, each folder is
    looked into once.
    """
    root = workspace.landing_dir
    if not root.exists():
        return []
    paths = []
    seen: set[tuple[int, int]] = set()

    def tell(error: OSError) -> None:
        _log.warning("%s cannot be listed (%s): none of its files is loaded.", error.filename, error.strerror)

    for folder, folders, files in os.walk(root, onerror=tell, followlinks=True):
        try:
            status = Path(folder).stat()
        except OSError as error:  # it went away since it was listed
            tell(error)
            folders.clear()
            continue
        if (status.st_dev, status.st_ino) in seen:
            folders.clear()
            continue
        seen.add((status.st_dev, status.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if not name.startswith((".", "~$")) and not name.lower().endswith(UNFINISHED_ENDINGS):
                paths.append((Path(folder) / name).relative_to(root).as_posix())
    return sorted(paths)


def discover(workspace: Workspace, configuration: Configuration, feed: Feed, paths: list[str]) -> list[FoundFile]:
    """The feed's files among `paths`, in the order in which they were delivered."""
    zone = configuration.time_zone_of(feed)
    pattern = feed.pattern
    found = []
    for path in paths:
        if not pattern.match(path):
            continue
        file = workspace.landing_dir / path
        status = _status(file)
        if status is None:
            continue
        arrived_at = _arrived_at(status)
        delivered_on = pattern.date_in(path) or day_of_arrival(arrived_at, zone)
        found.append(FoundFile(feed, file, shown_path(path), status.st_size, arrived_at, delivered_on))
    return sorted(found, key=delivery_order)


def day_of_arrival(arrived_at: datetime, zone: ZoneInfo) -> date:
    """The day on which a file came whose name gives none; not after today, for another machine's clock may be ahead."""
    return min(arrived_at.astimezone(zone).date(), datetime.now(zone).date())


def delivery_order(found: FoundFile) -> tuple[date, datetime, str]:
    """Sorts files as they were delivered: by the day in the name, else by arrival."""
    return found.delivered_on, found.arrived_at, found.source_file


@dataclass(frozen=True)
class UnfinishedFile:
    """A file that is left for the next run, and how it shows that it is still being written."""

    found: FoundFile
    sentence: str


def watch(files: Iterable[FoundFile]) -> tuple[list[FoundFile], list[UnfinishedFile]]:
    """The files that are written to their end, with their size and time of now, and those that are not.

    Files that changed within the last two seconds (or, by a clock that is ahead, in the future) are looked at again
    after two seconds, all at once. A file that another process locks, or holds open for writing and touched within the
    hour, is not finished either, where the file system can tell. A file that went away is in neither list.
    """
    before = [(found, status) for found in files if (status := _status(found.file)) is not None]
    now = time.time()
    is_young = {id(found): now - status.st_mtime < STABLE_SECONDS for found, status in before}
    if any(is_young.values()):
        time.sleep(STABLE_SECONDS)
    finished: list[FoundFile] = []
    unfinished: list[UnfinishedFile] = []
    for found, earlier in before:
        status = _status(found.file) if is_young[id(found)] else earlier
        if status is None:
            continue
        if (status.st_size, status.st_mtime_ns) != (earlier.st_size, earlier.st_mtime_ns):
            unfinished.append(UnfinishedFile(found, "it changed while it was looked at"))
        elif how := _held_by_a_writer(found.file, idle_seconds=time.time() - status.st_mtime):
            unfinished.append(UnfinishedFile(found, how))
        else:
            finished.append(replace(found, byte_count=status.st_size, arrived_at=_arrived_at(status)))
    return finished, unfinished


def has_changed(found: FoundFile) -> bool:
    """Whether the file has another size or time by now than when it was found, or is gone."""
    status = _status(found.file)
    return status is None or (status.st_size, _arrived_at(status)) != (found.byte_count, found.arrived_at)


def _arrived_at(status: os.stat_result) -> datetime:
    return datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1_000_000, tz=UTC)


def _status(file: Path) -> os.stat_result | None:
    """None where there is no such file, or something that is none: a folder, a pipe."""
    try:
        status = file.stat()
    except OSError:
        return None
    return status if stat.S_ISREG(status.st_mode) else None


def shown_path(path: str) -> str:
    """The path as the database takes it: bytes that are no UTF-8 and control characters are written as codes."""
    text = os.fsencode(path).decode("utf-8", errors="backslashreplace")
    return "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )


def _held_by_a_writer(file: Path, *, idle_seconds: float) -> str | None:
    """How another process holds the file, as a sentence; None when none does or the file system cannot tell."""
    try:
        stream = file.open("rb")
    except OSError:
        return None  # reading it will tell why
    with stream:
        for lock in (fcntl.flock, fcntl.lockf):
            try:
                lock(stream, fcntl.LOCK_SH | fcntl.LOCK_NB)
                lock(stream, fcntl.LOCK_UN)
            except OSError as error:
                if error.errno in (errno.EAGAIN, errno.EACCES):
                    return "another process has locked it"
        if idle_seconds > ABANDONED_SECONDS:
            return None
        try:
            # A lease for reading is given only while nobody has the file open for writing. Should somebody open it in
            # the moment that we hold it, the signal of that must be one that is ignored.
            fcntl.fcntl(stream, fcntl.F_SETSIG, signal.SIGURG)
            fcntl.fcntl(stream, fcntl.F_SETLEASE, fcntl.F_RDLCK)
            fcntl.fcntl(stream, fcntl.F_SETLEASE, fcntl.F_UNLCK)
        except OSError as error:
            if error.errno == errno.EAGAIN:
                return "another process has it open for writing"
    return None
