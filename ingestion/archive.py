"""What was loaded, kept as it came: archive/<dealer>/<source>/<entity>/<batch_id>/<name of the file>."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from ingestion.dealer_files import Feed
from warehouse.settings import Workspace


def archive_file(workspace: Workspace, feed: Feed, batch_id: str, file: Path) -> str:
    """A copy of the file, safely on disk, in the batch's folder; gives its path within archive/."""
    folder = _folder(workspace, feed, batch_id)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file.name
    shutil.copy2(file, target)
    with target.open("rb") as stream:
        os.fsync(stream.fileno())
    return target.relative_to(workspace.archive_dir).as_posix()


def remove_from_archive(workspace: Workspace, feed: Feed, batch_id: str) -> None:
    """Nothing of a batch that was not loaded stays in archive/."""
    shutil.rmtree(_folder(workspace, feed, batch_id), ignore_errors=True)


def _folder(workspace: Workspace, feed: Feed, batch_id: str) -> Path:
    return workspace.archive_dir / feed.dealer_code / feed.source / feed.entity / batch_id
