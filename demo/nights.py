"""Which file arrives in which night, and how a night's files get into a workspace's landing folder."""

from __future__ import annotations

import re
import shutil
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from demo.centres import Centre, Feed
from demo.history import HISTORY_FROM, NIGHTS
from demo.rows import Row, current_versions
from demo.writers import write_rows

NIGHTS_FOLDER = "nights"


@dataclass(frozen=True)
class Delivery:
    """One file of a night: where it lies under landing, what it holds, and of which rows it was made."""

    night: int  # from 1
    feed: Feed
    file: str
    content: bytes
    rows: tuple[Row, ...]
    is_loaded: bool = True  # false: refused, held or skipped


def file_name(feed: Feed, delivered_on: date) -> str:
    """The path under landing of the feed's file of a day."""
    return re.sub(r"\{date:([^}]+)\}", lambda match: delivered_on.strftime(match.group(1)), feed.path)


def plan_deliveries(centres: dict[str, Centre], rows: Sequence[Row]) -> list[Delivery]:
    """The files of all nights as they should be: whole state for full feeds, the day's news for deltas."""
    by_feed: dict[tuple[str, str, str, str], list[Row]] = defaultdict(list)
    for row in rows:
        by_feed[row.feed_owner, row.source, row.entity, row.medium].append(row)
    deliveries = []
    for centre in centres.values():
        for feed in centre.feeds:
            medium = "adf" if feed.file_format["type"] == "adf" else ""
            of_feed = by_feed[centre.dealer_code, feed.source, feed.entity, medium]
            deliveries.extend(_plan_feed(feed, centre, of_feed))
    return sorted(deliveries, key=lambda delivery: (delivery.night, delivery.file))


def _plan_feed(feed: Feed, centre: Centre, rows: list[Row]) -> list[Delivery]:
    deliveries = []
    for number, night in enumerate(NIGHTS, start=1):
        since = HISTORY_FROM if feed.delivery == "full" or number == 1 else NIGHTS[number - 2]
        if feed.source == "market" and number > 1:
            continue  # comes once a month
        held = current_versions((row for row in rows if row.known_on >= since or number == 1), night)
        if held:
            content = write_rows(feed, centre, held, is_first_night=number == 1)
            deliveries.append(Delivery(number, feed, file_name(feed, night), content, tuple(held)))
    return deliveries


def write_nights(folder: Path, deliveries: Sequence[Delivery]) -> None:
    """The files of every night under `folder/nights/<n>/`, as they lie under landing."""
    for delivery in deliveries:
        file = folder / NIGHTS_FOLDER / str(delivery.night) / delivery.file
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(delivery.content)


def deliver_night(folder: Path, night: int) -> list[Path]:
    """Copies a night's files into the landing folder of the workspace, over files of the same path, and says which."""
    source = folder / NIGHTS_FOLDER / str(night)
    delivered = []
    for file in sorted(path for path in source.rglob("*") if path.is_file()):
        target = folder / "landing" / file.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
        delivered.append(target)
    return delivered
