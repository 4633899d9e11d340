"""What an entry of a dealer's YAML says by itself, before it is a feed: its format, its place, its names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, cast

from ingestion.located_yaml import Location

GROUP_CODE = "_group"
"""Stands for the dealer where a feed carries many, and where a row belongs to no dealer but to the group."""
DEALER_SCHEMA_FILE = Path(__file__).parent / "dealer.schema.json"
GROUP_SCHEMA_FILE = Path(__file__).parent / "group.schema.json"
FormatType = Literal["csv", "excel", "jsonl", "json", "xml", "parquet", "adf", "eml"]
_TYPE_BY_ENDING: dict[str, FormatType] = {
    "csv": "csv",
    "txt": "csv",
    "tsv": "csv",
    "tab": "csv",
    "xlsx": "excel",
    "xlsm": "excel",
    "xls": "excel",
    "mht": "excel",
    "mhtml": "excel",
    "jsonl": "jsonl",
    "ndjson": "jsonl",
    "json": "json",
    "xml": "xml",
    "parquet": "parquet",
    "adf": "adf",
    "eml": "eml",
}
_PACKED = (".gz", ".zip")
_USER_AND_PASSWORD = re.compile(r"(?<=://)[^/@]*:[^/@]*@")
_LEADS = ("web", "leads")
"""The feed whose .xml files are ADF where its YAML names no format, and whose e-mails carry ADF."""


def as_text(value: object) -> str:
    """A plain value of a YAML as it is written there: `true`, not `True`."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def inline_dealers(content: dict[str, Any]) -> Iterator[tuple[Location, Any]]:
    """The dealers that the group's YAML lists, for itself or for one of its feeds, each with its place."""
    lists: list[tuple[Location, Any]] = [(("dealers",), content.get("dealers"))]
    feeds = content.get("feeds")
    for position, feed in enumerate(feeds if isinstance(feeds, list) else []):
        if isinstance(feed, dict):
            lists.append((("feeds", position, "dealers"), feed.get("dealers")))
    for location, dealers in lists:
        for position, dealer in enumerate(dealers if isinstance(dealers, list) else []):
            yield (*location, position), dealer


def without_password(url: str) -> str:
    """The URL of a store without the user and the password in it."""
    return _USER_AND_PASSWORD.sub("", url)


def format_type(entry: dict[str, Any]) -> FormatType | None:
    """The format of a feed's files, as its entry says or the ending of its place tells; None where neither does."""
    form = entry.get("format")
    given = form.get("type") if isinstance(form, dict) else None
    if given:
        return cast("FormatType", given)
    if "connection" in entry:
        return "csv"  # as which its answer is kept
    of_path = type_of_path(str(entry.get("path", entry.get("url", ""))).partition("?")[0])
    return "adf" if of_path == "xml" and (entry.get("source"), entry.get("entity")) == _LEADS else of_path


def type_of_path(path: str) -> FormatType | None:
    """The format that the ending of a path tells, None where it tells none; `.xml` of leads is ADF, which it cannot."""
    name = path.lower().rstrip("*")
    for ending in _PACKED:
        name = name.removesuffix(ending)
    return _TYPE_BY_ENDING.get(name.rsplit(".", 1)[-1])


def names_listed(names: str | list[str]) -> list[str]:
    """The dealer's names of a column: one, or a list of which the first that exists counts."""
    return [names] if isinstance(names, str) else names
