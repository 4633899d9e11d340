"""What pairs teach: m by expectation maximisation with Splink on DuckDB, u from random pairs, and the prior.

Splink is given the levels that the warehouse found, not values to compare: each pair becomes two rows that carry its
levels, and a training rule is a condition on levels. So no similarity is defined twice, and an attribute that a rule
decides by is left out of that rule's estimates, as Splink does it for values.
"""

# ruff: noqa: S608 - statements are put together of names that stand in this module and in the shipped seed

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import duckdb
from splink import DuckDBAPI, Linker
from splink.internals.exceptions import EMTrainingException, SplinkException

from stewardship.training_pairs import LevelPatterns
from warehouse.match_models import LevelWeight

ROUNDS = 2
"""EM is run once more when its first result has told how many of the random pairs are one person's."""

LEAST_PAIRS = 30
"""A training rule, or an attribute, that fewer pairs show teaches nothing."""

_NEVER = 1e-9
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

_MADE_OF_NAMES = (("email", "mailbox"), ("email", "alike"), ("gender", "exact"))
"""Levels at which namesakes agree too: pairs of two persons with one name are too few to learn from how often."""

_CONTEXT = ("dealer",)
"""What is nothing of the person. Two books without duplicates have one person's records at two dealers alone, and then
it is another dealer that speaks for one person, and one dealer against it."""

_TWINS = 0.01
"""How many people have a twin in the same group, at most."""

_SLIPS_PER_TWIN = 8
"""So many times as often as twins are met, one person's first names have to differ to be slips and no contradiction."""

_NO_CONTRADICTION = -2.9
"""Bits of a difference of first names that the scoring does not take for a contradiction."""

_ONES_OWN = ("first_name", "middle_name", "birth_date", "gender")

_ITERATIONS = 100
"""Of expectation and maximisation, at most: sessions mostly end before, when nothing moves any more."""

_BEYOND_NUMBERS = ("below the minimum", "cast(inf as float8)")
"""What Splink's errors hold where a probability has become 0 or 1."""

_TELLING_PAIRS = 300
"""So many pairs of a session show how often one person's birth dates differ, if they do in one pair of a hundred."""

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
        attributes = _attributes_to_learn(shipped, random_counts, counts, told)
        kept = [weight for weight in shipped if weight.attribute in attributes]
        u_values, m_values = _shares(kept, random_counts), {_key(weight): weight.m_probability for weight in kept}
        prior = 0.0001
        sessions: dict[str, str] = {}
        linker: Linker | None = None
        fixed: set[str] = set()
        taught: dict[tuple[str, str], float] = {}
        iterations = _ITERATIONS
        rounds = ROUNDS if attributes else 0
        while rounds:
            linker, sessions, iterations = _trained(database, kept, counts, m_values, u_values, fixed)
            taught |= _learnt(linker, sessions, [weight for weight in kept if weight.attribute not in fixed], counts)
            m_values |= taught
            prior = _prior(database, attributes, m_values, u_values, possible_pairs)
            rounds -= 1
            if "birth_date" not in fixed and _is_of_namesakes(m_values, prior, possible_pairs):
                fixed.add("birth_date")
                told.append("birth_date: namesakes outnumber one person's records; their share by chance is taken out")
                u_values, m_values = _shares(kept, random_counts), {_key(w): w.m_probability for w in kept}
                m_values |= _of_one_person_among_namesakes(database, m_values, u_values)
                taught = {}
                rounds = ROUNDS
                continue
            u_values = _without_matches(random_patterns, attributes, kept, m_values, u_values, prior)
        told += _not_learnt_to_the_end(set(attributes) - fixed - {attribute for attribute, _ in taught}, iterations)
        matches = prior * possible_pairs
        seconds_per_record = _seconds_per_record(prior, possible_pairs)
        learnt = tuple(_believed(kept, m_values, u_values, counts, matches, seconds_per_record, told))
        charts = _charts(database, linker, sessions, learnt, prior) if linker else {}
    seen = {attribute for attribute, level in counts if level != "missing"} | {
        attribute for attribute, _ in random_counts
    }
    weights = (*learnt, *(weight for weight in shipped if weight.attribute in seen - set(attributes)))
    return Estimates(weights, prior, tuple(sessions.values()), tuple(told), charts)


def _key(weight: LevelWeight) -> tuple[str, str]:
    return weight.attribute, weight.level


def _alike_counts(database: duckdb.DuckDBPyConnection, shipped: Sequence[LevelWeight]) -> dict[tuple[str, str], int]:
    counts: dict[tuple[str, str], int] = {}
    for attribute in dict.fromkeys(weight.attribute for weight in shipped):
        for level, count in database.execute(f"select {attribute}_level, count(*) from pairs group by 1").fetchall():
            counts[attribute, level] = count
    return counts


def _attributes_to_learn(
    shipped: Sequence[LevelWeight],
    random_counts: Mapping[tuple[str, str], int],
    counts: Mapping[tuple[str, str], int],
    told: list[str],
) -> list[str]:
    """Attributes that enough pairs have on both sides.

    What nobody has drops out; what few have keeps the shipped weights, for a tax number is no less one for being rare.
    """
    found = []
    for attribute in dict.fromkeys(weight.attribute for weight in shipped):
        levels = [weight.level for weight in shipped if weight.attribute == attribute]
        at_random = sum(random_counts.get((attribute, level), 0) for level in levels)
        alike = sum(counts.get((attribute, level), 0) for level in levels)
        if at_random == 0 and alike == 0:
            told.append(f"{attribute}: no two records have it; it weighs nothing")
        elif at_random < LEAST_PAIRS or alike < LEAST_PAIRS:
            told.append(f"{attribute}: too few records have it to learn from; it keeps the shipped weights")
        else:
            found.append(attribute)
    return found


def _shares(kept: Sequence[LevelWeight], random_counts: Mapping[tuple[str, str], int]) -> dict[tuple[str, str], float]:
    """The share of random pairs at each level; half a pair is added to each, so that none is impossible."""
    levels = {
        attribute: [w.level for w in kept if w.attribute == attribute] for attribute in {w.attribute for w in kept}
    }
    totals = {
        attribute: sum(random_counts.get((attribute, level), 0) for level in known) + 0.5 * len(known)
        for attribute, known in levels.items()
    }
    return {_key(w): (random_counts.get(_key(w), 0) + 0.5) / totals[w.attribute] for w in kept}


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


def _trained(
    database: duckdb.DuckDBPyConnection,
    kept: Sequence[LevelWeight],
    counts: Mapping[tuple[str, str], int],
    m_values: Mapping[tuple[str, str], float],
    u_values: Mapping[tuple[str, str], float],
    fixed: Set[str],
) -> tuple[Linker, dict[str, str], int]:
    """A linker that has run a session per rule that enough pairs follow; these by their conditions; their iterations.

    m of the attributes `fixed` stays as it is. The m of a level at which no pair looks like one person's sinks by
    powers with every iteration, and Splink refuses one that has sunk to nothing; nor can it go on where every pair of a
    session is one person's for sure. Then all sessions end earlier, and one that breaks off in a single iteration
    teaches nothing. Iterations are the most that any session was given.
    """
    iterations = _ITERATIONS
    while True:
        linker = _linker(database, kept, m_values, u_values, prior=0.1, fixed=fixed, iterations=iterations)
        try:
            sessions = _sessions_run(linker, {weight.attribute for weight in kept}, counts, iterations == 1)
            return linker, sessions, iterations
        except _Sunk:
            iterations //= 2


def _not_learnt_to_the_end(untaught: Set[str], iterations: int) -> Iterator[str]:
    """What sessions ended too early to show, in sentences: their estimates look like any others."""
    if iterations < _ITERATIONS:
        yield (
            f"sessions: none had more than {iterations} iterations, for a probability came to 0 or 1; what had not come"
            " to rest by then is nearer to the weights that it began from than to the pairs"
        )
    for attribute in sorted(untaught):
        yield f"{attribute}: no session showed it; how often one person's records agree stays as shipped"


class _Sunk(Exception):
    """A probability has become 0 or 1 to Splink."""


def _sessions_run(
    linker: Linker, attributes: Set[str], counts: Mapping[tuple[str, str], int], is_last_try: bool
) -> dict[str, str]:
    sessions: dict[str, str] = {}
    for rule, agreed in _RULES.items():
        if not set(agreed) <= attributes or len(set(agreed)) == len(attributes):
            continue
        if _pairs_that_follow(rule, counts) < LEAST_PAIRS:
            continue
        condition = "l.pair_id = r.pair_id and " + " and ".join(
            f"{side}.{attribute}_level in ({', '.join(map(repr, levels))})"
            for attribute, levels in agreed.items()
            for side in ("l", "r")
        )
        try:
            linker.training.estimate_parameters_using_expectation_maximisation(
                condition, estimate_without_term_frequencies=True
            )
        except EMTrainingException:  # no pair follows all of a rule of two attributes
            continue
        except (ValueError, SplinkException) as error:
            if not any(sign in str(error) for sign in _BEYOND_NUMBERS):
                raise
            if not is_last_try:
                raise _Sunk from error
            continue
        sessions[condition] = rule
    return sessions


def _pairs_that_follow(rule: str, counts: Mapping[tuple[str, str], int]) -> int:
    """How many pairs have at most in common what a training rule asks for."""
    return min(sum(counts.get((attribute, level), 0) for level in levels) for attribute, levels in _RULES[rule].items())


def _linker(
    database: duckdb.DuckDBPyConnection,
    kept: Sequence[LevelWeight],
    m_values: Mapping[tuple[str, str], float],
    u_values: Mapping[tuple[str, str], float],
    prior: float,
    fixed: Set[str] = frozenset(),
    iterations: int = _ITERATIONS,
) -> Linker:
    database.execute(
        "create or replace table sides as select 2 * pair_id + side as unique_id, pairs.*"
        " from pairs cross join (values (0), (1)) as both_sides (side)"
    )
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
    total = sum(m_values[_key(weight)] for weight in levels)
    described: list[dict[str, Any]] = [{"sql_condition": missing, "label_for_charts": "missing", "is_null_level": True}]
    for number, weight in enumerate(levels, start=1):
        described.append(
            {
                "sql_condition": f"\"{column}_l\" = '{weight.level}' and \"{column}_r\" = '{weight.level}'"
                if number < len(levels)
                else "ELSE",
                "label_for_charts": weight.level,
                "m_probability": m_values[_key(weight)] / total,
                "u_probability": u_values[_key(weight)],
                "fix_m_probability": is_m_fixed,
            }
        )
    return {"output_column_name": levels[0].attribute, "comparison_levels": described}


def _learnt(
    linker: Linker, sessions: Mapping[str, str], kept: Sequence[LevelWeight], counts: Mapping[tuple[str, str], int]
) -> dict[tuple[str, str], float]:
    """How often people's pairs agree, in the middle of what the sessions found.

    A level that a session has not seen is never met there. Where others teach what is a person's own, the sessions of
    what families share do not; and of birth dates the session teaches in which they differ least, for namesakes of one
    house come into that of the names and hardly into that of an e-mail or a number.
    """
    of_families = {f"EM, blocked on: {condition}" for condition, rule in sessions.items() if rule in _OF_FAMILIES}
    telling = {
        f"EM, blocked on: {condition}"
        for condition, rule in sessions.items()
        if _pairs_that_follow(rule, counts) >= _TELLING_PAIRS
    }
    found: dict[tuple[str, str], dict[str, float]] = {}
    records: Sequence[Any] = linker.visualisations.parameter_estimate_comparisons_chart().raw_records
    for record in records:
        session = found.setdefault((record["comparison_name"], record["estimate_description"]), {})
        estimated = record["estimated_probability"]
        session[record["comparison_level_label"]] = estimated if isinstance(estimated, float) else 0.0
    learnt: dict[tuple[str, str], float] = {}
    for attribute in {weight.attribute for weight in kept}:
        taught = {by: levels for (of, by), levels in found.items() if of == attribute and sum(levels.values()) > 0}
        if attribute in _ONES_OWN and taught.keys() - of_families:
            taught = {by: levels for by, levels in taught.items() if by not in of_families}
        if not taught:
            continue
        if attribute == "birth_date" and len(taught.keys() & telling) > 1:
            least = min(taught.keys() & telling, key=lambda session: (taught[session].get("different", 0.0), session))
            taught = {least: taught[least]}
        middle = {
            level: max(median(levels[level] for levels in taught.values()), _NEVER)
            for level in next(iter(taught.values()))
        }
        learnt |= {(attribute, level): value / sum(middle.values()) for level, value in middle.items()}
    return learnt


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


def _believed(
    kept: Sequence[LevelWeight],
    m_values: Mapping[tuple[str, str], float],
    u_values: Mapping[tuple[str, str], float],
    counts: Mapping[tuple[str, str], int],
    matches: float,
    seconds_per_record: float,
    told: list[str],
) -> Iterator[LevelWeight]:
    """The weights without what cannot be: what was never seen keeps its shipped bits, an absurd sign is nothing.

    Of the `matches` that there are half a pair may stand at a level of the context that was never seen. Where many more
    records have a second one with another first name than people have twins, other first names are no contradiction.
    """
    fewest_slips = _SLIPS_PER_TWIN * _TWINS / max(min(seconds_per_record, 1), _NEVER)
    for attribute in dict.fromkeys(weight.attribute for weight in kept):
        levels = [weight for weight in kept if weight.attribute == attribute]
        pairs = sum(count for (of, level), count in counts.items() if of == attribute and level != "missing")
        for shipped in levels:
            key = _key(shipped)
            m_value, u_value = max(m_values[key], 0.5 / (pairs + 1)), u_values[key]
            bits = math.log2(m_value / u_value)
            if attribute in _CONTEXT:
                m_value = max(m_values[key], 0.5 / (matches + 1))
            elif key in _MADE_OF_NAMES or counts.get(key, 0) == 0 or m_values[key] <= _NEVER:
                u_value = min(u_value, 2.0**-shipped.bits)
                m_value = u_value * 2**shipped.bits
                why = "namesakes agree in it" if key in _MADE_OF_NAMES else "hardly a pair of one person seen"
                told.append(f"{attribute} {shipped.level}: {why}; it keeps {shipped.bits:+.1f} bits")
            elif (shipped is levels[0] and bits < 0) or (shipped is levels[-1] and bits > 0):
                m_value = u_value
                told.append(f"{attribute} {shipped.level}: {bits:+.1f} bits cannot be; it weighs nothing")
            elif key == ("first_name", "different") and bits < _NO_CONTRADICTION and m_value > fewest_slips:
                m_value = u_value * 2**_NO_CONTRADICTION
                told.append(
                    f"{attribute} {shipped.level}: {bits:+.1f} bits, but no contradiction: more often than twins"
                )
            yield LevelWeight(*key, min(m_value, 1.0), min(u_value, 1.0), shipped.wording)


def _charts(
    database: duckdb.DuckDBPyConnection,
    linker: Linker,
    sessions: Mapping[str, str],
    weights: Sequence[LevelWeight],
    prior: float,
) -> dict[str, dict[str, Any]]:
    """Splink's charts of the final model, and of what each session found."""
    m_values = {_key(weight): weight.m_probability for weight in weights}
    u_values = {_key(weight): weight.u_probability for weight in weights}
    final = _linker(database, weights, m_values, u_values, prior)
    return {
        "Weights in bits": final.visualisations.match_weights_chart().chart_dict,
        "How often people's pairs (m) and others (u) agree": final.visualisations.m_u_parameters_chart().chart_dict,
        "What each training session found": _sessions_chart(linker, sessions),
    }


def _sessions_chart(linker: Linker, sessions: Mapping[str, str]) -> dict[str, Any]:
    """Splink names a session by its SQL; here it has the rule's name. What a session never met has no odds to show."""
    chart: dict[str, Any] = linker.visualisations.parameter_estimate_comparisons_chart().chart_dict
    rows: list[dict[str, Any]] = chart["data"]["values"]
    described = {f"EM, blocked on: {condition}": f"one {rule}" for condition, rule in sessions.items()}
    chart["data"]["values"] = [
        row | {"estimate_description": described[row["estimate_description"]]}
        for row in rows
        if isinstance(row["estimated_probability"], float) and row["estimated_probability"] > _NEVER
    ]
    return chart
