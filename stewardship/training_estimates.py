"""What pairs teach: m in sessions of expectation maximisation, u from random pairs, and the prior."""

# ruff: noqa: S608 - statements are put together of names that stand in this module and in the shipped seed

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import duckdb

from stewardship.training_beliefs import attributes_to_learn, believed
from stewardship.training_charts import charts_of
from stewardship.training_pairs import LevelPatterns
from stewardship.training_sessions import LEAST_PAIRS, Session, run_sessions, taught_by, write_sides
from warehouse.match_models import LevelWeight

ROUNDS = 2
"""EM is run once more when its first result has told how many of the random pairs are one person's."""

_LEAST_DIFFERENCE, _MOST_DIFFERENCE = 0.08, 0.3
"""How often one person's birth dates may differ by more than slips and be believed, where hardly a record and where
every record has a second one. Beyond it not one person's pairs were learnt from but those of namesakes of one house."""


@dataclass(frozen=True)
class Estimates:
    """The model as it was learnt.

    `weights` are those of every attribute that somebody has: the estimated ones in the order of the shipped levels,
    then those that few have, as shipped. `prior` is the
    probability that two records drawn at random are one person's. `told` are sentences about what was not learnt, or
    not believed. `charts` are Vega-Lite specifications by their title.
    """

    weights: tuple[LevelWeight, ...]
    prior: float
    sessions: tuple[str, ...]
    told: tuple[str, ...]
    charts: dict[str, dict[str, Any]]

    def as_data(self) -> dict[str, Any]:
        """Everything but the charts, for JSON."""
        return {
            "weights": [{**asdict(weight), "bits": round(weight.bits, 4)} for weight in self.weights],
            "prior": self.prior,
            "sessions": self.sessions,
            "told": self.told,
        }


def estimate(
    shipped: Sequence[LevelWeight], random_patterns: LevelPatterns, levels: Path, possible_pairs: int
) -> Estimates:
    """Learn from the levels of pairs.

    Args:
        shipped: the levels that there are, the strongest of an attribute first, with the weights to begin from.
        random_patterns: how many random pairs stand at each combination of levels.
        levels: CSV file with a row per pair that has something in common, as write_levels makes it.
        possible_pairs: how many pairs the drawn records make.
    """
    with duckdb.connect() as database:
        database.execute("set threads = 1")  # sums of floats come out the same each time
        database.execute(
            "create table pairs as select row_number() over () as pair_id, * from read_csv(?, all_varchar = true)",
            [str(levels)],
        )
        counts = _alike_counts(database, shipped)
        told: list[str] = []
        random_counts = random_patterns.level_counts()
        attributes = attributes_to_learn(shipped, random_counts, counts, told)
        kept = [weight for weight in shipped if weight.attribute in attributes]
        u_values, m_values = _shares(kept, random_counts), {weight.key: weight.m_probability for weight in kept}
        write_sides(database)
        prior = 0.0001
        sessions: list[Session] = []
        fixed: set[str] = set()
        taught: dict[tuple[str, str], float] = {}
        rounds = ROUNDS if attributes else 0
        while rounds:
            sessions = run_sessions(database, kept, counts, m_values, u_values, fixed)
            taught |= taught_by(sessions, set(attributes) - fixed)
            m_values |= taught
            prior = _prior(database, attributes, m_values, u_values, possible_pairs)
            rounds -= 1
            if "birth_date" not in fixed and _is_of_namesakes(m_values, prior, possible_pairs):
                fixed.add("birth_date")
                told.append("birth_date: namesakes outnumber one person's records; their share by chance is taken out")
                u_values, m_values = _shares(kept, random_counts), {w.key: w.m_probability for w in kept}
                m_values |= _of_one_person_among_namesakes(database, m_values, u_values)
                taught = {}
                rounds = ROUNDS
                continue
            u_values = _without_matches(random_patterns, attributes, kept, m_values, u_values, prior)
        told += [session.end for session in sessions if session.end]
        told += [
            f"{attribute}: no session showed it; how often one person's records agree stays as shipped"
            for attribute in sorted(set(attributes) - fixed - {attribute for attribute, _ in taught})
        ]
        matches = prior * possible_pairs
        seconds_per_record = _seconds_per_record(prior, possible_pairs)
        learnt = tuple(believed(kept, m_values, u_values, counts, matches, seconds_per_record, told))
        charts = charts_of(database, sessions, learnt, prior) if learnt else {}
    seen = {attribute for attribute, level in counts if level != "missing"} | {
        attribute for attribute, _ in random_counts
    }
    weights = (*learnt, *(weight for weight in shipped if weight.attribute in seen - set(attributes)))
    return Estimates(weights, prior, tuple(s.rule for s in sessions if s.shares), tuple(told), charts)


def _alike_counts(database: duckdb.DuckDBPyConnection, shipped: Sequence[LevelWeight]) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for attribute in dict.fromkeys(weight.attribute for weight in shipped):
        for level, count in database.execute(f"select {attribute}_level, count(*) from pairs group by 1").fetchall():
            counts[attribute, level] = count
    return counts


def _shares(kept: Sequence[LevelWeight], random_counts: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], float]:
    """The share of random pairs at each level; half a pair is added to each, so that none is impossible."""
    levels = {
        attribute: [w.level for w in kept if w.attribute == attribute] for attribute in {w.attribute for w in kept}
    }
    totals = {
        attribute: sum(random_counts.get((attribute, level), 0) for level in known) + 0.5 * len(known)
        for attribute, known in levels.items()
    }
    return {w.key: (random_counts.get(w.key, 0) + 0.5) / totals[w.attribute] for w in kept}


def _seconds_per_record(prior: float, possible_pairs: int) -> float:
    """How many other records of its person a record has on average."""
    return prior * math.sqrt(2 * possible_pairs)


def _is_of_namesakes(m_values: Mapping[tuple[str, str], float], prior: float, possible_pairs: int) -> bool:
    """Whether birth dates differ more often than one person's can.

    The fewer records have a second one, the more of the pairs that look like one person are father and son, or
    namesakes of one house, with all in common but the birth date.
    """
    seconds_per_record = _seconds_per_record(prior, possible_pairs)
    most = min(max(_MOST_DIFFERENCE * seconds_per_record, _LEAST_DIFFERENCE), _MOST_DIFFERENCE)
    return m_values.get(("birth_date", "different"), 0) > most


def _of_one_person_among_namesakes(
    database: duckdb.DuckDBPyConnection,
    m_values: Mapping[tuple[str, str], float],
    u_values: Mapping[tuple[str, str], float],
) -> dict[tuple[str, str], float]:
    """How often one person's birth dates agree where most pairs with one name are two persons'.

    Dates that differ are nearly all namesakes', so they tell how many namesakes there are, and u tells how often these
    agree by chance. What is left over at the other levels, less what chance may bring above it, is one person's. It is
    as much believed as there is of it: LEAST_PAIRS pairs of the shipped m stand beside.
    """
    counts = dict(
        database.execute(
            "select birth_date_level, count(*) from pairs"
            " where last_name_level = 'exact' and first_name_level = 'exact' group by all"
        ).fetchall()
    )
    namesakes = counts.get("different", 0) / u_values["birth_date", "different"]
    left: dict[tuple[str, str], float] = {}
    for key in (key for key in m_values if key[0] == "birth_date"):
        by_chance = namesakes * u_values[key]
        left[key] = LEAST_PAIRS * m_values[key] + max(counts.get(key[1], 0) - by_chance - math.sqrt(by_chance), 0)
    return {key: pairs / sum(left.values()) for key, pairs in left.items()}


def _prior(
    database: duckdb.DuckDBPyConnection,
    attributes: Sequence[str],
    m_values: Mapping[tuple[str, str], float],
    u_values: Mapping[tuple[str, str], float],
    possible_pairs: int,
) -> float:
    """The share of all pairs that are one person's: EM with m and u as they are, over pairs that share something."""
    columns = ", ".join(f"{attribute}_level" for attribute in attributes)
    patterns = [
        (
            count,
            math.prod(
                m_values[attribute, level] / u_values[attribute, level]
                for attribute, level in zip(attributes, levels, strict=True)
                if (attribute, level) in m_values
            ),
        )
        for count, *levels in database.execute(
            f"select count(*), {columns} from pairs group by all order by all"
        ).fetchall()
    ]
    prior = 1 / max(possible_pairs, 1)
    for _ in range(200):
        matches = sum(count * prior * ratio / (1 - prior + prior * ratio) for count, ratio in patterns)
        after = min(max(matches, 0.5) / max(possible_pairs, 1), 0.5)
        if abs(after - prior) < 1e-6 * prior:
            break
        prior = after
    return prior


def _without_matches(
    random_patterns: LevelPatterns,
    attributes: Sequence[str],
    kept: Sequence[LevelWeight],
    m_values: Mapping[tuple[str, str], float],
    u_values: Mapping[tuple[str, str], float],
    prior: float,
) -> dict[tuple[str, str], float]:
    """How often two persons agree: random pairs hold one person's pairs too, many of them in a small group.

    What a pair shows in the other attributes tells how likely it is one person's: it counts for u as far as it is not.
    What is left of one person's pairs among those (they are known by their m) is taken out.
    """
    place = {attribute: number for number, attribute in enumerate(random_patterns.attributes)}
    ratios = {key: m_values[key] / u_values[key] for key in m_values if key in u_values}
    levels_of = {attribute: [w.level for w in kept if w.attribute == attribute] for attribute in attributes}
    counted = {attribute: _OthersCounted(dict.fromkeys(levels, 0.0)) for attribute, levels in levels_of.items()}
    for count, levels in random_patterns.rows:
        shown = [(attribute, levels[place[attribute]]) for attribute in attributes]
        odds = prior / (1 - prior) * math.prod(ratios.get(key, 1.0) for key in shown)
        for key in shown:
            if key in ratios:
                others = odds / ratios[key]
                counted[key[0]].add(key[1], count, others / (1 + others))
    return {
        (attribute, level): of.share(level, m_values[attribute, level])
        for attribute, of in counted.items()
        for level in levels_of[attribute]
    }


@dataclass
class _OthersCounted:
    """Random pairs that show an attribute, by level, as far as their other attributes say two persons."""

    by_level: dict[str, float]
    pairs: int = 0
    of_others: float = 0.0
    mistaken: float = 0.0

    def add(self, level: str, count: int, probability: float) -> None:
        """`count` pairs at a level, of one person with this probability."""
        self.by_level[level] += count * (1 - probability)
        self.pairs += count
        self.of_others += count * (1 - probability) ** 2
        self.mistaken += count * probability * (1 - probability)

    def share(self, level: str, m_value: float) -> float:
        """The share of two persons' pairs at a level; half a pair is added to what hardly occurs."""
        least = 0.5 / (self.pairs + 1)
        return max((self.by_level[level] - m_value * self.mistaken) / max(self.of_others, 1), least)
