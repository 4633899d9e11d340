"""Sessions of expectation maximisation with Splink on DuckDB: what pairs that share something teach of m.

Splink is given the levels that the warehouse found, not values to compare: each pair becomes two rows that carry its
levels, and a training rule is a condition on levels. So no similarity is defined twice, and an attribute that a rule
decides by is left out of that rule's estimates, as Splink does it for values.
"""

# ruff: noqa: S608 - statements are put together of names that stand in this module and in the shipped seed

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from statistics import median
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker
from splink.internals.exceptions import EMTrainingException, SplinkException

from warehouse.match_models import LevelWeight

LEAST_PAIRS = 30
"""A training rule, or an attribute, that fewer pairs show teaches nothing."""

NEVER = 1e-9
"""m of a level at which no session saw one person's pair."""

# What pairs of a training session have in common, as levels; attributes that are named are not estimated in it.
_RULES: dict[str, dict[str, tuple[str, ...]]] = {
    "phone": {"phone": ("mobile", "landline")},
    "email": {"email": ("exact",)},
    "tax_id": {"tax_id": ("exact",)},
    "national_id": {"national_id": ("exact",)},
    "names": {"last_name": ("exact",), "first_name": ("exact",)},
    "birth_date": {"birth_date": ("exact",)},
    "address": {"address": ("exact",)},
    "vehicle": {"vehicle": ("shared",)},
}

_OF_FAMILIES = ("phone", "address", "vehicle")
"""Rules by which members of a family come together, who differ in what is each one's own."""

_ONES_OWN = ("first_name", "middle_name", "birth_date", "gender")

_ITERATIONS = (100, 50, 20, 5, 1)
"""Of expectation and maximisation, at most: sessions mostly end before, when nothing moves any more. One in which a
probability comes to 0 or 1 is run anew with fewer."""

_BEYOND_NUMBERS = ("below the minimum", "cast(inf as float8)")
"""What Splink's errors hold where a probability has become 0 or 1."""

_TELLING_PAIRS = 300
"""So many pairs of a session show how often one person's birth dates differ, if they do in one pair of a hundred."""


@dataclass(frozen=True)
class Session:
    """What the pairs of one training rule taught.

    `shares` are m by attribute and level, of the attributes that the rule does not decide by; a level that the session
    never met has 0. `iterations` are the most that it was given: 0 where a probability came to 0 or 1 in the first.
    `chart` is Splink's, of these shares.
    """

    rule: str
    pairs: int
    iterations: int
    shares: Mapping[str, Mapping[str, float]]
    chart: dict[str, Any]

    @property
    def end(self) -> str | None:
        """A sentence about a session that Splink could not bring to its end; its estimates look like any others."""
        if self.iterations == _ITERATIONS[0]:
            return None
        if self.iterations == 0:
            return f"session {self.rule}: a probability came to 0 or 1 at once; it taught nothing"
        return (
            f"session {self.rule}: ended after {self.iterations} iterations, for a probability came to 0 or 1; what had"
            " not come to rest by then is nearer to the weights that it began from than to the pairs"
        )


def write_sides(database: duckdb.DuckDBPyConnection) -> None:
    """Make the table `sides`, which linker() reads, of the table `pairs`: a pair_id and a level of each attribute."""
    database.execute(
        "create table sides as select 2 * pair_id + side as unique_id, pairs.*"
        " from pairs cross join (values (0), (1)) as both_sides (side)"
    )


def run_sessions(
    database: duckdb.DuckDBPyConnection,
    kept: Sequence[LevelWeight],
    counts: Mapping[tuple[str, str], int],
    m_values: Mapping[tuple[str, str], float],
    u_values: Mapping[tuple[str, str], float],
    fixed: Set[str],
) -> list[Session]:
    """A session for each rule that enough pairs follow, all beginning from the same m and u, each by itself.

    Args:
        database: with the table `sides`.
        kept: the levels that there are.
        counts: how many pairs stand at each (attribute, level).
        m_values: where m begins.
        u_values: u, which stays as it is.
        fixed: attributes whose m stays as it is too.
    """
    attributes = {weight.attribute for weight in kept}
    return [
        session
        for rule, agreed in _RULES.items()
        if set(agreed) <= attributes and len(set(agreed)) < len(attributes)
        if _pairs_that_follow(rule, counts) >= LEAST_PAIRS
        if (session := _session(database, rule, kept, counts, m_values, u_values, fixed))
    ]


def _session(
    database: duckdb.DuckDBPyConnection,
    rule: str,
    kept: Sequence[LevelWeight],
    counts: Mapping[tuple[str, str], int],
    m_values: Mapping[tuple[str, str], float],
    u_values: Mapping[tuple[str, str], float],
    fixed: Set[str],
) -> Session | None:
    """The session of a rule; None where no pair follows all of a rule of two attributes.

    The m of a level at which no pair looks like one person's sinks by powers with every iteration, and Splink refuses
    one that has sunk to nothing; nor can it go on where every pair is one person's for sure. Then the session is run
    anew with fewer iterations. It has a linker of its own: Splink begins a session where the one before ended.
    """
    condition = "l.pair_id = r.pair_id and " + " and ".join(
        f"{side}.{attribute}_level in ({', '.join(map(repr, levels))})"
        for attribute, levels in _RULES[rule].items()
        for side in ("l", "r")
    )
    pairs = _pairs_that_follow(rule, counts)
    for iterations in _ITERATIONS:
        em = linker(database, kept, m_values, u_values, prior=0.1, fixed=fixed, iterations=iterations)
        try:
            em.training.estimate_parameters_using_expectation_maximisation(
                condition, estimate_without_term_frequencies=True
            )
        except EMTrainingException:
            return None
        except (ValueError, SplinkException) as error:
            if not any(sign in str(error) for sign in _BEYOND_NUMBERS):
                raise
            continue
        chart = em.visualisations.parameter_estimate_comparisons_chart()
        return Session(rule, pairs, iterations, _shares_of_levels(chart.raw_records), chart.chart_dict)
    return Session(rule, pairs, 0, {}, {})


def _shares_of_levels(records: Sequence[Any]) -> dict[str, dict[str, float]]:
    """The m by attribute and level, of Splink's records of one session; a text stands where a level was not met."""
    shares: dict[str, dict[str, float]] = {}
    for record in records:
        estimated = record["estimated_probability"]
        levels = shares.setdefault(record["comparison_name"], {})
        levels[record["comparison_level_label"]] = estimated if isinstance(estimated, float) else 0.0
    return shares


def _pairs_that_follow(rule: str, counts: Mapping[tuple[str, str], int]) -> int:
    """How many pairs have at most in common what a training rule asks for."""
    return min(sum(counts.get((attribute, level), 0) for level in levels) for attribute, levels in _RULES[rule].items())


def linker(
    database: duckdb.DuckDBPyConnection,
    kept: Sequence[LevelWeight],
    m_values: Mapping[tuple[str, str], float],
    u_values: Mapping[tuple[str, str], float],
    prior: float,
    fixed: Set[str] = frozenset(),
    iterations: int = _ITERATIONS[0],
) -> Linker:
    """Splink's linker over the table `sides`, with a model of these levels, m, u and prior."""
    settings = {
        "link_type": "dedupe_only",
        "comparisons": [
            _comparison(
                [weight for weight in kept if weight.attribute == attribute], m_values, u_values, attribute in fixed
            )
            for attribute in dict.fromkeys(weight.attribute for weight in kept)
        ],
        "probability_two_random_records_match": prior,
        "max_iterations": iterations,
        "em_convergence": 0.00001,
    }
    api = DuckDBAPI(connection=database)
    return Linker(api.register("sides"), settings, log_level="ERROR")


def _comparison(
    levels: Sequence[LevelWeight],
    m_values: Mapping[tuple[str, str], float],
    u_values: Mapping[tuple[str, str], float],
    is_m_fixed: bool,
) -> dict[str, Any]:
    column = f"{levels[0].attribute}_level"
    known = ", ".join(repr(weight.level) for weight in levels)
    missing = f'"{column}_l" not in ({known}) or "{column}_r" not in ({known})'
    total = sum(m_values[weight.key] for weight in levels)
    described: list[dict[str, Any]] = [{"sql_condition": missing, "label_for_charts": "missing", "is_null_level": True}]
    for number, weight in enumerate(levels, start=1):
        described.append(
            {
                "sql_condition": f"\"{column}_l\" = '{weight.level}' and \"{column}_r\" = '{weight.level}'"
                if number < len(levels)
                else "ELSE",
                "label_for_charts": weight.level,
                "m_probability": m_values[weight.key] / total,
                "u_probability": u_values[weight.key],
                "fix_m_probability": is_m_fixed,
            }
        )
    return {"output_column_name": levels[0].attribute, "comparison_levels": described}


def taught_by(sessions: Sequence[Session], attributes: Set[str]) -> dict[tuple[str, str], float]:
    """How often people's pairs agree, in the middle of what the sessions found.

    A level that a session has not seen is never met there. Where others teach what is a person's own, the sessions of
    what families share do not; and of birth dates the session teaches in which they differ least, for namesakes of one
    house come into that of the names and hardly into that of an e-mail or a number.
    """
    return {
        (attribute, level): share
        for attribute in sorted(attributes)
        for level, share in _middle(_of_sessions(sessions, attribute))
    }


def _of_sessions(sessions: Sequence[Session], attribute: str) -> list[Mapping[str, float]]:
    """The m of the attribute's levels in each session that teaches it."""
    taught = [session for session in sessions if sum(session.shares.get(attribute, {}).values()) > 0]
    if attribute in _ONES_OWN:
        taught = [session for session in taught if session.rule not in _OF_FAMILIES] or taught
    if attribute == "birth_date":
        telling = [session for session in taught if session.pairs >= _TELLING_PAIRS]
        if len(telling) > 1:
            taught = [min(telling, key=lambda session: (session.shares[attribute].get("different", 0.0), session.rule))]
    return [session.shares[attribute] for session in taught]


def _middle(taught: Sequence[Mapping[str, float]]) -> Iterator[tuple[str, float]]:
    if not taught:
        return
    middle = {level: max(median(levels[level] for levels in taught), NEVER) for level in taught[0]}
    for level, value in middle.items():
        yield level, value / sum(middle.values())
