from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stewardship.decisions import (
    ContradictoryDecision,
    DecisionMissing,
    Verdict,
    contradicted,
    decide,
    standing_decisions,
)
from stewardship.evaluation import NothingBuilt
from stewardship.explanation import UnknownRecord
from warehouse.database import connect
from warehouse.settings import Workspace

A, B, C, D = (f"d01/dms/customers/{number}" for number in range(1, 5))


@pytest.fixture
def built(workspace: Workspace) -> Workspace:
    """A build of four records, each a customer of its own."""
    with connect(workspace) as connection:
        connection.execute(
            """
            create table build.int_customer_ids_assigned as
            select 'd01/dms/customers/' || id as record_key, 's' || id as signature_id, 'c' || id as customer_id,
                'alone' as link_reason
            from generate_series(1, 4) as id;
            create table build.int_customer_records_unioned as
            select id as record_id, 's' || id as signature_id from generate_series(1, 4) as id
            """
        )
    return workspace


def _decide(workspace: Workspace, decision: Verdict, first: str, second: str, reason: str = "seen the papers") -> None:
    with connect(workspace) as connection:
        decide(connection, decision, first, second, reason=reason, decided_by="anna")


def _standing(workspace: Workspace) -> list[tuple[str, str, str]]:
    with connect(workspace) as connection:
        return [(held.left_record, held.decision, held.right_record) for held in standing_decisions(connection)]


def test_a_decision_is_kept_with_who_and_why_whatever_the_order_of_the_keys(built: Workspace) -> None:
    with connect(built) as connection:
        made = decide(connection, "no_link", B, A, reason=" father and son ", decided_by="anna")
    with connect(built) as connection:
        assert standing_decisions(connection) == [made]
    assert (made.left_record, made.right_record, made.decided_by, made.reason) == (A, B, "anna", "father and son")


def test_what_links_make_one_is_not_decided_to_be_two_and_the_path_is_shown(built: Workspace) -> None:
    _decide(built, "link", A, B, "same passport")
    _decide(built, "link", B, C)
    with pytest.raises(ContradictoryDecision) as error:
        _decide(built, "no_link", A, C)
    assert error.value.found == f"decided to be one: {A} = {B} = {C}"
    assert "by anna on" in error.value.do
    assert "same passport" in error.value.do
    assert len(_standing(built)) == 2


def test_a_link_that_would_bring_two_together_who_were_decided_apart_is_refused(built: Workspace) -> None:
    _decide(built, "link", A, B)
    _decide(built, "link", C, D)
    _decide(built, "no_link", A, D, "twins")
    with pytest.raises(ContradictoryDecision) as error:
        _decide(built, "link", B, C)
    assert error.value.found == f"decided to be two: {A} ≠ {D}, but {A} = {B} = {C} = {D} would make them one"
    assert "twins" in error.value.do


def test_records_that_say_the_same_are_one_until_they_are_told_apart(built: Workspace) -> None:
    with connect(built) as connection:
        connection.execute("update build.int_customer_ids_assigned set signature_id = 's1' where record_key = %s", [B])
    _decide(built, "link", A, C)
    _decide(built, "link", B, D)
    with pytest.raises(ContradictoryDecision) as error:
        _decide(built, "no_link", C, D)
    assert error.value.found == f"decided to be one: {C} = {A} = {B} = {D}"
    assert f"{A} and {B} say the same, word for word" in error.value.do
    _decide(built, "no_link", A, B)
    _decide(built, "no_link", C, D)
    assert len(_standing(built)) == 4


def test_a_later_decision_undoes_an_earlier_one_of_the_same_pair(built: Workspace) -> None:
    _decide(built, "link", A, B)
    _decide(built, "no_link", A, B)
    assert _standing(built) == [(A, "no_link", B)]
    _decide(built, "withdrawn", B, A)
    assert _standing(built) == []
    with connect(built) as connection:
        count = connection.execute("select count(*) from identity.pair_decisions").fetchone()
    assert count == (3,)


def test_a_contradiction_is_gone_when_one_of_its_decisions_was_withdrawn(built: Workspace) -> None:
    _decide(built, "link", A, B)
    _decide(built, "link", B, C)
    _decide(built, "withdrawn", A, B)
    _decide(built, "no_link", A, C)
    assert _standing(built) == [(A, "no_link", C), (B, "link", C)]


def test_a_decision_about_a_record_that_is_gone_can_be_withdrawn(built: Workspace) -> None:
    _decide(built, "link", A, B)
    with connect(built) as connection:
        connection.execute("delete from build.int_customer_ids_assigned where customer_id = 'c1'")
    _decide(built, "withdrawn", A, B)
    assert _standing(built) == []


@pytest.mark.parametrize(
    ("decision", "first", "second", "reason", "error"),
    [
        ("link", A, "d01/dms/customers/99", "why not", UnknownRecord),
        ("link", A, A, "why not", DecisionMissing),
        ("link", A, B, "  ", DecisionMissing),
        ("withdrawn", A, B, "why not", DecisionMissing),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_written(
    built: Workspace, decision: Verdict, first: str, second: str, reason: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        _decide(built, decision, first, second, reason)
    assert _standing(built) == []


def test_without_a_build_nothing_is_decided(workspace: Workspace) -> None:
    with pytest.raises(NothingBuilt):
        _decide(workspace, "link", A, B)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["link", "no_link"]), st.integers(0, 5), st.integers(0, 5)).filter(
            lambda asked: asked[1] != asked[2]
        ),
        max_size=25,
    )
)
def test_a_decision_is_refused_exactly_when_no_grouping_of_records_could_satisfy_all(
    asked: list[tuple[Verdict, int, int]],
) -> None:
    taken: dict[tuple[str, str], Verdict] = {}
    for verdict, first, second in asked:
        pair = tuple(sorted((str(first), str(second))))
        others = {held: decision for held, decision in taken.items() if held != pair}
        wanted = {**others, pair: verdict}
        is_refused = contradicted(verdict, *pair, others) is not None
        assert is_refused is not _is_satisfiable(wanted)
        if not is_refused:
            taken = wanted


def _is_satisfiable(decisions: dict[tuple[str, str], Verdict]) -> bool:
    """By the slowest way there is: closing the links until nothing moves."""
    group = {str(number): str(number) for number in range(6)}
    for _ in range(6):
        for (left, right), verdict in decisions.items():
            if verdict == "link":
                low, high = sorted((group[left], group[right]))
                group = {record: low if held == high else held for record, held in group.items()}
    return all(
        group[left] != group[right]
        for left, right in combinations(sorted(group), 2)
        if decisions.get((left, right)) == "no_link"
    )
