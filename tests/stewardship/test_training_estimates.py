"""What is learnt from pairs whose truth is known."""

from __future__ import annotations

import csv
import math
import random
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from stewardship import training_estimates
from stewardship.training_estimates import Estimates, estimate
from stewardship.training_pairs import LevelPatterns
from warehouse.match_models import LevelWeight

SHIPPED = [
    LevelWeight("last_name", "exact", 0.9, 0.01),
    LevelWeight("last_name", "swapped", 0.02, 0.0001),
    LevelWeight("last_name", "different", 0.08, 0.9899),
    LevelWeight("first_name", "exact", 0.9, 0.02),
    LevelWeight("first_name", "different", 0.1, 0.98),
    LevelWeight("birth_date", "exact", 0.9, 0.001),
    LevelWeight("birth_date", "different", 0.1, 0.999),
    LevelWeight("email", "exact", 0.9, 0.0001),
    LevelWeight("email", "different", 0.1, 0.9999),
    LevelWeight("address", "exact", 0.9, 0.5),
    LevelWeight("address", "different", 0.1, 0.5),
    LevelWeight("phone", "mobile", 0.9, 0.0001),
    LevelWeight("phone", "different", 0.1, 0.9999),
    LevelWeight("dealer", "same", 0.75, 0.25),
    LevelWeight("dealer", "other", 0.25, 0.75),
    LevelWeight("tax_id", "exact", 0.98, 0.000001),
    LevelWeight("tax_id", "different", 0.02, 0.999999),
]
M_OF_EXACT = {"last_name": 0.95, "first_name": 0.85, "birth_date": 0.97, "email": 0.8, "address": 0.3}
U_OF_EXACT = {"last_name": 0.01, "first_name": 0.03, "birth_date": 0.002, "email": 0.0005, "address": 0.5}
ATTRIBUTES = ("last_name", "first_name", "birth_date", "email", "address", "phone", "dealer", "tax_id")
MATCHES = 3_000


def _pair(dice: random.Random, exact: dict[str, float]) -> dict[str, str]:
    levels = {name: "exact" if dice.random() < share else "different" for name, share in exact.items()}
    unknown = {"phone": "missing", "dealer": "missing", "tax_id": "missing"}
    return levels | unknown | ({"email": "missing"} if dice.random() < 0.3 else {})


def _write_pairs(file: Path, pairs: Iterable[dict[str, str]]) -> None:
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow([f"{name}_level" for name in ATTRIBUTES])
        writer.writerows([pair[name] for name in ATTRIBUTES] for pair in pairs)


def _patterns(pairs: Iterable[dict[str, str]]) -> LevelPatterns:
    counted = Counter(tuple(pair[name] for name in ATTRIBUTES) for pair in pairs)
    return LevelPatterns(ATTRIBUTES, tuple((count, levels) for levels, count in counted.items()))


def _learn(folder: Path) -> Estimates:
    """Pairs, 3,000 of them of one person; nobody has a phone, and other addresses are one person's too often.

    Each of the two dealers has one record of a person at most.
    """
    dice = random.Random(3)
    pairs = [_pair(dice, M_OF_EXACT) for _ in range(MATCHES)]
    pairs += [_pair(dice, U_OF_EXACT) for _ in range(200_000)]
    for number, pair in enumerate(pairs):
        pair["dealer"] = "other" if number < MATCHES or number % 2 else "same"
    pairs[0]["tax_id"] = "exact"
    alike = [
        pair
        for pair in pairs
        if pair["last_name"] == pair["first_name"] == "exact" or "exact" in (pair["birth_date"], pair["email"])
    ]
    _write_pairs(folder / "levels.csv", alike)
    return estimate(SHIPPED, _patterns(pairs), folder / "levels.csv", len(pairs))


@pytest.fixture(scope="module")
def learnt(tmp_path_factory: pytest.TempPathFactory) -> Estimates:
    return _learn(tmp_path_factory.mktemp("learnt"))


def test_m_u_and_the_prior_come_out_as_the_pairs_were_made(learnt: Estimates) -> None:
    found = {(weight.attribute, weight.level): weight for weight in learnt.weights}
    for name in ("last_name", "first_name", "birth_date", "email"):
        assert found[name, "exact"].m_probability == pytest.approx(M_OF_EXACT[name], abs=0.03)
        # Matches among the random pairs are taken out of u: without that, e-mail's would be 0.012.
        assert math.log2(found[name, "exact"].u_probability / U_OF_EXACT[name]) == pytest.approx(0, abs=0.6)
    assert learnt.prior == pytest.approx(MATCHES / 203_000, rel=0.1)
    assert {"names", "birth_date", "email"} <= set(learnt.sessions)


def test_an_attribute_that_nobody_has_drops_out_and_is_told(learnt: Estimates) -> None:
    assert "phone" not in {weight.attribute for weight in learnt.weights}
    assert any(sentence.startswith("phone: no two records have it") for sentence in learnt.told)


def test_an_attribute_that_few_have_keeps_the_shipped_weights(learnt: Estimates) -> None:
    assert [weight for weight in learnt.weights if weight.attribute == "tax_id"] == SHIPPED[-2:]
    assert any(sentence.startswith("tax_id: too few records have it") for sentence in learnt.told)


def test_a_level_that_no_pair_shows_keeps_its_shipped_bits(learnt: Estimates) -> None:
    [swapped] = [weight for weight in learnt.weights if weight.level == "swapped"]
    assert swapped.bits == pytest.approx(SHIPPED[1].bits)
    assert any(sentence.startswith("last_name swapped: hardly a pair of one person seen") for sentence in learnt.told)


def test_agreement_that_speaks_against_and_difference_that_speaks_for_weigh_nothing(learnt: Estimates) -> None:
    assert [weight.bits for weight in learnt.weights if weight.attribute == "address"] == [0, 0]
    assert sum(sentence.startswith("address") and "cannot be" in sentence for sentence in learnt.told) == 2


def test_books_without_duplicates_have_one_persons_records_at_two_dealers(learnt: Estimates) -> None:
    same, other = (weight.bits for weight in learnt.weights if weight.attribute == "dealer")
    assert same < -5
    assert other == pytest.approx(1, abs=0.1)


def _learn_among_namesakes_of_one_house(folder: Path) -> Estimates:
    dice = random.Random(4)
    of_a_house = {"last_name": 1.0, "first_name": 1.0, "birth_date": 0.002, "email": 0.5, "address": 1.0}
    alike = [_pair(dice, M_OF_EXACT) for _ in range(150)] + [_pair(dice, of_a_house) for _ in range(900)]
    _write_pairs(folder / "levels.csv", alike)
    at_random = _patterns(_pair(dice, U_OF_EXACT) for _ in range(50_000))
    return estimate(SHIPPED, at_random, folder / "levels.csv", possible_pairs=200_000_000)


@pytest.fixture(scope="module")
def learnt_among_namesakes(tmp_path_factory: pytest.TempPathFactory) -> Estimates:
    return _learn_among_namesakes_of_one_house(tmp_path_factory.mktemp("namesakes"))


def test_birth_dates_of_namesakes_are_taken_out_where_duplicates_are_rare(learnt_among_namesakes: Estimates) -> None:
    [different] = [w for w in learnt_among_namesakes.weights if (w.attribute, w.level) == ("birth_date", "different")]
    assert different.m_probability < 0.03, "and not 0.8"
    assert any(sentence.startswith("birth_date: namesakes outnumber") for sentence in learnt_among_namesakes.told)


@pytest.mark.parametrize(("of_one_person", "learnt_m"), [(400, 0.2), (0, 0.02)], ids=["many slips", "nobody's"])
def test_slips_in_birth_dates_are_learnt_as_far_as_they_are_more_than_namesakes_bring(
    tmp_path: Path, of_one_person: int, learnt_m: float
) -> None:
    dice = random.Random(7)
    shipped = [w for w in SHIPPED if w.attribute != "birth_date"]
    shares = {"exact": (0.88, 0.001), "near": (0.02, 0.01), "different": (0.1, 0.989)}
    shipped += [LevelWeight("birth_date", level, m, u) for level, (m, u) in shares.items()]
    levels = list(shares)

    def pair(alike_in_all: float, weights: tuple[float, ...]) -> dict[str, str]:
        of_a_house = _pair(dice, dict.fromkeys(("last_name", "first_name", "address"), alike_in_all))
        return of_a_house | {"email": "missing", "birth_date": dice.choices(levels, weights)[0]}

    of_two = (0.001, 0.01, 0.989)
    alike = [pair(1.0, (0.55, 0.45, 0.0)) for _ in range(of_one_person)] + [pair(1.0, of_two) for _ in range(3_000)]
    alike += [pair(0.9, (1.0, 0.0, 0.0)) for _ in range(of_one_person + 100)]
    _write_pairs(tmp_path / "levels.csv", alike)
    at_random = _patterns(pair(0.01, of_two) for _ in range(20_000))
    learnt = estimate(shipped, at_random, tmp_path / "levels.csv", possible_pairs=50_000_000)
    [near] = [w for w in learnt.weights if (w.attribute, w.level) == ("birth_date", "near")]
    assert any(sentence.startswith("birth_date: namesakes outnumber") for sentence in learnt.told)
    assert near.m_probability == pytest.approx(learnt_m, abs=0.25 * learnt_m + 0.02)


@pytest.mark.parametrize(("possible_pairs", "bits"), [(1_000_000, -2.9), (1_000_000_000, -3.6)], ids=["slips", "twins"])
def test_other_first_names_that_are_met_more_often_than_twins_are_no_contradiction(
    tmp_path: Path, possible_pairs: int, bits: float
) -> None:
    dice = random.Random(8)
    alike = [_pair(dice, M_OF_EXACT | {"first_name": 0.92, "email": 0.9}) for _ in range(2_000)]
    _write_pairs(tmp_path / "levels.csv", alike)
    at_random = _patterns(_pair(dice, U_OF_EXACT) for _ in range(20_000))
    learnt = estimate(SHIPPED, at_random, tmp_path / "levels.csv", possible_pairs)
    [different] = [w for w in learnt.weights if (w.attribute, w.level) == ("first_name", "different")]
    assert different.bits == pytest.approx(bits, abs=0.25 if bits < -3 else 0.0001)


def test_birth_dates_are_learnt_where_namesakes_do_not_come(tmp_path: Path) -> None:
    dice = random.Random(6)
    of_a_house = {"last_name": 1.0, "first_name": 1.0, "birth_date": 0.0, "email": 0.0, "address": 1.0}
    alike = [_pair(dice, M_OF_EXACT | {"address": 0.9}) for _ in range(1_500)]
    alike += [_pair(dice, of_a_house) | {"email": "missing"} for _ in range(200)]
    _write_pairs(tmp_path / "levels.csv", alike)
    at_random = _patterns(_pair(dice, U_OF_EXACT) for _ in range(50_000))
    learnt = estimate(SHIPPED, at_random, tmp_path / "levels.csv", possible_pairs=500_000)
    [different] = [w for w in learnt.weights if (w.attribute, w.level) == ("birth_date", "different")]
    assert different.m_probability == pytest.approx(0.03, abs=0.015), "of the names' pairs one in eight is of namesakes"


def test_namesakes_that_show_in_the_second_round_alone_leave_nothing_behind(
    learnt_among_namesakes: Estimates, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged = training_estimates._is_of_namesakes
    rounds: list[bool] = []

    def from_the_second_round(m_values: Mapping[tuple[str, str], float], prior: float, possible_pairs: int) -> bool:
        rounds.append(len(rounds) > 0 and judged(m_values, prior, possible_pairs))
        return rounds[-1]

    monkeypatch.setattr(training_estimates, "_is_of_namesakes", from_the_second_round)
    later = _learn_among_namesakes_of_one_house(tmp_path)
    assert rounds == [False, True]
    assert later.weights == learnt_among_namesakes.weights
    assert later.prior == learnt_among_namesakes.prior


def test_the_same_pairs_teach_the_same(learnt: Estimates, tmp_path: Path) -> None:
    again = _learn(tmp_path)
    assert again.weights == learnt.weights
    assert again.prior == learnt.prior


def test_charts_are_drawn_of_every_attribute_that_was_learnt(learnt: Estimates) -> None:
    for chart in learnt.charts.values():
        shown = {row["comparison_name"] for row in chart["data"]["values"]}
        assert {"last_name", "first_name", "birth_date", "email"} <= shown


def test_a_level_at_which_nobody_is_one_person_does_not_end_the_training_and_is_told(
    learnt: Estimates, tmp_path: Path
) -> None:
    """All that differs differs in everything: in a few rounds of it, one person's share of that is 0 to a computer."""
    one_person = dict.fromkeys(ATTRIBUTES, "exact") | {"phone": "mobile", "dealer": "same"}
    of_a_family = dict.fromkeys(ATTRIBUTES, "different") | {"dealer": "other"}
    alike = [one_person] * 400 + [of_a_family | {name: one_person[name]} for name in ATTRIBUTES[:6] for _ in range(400)]
    _write_pairs(tmp_path / "levels.csv", alike)
    random_patterns = _patterns([of_a_family] * 20_000 + [one_person] * 2)
    early = estimate(SHIPPED, random_patterns, tmp_path / "levels.csv", 1_000_000)
    found = {(weight.attribute, weight.level): weight.bits for weight in early.weights}
    assert all(found[name, "different"] < 0 < found[name, "exact"] for name in ("last_name", "birth_date", "email"))
    assert any(sentence.startswith("session names: ended after") for sentence in early.told)
    assert not any(sentence.startswith("session ") for sentence in learnt.told), "where they came to their end"


def test_pairs_that_are_all_one_person_for_sure_do_not_end_the_training_and_are_told(tmp_path: Path) -> None:
    dice = random.Random(10)
    one_person = dict.fromkeys(ATTRIBUTES, "exact") | {"phone": "mobile", "dealer": "same"}
    _write_pairs(tmp_path / "levels.csv", [one_person] * 400)
    of_two = {"phone": "different", "dealer": "other", "tax_id": "different"}
    at_random = _patterns(_pair(dice, U_OF_EXACT) | of_two for _ in range(20_000))
    learnt = estimate(SHIPPED, at_random, tmp_path / "levels.csv", possible_pairs=1_000_000)
    assert {"names", "email", "phone"} <= set(learnt.sessions)
    assert all(weight.bits > 0 for weight in learnt.weights if weight.level in ("exact", "mobile"))
    assert any(sentence.startswith("session names: ended after") for sentence in learnt.told)


def test_a_session_that_ends_early_costs_only_itself(tmp_path: Path) -> None:
    """Who has one mailbox agrees in everything, which is beyond Splink's numbers; names and birth dates still teach."""
    dice = random.Random(11)
    one_mailbox = dict.fromkeys(ATTRIBUTES, "exact") | {"phone": "mobile", "dealer": "same"}
    of_one = [_pair(dice, M_OF_EXACT) | {"email": "missing"} for _ in range(1_000)]
    of_two = [_pair(dice, U_OF_EXACT) | {"email": "different"} for _ in range(20_000)]
    alike = [pair for pair in of_two if pair["last_name"] == pair["first_name"] == "exact"]
    _write_pairs(tmp_path / "levels.csv", [one_mailbox] * 40 + of_one + alike)
    of_strangers = {"phone": "different", "dealer": "other", "tax_id": "different"}
    at_random = _patterns(pair | of_strangers for pair in of_two)
    learnt = estimate(SHIPPED, at_random, tmp_path / "levels.csv", possible_pairs=1_000_000)
    ended = [sentence.split(":")[0] for sentence in learnt.told if sentence.startswith("session ")]
    assert "session email" in ended
    assert not {"session names", "session birth_date"} & set(ended)
    assert {"names", "birth_date", "email"} <= set(learnt.sessions)
    [exact] = [weight for weight in learnt.weights if weight.key == ("last_name", "exact")]
    assert exact.m_probability == pytest.approx(M_OF_EXACT["last_name"], abs=0.05)


def test_what_no_session_shows_is_told(tmp_path: Path) -> None:
    dice = random.Random(9)
    unknown = {"email": "missing", "birth_date": "missing"}
    alike = [_pair(dice, {"last_name": 1.0, "first_name": 1.0, "address": 0.0}) | unknown for _ in range(500)]
    _write_pairs(tmp_path / "levels.csv", alike)
    at_random = _patterns(_pair(dice, U_OF_EXACT) | unknown for _ in range(20_000))
    learnt = estimate(SHIPPED, at_random, tmp_path / "levels.csv", possible_pairs=1_000_000)
    assert learnt.sessions == ("names",)
    untaught = [sentence.split(":")[0] for sentence in learnt.told if "no session showed it" in sentence]
    assert untaught == ["first_name", "last_name"]
