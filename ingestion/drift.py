"""What changed in a feed since its last delivery: columns that came, went or were renamed, cells of another kind.

What a delivery looked like stands in its batch's `reading`: which of the dealer's columns each of ours was read from,
what kind of cells each held, and how dates and numbers are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Any

import psycopg
from psycopg import sql

from expectations.verdict import Finding, warning
from ingestion.contracts import Column
from ingestion.dealer_files import Feed
from ingestion.errors import APPROVE, KeyColumnChanged, MissingColumns
from ingestion.land import LandedTable, cell_column
from ingestion.located_yaml import yaml_line
from ingestion.readers.reading import normalised_name

SAMPLE_ROWS = 1000
FEWEST_CELLS = 10
"""Filled cells of the sample below which a column's kind is not told."""
CLEAR_SHARE = 0.9
"""Share of the filled cells that must be of a kind for the column to be."""
LIKELY = 0.6
"""Likeness of two names from which on one is taken for the other's new form."""

_KINDS = {
    "dates": r"^\s*\d{1,4}[-./]\d{1,2}[-./]\d{1,4}",
    "numbers": r"^[-+(]?[\d\s.,()+-]*\d[\d\s.,()+-]*$",
    "e-mail addresses": r"^\S+@\S+$",
    "words": "[[:alpha:]]",
}
"""Told in this order: a cell that fits one is not asked for the next."""

_KIND_OF_TYPE = {
    "moment": "dates",
    "date": "dates",
    "amount": "numbers",
    "decimal": "numbers",
    "integer": "numbers",
}

_LOOKING_ALIKE = str.maketrans("abcehkmoptxy", "авсенкмортху")

_FACTS = {
    "encoding": "the encoding",
    "delimiter": "the delimiter",
    "date_order": "the order of day, month and year",
    "decimal": "the decimal mark",
}


def find_drift(
    connection: psycopg.Connection, landed: LandedTable, feed: Feed, where: str, *, is_confirmed: bool = False
) -> tuple[Finding, ...]:
    """What differs from the feed's last loaded batch, as warnings; names and kinds of columns are added to the reading.

    Args:
        connection: to the database that holds the landed table.
        landed: the file, after it was read in our columns: its reading says what was decided of it.
        feed: whose file it is.
        where: dealer, feed and file, for the error.
        is_confirmed: a person says that the file is right.

    Raises:
        KeyColumnChanged: cells of another kind tell the records apart, so that all of them would seem new.
    """
    facts = landed.reading.facts
    columns = _columns_read(landed, feed)
    kinds = _kinds_of(connection, landed, {name: landed.header.index(header) for name, header in columns.items()})
    before = _last_reading(connection, feed)
    # A column that held nothing this time keeps the kind it had.
    facts |= {"columns": columns, "kinds": (before or {}).get("kinds", {}) | kinds}
    findings = [
        *_unknown_columns(feed, facts, before),
        *_missing_columns(connection, landed, feed, before),
        *_renamed_columns(columns, before),
        *_changed_facts(facts, before),
    ]
    for name, now, earlier in _changed_kinds(kinds, before):
        told = f"`{name}` («{columns[name]}») held {earlier} until now, and here {now}"
        if name in feed.contract.key and not is_confirmed:
            raise KeyColumnChanged(
                where,
                found=told,
                expected=f"{earlier}, by which the feed's records were told apart until now",
                do=f"If the dealer says that it is right, {APPROVE}: every record will be new. Otherwise "
                f"correct `{name}` under `columns:` in {feed.file}, line {feed.line}, or ask the dealer to resend.",
            )
        findings.append(
            warning("column_changed", "A column holds cells of another kind than before.", told, column=name)
        )
    return tuple(findings)


def fill_in_new_names(connection: psycopg.Connection, landed: LandedTable, feed: Feed, error: MissingColumns) -> None:
    """The error tells the columns of the file that ours may be now, where one is likely."""
    wanted = {normalised_name(name) for _, names in feed.columns for name in names}
    if not wanted & {normalised_name(name) for name in landed.header}:
        return  # perhaps no header at all: what stands there may be a customer's
    missing = [feed.contract.column(name) for name, _ in error.missing if name != "dealer_code"]
    error.suggest(_suggest_names(connection, landed, feed, missing))


def _suggest_names(
    connection: psycopg.Connection, landed: LandedTable, feed: Feed, missing: Sequence[Column]
) -> dict[str, str]:
    """For our columns that are not in the file, the unmapped column of it that each may be now, where one is likely.

    A likely one has cells of the right kind, and a name that resembles one of those that the YAML knows or is the only
    column that came since the feed's last delivery.
    """
    known = {normalised_name(name) for _, names in feed.columns for name in names}
    known |= {normalised_name(name) for name in feed.ignore}
    free = [name for name in landed.header if normalised_name(name) not in known and not name.startswith("column ")]
    before = _last_reading(connection, feed) or {}
    came = [name for name in free if name not in before.get("unmapped_columns", ())] if before else free
    kinds = _kinds_of(connection, landed, {name: landed.header.index(name) for name in free}, fewest=1)
    names_of = dict(feed.columns)
    scored: list[tuple[float, str, str]] = []
    for column in missing:
        wanted = _KIND_OF_TYPE.get(column.type) or before.get("kinds", {}).get(column.name)
        fitting = [name for name in free if wanted is None or kinds.get(name) in (None, wanted)]
        for name in fitting:
            likeness = max(_likeness(name, other) for other in (*names_of.get(column.name, ()), column.name))
            is_only = [other for other in came if other in fitting] == [name] and wanted is not None
            if likeness >= LIKELY or is_only or (len(missing) == 1 and came == [name]):
                scored.append((likeness, column.name, name))
    suggested: dict[str, str] = {}
    for _, column_name, name in sorted(scored, key=lambda entry: -entry[0]):
        if column_name not in suggested and name not in suggested.values():
            suggested[column_name] = name
    return suggested


def _columns_read(landed: LandedTable, feed: Feed) -> dict[str, str]:
    """For each of our columns that the YAML maps and the file has: the dealer's column, as it stands in the file."""
    headers = {normalised_name(header): header for header in reversed(landed.header)}
    found = (
        (name, next((headers[normalised_name(other)] for other in names if normalised_name(other) in headers), None))
        for name, names in feed.columns
    )
    return {name: header for name, header in found if header is not None}


def _likeness(one: str, other: str) -> float:
    """1 for the same name, 0 for nothing in common; a name within the other (Дата, Дата выдачи) is very like it.

    Letters of two alphabets that look alike are the same: people type a Latin `a` where a Russian one should stand.
    """
    a, b = (normalised_name(name).translate(_LOOKING_ALIKE) for name in (one, other))
    words_a, words_b = set(re.findall(r"\w+", a)), set(re.findall(r"\w+", b))
    is_within = bool(words_a and words_b) and (words_a <= words_b or words_b <= words_a)
    return max(SequenceMatcher(None, a, b).ratio(), 0.8 if is_within else 0.0)


def _last_reading(connection: psycopg.Connection, feed: Feed) -> dict[str, Any] | None:
    row = connection.execute(
        """
        select reading from ops.batches
        where feed_id = %s and status = 'loaded' and reason_code is null and reading ? 'columns'
        order by started_at desc
        limit 1
        """,
        (feed.feed_id,),
    ).fetchone()
    return row[0] if row else None


def _unknown_columns(feed: Feed, facts: Mapping[str, Any], before: Mapping[str, Any] | None) -> Iterator[Finding]:
    told_before = before.get("unmapped_columns", ()) if before else ()
    if came := [name for name in facts.get("unmapped_columns", ()) if name not in told_before]:
        names = ", ".join(f"«{name}»" for name in came)
        yield warning(
            "columns_unknown",
            "The file has columns that the YAML does not name.",
            f"columns that the YAML does not name are kept in `_extra`: {names}; "
            f"map them under `columns:` or refuse them under `ignore:` in {feed.file}, line {feed.line}",
        )


def _missing_columns(
    connection: psycopg.Connection, landed: LandedTable, feed: Feed, before: Mapping[str, Any] | None
) -> Iterator[Finding]:
    read = landed.reading.facts.get("columns", {})
    constants = dict(feed.constants)
    missing = {
        name: names
        for name, names in feed.columns
        if name not in read and name not in constants and name != "dealer_code"
        if before is None or name in before["columns"]
    }
    columns = [feed.contract.column(name) for name in missing]
    suggested = _suggest_names(connection, landed, feed, columns) if missing else {}
    for name, names in missing.items():
        told = f"`{name}` stays empty: the file has no column {' or '.join(f'«{other}»' for other in names)}"
        if name in suggested:
            line = yaml_line(name, (*names, suggested[name]))
            told += f"; it may be «{suggested[name]}» now: write `{line}` in {feed.file}, line {feed.line}"
        yield warning("column_missing", "A column that the YAML maps is not in the file.", told, column=name)


def _renamed_columns(columns: Mapping[str, str], before: Mapping[str, Any] | None) -> Iterator[Finding]:
    for name, header in columns.items():
        earlier = before["columns"].get(name) if before else None
        if earlier is not None and normalised_name(earlier) != normalised_name(header):
            told = f"`{name}` is read from «{header}» now, before from «{earlier}»"
            yield warning("column_renamed", "A column has another of the names that the YAML lists.", told, column=name)


def _changed_facts(facts: Mapping[str, Any], before: Mapping[str, Any] | None) -> Iterator[Finding]:
    for fact, told_as in _FACTS.items():
        now, earlier = facts.get(fact), before.get(fact) if before else None
        if now is None or earlier is None or now == earlier:
            continue
        # What nothing in the file showed is no change: no decimals, nothing but ASCII.
        reasons = (str(facts.get(f"{fact}_by", "")), str(before.get(f"{fact}_by", "")) if before else "")
        if not any(reason.startswith(("no ", "nothing ")) for reason in reasons):
            told = f"{told_as} was {earlier!r} and is {now!r}"
            yield warning("writing_changed", "The file is written in another way than the one before.", told)


def _changed_kinds(kinds: Mapping[str, str], before: Mapping[str, Any] | None) -> Iterator[tuple[str, str, str]]:
    for name, kind in kinds.items():
        earlier = before.get("kinds", {}).get(name) if before else None
        if earlier is not None and earlier != kind:
            yield name, kind, earlier


def _kinds_of(
    connection: psycopg.Connection, landed: LandedTable, positions: Mapping[str, int], *, fewest: int = FEWEST_CELLS
) -> dict[str, str]:
    """What kind of cells the columns at these positions hold, by the names given; only where it is clear."""
    if not positions:
        return {}
    counts: list[sql.Composable] = []
    for position in positions.values():
        cell = sql.Identifier(cell_column(position))
        kind = sql.SQL(" ").join(
            sql.SQL("when {} ~ {} then {}").format(cell, sql.Literal(pattern), sql.Literal(name))
            for name, pattern in _KINDS.items()
        )
        filled = sql.SQL("{} ~ '[^[:space:]]'").format(cell)
        counts.append(
            sql.SQL(
                "(select jsonb_object_agg(kind, times) from ("
                "select coalesce(case {} end, 'else') as kind, count(*) as times from sample where {} group by 1"
                ") as kinds)"
            ).format(kind, filled)
        )
    row = connection.execute(
        sql.SQL("with sample as materialized (select * from {} limit {}) select {}").format(
            landed.identifier, sql.Literal(SAMPLE_ROWS), sql.SQL(", ").join(counts)
        )
    ).fetchone()
    kinds = {}
    for name, times in zip(positions, row or (), strict=True):
        most = max(times, key=times.__getitem__) if times else "else"
        total = sum(times.values()) if times else 0
        if most != "else" and total >= fewest and times[most] >= CLEAR_SHARE * total:
            kinds[name] = most
    return kinds
