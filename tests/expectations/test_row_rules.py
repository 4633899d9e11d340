from great_expectations.expectations.expectation import ColumnMapExpectation

from expectations.row_rules import ExpectRowsToSatisfy

RULE = ExpectRowsToSatisfy(condition="amount >= 0", batch_id="judged", meta={"rule": "negative_amount"})
EXAMPLES = "rows.satisfying.unexpected_values"


def _asked(result_format: dict[str, object]) -> tuple[dict[str, object], dict[str, object]]:
    """What is asked of a table to judge the rule, by name; by the rule, and by Great Expectations itself."""
    by_rule = RULE.get_validation_dependencies(None, {"result_format": dict(result_format)})
    by_library = ColumnMapExpectation.get_validation_dependencies(RULE, None, {"result_format": dict(result_format)})
    assert by_rule.result_format == by_library.result_format
    ids = [{name: metric.id for name, metric in asked.metric_configurations.items()} for asked in (by_rule, by_library)]
    return ids[0], ids[1]


def test_counting_asks_what_great_expectations_asks_but_for_examples():
    by_rule, by_library = _asked({"result_format": "BASIC", "partial_unexpected_count": 0})
    assert by_library.pop(EXAMPLES)
    assert by_rule == by_library


def test_listing_rows_asks_what_great_expectations_asks():
    listing = {"result_format": "COMPLETE", "partial_unexpected_count": 9, "return_unexpected_index_query": False}
    by_rule, by_library = _asked({**listing, "unexpected_index_column_names": ["_source_row"]})
    assert by_rule == by_library
    assert EXAMPLES in by_rule
