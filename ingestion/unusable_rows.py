"""Rows that cannot stand in raw, whoever vouches for them: nobody could say what they are, or whose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg import sql

from expectations.verdict import Finding
from ingestion.canonicalise import CountedTable


@dataclass(frozen=True)
class UnusableRows:
    """One kind of them: how they are known in a canonical table, and what is said of them."""

    rule: str
    column: str | None
    condition: LiteralString
    sentence: str

    def rows_in(self, connection: psycopg.Connection, table: CountedTable) -> tuple[int, ...]:
        """Numbers of such rows, the first first."""
        query = sql.SQL("select _source_row from {} where {} order by _source_row")
        found = connection.execute(query.format(table.identifier, sql.SQL(self.condition)))
        return tuple(row for (row,) in found)

    def finding(self, rows: tuple[int, ...], row_count: int) -> Finding:
        """That these of so many rows are of this kind."""
        return Finding(
            rule_code=self.rule,
            column=self.column,
            action="quarantine",
            sentence=self.sentence,
            is_success=not rows,
            unexpected_count=len(rows),
            element_count=row_count,
            source_rows=rows,
        )


RAGGED = UnusableRows(
    "row_shape",
    None,
    "_shape_fault is not null",
    "The row is none of this table: another number of cells than the header, or no object, or no lead.",
)
OF_NO_DEALER = UnusableRows(
    "dealer_unknown",
    "dealer_code",
    "_shape_fault is null and (dealer_code is null or not is_dealer_known)",
    "The row belongs to a dealer that no YAML names.",
)
WITHOUT_KEY = UnusableRows(
    "key_missing",
    "source_record_id",
    "_shape_fault is null and source_record_id is null",
    "The row has neither a number nor the cells that would tell it from others: it could not be found again.",
)
UNUSABLE = (RAGGED, OF_NO_DEALER, WITHOUT_KEY)
