from __future__ import annotations

import great_expectations as gx
import pytest
import sqlalchemy as sa

from expectations.rules import row_rule
from expectations.validation import GateInterrupted, RuleCannotBeJudged, count_unexpected, sqlalchemy_url, tables_of
from tests.expectations.judged_tables import GOOD_ROWS, make_judged_table


def test_a_socket_folder_is_handed_to_the_driver_beside_a_host_name():
    url = sa.make_url(sqlalchemy_url("postgresql://u@/dealer360?host=/var/run/pg&port=5433&sslmode=disable"))

    assert url.host == "localhost"
    assert url.port == 5433
    assert url.query["host"] == "/var/run/pg"
    assert url.query["sslmode"] == "disable"


def test_a_password_of_any_signs_survives():
    rendered = sqlalchemy_url("postgresql://u:p%24word%40%2F@db/dealer360")

    assert "$" not in rendered  # Great Expectations would look for a variable of that name
    assert sa.make_url(rendered).password == "p$word@/"


def test_the_tables_are_read_as_the_owner_with_the_options_of_the_url_kept():
    url = sa.make_url(sqlalchemy_url("postgresql://u@db/dealer360?options=-c%20search_path%3Dx"))

    assert url.query["options"] == "-c search_path=x -c role=dealer360_owner -c jit=off"


@pytest.mark.parametrize(
    ("condition", "error"),
    [("pg_terminate_backend(pg_backend_pid())", GateInterrupted), ("1 / 0 = 1", RuleCannotBeJudged)],
)
def test_a_connection_lost_while_judging_is_transient_and_a_rule_that_cannot_be_judged_is_not(
    shared_database_url, condition, error
):
    table = make_judged_table(shared_database_url, "dms__sales", [GOOD_ROWS["dms__sales"]])
    suite = gx.ExpectationSuite(name="interrupted", expectations=[row_rule("rule", condition, "A sentence.")])

    with pytest.raises(error) as caught, tables_of(shared_database_url) as table_as_batch:
        count_unexpected(table_as_batch(table), suite)

    assert caught.value.is_transient is (error is GateInterrupted)


def test_rules_over_rows_are_counted_in_as_many_queries_as_one_rule(shared_database_url):
    table = make_judged_table(shared_database_url, "dms__sales", [GOOD_ROWS["dms__sales"]])
    sent: list[str] = []

    def queries_for(rules: int) -> int:
        expectations = [row_rule(f"rule_{n}", f"price_amount > {n}", "A sentence.") for n in range(rules)]
        sent.clear()
        with tables_of(shared_database_url) as table_as_batch:
            counts = count_unexpected(
                table_as_batch(table), gx.ExpectationSuite(name="many", expectations=expectations)
            )
        assert [count.is_success for count in counts] == [True] * rules
        return len(sent)

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        sent.append(statement)

    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        assert queries_for(20) == queries_for(1)
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
