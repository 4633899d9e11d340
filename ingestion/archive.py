"""What was loaded, kept as it came: archive/<dealer>/<source>/<entity>/<batch_id>/<name of the file>.

A file is copied before anything else is done with it: what is hashed, read and kept are the same bytes, whatever
happens to the file under landing/ meanwhile. A feed has one copy at a time, in a folder of its own, which only the
holder of the feed's lock touches.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

from ingestion.dealer_files import Feed
from ingestion.discover import CHUNK_BYTES, FoundFile
from warehouse.settings import Workspace


def take_snapshot(workspace: Workspace, found: FoundFile) -> FoundFile:
    """The found file as a copy of its own, with the size and the hash of what was copied."""
    remove_snapshot(workspace, found.feed)
    folder = _incoming(workspace, found.feed)
    folder.mkdir(parents=True)
    # The name of a file under landing/ may hold bytes that no database takes; its name as text holds none.
    copy = folder / (Path(found.source_file).name if found.feed.origin is None else found.file.name)
    digest = sha256()
    byte_count = 0
    with found.file.open("rb") as source, copy.open("wb") as target:
        while chunk := source.read(CHUNK_BYTES):
            digest.update(chunk)
            byte_count += target.write(chunk)
    return replace(found, file=copy, byte_count=byte_count, known_sha256=digest.hexdigest())


def keep_snapshot(workspace: Workspace, found: FoundFile, batch_id: str) -> str:
    """The snapshot lies in the batch's folder from now on, safely on disk; gives its path within archive/."""
    with found.file.open("rb") as stream:
        os.fsync(stream.fileno())
    target = _folder(workspace, found.feed, batch_id) / found.file.name
    target.parent.mkdir(parents=True)
    found.file.rename(target)
    return target.relative_to(workspace.archive_dir).as_posix()


def remove_snapshot(workspace: Workspace, feed: Feed) -> None:
    """No snapshot of a file of this feed is left that no batch keeps."""
    shutil.rmtree(_incoming(workspace, feed), ignore_errors=True)


def remove_from_archive(workspace: Workspace, feed: Feed, batch_id: str) -> None:
    """Nothing of a batch that was not loaded, or that nobody approves any more, stays in archive/."""
    shutil.rmtree(_folder(workspace, feed, batch_id), ignore_errors=True)


def scratch_folder(workspace: Workspace, feed: Feed) -> Path:
    """Where a file of the feed is unpacked, be the folder there or not; whatever lies there goes with the snapshot."""
    return _incoming(workspace, feed)


def _incoming(workspace: Workspace, feed: Feed) -> Path:
    return _folder(workspace, feed, f"incoming_{feed.mark}")


def _folder(workspace: Workspace, feed: Feed, name: str) -> Path:
    return workspace.archive_dir / feed.dealer_code / feed.source / feed.entity / name
