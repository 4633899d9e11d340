"""From where on a version accepts: by what it expects to be false, and by what birth dates say of its namesakes."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest

from stewardship.training_thresholds import (
    LEAST_DATED,
    NEVER,
    Dated,
    Forest,
    Joined,
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
    first_person: int = 0,
    records: tuple[int, int] = (0, 1),
    dates: str = "exact",
    hard_rule: str | None = None,
    is_name_alone: bool = False,
    dealers: str = "same",
) -> None:
    """Link two records of each of `count` people, who have ten each."""
    connection.execute(
        "insert into judged select 10 * (%s + number) + %s, 10 * (%s + number) + %s, %s, %s, %s, %s, %s"
        " from generate_series(1, %s) as number",
        (
            first_person,
            records[0],
            first_person,
            records[1],
            probability,
            dates,
            hard_rule,
            is_name_alone,
            dealers,
            count,
        ),
    )


@pytest.mark.parametrize(
    ("false_joins", "accepted_from"),
    [
        ((9.0, 5.0, 1.0), 0.5),
        ((11.0, 10.0, 1.0), 0.7),
        ((30.0, 20.0, 12.0), 0.95),
    ],
    ids=["one join in a hundred from the least on", "only from higher up", "nowhere, so the highest"],
)
def test_a_version_accepts_as_far_down_as_it_expects_few_joins_to_be_false(
    false_joins: tuple[float, float, float], accepted_from: float
) -> None:
    joined = [Joined(step, 1_000, false, 1_000) for step, false in zip((0.5, 0.7, 0.95), false_joins, strict=True)]
    assert least_tolerable(joined, 0.01, 0.95) == accepted_from


def test_false_joins_of_people_with_many_records_are_tolerated_less() -> None:
    few, many = Joined(0.5, 1_000, 9.0, 10_000, 74.0), Joined(0.5, 1_000, 9.0, 10_000, 76.0)
    assert least_tolerable([few], 0.01, 0.95) == 0.5
    assert least_tolerable([many], 0.01, 0.95) == 0.95


@pytest.mark.parametrize("joins", [0, 99])
def test_fewer_joins_than_may_have_one_false_one_are_no_reason_to_accept(joins: int) -> None:
    assert least_tolerable([Joined(0.5, joins)], 0.01, 0.95) == 0.95
    assert least_tolerable([Joined(0.5, 100)], 0.01, 0.95) == 0.5


def test_what_is_joined_already_is_joined_by_no_weaker_link() -> None:
    links = [(1, 2, 0.99), (3, 4, 0.98), (2, 4, 0.8), (1, 3, 0.7), (1, 4, 0.6)]
    steps = Forest().joined(links, (0.5, 0.75, 0.9))
    assert [(step.probability, step.joins, step.pairs) for step in steps] == [(0.9, 2, 2), (0.75, 3, 6), (0.5, 3, 6)]
    assert [round(step.false_joins, 2) for step in steps] == [0.03, 0.23, 0.23]
    assert [round(step.false_pairs, 2) for step in steps] == [0.03, 0.83, 0.83]


def test_weak_links_between_records_of_one_person_do_not_count(connection: psycopg.Connection) -> None:
    _add(connection, 1_000, 0.9999)
    _add(connection, 1_000, 0.9999, records=(1, 2))
    _add(connection, 1_000, 0.75, records=(0, 2))
    assert thresholds_learnt(connection, _JUDGED)["accept_probability"] == 0.7


def test_links_are_held_against_what_they_join(connection: psycopg.Connection) -> None:
    _add(connection, 100, 0.999)
    for record in range(2, 10):
        _add(connection, 100, 0.9999, records=(0, record))
    _add(connection, 60, 0.79, first_person=200)
    assert thresholds_learnt(connection, _JUDGED)["accept_probability"] == 0.8, "thirteen false joins in 960"


def test_wavering_pairs_are_accepted_where_they_are_few(connection: psycopg.Connection) -> None:
    _add(connection, 1_000, 0.9999)
    _add(connection, 10, 0.75, first_person=2_000)
    found = thresholds_learnt(connection, _JUDGED)
    assert found["accept_probability"] == 0.7
    assert found["accept_undated_probability"] == 0.7
    assert found["review_probability"] < found["keep_probability"] < found["accept_probability"]


def test_a_name_alone_has_to_earn_its_own_threshold(connection: psycopg.Connection) -> None:
    _add(connection, 1_000, 0.9999)
    _add(connection, 50, 0.88, first_person=2_000, is_name_alone=True)
    _add(connection, 50, 0.985, first_person=3_000, is_name_alone=True)
    found = thresholds_learnt(connection, _JUDGED)
    assert found["accept_probability"] == 0.7
    assert found["accept_name_alone_probability"] == 0.9, "below it seven false names in a hundred come in"


def test_names_at_one_dealer_tell_nothing_of_names_at_two(connection: psycopg.Connection) -> None:
    _add(connection, 1_000, 0.9999)
    _add(connection, 100, 0.999, first_person=2_000, is_name_alone=True)
    assert thresholds_learnt(connection, _JUDGED)["accept_name_alone_elsewhere_probability"] == NEVER


def test_names_at_two_dealers_have_a_threshold_of_their_own(connection: psycopg.Connection) -> None:
    _add(connection, 1_000, 0.9999)
    _add(connection, 100, 0.9, first_person=2_000, is_name_alone=True)
    _add(connection, 100, 0.985, first_person=3_000, is_name_alone=True, dealers="other")
    found = thresholds_learnt(connection, _JUDGED)
    assert found["accept_name_alone_probability"] == 0.99
    assert found["accept_name_alone_elsewhere_probability"] == 0.7


def test_names_join_no_more_than_may_be_false_of_all_pairs(connection: psycopg.Connection) -> None:
    _add(connection, 1_000, 0.993)
    _add(connection, 100, 0.985, first_person=2_000, is_name_alone=True)
    found = thresholds_learnt(connection, _JUDGED)
    assert found["accept_probability"] == 0.7
    assert found["accept_name_alone_probability"] == 0.99


def test_names_that_bring_in_no_record_of_their_own_are_asked_for_the_most(connection: psycopg.Connection) -> None:
    _add(connection, 1_000, 0.9999)
    _add(connection, 100, 0.999, is_name_alone=True)
    assert thresholds_learnt(connection, _JUDGED)["accept_name_alone_probability"] == 0.99


def test_a_version_without_any_pair_keeps_the_shipped_thresholds_but_asks_the_most_of_a_name_alone(
    connection: psycopg.Connection,
) -> None:
    shipped = read_settings(DBT_PROJECT / "seeds" / "identity" / "match_settings.csv")
    found = thresholds_learnt(connection, _JUDGED)
    assert found == {name: shipped[name] for name in found} | {"accept_name_alone_probability": 0.99}


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
    assert told.startswith("Persons are accepted as a rule from a probability of 0.7 on, by a name alone at one dealer")
    assert "by a name alone at two dealers never" in told
    assert "shipped thresholds hold" in thresholds_in_words({})
