from __future__ import annotations

from datetime import date

import psycopg
import pytest

from expectations.gate import UnknownSuite, judge_batch, record
from expectations.validation import RuleCannotBeJudged
from expectations.verdict import FEWEST_ROWS_TO_REFUSE
from tests.expectations.judged_tables import DELIVERED_ON, GOOD_ROWS, make_judged_table

GOOD_SALE = GOOD_ROWS["dms__sales"]
FREE_SALE = {**GOOD_SALE, "price_amount": "0", "discount_amount": None}


def judged(url, rows, suite="dms__sales", delivered_on=DELIVERED_ON):
    table = make_judged_table(url, suite, rows)
    return judge_batch(url, table=table, suite=suite, row_count=len(rows), delivered_on=delivered_on)


def only(findings, rule_code):
    (finding,) = [finding for finding in findings if finding.rule_code == rule_code]
    return finding


def test_every_bad_row_is_listed_however_many(shared_database_url):
    bad = 60
    verdict = judged(shared_database_url, [FREE_SALE] * bad + [GOOD_SALE] * 4 * bad)

    finding = only(verdict.broken, "price_not_positive")
    assert not verdict.is_refused
    assert finding.action == "quarantine"
    assert finding.unexpected_count == bad
    assert finding.element_count == 5 * bad
    assert finding.source_rows == tuple(range(2, 2 + bad))


def test_more_bad_rows_than_the_share_of_the_rule_refuse_the_batch_and_list_no_rows(shared_database_url):
    verdict = judged(shared_database_url, [FREE_SALE] * 11 + [GOOD_SALE] * 39)

    finding = only(verdict.broken, "price_not_positive")
    assert verdict.is_refused
    assert finding.action == "refuse"
    assert finding.source_rows == ()
    assert finding.observed == "11 of 50 rows (22.0%), over the limit of 20%"


def test_a_few_bad_rows_of_a_small_file_are_quarantined_and_not_the_file_refused(shared_database_url):
    verdict = judged(shared_database_url, [FREE_SALE] * (FEWEST_ROWS_TO_REFUSE - 1))

    assert not verdict.is_refused
    assert len(only(verdict.broken, "price_not_positive").source_rows) == FEWEST_ROWS_TO_REFUSE - 1


def test_rows_of_unknown_dealers_never_refuse_the_rows_of_the_known(shared_database_url):
    stranger = {**GOOD_SALE, "dealer_code": "d99", "is_dealer_known": False}
    verdict = judged(shared_database_url, [stranger] * 50 + [GOOD_SALE])

    assert not verdict.is_refused
    assert len(only(verdict.broken, "dealer_unknown").source_rows) == 50


def test_a_warning_over_its_share_refuses_because_the_columns_have_shifted(shared_database_url):
    shifted = {**GOOD_SALE, "birth_date": None, "birth_date_is_castable": False}

    assert judged(shared_database_url, [shifted] * 20).is_refused
    assert not judged(shared_database_url, [shifted] * 20 + [GOOD_SALE] * 20).is_refused


def test_a_return_may_take_money_back(shared_database_url):
    taken_back = {
        **GOOD_SALE,
        "document_type": "return",
        "price_amount": "-1500000",
        "discount_amount": "-50000",
        "cost_amount": "-1400000",
    }

    assert judged(shared_database_url, [taken_back]).broken == ()


def test_a_document_of_no_kind_is_a_sale_and_takes_no_money_back(shared_database_url):
    of_no_kind = {
        "source_id": "1",
        "sold_at": "2026-03-04T00:00:00+03:00",
        "price_amount": "-5",
        "discount_amount": "-1",
        "cost_amount": "-1",
    }

    broken = judged(shared_database_url, [of_no_kind]).broken

    assert {(finding.rule_code, finding.column) for finding in broken if finding.action == "quarantine"} == {
        ("price_not_positive", "price_amount"),
        ("discount_out_of_range", "discount_amount"),
        ("amount_negative", "cost_amount"),
    }


def test_a_payer_is_judged_where_a_row_names_one(shared_database_url):
    nobody_else = {name: value for name, value in GOOD_SALE.items() if not name.startswith(("payer_", "driver_"))}
    unreadable = {**nobody_else, "payer_birth_date_is_castable": False}

    alone = {finding.column for finding in judged(shared_database_url, [nobody_else]).findings}
    with_payer = judged(shared_database_url, [nobody_else, unreadable])

    assert not {column for column in alone if column and column.startswith(("payer_", "driver_"))}
    assert [(finding.rule_code, finding.column) for finding in with_payer.broken] == [
        ("cell_unreadable", "payer_birth_date")
    ]
    assert "driver_phone" not in {finding.column for finding in with_payer.findings}


def test_without_a_group_currency_no_row_may_name_one(bootstrapped_database_url):
    verdict = judged(bootstrapped_database_url, [GOOD_SALE, {**GOOD_SALE, "currency": None}])

    assert only(verdict.broken, "currency_foreign").source_rows == (2,)


def test_dates_are_compared_with_the_delivery_and_not_with_today(shared_database_url):
    assert judged(shared_database_url, [GOOD_SALE], delivered_on=date(2026, 3, 3)).broken == ()
    broken = judged(shared_database_url, [GOOD_SALE], delivered_on=date(2026, 3, 1)).broken
    assert [(finding.rule_code, finding.column) for finding in broken] == [("date_after_delivery", "sold_at")]


def test_the_gate_fails_closed_when_the_rows_cannot_be_told_apart(shared_database_url):
    rows = [{**FREE_SALE, "_source_row": 7}, {**FREE_SALE, "_source_row": 7}, *[GOOD_SALE] * 10]

    with pytest.raises(RuleCannotBeJudged) as caught:
        judged(shared_database_url, rows)

    assert "price_not_positive" in str(caught.value)


def test_the_gate_fails_closed_when_a_column_is_missing(shared_database_url):
    table = make_judged_table(shared_database_url, "dms__sales", [GOOD_SALE])
    with psycopg.connect(shared_database_url) as connection:
        connection.execute(f"alter table {table} drop column price_amount_is_castable")

    with pytest.raises(RuleCannotBeJudged) as caught:
        judge_batch(shared_database_url, table=table, suite="dms__sales", row_count=1, delivered_on=DELIVERED_ON)

    assert "price_amount" in str(caught.value)


def test_an_unknown_suite_is_refused_by_name(shared_database_url):
    for name in ("dms__bicycles", "common_rules", "../gate"):
        with pytest.raises(UnknownSuite, match="dms__sales"):
            judge_batch(shared_database_url, table="landing.x", suite=name, row_count=0)


def test_judging_leaves_neither_connections_nor_tables_behind(shared_database_url):
    judged(shared_database_url, [FREE_SALE, GOOD_SALE])

    with psycopg.connect(shared_database_url) as connection:
        others = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        ).fetchone()
        tables = connection.execute(
            "select array_agg(relname::text) from pg_class where relkind in ('r', 'v') "
            "and relnamespace in ('public'::regnamespace, 'landing'::regnamespace)"
        ).fetchone()
    assert others == (0,)
    assert tables == (["judged_dms__sales"],)


def test_a_recorded_verdict_says_what_every_rule_found(bootstrapped_database_url):
    verdict = judged(bootstrapped_database_url, [GOOD_SALE, FREE_SALE])
    with psycopg.connect(bootstrapped_database_url) as connection:
        record(connection, verdict, suite="dms__sales", batch_id="b1")
        rows = connection.execute(
            "select rule_code, column_name, action, unexpected_count, element_count, observed from ops.checks "
            "where batch_id = 'b1' and suite = 'dms__sales' and not is_success order by check_id"
        ).fetchall()
        (count,) = connection.execute("select count(*) from ops.checks").fetchone()

    assert count == len(verdict.findings)
    assert ("price_not_positive", "price_amount", "quarantine", 1, 2, "1 of 2 rows (50.0%)") in rows
