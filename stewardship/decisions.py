"""What a person decided about two records: they are one person, they are not, or nobody knows after all.

Decisions are only ever added (`identity.pair_decisions`). The last one about a pair stands; together they must be
possible: of A = B, B = C and A ≠ C the last is refused, with the path that it contradicts. Records that say the same
word for word are one (their signature is) as long as nobody has told either apart from another.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Literal

import psycopg

from stewardship.evaluation import require_build
from stewardship.explanation import require_record
from warehouse.errors import Dealer360Error

Verdict = Literal["link", "no_link", "withdrawn"]


class ContradictoryDecision(Dealer360Error):
    """What was decided before rules this decision out."""


class DecisionMissing(Dealer360Error):
    """A decision is needed and there is none, or there is no reason for it."""


@dataclass(frozen=True)
class PairDecision:
    """One decision about two records (keys as `d01/dms/sales/17`, the lesser on the left)."""

    decision_id: int
    left_record: str
    right_record: str
    decision: Verdict
    decided_by: str
    reason: str
    decided_at: datetime


@dataclass(frozen=True)
class Contradiction:
    """Records joined one to the next, from end to end, whose ends are to be two; `apart`: the pair decided so."""

    path: tuple[str, ...]
    apart: tuple[str, str] | None


def decide(
    connection: psycopg.Connection, decision: Verdict, first: str, second: str, *, reason: str, decided_by: str
) -> PairDecision:
    """Write down a decision about the records with these keys; it takes effect with the next build.

    Args:
        connection: to the warehouse; nobody else decides until its transaction ends.
        decision: `link` (one person), `no_link` (two), or `withdrawn` (the model decides again).
        first: key of a record of the last build; what is withdrawn may be gone from it.
        second: key of the other; their order is of no account.
        reason: a sentence for whoever asks later.
        decided_by: who decides.

    Raises:
        UnknownRecord: a key is none of a record that names a person in the last build.
        ContradictoryDecision: earlier decisions say the opposite; the error shows the path.
        DecisionMissing: nothing to withdraw, one record named twice, or no reason.
        NothingBuilt: there is no build.
    """
    left, right = sorted((first, second))
    _require_sense(left, right, reason)
    connection.execute("lock table identity.pair_decisions in share row exclusive mode")
    standing = {(held.left_record, held.right_record): held for held in standing_decisions(connection)}
    replaced = standing.pop((left, right), None)
    if decision == "withdrawn":
        if replaced is None:
            raise DecisionMissing(
                f"{left} and {right}",
                found="no decision about the two that stands",
                expected="a decision to withdraw",
                do="`dealer360 identity review --decided` lists those that stand; nothing was written",
            )
    else:
        require_build(connection)
        for key in (left, right):
            require_record(connection, key)
        verdicts: dict[tuple[str, str], Verdict] = {pair: held.decision for pair, held in standing.items()}
        alike = _alike(connection, {**verdicts, (left, right): decision})
        if (found := contradicted(decision, left, right, {**dict.fromkeys(alike, "link"), **verdicts})) is not None:
            raise _contradiction(left, right, found, standing)
    row = connection.execute(
        """
        insert into identity.pair_decisions (left_record, right_record, decision, decided_by, reason)
        values (%s, %s, %s, %s, %s)
        returning decision_id, decided_at
        """,
        (left, right, decision, decided_by, reason.strip()),
    ).fetchone()
    if row is None:
        raise LookupError("an insert that returns nothing")
    return PairDecision(row[0], left, right, decision, decided_by, reason.strip(), row[1])


def standing_decisions(connection: psycopg.Connection) -> list[PairDecision]:
    """The last decision about every pair, the latest first; pairs whose last one was withdrawn are left out."""
    rows = connection.execute(
        """
        select decision_id, left_record, right_record, decision, decided_by, reason, decided_at
        from identity.standing_pair_decisions
        order by decision_id desc
        """
    ).fetchall()
    return [PairDecision(*row) for row in rows]


def _require_sense(left: str, right: str, reason: str) -> None:
    if left == right:
        raise DecisionMissing(
            left,
            found="the same record twice",
            expected="two records",
            do="name the record that it is, or is not, one person with; nothing was written",
        )
    if not reason.strip():
        raise DecisionMissing(
            f"{left} and {right}",
            found="no reason",
            expected="a sentence that whoever asks in a year can check",
            do="say it with --reason; nothing was written",
        )


def _alike(connection: psycopg.Connection, verdicts: Mapping[tuple[str, str], Verdict]) -> list[tuple[str, str]]:
    """Pairs of the records decided about that have one signature in the last build and will keep it in the next."""
    apart = {key for pair, verdict in verdicts.items() if verdict == "no_link" for key in pair}
    keys = {key for pair in verdicts for key in pair} - apart
    rows = connection.execute(
        """
        select record_key, lead(record_key) over (partition by signature_id order by record_key collate "C")
        from build.int_customer_ids_assigned
        where record_key = any(%s)
        """,
        (sorted(keys),),
    ).fetchall()
    return [(one, other) for one, other in rows if other is not None]


def contradicted(
    decision: Verdict, left: str, right: str, standing: Mapping[tuple[str, str], Verdict]
) -> Contradiction | None:
    """What rules the decision out, given those that stand about other pairs; None when they can all be true.

    `standing` says of two records whether they are one (`link`) or two (`no_link`).
    """
    links: dict[str, list[str]] = {}
    for (one, other), held in standing.items():
        if held == "link":
            links.setdefault(one, []).append(other)
            links.setdefault(other, []).append(one)
    from_left = _reached(links, left)
    if decision == "no_link":
        return Contradiction(tuple(from_left[right]), None) if right in from_left else None
    from_right = _reached(links, right)
    for (one, other), held in standing.items():
        if held == "no_link":
            for first, last in ((one, other), (other, one)):
                if first in from_left and last in from_right:
                    return Contradiction((*reversed(from_left[first]), *from_right[last]), (one, other))
    return None


def _reached(links: Mapping[str, list[str]], start: str) -> dict[str, list[str]]:
    """Every record that links lead to from `start`, with the shortest path there, both ends included."""
    paths = {start: [start]}
    waiting = deque([start])
    while waiting:
        here = waiting.popleft()
        for there in sorted(links.get(here, [])):
            if there not in paths:
                paths[there] = [*paths[here], there]
                waiting.append(there)
    return paths


def _contradiction(
    left: str, right: str, found: Contradiction, standing: Mapping[tuple[str, str], PairDecision]
) -> ContradictoryDecision:
    path = " = ".join(found.path)
    steps = [(min(step), max(step)) for step in pairwise(found.path)]
    decisions = [standing[step] for step in steps if step in standing]
    asked = (left, right)  # of the other steps nobody decided anything: their records say the same
    alike = "".join(f"; {a} and {b} say the same, word for word" for a, b in steps if (a, b) not in {*standing, asked})
    if found.apart is None:
        told = f"decided to be one: {path}"
    else:
        told = f"decided to be two: {found.apart[0]} ≠ {found.apart[1]}, but {path} would make them one"
        decisions.insert(0, standing[found.apart])
    reasons = "; ".join(
        f"{held.left_record} {'=' if held.decision == 'link' else '≠'} {held.right_record} by {held.decided_by} on "
        f"{held.decided_at:%Y-%m-%d} ({held.reason})"
        for held in decisions
    )
    return ContradictoryDecision(
        f"{left} and {right}",
        found=told,
        expected="a decision that can be true together with those before it",
        do=f"withdraw whichever is wrong (`dealer360 identity decide withdraw KEY KEY --reason …`): {reasons}{alike}. "
        "Nothing was written",
    )
