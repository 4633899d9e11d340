"""The pairs of records that wait for a person: what stands in them side by side, and what the model makes of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, LiteralString

import psycopg
from psycopg.rows import dict_row

from stewardship.evaluation import require_build
from stewardship.explanation import Evidence, evidence_under_review

_NO_CELL_OF_A_PERSON = frozenset(
    {"dealer_code", "source_system", "entity", "source_record_id", "record_key", "happened_at", "has_content"}
)

SideBySide = tuple[tuple[str, str | None, str | None], ...]


@dataclass(frozen=True)
class Waiting:
    """Two records of two customers that may be one.

    `cells` are (our column, the left record's cell, the right record's), as the dealers wrote them, of the person and
    the vehicle, where one of the two says anything; `customers` the same of the two customers whole: how many records,
    golden name, birth date and tax number, every phone and e-mail (empty while a build makes them anew); `evidence` is
    the model's, the strongest first; `record_count` the records that would come together; `waits_because` a sentence.
    """

    left_record: str
    right_record: str
    left_customer_id: str
    right_customer_id: str
    record_count: int
    match_weight: float
    match_probability: float
    waits_because: str
    cells: SideBySide
    customers: SideBySide
    evidence: tuple[Evidence, ...]


def waiting_pairs(connection: psycopg.Connection, *, limit: int, dealer_code: str | None = None) -> list[Waiting]:
    """The first `limit` pairs of the last build's review queue that nobody has decided about since.

    Args:
        connection: to the warehouse.
        limit: how many, the most valuable first.
        dealer_code: only pairs with a record of this dealer.

    Raises:
        NothingBuilt: there is no build.
    """
    require_build(connection)
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            f"""
            select
                left_record, right_record, left_customer_id, right_customer_id, record_count,
                match_weight, match_probability, waits_because
            {_WAITING}
            order by review_order
            limit %(limit)s
            """,
            {"dealer_code": dealer_code, "limit": limit},
        ).fetchall()
    return [
        Waiting(
            **{**row, "match_weight": float(row["match_weight"]), "match_probability": float(row["match_probability"])},
            cells=_cells(connection, row["left_record"], row["right_record"]),
            customers=_customers(connection, row["left_customer_id"], row["right_customer_id"]),
            evidence=evidence_under_review(connection, row["left_record"], row["right_record"]),
        )
        for row in rows
    ]


def waiting_count(connection: psycopg.Connection, *, dealer_code: str | None = None) -> int:
    """How many pairs `waiting_pairs` would give without a limit.

    Raises:
        NothingBuilt: there is no build.
    """
    require_build(connection)
    row = connection.execute(f"select count(*) {_WAITING}", {"dealer_code": dealer_code}).fetchone()
    return row[0] if row else 0


_WAITING: LiteralString = """
    from build.rpt_match_review_queue as queue
    where
        (
            cast(%(dealer_code)s as text) is null
            or %(dealer_code)s in (split_part(left_record, '/', 1), split_part(right_record, '/', 1))
        )
        and not exists (
            select from identity.standing_pair_decisions as decisions
            where decisions.left_record = queue.left_record and decisions.right_record = queue.right_record
        )
"""


def _cells(connection: psycopg.Connection, left: str, right: str) -> SideBySide:
    with connection.cursor(row_factory=dict_row) as cursor:
        told = {
            row["record_key"]: row
            for row in cursor.execute(
                "select * from build.int_customer_mentions_collected where record_key = any(%s)", ([left, right],)
            )
        }
    return _side_by_side(
        [column for column in told[left] if column not in _NO_CELL_OF_A_PERSON], told[left], told[right]
    )


def _customers(connection: psycopg.Connection, left: str, right: str) -> SideBySide:
    """The best-known pair of two customers may be the two records that say least: a steward has to see the others."""
    with connection.cursor(row_factory=dict_row) as cursor:
        whole = {
            row["customer_id"]: row
            for row in cursor.execute(
                """
                select
                    customers.customer_id,
                    customers.record_count as records,
                    coalesce(customers.full_name, customers.company_name) as name,
                    customers.birth_date,
                    customers.tax_id,
                    contacts.phones,
                    contacts.emails
                from build.int_customers_merged as customers
                left join lateral (
                    select
                        string_agg(contact_value, ', ' order by is_preferred desc, contact_value)
                            filter (where contact_type = 'phone') as phones,
                        string_agg(contact_value, ', ' order by is_preferred desc, contact_value)
                            filter (where contact_type = 'email') as emails
                    from build.int_customer_contact_points as points
                    where points.customer_id = customers.customer_id
                ) as contacts on true
                where customers.customer_id = any(%s)
                """,
                ([left, right],),
            )
        }
    if len(whole) < 2:  # a build is at work, and one of them is another's by now
        return ()
    return _side_by_side([column for column in whole[left] if column != "customer_id"], whole[left], whole[right])


def _side_by_side(columns: Iterable[str], left: dict[str, Any], right: dict[str, Any]) -> SideBySide:
    """What either of the two has, as texts."""
    return tuple(
        (column, None if first is None else str(first), None if second is None else str(second))
        for column, first, second in ((column, left[column], right[column]) for column in columns)
        if first is not None or second is not None
    )
