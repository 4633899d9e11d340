"""From which probability on a version that knows its group accepts a pair.

Fellegi and Sunter (1969) set the upper threshold by the share of false links that is tolerated. A model that was
trained on the group's own records tells that share itself: of a pair with probability p it expects 1 - p to be false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg

TOLERATED = 0.01
"""How many false links a version may expect for each record that links bring to another one. Fewer records than may
have one false link tell nothing of how often links are false."""

TOLERATED_OF_NAMES = 0.02
"""The same for links by a name alone, which are fewer."""

STEPS = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.95)
"""What may be accepted from: more likely than not at least, the shipped threshold at most."""

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
class Expected:
    """How many records a version links to another one from a probability on, and how many links it expects to be false.

    A person's records are linked with each other many times over; a false link joins two people once. So it is the
    records brought in that false links are held against.
    """

    probability: float
    brought_in: int
    false_links: float


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
    parameters: dict[str, object] = {"undated_too": not dated.are_of_namesakes}
    rows = connection.execute(_EXPECTED, parameters | {"steps": list(STEPS)}).fetchall()
    accept = least_tolerable([Expected(*row) for row in rows], TOLERATED, STEPS[-1])
    steps = [step for step in STEPS_OF_NAMES if step >= accept]
    parameters |= {"steps": steps, "accepted": accept}
    at_one, elsewhere = (
        connection.execute(_EXPECTED_OF_NAMES, parameters | {"is_elsewhere": is_elsewhere}).fetchall()
        for is_elsewhere in (False, True)
    )
    return {
        "accept_probability": accept,
        "accept_name_alone_probability": least_tolerable(
            [Expected(*row) for row in at_one], TOLERATED_OF_NAMES, STEPS_OF_NAMES[-1]
        ),
        "accept_name_alone_elsewhere_probability": least_tolerable(
            [Expected(*row) for row in elsewhere], TOLERATED_OF_NAMES, NEVER
        ),
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


def least_tolerable(expected: Sequence[Expected], tolerated: float, most: float) -> float:
    """The least probability from which on no more links than tolerated are expected to be false, or else `most`."""
    return min(
        (step.probability for step in expected if step.brought_in * tolerated >= max(step.false_links, 1)), default=most
    )


_EXPECTED = """
    select
        step,
        count(distinct right_id) filter (where match_probability >= step),
        coalesce(sum(1 - match_probability) filter (where match_probability >= step), 0)::double precision
    from unnest(%(steps)s::double precision[]) as step
    cross join newly_judged_pairs
    where
        customer_type = 'person'
        and hard_rule is null
        and not is_name_alone
        and (birth_date_level <> 'missing' or %(undated_too)s)
    group by step
    order by step
"""

_EXPECTED_OF_NAMES = """
    with brought_in as (
        select distinct right_id
        from newly_judged_pairs
        where
            customer_type = 'person'
            and hard_rule is null
            and not is_name_alone
            and (birth_date_level <> 'missing' or %(undated_too)s)
            and match_probability >= %(accepted)s
    )

    select
        step,
        count(distinct pairs.right_id) filter (where match_probability >= step and brought_in.right_id is null),
        coalesce(sum(1 - match_probability) filter (where match_probability >= step), 0)::double precision
    from unnest(%(steps)s::double precision[]) as step
    cross join newly_judged_pairs as pairs
    left join brought_in using (right_id)
    where
        customer_type = 'person'
        and hard_rule is null
        and is_name_alone
        and (dealer_level = 'other') = %(is_elsewhere)s
        and (birth_date_level <> 'missing' or %(undated_too)s)
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
