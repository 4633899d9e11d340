"""Which files under landing/ belong to a feed, and on which day each was delivered."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path

from ingestion.dealer_files import Configuration, Feed
from warehouse.settings import Workspace

STABLE_SECONDS = 2.0
"""A file that changed within this time may still be being written: it is left for the next run."""
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
    """Every finished file under landing/, as a path with `/`, sorted; hidden and unfinished ones are left out."""
    root = workspace.landing_dir
    paths = []
    for folder, folders, files in os.walk(root, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in files:
            if not name.startswith((".", "~$")) and not name.lower().endswith(UNFINISHED_ENDINGS):
                paths.append((Path(folder) / name).relative_to(root).as_posix())
    return sorted(paths)


def discover(workspace: Workspace, configuration: Configuration, feed: Feed, paths: list[str]) -> list[FoundFile]:
    """The feed's files among `paths`, in the order in which they were delivered.

    A file that is still being written (it changed within the last two seconds and changes again) is left out.
    """
    zone = configuration.time_zone_of(feed)
    pattern = feed.pattern
    found = []
    for path in paths:
        if not pattern.match(path):
            continue
        file = workspace.landing_dir / path
        status = _settled(file)
        if status is None:
            continue
        arrived_at = datetime.fromtimestamp(status.st_mtime_ns // 1000 / 1_000_000, tz=UTC)
        delivered_on = pattern.date_in(path) or arrived_at.astimezone(zone).date()
        found.append(FoundFile(feed, file, path, status.st_size, arrived_at, delivered_on))
    return sorted(found, key=lambda f: (f.delivered_on, f.arrived_at, f.source_file))


def _settled(file: Path) -> os.stat_result | None:
    """The file's size and time once it rests; None when it is gone or goes on changing."""
    try:
        status = file.stat()
        age = time.time() - status.st_mtime
        if 0 <= age < STABLE_SECONDS:
            time.sleep(STABLE_SECONDS - age)
            later = file.stat()
            if (later.st_size, later.st_mtime_ns) != (status.st_size, status.st_mtime_ns):
                return None
    except FileNotFoundError:
        return None
    return status
