"""Which cell of a landed file is which of our columns, as the dealer's YAML says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from psycopg import sql

from expectations.report import shape_of
from ingestion.contracts import Column
from ingestion.dealer_files import Feed
from ingestion.errors import MissingColumns, RepeatedColumns
from ingestion.evidence import MOJIBAKE
from ingestion.land import LandedTable, cell_column
from ingestion.readers.reading import normalised_name
from ingestion.readers.table_header import HEADER_SEARCH_ROWS


@dataclass(frozen=True)
class Mapped:
    """One of our columns and the SQL of its cell, as the dealer wrote it."""

    column: Column
    cell: sql.Composable
    header: str | None  # None: a constant

    @property
    def name(self) -> str:
        """Our column's name."""
        return self.column.name


@dataclass(frozen=True)
class ColumnMapping:
    """The columns of a file that are ours."""

    columns: tuple[Mapped, ...]  # in the contract's order, without dealer_code
    dealer_cell: Mapped | None  # the column that names the dealer
    unmapped: tuple[str, ...]  # the dealer's columns that are nobody's and that the YAML does not refuse
    cells: Mapping[str, sql.Identifier]  # every column of the header by its normalised name: the first of its name

    def cell_of(self, header: str) -> sql.Identifier | None:
        """The cell under a header, None where the file has no such column."""
        return self.cells.get(normalised_name(header))


def map_columns(landed: LandedTable, feed: Feed, where: str) -> ColumnMapping:
    """The columns that the YAML maps, fills with constants, or leaves.

    Raises:
        MissingColumns: a required column is not in the file.
        RepeatedColumns: a mapped column stands in it twice.
    """
    return _Mapper(landed, feed, where).run()


class _Mapper:
    def __init__(self, landed: LandedTable, feed: Feed, where: str) -> None:
        self.landed = landed
        self.feed = feed
        self.contract = feed.contract
        self.where = where
        self.positions: dict[str, int] = {}
        for position, name in enumerate(landed.header):
            self.positions.setdefault(normalised_name(name), position)

    def run(self) -> ColumnMapping:
        self._refuse_repeated_columns()
        constants = dict(self.feed.constants)
        names = self._names_by_column()
        mapped: list[Mapped] = []
        dealer_cell = None
        dealer_column = Column("dealer_code", "text", "The dealer.")
        missing: list[tuple[str, tuple[str, ...]]] = []
        for column in (dealer_column, *(c for c in self.contract.columns if c.name != "dealer_code")):
            header = next(
                (name for name in names.get(column.name, ()) if normalised_name(name) in self.positions), None
            )
            if header is not None:
                position = self.positions[normalised_name(header)]
                found = Mapped(column, sql.Identifier(cell_column(position)), self.landed.header[position])
            elif column.name in constants:
                found = Mapped(column, sql.SQL("{}::text").format(sql.Literal(constants[column.name])), None)
            else:
                if self._is_needed(column, names):
                    missing.append((column.name, names.get(column.name, ())))
                continue
            if column.name == "dealer_code":
                dealer_cell = found
            else:
                mapped.append(found)
        self._refuse_missing(missing, {m.name for m in mapped})
        return ColumnMapping(
            columns=tuple(mapped),
            dealer_cell=dealer_cell,
            unmapped=self._unmapped([*mapped, *([dealer_cell] if dealer_cell else [])]),
            cells={name: sql.Identifier(cell_column(position)) for name, position in self.positions.items()},
        )

    def _names_by_column(self) -> dict[str, tuple[str, ...]]:
        # ADF is a standard, and so is what a survey tool writes: the reader knows which columns are ours, and a YAML
        # only says what is different.
        known = {"dealer_code", *self.contract.column_names} - ({"dealer_code"} if not self.feed.is_of_group else set())
        own = {name: (header,) for name, header in self.landed.own_columns.items() if name in known}
        return own | dict(self.feed.columns)

    def _is_needed(self, column: Column, names: Mapping[str, tuple[str, ...]]) -> bool:
        if column.name == "dealer_code":
            return column.name in names
        return column.is_required

    def _refuse_missing(self, missing: list[tuple[str, tuple[str, ...]]], present: set[str]) -> None:
        names = dict(self.feed.columns)
        for group in self.contract.require_one_of:
            if not present & set(group):
                missing.extend((name, names[name]) for name in group if name in names)
        if not missing:
            return
        raise MissingColumns(
            self.where,
            found=self._told_header(),
            expected=", ".join(
                f"{name} ({' or '.join(map(_shown, known)) or 'not mapped'})" for name, known in missing
            ),
            first=self._what_to_look_at_first(),
            place=f"{self.feed.file}, line {self.feed.line}",
            missing=missing,
        )

    @property
    def _theirs(self) -> tuple[str, ...]:
        """The header without the columns that the reader made."""
        return tuple(name for name in self.landed.header if name not in self.landed.own_columns.values())

    @property
    def _has_a_mapped_name(self) -> bool:
        return any(normalised_name(name) in self.positions for _, names in self.feed.columns for name in names)

    def _what_to_look_at_first(self) -> str:
        """Where not one name is found in the header, whether it is one is the first thing to look at."""
        row, header = self.feed.format.header_row, self._theirs or self.landed.header
        if sum(1 for name in header if re.search(MOJIBAKE, name)) * 3 > len(header):
            return (
                "The names are spoilt: UTF-8 was taken for another encoding before the file was sent, and its cells "
                "are spoilt alike. Ask the dealer to export it as UTF-8 or cp1251. "
            )
        if self.feed.source == "surveys" and self.feed.format.survey == "detect" and not self.landed.own_columns:
            return (
                "No survey tool is known by these names: if one wrote the file, name it (`format: {survey: "
                "google_forms}`, limesurvey, surveymonkey, qualtrics or typeform), and it fills id and moment by "
                "itself. "
            )
        if self._has_a_mapped_name:
            return ""
        if all(len(name) > 2 and name[0] == name[-1] and name[0] in "'\"" for name in header):
            return f"The names stand in quotes ({header[0][0]}) that the dealer must leave out. "
        if len(header) == 1 and re.search(r"[;,\t|].*[;,\t|]", header[0]):
            return "The row is one cell: perhaps whole lines stand in quotes, which the dealer must leave out. "
        if len(header) == 1 and self.feed.format.type == "csv" and len(self.feed.columns) > 1 and row is None:
            return (
                "The row is one cell: if another mark than `;`, `,`, `|`, `^`, `~` or a tab stands between the cells, "
                "name it (`format: {delimiter: …}`); cells in columns of fixed width are not read. If the names stand "
                f"below row {HEADER_SEARCH_ROWS}, say where (`format: {{header_row: …}}`). "
            )
        if row is not None:
            return f"If the names stand in another row than {row}, correct `header_row` or remove the line. "
        if self.feed.format.type == "csv":
            return (
                f"If its names stand below row {HEADER_SEARCH_ROWS}, say where (`format: {{header_row: …}}`); if it "
                "has no row of names, ask the dealer to send it with one. "
            )
        return "If the file has no row of names, ask the dealer to send it with one. "

    def _told_header(self) -> str:
        """The names of the file's columns; shapes alone where none is expected: it may be a customer."""
        if self._has_a_mapped_name:
            return ", ".join(map(_shown, self._theirs))
        shapes = ", ".join(map(shape_of, self._theirs))
        return f"none of the names that the YAML maps (perhaps a file without a header); its first row reads {shapes}"

    def _refuse_repeated_columns(self) -> None:
        keys = [normalised_name(name) for name in self.landed.header]
        wanted = {normalised_name(name) for _, names in self.feed.columns for name in names}
        repeated = sorted({name for name in self.landed.header if keys.count(normalised_name(name)) > 1})
        if hit := [name for name in repeated if normalised_name(name) in wanted]:
            raise RepeatedColumns(
                self.where,
                found=f"more than one column {', '.join(hit)}",
                expected="each mapped column once",
                do="Ask the dealer to give the columns names of their own.",
            )

    def _unmapped(self, mapped: list[Mapped]) -> tuple[str, ...]:
        used = {m.header for m in mapped}
        ignored = {normalised_name(name) for name in self.feed.ignore}
        return tuple(n for n in self.landed.header if n not in used and normalised_name(n) not in ignored)


def _shown(name: str) -> str:
    """A column's name within a list of names."""
    return f"«{name}»" if "," in name else name
