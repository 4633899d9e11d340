"""The two gates: a delivered batch is judged before it reaches raw, a finished build before anyone sees it."""

from __future__ import annotations

import importlib
import pkgutil
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg import sql

from expectations.cross_checks import missing_marts, require_build, run_cross_checks
from expectations.lean_import import import_lean
from expectations.verdict import FEWEST_ROWS_TO_REFUSE, Finding, Verdict
from warehouse.database import open_url
from warehouse.errors import Dealer360Error

if TYPE_CHECKING:
    from expectations.validation import Count

__all__ = [
    "Finding",
    "UnknownSuite",
    "Verdict",
    "get_ready",
    "judge_batch",
    "judge_build",
    "judge_marts",
    "record",
    "suite_named",
    "suites_of",
]


class UnknownSuite(Dealer360Error):
    """There is no suite of that name."""


@cache
def get_ready() -> threading.Thread:
    """Great Expectations is imported meanwhile, by this thread: it takes seconds that the database works anyway.

    Whoever needs the library joins the thread first: two threads that import it at once find half of it.
    """
    thread = threading.Thread(target=import_lean, args=("expectations.validation",), daemon=True)
    thread.start()
    return thread


def judge_batch(
    database_url: str,
    *,
    table: str,
    suite: str,
    row_count: int,
    delivered_on: date | None = None,
    currency: str | None = None,
    may_refuse: bool = True,
) -> Verdict:
    """What the suite finds in one batch.

    The table holds, per row of the file: `_source_row` (unique, not null), `dealer_code`, `source_record_id`, every
    column of the contract with its type, `<column>_is_castable` for every column that is neither text nor word,
    `<column>_is_known` for every word column, `is_dealer_known` and `is_key_repeated`. Further persons (payer, driver)
    are judged where any row names one.

    Rules are counted first. One that is broken by more than its refusal share of the rows, and by at least
    FEWEST_ROWS_TO_REFUSE rows, is found with action `refuse`, and then no row numbers are fetched. Otherwise the
    findings of broken `quarantine` rules carry the row numbers.

    Args:
        database_url: URL of the warehouse, as libpq takes it.
        table: `landing.judged_…`, committed, so that another connection sees it.
        suite: name of the raw table: `dms__sales`.
        row_count: rows of the table.
        delivered_on: the day that no event may lie beyond by more than a day; None: today in UTC.
        currency: ISO 4217 code of the group; None: what `ops.settings` says.
        may_refuse: False where a person answers for the batch: a rule keeps out its rows, however many they are.

    Raises:
        UnknownSuite: there is no module of that name in expectations/raw.
        RuleCannotBeJudged: the table lacks a column, or the rows of a rule could not be listed.
    """
    # Great Expectations takes three seconds to import: a command that judges nothing should not wait for it.
    get_ready().join()
    from expectations.rules import BatchFacts
    from expectations.validation import count_unexpected, tables_of, unexpected_rows

    with _connected(database_url) as connection:
        facts = BatchFacts(
            delivered_on=delivered_on or datetime.now(UTC).date(),
            currency=currency or _group_currency(connection),
            roles=_roles_named(connection, table),
        )
    expectation_suite = suite_named("raw", suite)(facts)
    with tables_of(database_url) as table_as_batch:
        batch = table_as_batch(table)
        findings = [_finding(count, may_refuse) for count in count_unexpected(batch, expectation_suite)]
        if Verdict(tuple(findings)).is_refused:
            return Verdict(tuple(findings))
        for index, expectation in enumerate(expectation_suite.expectations):
            finding = findings[index]
            if finding.action == "quarantine" and not finding.is_success:
                rows = unexpected_rows(batch, expectation, expected_count=finding.unexpected_count, row_count=row_count)
                findings[index] = replace(finding, source_rows=rows)
    return Verdict(tuple(findings))


def judge_build(database_url: str, *, build_id: int) -> Verdict:
    """What the suites of the marts and the checks across them find in schema `build`.

    A finding's column is qualified by its mart: `dim_customers.customer_id`, or `mart_retention` for a rule about rows.
    Thresholds are read from `ops.settings`; see expectations/cross_checks.py.

    Args:
        database_url: URL of the warehouse, as libpq takes it.
        build_id: the build that `ops.current_build` tells the staging views about.

    Raises:
        WrongBuild: schema `build` does not hold that build.
        RuleCannotBeJudged: a mart lacks a column, or a check could not be run.
    """
    get_ready().join()
    marts = suites_of("marts")
    with _connected(database_url) as connection:
        require_build(connection, build_id)
        missing = missing_marts(connection, marts)
    if missing:
        return Verdict(missing)
    findings = judge_marts(database_url, marts)
    with _connected(database_url) as connection:
        findings += run_cross_checks(connection)
    return Verdict(tuple(findings))


def judge_marts(database_url: str, marts: Sequence[str]) -> list[Finding]:
    """What the suites of these marts find in schema `build`, without the checks across them.

    Raises:
        UnknownSuite: a mart has none.
        RuleCannotBeJudged: a mart lacks a column.
    """
    get_ready().join()
    from expectations.validation import count_unexpected, tables_of

    findings: list[Finding] = []
    with tables_of(database_url) as table_as_batch:
        for mart in marts:
            counts = count_unexpected(table_as_batch(f"build.{mart}"), suite_named("marts", mart)())
            findings += [_of_mart(mart, _finding(count)) for count in counts]
    return findings


def record(
    connection: psycopg.Connection[Any],
    verdict: Verdict,
    *,
    suite: str,
    batch_id: str | None = None,
    build_id: int | None = None,
) -> None:
    """Write every finding to `ops.checks`, in the caller's transaction. Row numbers are not written: see quarantine."""
    with connection.cursor() as cursor:
        cursor.executemany(
            """
            insert into ops.checks (
                batch_id, build_id, suite, rule_code, column_name, action, sentence, is_success,
                unexpected_count, element_count, observed
            ) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            """,
            [
                (
                    batch_id,
                    build_id,
                    suite,
                    finding.rule_code,
                    finding.column,
                    finding.action,
                    finding.sentence,
                    finding.is_success,
                    finding.unexpected_count,
                    finding.element_count,
                    finding.observed,
                )
                for finding in verdict.findings
            ],
        )


def suites_of(gate: str) -> tuple[str, ...]:
    """Names of the suites of a gate (`raw` or `marts`), sorted: every module that has a `suite` function."""
    folder = Path(__file__).parent / gate
    names = sorted(module.name for module in pkgutil.iter_modules([str(folder)]))
    return tuple(name for name in names if hasattr(importlib.import_module(f"expectations.{gate}.{name}"), "suite"))


def suite_named(gate: str, name: str) -> Callable[..., Any]:
    """The function that makes the suite of that name and gate (`raw` or `marts`).

    Raises:
        UnknownSuite: there is no such module, or it has no function `suite`.
    """
    known = {module.name for module in pkgutil.iter_modules([str(Path(__file__).parent / gate)])}
    if name in known:
        module = importlib.import_module(f"expectations.{gate}.{name}")
        if hasattr(module, "suite"):
            function: Callable[..., Any] = module.suite
            return function
    raise UnknownSuite(
        f"suite {name} of gate {gate}",
        found=f"no expectations/{gate}/{name}.py with a function `suite`",
        expected=f"one of {', '.join(suites_of(gate))}",
        do=f"add expectations/{gate}/{name}.py; nothing was judged or loaded",
    )


def _of_mart(mart: str, finding: Finding) -> Finding:
    return replace(finding, column=f"{mart}.{finding.column}" if finding.column else mart)


@contextmanager
def _connected(database_url: str) -> Iterator[psycopg.Connection[Any]]:
    with open_url(database_url) as connection:
        connection.execute("set role dealer360_owner")
        yield connection


def _group_currency(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute("select value from ops.settings where setting = 'currency'").fetchone()
    return None if row is None else str(row[0])


def _roles_named(connection: psycopg.Connection[Any], table: str) -> tuple[str, ...]:
    """The roles of whose columns at least one holds something, be it something that cannot be read."""
    from expectations.rules import ROLES

    schema, _, name = table.partition(".")
    columns = [
        row[0]
        for row in connection.execute(
            "select column_name from information_schema.columns where table_schema = %s and table_name = %s",
            (schema, name),
        )
    ]
    named = []
    for role in ROLES:
        own = [column for column in columns if column.startswith(role)]
        flags = [column for column in own if column.endswith(("_is_castable", "_is_known"))]
        cells = [column for column in own if column not in flags]
        if not cells:
            continue
        condition = sql.SQL("num_nonnulls({cells}) > 0 or not ({flags})").format(
            cells=sql.SQL(", ").join(map(sql.Identifier, cells)),
            flags=sql.SQL(" and ").join([sql.SQL("true"), *map(sql.Identifier, flags)]),
        )
        found = connection.execute(
            sql.SQL("select exists (select 1 from {} where {})").format(sql.Identifier(schema, name), condition)
        ).fetchone()
        if found is not None and found[0]:
            named.append(role)
    return tuple(named)


def _finding(count: Count, may_refuse: bool = True) -> Finding:
    meta = count.meta
    share = count.unexpected_count / count.element_count if count.element_count else 0.0
    is_over = (
        may_refuse
        and meta["refuse_share"] is not None
        and share > meta["refuse_share"]
        and count.unexpected_count >= FEWEST_ROWS_TO_REFUSE
    )
    observed = count.observed
    if observed is None and count.unexpected_count:
        observed = f"{count.unexpected_count:,} of {count.element_count:,} rows ({share:.1%})"
        if is_over:
            observed += f", over the limit of {meta['refuse_share']:.0%}"
    return Finding(
        rule_code=meta["rule"],
        column=meta["column"],
        action="refuse" if is_over else meta["action"],
        sentence=count.sentence,
        is_success=count.is_success,
        unexpected_count=count.unexpected_count,
        element_count=count.element_count,
        observed=observed,
    )
