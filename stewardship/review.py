"""The pairs of records that wait for a person: what stands in them side by side, and what the model makes of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import LiteralString

import psycopg
from psycopg.rows import dict_row

from stewardship.evaluation import require_build
from stewardship.explanation import Evidence, evidence_under_review

_NO_CELL_OF_A_PERSON = frozenset(
    {"dealer_code", "source_system", "entity", "source_record_id", "record_key", "happened_at", "has_content"}
)


@dataclass(frozen=True)
class Waiting:
    """Two records of two customers that may be one.

    `cells` are (our column, the left record's cell, the right record's), as the dealers wrote them, of the person and
    the vehicle, where one of the two says anything; `evidence` is the model's, the strongest first; `record_count` the
    records that would come together; `waits_because` a sentence.
    """

    left_record: str
    right_record: str
    left_customer_id: str
    right_customer_id: str
    record_count: int
    match_weight: float
    match_probability: float
    waits_because: str
    cells: tuple[tuple[str, str | None, str | None], ...]
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


def _cells(connection: psycopg.Connection, left: str, right: str) -> tuple[tuple[str, str | None, str | None], ...]:
    with connection.cursor(row_factory=dict_row) as cursor:
        told = {
            row["record_key"]: row
            for row in cursor.execute(
                "select * from build.int_customer_mentions_collected where record_key = any(%s)", ([left, right],)
            )
        }
    sides = [
        (column, cell, told[right][column]) for column, cell in told[left].items() if column not in _NO_CELL_OF_A_PERSON
    ]
    return tuple(
        (column, None if first is None else str(first), None if second is None else str(second))
        for column, first, second in sides
        if first is not None or second is not None
    )
