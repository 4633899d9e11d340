"""What each kind of feed must hold: the YAML files under `sources/` as frozen dataclasses."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

SOURCES_FOLDER = Path(__file__).parent / "sources"
PERSON_COLUMNS_FILE = SOURCES_FOLDER / "person_columns.yml"

ColumnType = Literal["text", "moment", "date", "amount", "decimal", "integer", "boolean", "word"]
COLUMN_TYPES: tuple[ColumnType, ...] = ("text", "moment", "date", "amount", "decimal", "integer", "boolean", "word")


class MalformedContract(Exception):
    """A contract file of this repository says something that no contract may say."""

    def __init__(self, file: Path, found: str, expected: str) -> None:
        super().__init__(f"MalformedContract: {file}\n  found:    {found}\n  expected: {expected}")


@dataclass(frozen=True)
class Column:
    """One of our columns: its name, canonical type, and the words that a word column knows."""

    name: str
    type: ColumnType
    description: str
    is_required: bool = False
    is_personal: bool = False
    words: tuple[tuple[str, tuple[str, ...]], ...] = ()  # our word, and what sources call it (lower case)

    def word_aliases(self) -> dict[str, str]:
        """Every lower-case spelling that stands for one of our words, the words themselves included."""
        return {alias.lower(): word for word, aliases in self.words for alias in (word, *aliases)}


@dataclass(frozen=True)
class Contract:
    """What a feed of one source system and entity must hold, and how its records are told apart."""

    source: str
    entity: str
    description: str
    carries_person: bool
    roles: tuple[str, ...]  # further persons of a row: payer, driver, referrer; their columns have the prefix
    key: tuple[str, ...]
    year_of: tuple[str, ...]  # moments: the year of the first filled belongs to a number that begins anew each year
    has_yearly_numbers: bool  # whether they do so where a feed does not say
    require_one_of: tuple[tuple[str, ...], ...]
    columns: tuple[Column, ...]  # own columns first, then the person's, then the roles'

    @property
    def table(self) -> str:
        """Name of the raw table, the suite and (behind `stg_`) the staging model: `dms__sales`."""
        return f"{self.source}__{self.entity}"

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of all columns a dealer may map, in the order of the raw table."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name; KeyError when the contract has none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)


def _columns_from(file: Path, entries: dict[str, dict[str, Any]], prefix: str = "") -> tuple[Column, ...]:
    columns = []
    for name, entry in entries.items():
        unknown = set(entry) - {"type", "required", "personal", "words", "description"}
        if unknown or entry.get("type") not in COLUMN_TYPES or not entry.get("description"):
            raise MalformedContract(
                file,
                found=f"column {name}: {entry}",
                expected=f"type (one of {', '.join(COLUMN_TYPES)}), description; if need be required, personal, words",
            )
        columns.append(
            Column(
                name=prefix + name,
                type=entry["type"],
                description=entry["description"],
                is_required=bool(entry.get("required", False)),
                is_personal=bool(entry.get("personal", False)),
                words=tuple((word, tuple(map(str, aliases))) for word, aliases in entry.get("words", {}).items()),
            )
        )
    return tuple(columns)


def _read_contract(file: Path, person_entries: dict[str, dict[str, Any]]) -> Contract:
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    allowed = {"description", "person", "roles", "key", "year_of", "yearly_numbers", "require_one_of", "columns"}
    unknown = set(content) - allowed
    if unknown:
        raise MalformedContract(file, found=", ".join(sorted(unknown)), expected=", ".join(sorted(allowed)))
    columns = _columns_from(file, content["columns"])
    if content["person"]:
        columns += _columns_from(PERSON_COLUMNS_FILE, person_entries)
    roles = tuple(content.get("roles", ()))
    own_names = {column.name for column in columns}
    for role in roles:
        columns += tuple(
            column
            for column in _columns_from(PERSON_COLUMNS_FILE, person_entries, prefix=f"{role}_")
            if column.name not in own_names
        )
    return Contract(
        source=file.parent.name,
        entity=file.stem,
        description=content["description"],
        carries_person=bool(content["person"]),
        roles=roles,
        key=tuple(content["key"]),
        year_of=tuple(content.get("year_of", ())),
        has_yearly_numbers=bool(content.get("yearly_numbers", False)),
        require_one_of=tuple(tuple(names) for names in content.get("require_one_of", ())),
        columns=columns,
    )


@cache
def load_contracts() -> dict[tuple[str, str], Contract]:
    """Every contract by (source, entity), in the order of their names.

    Raises:
        MalformedContract: a file holds a key or a type that contracts do not have.
    """
    person_entries = yaml.safe_load(PERSON_COLUMNS_FILE.read_text(encoding="utf-8"))
    contracts = (_read_contract(file, person_entries) for file in sorted(SOURCES_FOLDER.glob("*/*.yml")))
    return {(contract.source, contract.entity): contract for contract in contracts}
