"""From which probability on a version that knows its group accepts a pair.

Fellegi and Sunter (1969) set the upper threshold by the share of false links that is tolerated. A model that was
trained on the group's own records tells that share itself: of a pair with probability p it expects 1 - p to be false.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

TOLERATED = 0.01
"""The share of its links that a version may expect to be false."""

STEPS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
"""What may be accepted from: more likely than not at least, the shipped threshold at most."""

NEVER = 2.0

LEAST_DATED = 30
"""Fewer pairs than these with two birth dates each do not tell how often such pairs are namesakes."""


@dataclass(frozen=True)
class Expected:
    """How many pairs a version finds from a probability on, and how many of them it expects to be false."""

    probability: float
    pairs: int
    false_pairs: float


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

    `judged` is the select of the pairs that it judges, as judged_by_new_version() makes it.
    """
    connection.execute(f"create temporary table newly_judged_pairs on commit drop as {judged}")
    dated = Dated(*(connection.execute(_DATED, {"accepted": STEPS[-1]}).fetchone() or (0, 0)))
    rows = connection.execute(_EXPECTED, {"steps": list(STEPS), "undated_too": not dated.are_of_namesakes}).fetchall()
    return thresholds_of([Expected(*row) for row in rows], dated)


def thresholds_of(expected: Sequence[Expected], dated: Dated) -> dict[str, float]:
    """Accept from the least probability on at which no more links than tolerated are expected to be false.

    A name alone is judged like anything else, as the version has counted the names of its own group. What holds a link
    down lies as far below as in the shipped settings, and the review queue begins below both.
    """
    tolerable = [step.probability for step in expected if step.false_pairs <= TOLERATED * step.pairs]
    accept = min(tolerable, default=STEPS[-1])
    return {
        "accept_probability": accept,
        "accept_name_alone_probability": accept,
        "accept_name_alone_elsewhere_probability": accept,
        "accept_undated_probability": NEVER if dated.are_of_namesakes else accept,
        "keep_probability": round(accept - 0.1, 2),
        "review_probability": round(min(0.5, accept - 0.25), 2),
    }


_EXPECTED = """
    select
        step,
        count(*) filter (where match_probability >= step),
        coalesce(sum(1 - match_probability) filter (where match_probability >= step), 0)::double precision
    from unnest(%(steps)s::double precision[]) as step
    cross join newly_judged_pairs
    where customer_type = 'person' and hard_rule is null and (birth_date_level <> 'missing' or %(undated_too)s)
    group by step
    order by step
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
