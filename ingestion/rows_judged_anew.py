"""Single rows of a file, judged once more with the YAML and the rules of today: only those that pass go on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date

import psycopg
from psycopg import sql

from expectations.gate import judge_batch
from expectations.verdict import Finding
from ingestion.canonicalise import CountedTable
from ingestion.errors import RowsNotReleasable
from ingestion.unusable_rows import UNUSABLE


@dataclass(frozen=True)
class JudgedRows:
    """A table that holds nothing but the rows that pass, and what the others break."""

    table: CountedTable
    passing: frozenset[int]
    broken: tuple[Finding, ...]  # with the numbers of the rows


def judge_rows_anew(
    connection: psycopg.Connection,
    url: str,
    table: CountedTable,
    source_rows: frozenset[int],
    *,
    delivered_on: date,
    currency: str,
) -> JudgedRows:
    """The rows of a canonical table that no rule keeps out any more; all others leave the table.

    Args:
        connection: to the database that holds the table; it commits by itself, for the gate looks from its own.
        url: of that database.
        table: the whole file in our columns.
        source_rows: the rows that are asked about.
        delivered_on: the day that no event may lie beyond.
        currency: the group's.

    Raises:
        RowsNotReleasable: none of them passes, with what each rule says.
    """
    _keep(connection, table, source_rows)
    found = [(kind, kind.rows_in(connection, table)) for kind in UNUSABLE]
    broken = [kind.finding(rows, len(rows)) for kind, rows in found if rows]
    usable = source_rows - _rows_of(broken)
    if usable:
        verdict = judge_batch(
            url,
            table=f"landing.{table.judged}",
            suite=table.contract.table,
            row_count=len(usable),
            delivered_on=delivered_on,
            currency=currency,
            may_refuse=False,
        )
        broken += [finding for finding in verdict.broken if finding.action == "quarantine"]
    passing = frozenset(row for row in usable - _rows_of(broken) if row in _present(connection, table))
    if not passing:
        told = "\n".join(
            f"{finding.rule_code}{f' ({finding.column})' if finding.column else ''}: "
            f"row {', '.join(map(str, finding.source_rows[:10]))}: {finding.sentence}"
            for finding in broken
        )
        raise RowsNotReleasable(
            f"{len(source_rows):,} row(s), judged anew",
            found=told or "none of the rows in the file",
            expected="rows that keep the rules, read with the YAML of today",
            do="Correct the YAML (columns, values, dates) and release again; have the dealer correct the rows "
            "(`dealer360 quarantine export`); or load them as they are with --vouch and a reason. Nothing was changed.",
        )
    _keep(connection, table, passing)
    return JudgedRows(replace(table, row_count=len(passing)), passing, tuple(broken))


def keep_only(connection: psycopg.Connection, table: CountedTable, source_rows: frozenset[int]) -> CountedTable:
    """The table with these rows of the file alone, judged by nobody.

    Raises:
        RowsNotReleasable: one of them is not in the file, or has no dealer, no key or another shape.
    """
    _keep(connection, table, source_rows)
    usable = _present(connection, table).difference(*(kind.rows_in(connection, table) for kind in UNUSABLE))
    if len(usable) != len(source_rows):
        raise RowsNotReleasable(
            f"{len(source_rows):,} row(s) to release",
            found=f"{len(usable):,} with a dealer and a key, read with the YAML of today",
            expected="a known dealer and a key in each of them",
            do="Correct the YAML or release the rows one by one. Nothing was changed.",
        )
    return replace(table, row_count=len(source_rows), rows_without_key=0, rows_of_unknown_dealers=0)


def _keep(connection: psycopg.Connection, table: CountedTable, rows: frozenset[int]) -> None:
    connection.execute(sql.SQL("delete from {} where _source_row <> all(%s)").format(table.identifier), (list(rows),))


def _present(connection: psycopg.Connection, table: CountedTable) -> frozenset[int]:
    rows = connection.execute(sql.SQL("select _source_row from {}").format(table.identifier)).fetchall()
    return frozenset(row for (row,) in rows)


def _rows_of(findings: Iterable[Finding]) -> frozenset[int]:
    return frozenset(row for finding in findings for row in finding.source_rows)
