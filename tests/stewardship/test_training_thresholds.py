"""From where on a version accepts: by what it expects to be false, and by what birth dates say of its namesakes."""

from __future__ import annotations

import pytest

from stewardship.training_thresholds import LEAST_DATED, NEVER, Dated, Expected, thresholds_of
from warehouse.match_models import read_settings
from warehouse.run_dbt import DBT_PROJECT

FEW_NAMESAKES = Dated(agreeing=96, contradicting=4)
MANY_NAMESAKES = Dated(agreeing=94, contradicting=6)


def _expected(*false_pairs: float) -> list[Expected]:
    return [Expected(step, 1_000, false) for step, false in zip((0.5, 0.7, 0.95), false_pairs, strict=True)]


@pytest.mark.parametrize(
    ("false_pairs", "accepted_from"),
    [
        ((9.0, 5.0, 1.0), 0.5),
        ((11.0, 10.0, 1.0), 0.7),
        ((30.0, 20.0, 12.0), 0.95),
    ],
    ids=["one pair in a hundred from the least on", "only from higher up", "nowhere, so the shipped threshold"],
)
def test_a_version_accepts_as_far_down_as_it_expects_few_links_to_be_false(
    false_pairs: tuple[float, float, float], accepted_from: float
) -> None:
    found = thresholds_of(_expected(*false_pairs), FEW_NAMESAKES)
    assert {
        found["accept_probability"],
        found["accept_name_alone_probability"],
        found["accept_name_alone_elsewhere_probability"],
        found["accept_undated_probability"],
    } == {accepted_from}


@pytest.mark.parametrize("false_pairs", [(0.0, 0.0, 0.0), (30.0, 20.0, 12.0)], ids=["from one half on", "as shipped"])
def test_the_queue_begins_below_what_holds_a_link_and_that_below_what_makes_one(
    false_pairs: tuple[float, float, float],
) -> None:
    found = thresholds_of(_expected(*false_pairs), FEW_NAMESAKES)
    assert 0.2 <= found["review_probability"] < found["keep_probability"] < found["accept_probability"]


def test_a_version_without_any_pair_keeps_the_shipped_thresholds() -> None:
    shipped = read_settings(DBT_PROJECT / "seeds" / "identity" / "match_settings.csv")
    found = thresholds_of([], Dated(0, 0))
    assert {name: shipped[name] for name in ("accept_probability", "keep_probability", "review_probability")} == {
        name: found[name] for name in ("accept_probability", "keep_probability", "review_probability")
    }


def test_where_namesakes_share_everything_a_pair_without_birth_dates_is_never_accepted() -> None:
    assert thresholds_of(_expected(0.0, 0.0, 0.0), MANY_NAMESAKES)["accept_undated_probability"] == NEVER


def test_a_few_pairs_with_birth_dates_say_nothing_of_namesakes() -> None:
    assert not Dated(agreeing=0, contradicting=LEAST_DATED - 1).are_of_namesakes
    assert Dated(agreeing=0, contradicting=LEAST_DATED).are_of_namesakes
