"""Lists that a JSON file holds, and which of them is a table of rows without names, and which names its columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ingestion.readers.json_values import storable
from ingestion.readers.reading import MAX_COLUMNS, normalised_name
from ingestion.readers.table_header import looks_like_data

_KEYS_OF_NAMES = ("name", "title", "field", "data", "key")
"""Under which objects that describe columns say what each is called."""


@dataclass
class MetList:
    """A list met in the file, and what may name columns in it."""

    object_count: int = 0
    keys: dict[str, None] = field(default_factory=dict)  # of its objects
    row_count: int = 0  # elements that are lists
    width: int = 0  # of the widest of them
    first: tuple[str, ...] = ()  # the first element, when it is a list of texts
    names: list[str] = field(default_factory=list)  # its elements, as far as they are texts or describe columns
    length: int = 0

    def note(self, element: Any) -> None:  # noqa: ANN401 - whatever JSON holds
        """One more element."""
        self.length += 1
        if isinstance(element, list):
            if self.length == 1 and all(isinstance(value, str) and value.strip() for value in element):
                self.first = tuple(map(storable, element))
            self.row_count += 1
            self.width = max(self.width, len(element))
        elif self.length <= MAX_COLUMNS and (name := _name_in(element)):
            self.names.append(name)


@dataclass(frozen=True)
class NamedRows:
    """A list of lists of values, and the names of its columns."""

    path: tuple[str, ...]
    names: tuple[str, ...]
    told: str  # where the names stand
    is_first_row: bool


def named_rows(
    lists: Mapping[tuple[str, ...], MetList], wanted: tuple[str, ...] | None, expected_names: frozenset[str]
) -> NamedRows | None:
    """The list of lists whose columns have most of the expected names, when no list of objects has as many.

    Where nothing is expected, the names must be different words that show no data.

    Args:
        lists: those of the file, by their places.
        wanted: the place that the YAML names.
        expected_names: the columns that the YAML maps, normalised.
    """

    def matches(names: Iterator[str] | tuple[str, ...]) -> int:
        return len(set(map(normalised_name, names)) & expected_names)

    found = [rows for rows in _possible(lists) if wanted in (None, rows.path)]
    if not found:
        return None
    best = max(found, key=lambda rows: matches(rows.names))
    if not expected_names:
        is_header = len(set(best.names)) == len(best.names) > 1 and not any(map(looks_like_data, best.names))
        return best if is_header and not any(met.keys for path, met in lists.items() if path) else None
    of_objects = max((matches(tuple(met.keys)) for met in lists.values()), default=0)
    return best if matches(best.names) > of_objects else None


def _possible(lists: Mapping[tuple[str, ...], MetList]) -> Iterator[NamedRows]:
    for path, met in lists.items():
        if not met.row_count:
            continue
        if len(met.first) == met.width:
            yield NamedRows(path, met.first, "the first row", is_first_row=True)
        for other, beside in lists.items():
            if other != path and len(beside.names) == beside.length == met.width:
                yield NamedRows(path, tuple(beside.names), f"`{'.'.join(other)}`", is_first_row=False)


def _name_in(element: object) -> str | None:
    if isinstance(element, str):
        return storable(element)
    if isinstance(element, dict):
        return next((storable(element[k]) for k in _KEYS_OF_NAMES if isinstance(element.get(k), str)), None)
    return None
