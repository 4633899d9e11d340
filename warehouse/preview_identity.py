"""What publishing a build would change about customers' ids, without publishing it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg.rows import class_row

from warehouse.publish_identity import publish_identity

_MOST_RECORDS_NAMED = 20


@dataclass(frozen=True)
class IdentityChange:
    """One line of the history that publishing would write: `merged_into`, `split_from` or `record_moved`.

    `customer_id` was merged into `other_customer_id`, split from it, or gave it records. `record_keys` are those that
    moved, the first twenty of `record_count`. `evidence` is the strongest link that joins the two, in words; None where
    nothing was joined.
    """

    customer_id: str
    change: str
    other_customer_id: str | None
    cause: str
    record_keys: list[str]
    record_count: int
    evidence: str | None


@dataclass(frozen=True)
class IdentityChanges:
    """How many customers there are and would be, how many ids would be new, and every merge, split and move."""

    customers_before: int
    customers_after: int
    minted: int
    changes: tuple[IdentityChange, ...]

    def count(self, change: str) -> int:
        """How many of the changes are of that kind."""
        return sum(1 for held in self.changes if held.change == change)


def preview_identity(connection: psycopg.Connection, build_id: int) -> IdentityChanges:
    """What publish would write into schema identity for that build: it is written, read, and taken back at once.

    `connection` must be outside a transaction; schema `build` must hold the build.
    """
    with connection.transaction(force_rollback=True):
        before = _count(connection, _CUSTOMERS)
        publish_identity(connection, build_id)
        parameters = {"build_id": build_id, "most_records": _MOST_RECORDS_NAMED}
        with connection.cursor(row_factory=class_row(IdentityChange)) as cursor:
            changes = tuple(cursor.execute(_CHANGES, parameters))
        return IdentityChanges(
            customers_before=before,
            customers_after=_count(connection, _CUSTOMERS),
            minted=_count(connection, _MINTED, parameters),
            changes=changes,
        )


def _count(connection: psycopg.Connection, query: LiteralString, parameters: dict[str, int] | None = None) -> int:
    row = connection.execute(query, parameters).fetchone()
    return row[0] if row else 0


_CUSTOMERS: LiteralString = "select count(distinct customer_id) from identity.current_record_map"
_MINTED: LiteralString = (
    "select count(*) from identity.customer_id_history where change = 'minted' and build_id = %(build_id)s"
)


# The link that speaks for a merge joins a record that moved with one that was there before.
_CHANGES = """
    with history as (
        select history_id, customer_id, change, other_customer_id, cause, record_keys
        from identity.customer_id_history
        where build_id = %(build_id)s and change <> 'minted'
    ),

    moved as (
        select history_id, other_customer_id, unnest(record_keys) as record_key
        from history
        where change in ('merged_into', 'record_moved')
    ),

    ends as (
        select left_record as record_key, right_record as other_record, match_weight, sentence
        from build.int_customer_links_explained
        where status = 'accepted'
        union all
        select right_record, left_record, match_weight, sentence
        from build.int_customer_links_explained
        where status = 'accepted'
    ),

    speaking as (
        select
            moved.history_id,
            ends.record_key || ' = ' || ends.other_record || ': ' || ends.sentence as evidence,
            row_number() over (
                partition by moved.history_id
                order by ends.match_weight desc nulls last, ends.record_key, ends.other_record
            ) as rank
        from moved
        inner join ends on moved.record_key = ends.record_key
        inner join build.int_customer_ids_assigned as others
            on ends.other_record = others.record_key and others.customer_id = moved.other_customer_id
        where not exists (
            select from moved as together
            where together.history_id = moved.history_id and together.record_key = ends.other_record
        )
    )

    select
        history.customer_id,
        history.change,
        history.other_customer_id,
        history.cause,
        history.record_keys[1:%(most_records)s] as record_keys,
        cardinality(history.record_keys) as record_count,
        speaking.evidence
    from history
    left join speaking on history.history_id = speaking.history_id and speaking.rank = 1
    order by cardinality(history.record_keys) desc, history.customer_id, history.other_customer_id
"""
