"""From which probability on a version that knows its group accepts a pair.

Fellegi and Sunter (1969) set the upper threshold by the share of false links that is tolerated. A model that was
trained on the group's own records tells that share itself: of a pair with probability p it expects 1 - p to be false.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import psycopg

TOLERATED = 0.01
"""Which share of what links join a version may expect to be joined falsely. Fewer joins than may have one false one
tell nothing of how often links are false."""

TOLERATED_PAIRS = 0.0075
"""The same for the pairs of records that are one person's by these joins: a false join of two people with many records
is rare, and makes many false pairs at once."""

TOLERATED_OF_NAMES = 0.05
"""The same for what a name alone joins beyond everything else: that is less, and counts among all pairs too."""

STEPS = (0.7, 0.8, 0.85, 0.9, 0.95)
"""What may be accepted from: the shipped threshold at most. Below the least few pairs wait, and many are false."""

STEPS_OF_NAMES = (*STEPS, 0.98, 0.99)
"""The same for a name alone: namesakes are expected too seldom where names run in families."""

NEVER = 2.0

_TOLD = {
    "accept_probability": "as a rule",
    "accept_name_alone_probability": "by a name alone at one dealer",
    "accept_name_alone_elsewhere_probability": "by a name alone at two dealers",
    "accept_undated_probability": "without two birth dates",
}

LEAST_DATED = 30
"""Fewer pairs than these with two birth dates each do not tell how often such pairs are namesakes."""


@dataclass(frozen=True)
class Joined:
    """What links from a probability on join, and how much of it a version expects to be joined falsely.

    A person's records are linked with each other many times over; a false link joins two people once. So only links
    count that join what stronger ones have not joined yet: `joins` of them, and the `pairs` of records that these make
    one person's. A false join of two people with many records each makes many false pairs.
    """

    probability: float
    joins: int = 0
    false_joins: float = 0.0
    pairs: int = 0
    false_pairs: float = 0.0


class Forest:
    """Records joined by links, the strongest first; it holds two numbers for each record of a link."""

    def __init__(self) -> None:
        self._parents: dict[int, int] = {}
        self._sizes: dict[int, int] = {}

    def join(self, left: int, right: int) -> int:
        """Join two records; how many pairs that makes one person's, 0 if they were joined before."""
        left, right = self._root(left), self._root(right)
        if left == right:
            return 0
        left_size, right_size = self._sizes.get(left, 1), self._sizes.get(right, 1)
        self._parents[left] = right
        self._sizes[right] = left_size + right_size
        return left_size * right_size

    def _root(self, record: int) -> int:
        while (parent := self._parents.setdefault(record, record)) != record:
            self._parents[record] = record = self._parents[parent]
        return record

    def joined(
        self, links: Iterable[tuple[int, int, float]], steps: Sequence[float], so_far: Joined | None = None
    ) -> list[Joined]:
        """What links (their records and probability, the strongest first) join beyond what is joined, by step.

        What is joined already may be counted in as `so_far`.
        """
        found: list[Joined] = []
        so_far = so_far or Joined(1.0)
        waiting = sorted(steps)
        for left, right, probability in links:
            while waiting and probability < waiting[-1]:
                found.append(replace(so_far, probability=waiting.pop()))
            if pairs := self.join(left, right):
                so_far = Joined(
                    probability,
                    so_far.joins + 1,
                    so_far.false_joins + 1 - probability,
                    so_far.pairs + pairs,
                    so_far.false_pairs + pairs * (1 - probability),
                )
        return [*found, *(replace(so_far, probability=step) for step in reversed(waiting))]


@dataclass(frozen=True)
class Dated:
    """Pairs with two birth dates each that look like one person in everything else: how many agree in these as well."""

    agreeing: int
    contradicting: int

    @property
    def are_of_namesakes(self) -> bool:
        """Whether so many contradict that such a pair without birth dates is not sure enough to be accepted.

        Father and son of one name share surname, home, phone and mailbox: their evidence is no sum of independent
        parts, and only the birth date tells them apart.
        """
        dated = self.agreeing + self.contradicting
        return dated >= LEAST_DATED and self.contradicting > (1 - STEPS[-1]) * dated


def thresholds_learnt(connection: psycopg.Connection, judged: str) -> dict[str, float]:
    """The thresholds of a new version, by their names in the seed match_settings.

    A name alone is asked for more, at one dealer and at two by what either brings: the version has counted the names of
    its own group. What teaches nothing keeps the shipped threshold, which at two dealers is never. What holds a link
    down lies below what makes one, and the review queue begins below both.

    Args:
        connection: in a transaction, with which a temporary table ends.
        judged: the select of the pairs that the version judges, as judged_by_new_version() makes it.
    """
    connection.execute(f"create temporary table newly_judged_pairs on commit drop as {judged}")
    dated = Dated(*(connection.execute(_DATED, {"accepted": STEPS[-1]}).fetchone() or (0, 0)))
    parameters: dict[str, object] = {"undated_too": not dated.are_of_namesakes, "accepted": STEPS[0]}
    accept = least_tolerable(Forest().joined(_links(connection, _LINKS, parameters), STEPS), TOLERATED, STEPS[-1])
    steps = [step for step in STEPS_OF_NAMES if step >= accept]
    at_one, elsewhere = (
        _joined_by_names(connection, parameters | {"accepted": accept, "is_elsewhere": is_elsewhere}, steps)
        for is_elsewhere in (False, True)
    )
    return {
        "accept_probability": accept,
        "accept_name_alone_probability": least_tolerable(at_one, TOLERATED_OF_NAMES, STEPS_OF_NAMES[-1]),
        "accept_name_alone_elsewhere_probability": least_tolerable(elsewhere, TOLERATED_OF_NAMES, NEVER),
        "accept_undated_probability": NEVER if dated.are_of_namesakes else accept,
        "keep_probability": round(accept - 0.1, 2),
        "review_probability": round(min(0.5, accept - 0.25), 2),
    }


def thresholds_in_words(thresholds: Mapping[str, float]) -> str:
    """What a version of its own thresholds accepts, as a sentence; one without any accepts as the shipped model."""
    if not thresholds:
        return "From where on pairs are accepted was not learnt: the shipped thresholds hold."
    told = (f"{what} {_from(thresholds[name])}" for name, what in _TOLD.items())
    return f"Persons are accepted {', '.join(told)}."


def _from(threshold: float) -> str:
    return "never" if threshold > 1 else f"from a probability of {threshold:g} on"


def least_tolerable(joined: Sequence[Joined], tolerated: float, most: float) -> float:
    """The least probability from which on no more than tolerated is expected to be joined falsely, or else `most`."""
    return min(
        (
            step.probability
            for step in joined
            if step.joins * tolerated >= max(step.false_joins, 1) and step.pairs * TOLERATED_PAIRS >= step.false_pairs
        ),
        default=most,
    )


def _joined_by_names(
    connection: psycopg.Connection, parameters: Mapping[str, object], steps: Sequence[float]
) -> list[Joined]:
    """What names alone join beyond what is accepted without them, at one dealer or between two.

    The joins are theirs alone, the pairs are all.
    """
    forest = Forest()
    (accepted,) = forest.joined(_links(connection, _LINKS, parameters), steps[:1])
    without_names = replace(accepted, joins=0, false_joins=0.0)
    return forest.joined(_links(connection, _LINKS_OF_NAMES, parameters), steps, without_names)


def _links(
    connection: psycopg.Connection, query: str, parameters: Mapping[str, object]
) -> Iterator[tuple[int, int, float]]:
    """The links of a query, which the server keeps: only some are here at a time."""
    with connection.cursor(name="links") as cursor:
        cursor.itersize = _LINKS_AT_A_TIME
        cursor.execute(query, parameters)
        yield from cursor


_LINKS_AT_A_TIME = 10_000

_LINKS = """
    select left_id, right_id, match_probability::double precision
    from newly_judged_pairs
    where
        customer_type = 'person'
        and hard_rule is null
        and not is_name_alone
        and (birth_date_level <> 'missing' or %(undated_too)s)
        and match_probability >= %(accepted)s
    order by match_probability desc, left_id, right_id
"""

_LINKS_OF_NAMES = """
    select left_id, right_id, match_probability::double precision
    from newly_judged_pairs
    where
        customer_type = 'person'
        and hard_rule is null
        and is_name_alone
        and (dealer_level = 'other') = %(is_elsewhere)s
        and (birth_date_level <> 'missing' or %(undated_too)s)
        and match_probability >= %(accepted)s
    order by match_probability desc, left_id, right_id
"""

_DATED = """
    select
        count(*) filter (where hard_rule is null and birth_date_level in ('exact', 'near', 'part')),
        count(*) filter (where hard_rule = 'two birth dates')
    from newly_judged_pairs
    where
        customer_type = 'person'
        and 1 / (1 + power(2.0::double precision, -greatest(least(match_weight - birth_date_bits, 60), -60)))
        >= %(accepted)s
"""
