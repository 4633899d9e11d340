"""From where on a version accepts: by what it expects to be false, and by what birth dates say of its namesakes."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from stewardship.training_thresholds import (
    LEAST_DATED,
    NEVER,
    Dated,
    Expected,
    least_tolerable,
    thresholds_in_words,
    thresholds_learnt,
)
from warehouse.match_models import read_settings
from warehouse.run_dbt import DBT_PROJECT

_JUDGED = """
    select
        left_id, right_id, 'person' as customer_type, match_probability, 20.0 as match_weight, 0.0 as birth_date_bits,
        birth_date_level, hard_rule, is_name_alone, dealer_level
    from judged
"""


@pytest.fixture
def connection(empty_database_url: str) -> Iterator[psycopg.Connection]:
    """A database with an empty table of judged pairs."""
    with psycopg.connect(empty_database_url) as connection:
        connection.execute(
            "create table judged (left_id bigint, right_id bigint, match_probability double precision,"
            " birth_date_level text, hard_rule text, is_name_alone boolean, dealer_level text)"
        )
        yield connection


def _add(
    connection: psycopg.Connection,
    count: int,
    probability: float,
    *,
    first_record: int = 0,
    dates: str = "exact",
    hard_rule: str | None = None,
    is_name_alone: bool = False,
    dealers: str = "same",
) -> None:
    connection.execute(
        "insert into judged select 0, %s + number, %s, %s, %s, %s, %s from generate_series(1, %s) as number",
        (first_record, probability, dates, hard_rule, is_name_alone, dealers, count),
    )


@pytest.mark.parametrize(
    ("false_links", "accepted_from"),
    [
        ((9.0, 5.0, 1.0), 0.5),
        ((11.0, 10.0, 1.0), 0.7),
        ((30.0, 20.0, 12.0), 0.95),
    ],
    ids=["one link in a hundred from the least on", "only from higher up", "nowhere, so the highest"],
)
def test_a_version_accepts_as_far_down_as_it_expects_few_links_to_be_false(
    false_links: tuple[float, float, float], accepted_from: float
) -> None:
    expected = [Expected(step, 1_000, false) for step, false in zip((0.5, 0.7, 0.95), false_links, strict=True)]
    assert least_tolerable(expected, 0.01, 0.95) == accepted_from


@pytest.mark.parametrize("brought_in", [0, 99])
def test_fewer_records_than_may_have_one_false_link_are_no_reason_to_accept(brought_in: int) -> None:
    assert least_tolerable([Expected(0.5, brought_in, 0.0)], 0.01, 0.95) == 0.95
    assert least_tolerable([Expected(0.5, 100, 0.0)], 0.01, 0.95) == 0.5


def test_links_are_held_against_the_records_that_they_bring_in(connection: psycopg.Connection) -> None:
    _add(connection, 100, 0.999)
    for _ in range(9):
        _add(connection, 100, 0.9999)
    _add(connection, 5, 0.62, first_record=200)
    assert thresholds_learnt(connection, _JUDGED)["accept_probability"] == 0.7, "two false links for 105 records"


def test_wavering_pairs_are_accepted_where_they_are_few(connection: psycopg.Connection) -> None:
    _add(connection, 1_000, 0.9999)
    _add(connection, 10, 0.55, first_record=2_000)
    found = thresholds_learnt(connection, _JUDGED)
    assert found["accept_probability"] == 0.5
    assert found["accept_undated_probability"] == 0.5
    assert found["review_probability"] < found["keep_probability"] < found["accept_probability"]


def test_a_name_alone_has_to_earn_its_own_threshold(connection: psycopg.Connection) -> None:
    _add(connection, 1_000, 0.9999)
    _add(connection, 50, 0.96, first_record=2_000, is_name_alone=True)
    _add(connection, 50, 0.985, first_record=3_000, is_name_alone=True)
    found = thresholds_learnt(connection, _JUDGED)
    assert found["accept_probability"] == 0.5
    assert found["accept_name_alone_probability"] == 0.98, "below it four false names in a hundred come in"


def test_names_at_one_dealer_tell_nothing_of_names_at_two(connection: psycopg.Connection) -> None:
    _add(connection, 1_000, 0.9999)
    _add(connection, 100, 0.999, first_record=2_000, is_name_alone=True)
    assert thresholds_learnt(connection, _JUDGED)["accept_name_alone_elsewhere_probability"] == NEVER


def test_names_at_two_dealers_have_a_threshold_of_their_own(connection: psycopg.Connection) -> None:
    _add(connection, 1_000, 0.9999)
    _add(connection, 100, 0.9, first_record=2_000, is_name_alone=True)
    _add(connection, 100, 0.985, first_record=3_000, is_name_alone=True, dealers="other")
    found = thresholds_learnt(connection, _JUDGED)
    assert found["accept_name_alone_probability"] == 0.99
    assert found["accept_name_alone_elsewhere_probability"] == 0.5


def test_names_that_bring_in_no_record_of_their_own_are_asked_for_the_most(connection: psycopg.Connection) -> None:
    _add(connection, 1_000, 0.9999)
    _add(connection, 100, 0.999, is_name_alone=True)
    assert thresholds_learnt(connection, _JUDGED)["accept_name_alone_probability"] == 0.99


def test_a_version_without_any_pair_keeps_the_shipped_thresholds(connection: psycopg.Connection) -> None:
    shipped = read_settings(DBT_PROJECT / "seeds" / "identity" / "match_settings.csv")
    found = thresholds_learnt(connection, _JUDGED)
    assert found == {name: shipped[name] for name in found}


@pytest.mark.parametrize(("of_namesakes", "is_never"), [(60, True), (40, False)])
def test_where_namesakes_share_everything_a_pair_without_birth_dates_is_never_accepted(
    connection: psycopg.Connection, of_namesakes: int, is_never: bool
) -> None:
    _add(connection, 1_000 - of_namesakes, 0.9999)
    _add(connection, of_namesakes, 0.01, hard_rule="two birth dates")
    assert (thresholds_learnt(connection, _JUDGED)["accept_undated_probability"] == NEVER) == is_never


def test_a_few_pairs_with_birth_dates_say_nothing_of_namesakes() -> None:
    assert not Dated(agreeing=0, contradicting=LEAST_DATED - 1).are_of_namesakes
    assert Dated(agreeing=0, contradicting=LEAST_DATED).are_of_namesakes


def test_a_page_says_from_where_on_its_version_accepts(connection: psycopg.Connection) -> None:
    _add(connection, 1_000, 0.9999)
    told = thresholds_in_words(thresholds_learnt(connection, _JUDGED))
    assert told.startswith("Persons are accepted as a rule from a probability of 0.5 on, by a name alone at one dealer")
    assert "by a name alone at two dealers never" in told
    assert "shipped thresholds hold" in thresholds_in_words({})
