"""The six centres and the group's own feeds, as their workspace files describe them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml

WORKSPACE_FOLDER = Path(__file__).parent / "workspace"
GROUP = "_group"


@dataclass(frozen=True)
class Feed:
    """One feed of a dealer's YAML: what arrives where, in which format and under which column names."""

    dealer_code: str
    source: str
    entity: str
    path: str
    delivery: str
    file_format: dict[str, Any]
    dates: dict[str, Any]
    columns: dict[str, str]  # our column: the dealer's
    values: dict[str, dict[str, str]]  # our column: the dealer's word: our word
    ignore: tuple[str, ...]

    @property
    def first_row(self) -> int:
        """The number of the first row of data in a file, as a spreadsheet, or the lines of a text, count."""
        is_table = self.file_format["type"] in ("csv", "excel")
        return int(self.file_format.get("header_row", 1)) + 1 if is_table else 1


@dataclass(frozen=True)
class Centre:
    """A dealer centre (or the group) with its feeds."""

    dealer_code: str
    name: str
    legal_entity: str
    brands: tuple[str, ...]
    zone: ZoneInfo
    own_phones: tuple[str, ...]
    feeds: tuple[Feed, ...]

    def feed(self, source: str, entity: str) -> Feed | None:
        """The centre's first feed of that kind, None when it sends none."""
        return next((feed for feed in self.feeds if (feed.source, feed.entity) == (source, entity)), None)


def _first(name: str | list[str]) -> str:
    return name if isinstance(name, str) else name[0]


def _read_feed(dealer_code: str, entry: dict[str, Any]) -> Feed:
    return Feed(
        dealer_code=dealer_code,
        source=entry["source"],
        entity=entry["entity"],
        path=entry["path"],
        delivery=entry["delivery"],
        file_format=entry["format"],
        dates=entry.get("dates", {}),
        columns={ours: _first(theirs) for ours, theirs in entry.get("columns", {}).items()},
        values=entry.get("values", {}),
        ignore=tuple(entry.get("ignore", ())),
    )


@cache
def read_centres() -> dict[str, Centre]:
    """Every YAML file of the demo's workspace by dealer code, `_group` among them."""
    centres = {}
    for file in sorted((WORKSPACE_FOLDER / "dealers").glob("*.yml")):
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        code = content["dealer_code"]
        centres[code] = Centre(
            dealer_code=code,
            name=content["name"],
            legal_entity=content.get("legal_entity", ""),
            brands=tuple(content.get("brands", ())),
            zone=ZoneInfo(content["time_zone"]),
            own_phones=tuple(content.get("own_phones", ())),
            feeds=tuple(_read_feed(code, entry) for entry in content["feeds"]),
        )
    return centres


def dealer_codes() -> tuple[str, ...]:
    """The codes of the six centres, without the group."""
    return tuple(code for code in read_centres() if code != GROUP)
