"""Every rule of every suite of the first gate has one spoiled row that it, and no other rule, catches."""

from __future__ import annotations

import pytest
from great_expectations.expectations.expectation import (
    ColumnMapExpectation,
    ColumnPairMapExpectation,
    MulticolumnMapExpectation,
)

from expectations.gate import judge_batch, suite_named, suites_of
from expectations.row_rules import ROW_NUMBER_COLUMN
from expectations.rules import BatchFacts
from expectations.validation import tables_of
from ingestion.contracts import load_contracts
from tests.expectations.judged_tables import DELIVERED_ON, GOOD_ROWS, contract_of, make_judged_table
from tests.expectations.raw.mutations import ROWS, SHARE_RULES

Rule = tuple[str, str | None]

FACTS = BatchFacts(delivered_on=DELIVERED_ON, currency="RUB")
ALL_RULES = [(suite, rule) for suite, mutations in ROWS.items() for rule in mutations]
RULES_OF_TWO_CELLS = {"closed_before_opened", "consent_text_missing", "discount_out_of_range", "sold_before_contract"}
ROLES_WITHOUT_RULE = {"dealer_code"}  # a row without a dealer is one of an unknown dealer


def expectations_of(suite: str):
    return suite_named("raw", suite)(FACTS).expectations


def caught_rows(url: str, table: str, suite: str, row_count: int) -> dict[Rule, set[int]]:
    """The numbers of the rows of the table that each rule catches."""
    with tables_of(url) as table_as_batch:
        result = table_as_batch(table).validate(
            suite_named("raw", suite)(FACTS),
            result_format={
                "result_format": "COMPLETE",
                "unexpected_index_column_names": [ROW_NUMBER_COLUMN],
                "partial_unexpected_count": row_count,
                "return_unexpected_index_query": False,
            },
        )
    return {
        (one.expectation_config.meta["rule"], one.expectation_config.meta["column"]): {
            entry[ROW_NUMBER_COLUMN] for entry in one.result.get("unexpected_index_list") or ()
        }
        for one in result.results
    }


@pytest.fixture(scope="module")
def rows_caught(shared_database_url):
    """For a suite: the numbers of the rows that each rule catches in a table of one good row and all spoiled ones."""
    caught: dict[str, dict[Rule, set[int]]] = {}

    def of(suite: str) -> dict[Rule, set[int]]:
        if suite not in caught:
            rows = [GOOD_ROWS[suite], *({**GOOD_ROWS[suite], **spoiled} for spoiled in ROWS[suite].values())]
            table = make_judged_table(shared_database_url, suite, rows)
            caught[suite] = caught_rows(shared_database_url, table, suite, len(rows))
        return caught[suite]

    return of


@pytest.mark.parametrize("suite", GOOD_ROWS)
def test_a_good_row_passes_every_rule(shared_database_url, suite):
    table = make_judged_table(shared_database_url, suite, [GOOD_ROWS[suite]])

    verdict = judge_batch(shared_database_url, table=table, suite=suite, row_count=1, delivered_on=DELIVERED_ON)

    assert verdict.broken == ()
    assert not verdict.is_refused


@pytest.mark.parametrize("suite", GOOD_ROWS)
def test_a_row_of_empty_optional_cells_is_never_quarantined(shared_database_url, suite):
    contract = contract_of(suite)
    one_of = {column for columns in contract.require_one_of for column in columns}
    kept = {column.name for column in contract.columns if column.is_required} | one_of
    row = {name: value for name, value in GOOD_ROWS[suite].items() if name in kept}
    table = make_judged_table(shared_database_url, suite, [row])

    verdict = judge_batch(shared_database_url, table=table, suite=suite, row_count=1, delivered_on=DELIVERED_ON)

    assert [finding for finding in verdict.broken if finding.action != "warn"] == []


@pytest.mark.parametrize(("suite", "rule"), ALL_RULES, ids=lambda value: str(value))
def test_a_spoiled_row_is_caught_by_its_rule_alone(rows_caught, suite, rule):
    spoiled_row = 3 + list(ROWS[suite]).index(rule)

    catching = {other for other, rows in rows_caught(suite).items() if spoiled_row in rows}

    assert catching == {rule}


@pytest.mark.parametrize("suite", GOOD_ROWS)
def test_a_rule_catches_its_row_whatever_else_is_empty(shared_database_url, suite):
    required = {column.name for column in contract_of(suite).columns if column.is_required}
    spoiled = {rule: cells for rule, cells in ROWS[suite].items() if rule[0] not in RULES_OF_TWO_CELLS}
    kept = {name: value for name, value in GOOD_ROWS[suite].items() if name in required}
    table = make_judged_table(shared_database_url, suite, [{**kept, **cells} for cells in spoiled.values()])

    caught = caught_rows(shared_database_url, table, suite, len(spoiled))

    assert [rule for number, rule in enumerate(spoiled, start=2) if number not in caught[rule]] == []


@pytest.mark.parametrize("suite", GOOD_ROWS)
def test_every_rule_has_a_spoiled_row_and_catches_no_other(rows_caught, suite):
    expected = {rule: {3 + index} for index, rule in enumerate(ROWS[suite])}

    assert rows_caught(suite) == expected


def test_every_contract_has_a_suite_and_no_suite_is_without_contract():
    tables = {contract.table for contract in load_contracts().values()}

    assert set(suites_of("raw")) == tables
    assert set(GOOD_ROWS) == tables
    assert set(ROWS) == tables


@pytest.mark.parametrize("suite", GOOD_ROWS)
def test_every_required_column_and_every_word_is_watched(suite):
    contract = contract_of(suite)
    rules = {(expectation.meta["rule"], expectation.meta["column"]) for expectation in expectations_of(suite)}
    required = {column.name for column in contract.columns if column.is_required} - ROLES_WITHOUT_RULE
    words = {column.name for column in contract.columns if column.type == "word"}
    typed = {column.name for column in contract.columns if column.type not in ("text", "word")}

    assert {("value_missing", name) for name in required} <= rules
    assert {("word_unknown", name) for name in words} <= rules
    assert {("cell_unreadable", name) for name in typed} <= rules
    for columns in contract.require_one_of:
        assert ("one_of_missing", columns[0]) in rules


@pytest.mark.parametrize("suite", GOOD_ROWS)
def test_every_rule_says_in_a_sentence_what_is_wrong_and_what_follows(suite):
    for expectation in expectations_of(suite):
        assert expectation.description.endswith("."), expectation.meta
        assert " " in expectation.description
        assert expectation.meta["action"] in ("quarantine", "refuse", "warn")


@pytest.mark.parametrize("suite", GOOD_ROWS)
def test_only_rules_about_single_rows_may_quarantine(suite):
    about_rows = (ColumnMapExpectation, ColumnPairMapExpectation, MulticolumnMapExpectation)

    for expectation in expectations_of(suite):
        if expectation.meta["action"] == "quarantine":
            assert isinstance(expectation, about_rows), expectation.meta


@pytest.mark.parametrize("suite", GOOD_ROWS)
def test_a_column_most_of_whose_cells_are_unusable_is_warned_of(shared_database_url, suite):
    share_rules = {rule: spoiled for rule, spoiled in ROWS[suite].items() if rule[0] in SHARE_RULES}
    spoiled = {name: value for cells in share_rules.values() for name, value in cells.items()}
    rows = [{**GOOD_ROWS[suite], **spoiled}] * 4 + [GOOD_ROWS[suite]] * 6
    table = make_judged_table(shared_database_url, suite, rows)

    verdict = judge_batch(shared_database_url, table=table, suite=suite, row_count=10, delivered_on=DELIVERED_ON)

    assert {(finding.rule_code, finding.column) for finding in verdict.broken} == set(share_rules)
    assert {finding.action for finding in verdict.broken} <= {"warn"}


@pytest.mark.parametrize(
    ("suite", "column"),
    [("dms__sales", "document_type"), ("dms__sales", "status"), ("dms__service_orders", "paid_by")],
)
def test_an_unknown_word_that_decides_how_a_row_is_counted_keeps_it_out(shared_database_url, suite, column):
    spoiled = {**GOOD_ROWS[suite], column: None, f"{column}_is_known": False}

    for bad_count, action in ((1, "quarantine"), (30, "refuse")):
        rows = [spoiled] * bad_count + [GOOD_ROWS[suite]] * 10
        table = make_judged_table(shared_database_url, suite, rows)
        verdict = judge_batch(
            shared_database_url, table=table, suite=suite, row_count=len(rows), delivered_on=DELIVERED_ON
        )
        assert [(finding.rule_code, finding.column, finding.action) for finding in verdict.broken] == [
            ("word_unknown", column, action)
        ]
