"""Every rule of the second gate has one spoiled build that it, and no other rule, catches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from expectations.cross_checks import CheckFailed, WrongBuild, run_cross_checks
from expectations.gate import judge_build, judge_marts, suites_of
from expectations.validation import RuleCannotBeJudged
from tests.expectations.tiny_build import BUILD_ID, MUTATIONS, TINY_BUILD
from tests.throwaway_databases import throwaway_database
from warehouse.settings import PROJECT_ROOT

WARNINGS = {
    "birth_dates_contradict",
    "consent_after_withdrawal",
    "contact_shared",
    "day_impossible",
    "odometer_decreases",
    "phone_malformed",
    "records_not_compared",
}
VALUE_WARNINGS = {
    ("out_of_range", column)
    for column in (
        "dim_customers.birth_year",
        "dim_vehicles.last_odometer_km",
        "dim_vehicles.model_year",
        "dim_vehicles.odometer_km_per_day",
        "fct_survey_responses.csat",
        "fct_survey_responses.nps",
        "mart_customer_360.last_nps",
    )
}


@pytest.fixture(scope="module")
def tiny_database(server_url, _template_database):
    """Name of a database that holds the tiny build and that nobody is connected to."""
    with throwaway_database(server_url, f"template {_template_database}") as url:
        with psycopg.connect(url) as connection:
            connection.execute(TINY_BUILD)
        yield url.rpartition("/")[2]


@pytest.fixture(scope="module")
def spoilt_url(server_url, tiny_database):
    """URL of a copy that the tests of single rules spoil and mend, one after the other."""
    with throwaway_database(server_url, f"template {tiny_database}") as url:
        yield url


@pytest.fixture
def tiny_url(server_url, tiny_database):
    """URL of a copy of the tiny build that the test may spoil."""
    with throwaway_database(server_url, f"template {tiny_database}") as url:
        yield url


@contextmanager
def spoiled(url: str, statements: str) -> Iterator[None]:
    """The statements hold while the block runs; copying a database for each of a hundred rules takes minutes."""
    touched = set(re.findall(r"\b((?:build|staging|marts)\.\w+)", statements))
    with psycopg.connect(url) as connection:
        for table in touched:
            connection.execute(f"create unlogged table {table.replace('.', '.kept_')} as table {table}")
        connection.execute(statements)
    yield
    with psycopg.connect(url) as connection:
        connection.execute("delete from ops.settings")
        connection.execute("delete from ops.build_decisions")
        for table in touched:
            connection.execute(f"delete from {table}")
            connection.execute(f"insert into {table} table {table.replace('.', '.kept_')}")
            connection.execute(f"drop table {table.replace('.', '.kept_')}")


def spoil(url: str, statements: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statements)


def test_a_build_that_hangs_together_passes_every_rule_and_every_rule_has_a_spoiled_build(tiny_url):
    verdict = judge_build(tiny_url, build_id=BUILD_ID)

    assert verdict.broken == ()
    assert {(finding.rule_code, finding.column) for finding in verdict.findings} == set(MUTATIONS)
    assert all(finding.sentence.endswith(".") for finding in verdict.findings)


@pytest.mark.parametrize("rule", MUTATIONS, ids=lambda rule: "-".join(rule))
def test_a_spoiled_build_is_caught_by_its_rule_alone(spoilt_url, rule):
    touched = sorted(set(re.findall(r"build\.(\w+)", MUTATIONS[rule])) & set(suites_of("marts")))

    with spoiled(spoilt_url, MUTATIONS[rule]):
        # The marts that were not touched pass, as in the test above.
        findings = judge_marts(spoilt_url, touched)
        with psycopg.connect(spoilt_url) as connection:
            findings += run_cross_checks(connection)

    broken = {(finding.rule_code, finding.column): finding.action for finding in findings if not finding.is_success}
    assert set(broken) == {rule}
    assert broken[rule] == ("warn" if rule[0] in WARNINGS or rule in VALUE_WARNINGS else "refuse")


def test_every_mart_that_is_modelled_has_a_suite_and_every_suite_a_mart():
    folder = PROJECT_ROOT / "dbt_project" / "models" / "marts"
    modelled = {file.stem for file in folder.rglob("*.sql") if not file.stem.startswith("rpt_")}

    assert set(suites_of("marts")) == modelled


def test_a_mart_that_was_not_built_refuses_the_build(tiny_url):
    spoil(tiny_url, "drop table build.mart_retention")

    verdict = judge_build(tiny_url, build_id=BUILD_ID)

    assert verdict.is_refused
    assert [(finding.rule_code, finding.column) for finding in verdict.broken] == [("mart_missing", "mart_retention")]


def test_without_a_published_build_no_jump_is_seen(tiny_url):
    spoil(tiny_url, MUTATIONS["consolidation_jump", "bridge_customer_records"])
    spoil(tiny_url, "update ops.live set build_id = null; drop table marts.bridge_customer_records")

    assert judge_build(tiny_url, build_id=BUILD_ID).broken == ()


def test_the_group_may_allow_a_greater_jump(tiny_url):
    spoil(tiny_url, MUTATIONS["consolidation_jump", "bridge_customer_records"])
    spoil(tiny_url, "insert into ops.settings (setting, value) values ('identity.consolidation_jump', '0.6')")

    assert judge_build(tiny_url, build_id=BUILD_ID).broken == ()


def test_a_person_may_let_one_build_jump(tiny_url):
    spoil(tiny_url, MUTATIONS["consolidation_jump", "bridge_customer_records"])
    spoil(tiny_url, "update ops.builds set jump_allowed_by = 'anna', jump_allowed_because = 'a dealer was bought'")

    assert judge_build(tiny_url, build_id=BUILD_ID).broken == ()


def test_splits_are_a_jump_though_as_many_customers_were_merged(tiny_url):
    spoil(
        tiny_url,
        """
        insert into marts.bridge_customer_records
        select 'split', 'd03', 'web', 'leads', number, 'f', 1, 1 from generate_series(1, 20) as numbers (number);
        update marts.bridge_customer_records set customer_id = 'to merge' || source_record_id
        where dealer_code = 'd03' and cast(source_record_id as integer) > 10
        """,
    )
    jump = """
        insert into build.bridge_customer_records
        select 'split ' || case when number > 10 then 11 else number end, 'd03', 'web', 'leads', number, 'f', 1, 1
        from generate_series(1, 20) as numbers (number)
    """
    spoil(tiny_url, jump)

    (finding,) = [
        held for held in judge_build(tiny_url, build_id=BUILD_ID).broken if held.rule_code == "consolidation_jump"
    ]
    assert finding.observed == "9 merges and 9 splits among 27 records"


def test_what_a_steward_decided_is_no_jump(tiny_url):
    spoil(tiny_url, MUTATIONS["consolidation_jump", "bridge_customer_records"])
    spoil(
        tiny_url,
        """
        insert into identity.pair_decisions (left_record, right_record, decision, decided_by, reason)
        values ('d01/dms/sales/1', 'd02/dms/sales/2', 'link', 'a steward', 'the same passport')
        """,
    )

    assert judge_build(tiny_url, build_id=BUILD_ID).broken == ()


def test_slips_of_a_birth_date_are_no_contradiction(tiny_url):
    spoil(
        tiny_url,
        """
        update build.int_customer_records_standardized set birth_date = '1984-05-07' where signature_id in ('s1', 's2');
        insert into build.int_customer_records_standardized values
            ('s1', 'person', 'surname of c1', '1984-07-05'), ('s1', 'person', 'surname of c1', '1984-05-01'),
            ('s1', 'person', 'surname of c1', '1983-05-07'), ('s1', 'person', 'surname of c1', '1962-10-30')
        """,
    )

    assert judge_build(tiny_url, build_id=BUILD_ID).broken == ()


def test_contradictory_birth_dates_of_many_refuse_the_build(tiny_url):
    spoil(
        tiny_url,
        """
        insert into build.int_customer_ids_assigned
        select 'd01', 'web', 'leads', 'n' || number, 'n' || number, 'n' || number
        from generate_series(1, 12) as n (number);
        insert into build.int_customer_records_standardized
        select 'n' || number, 'person', 'surname', birth_date
        from generate_series(1, 12) as n (number)
        cross join (values (date '1990-01-02'), ('1971-11-23'), ('1955-06-30')) as dates (birth_date)
        """,
    )

    findings = judge_build(tiny_url, build_id=BUILD_ID).broken

    assert ("birth_dates_contradict", "refuse") in {(finding.rule_code, finding.action) for finding in findings}


@pytest.mark.parametrize(
    ("dates", "is_told"),
    [
        (("1950-01-01", "1968-01-01", "1986-01-01"), True),
        (("1950-01-01", "1960-01-01", "1951-01-01"), False),
    ],
    ids=["firsts of January decades apart", "one digit of the year"],
)
def test_firsts_of_january_are_compared_by_their_years_alone(tiny_url, dates, is_told):
    rows = ", ".join(f"('s1', 'person', 'surname of c1', '{date}')" for date in dates)
    spoil(
        tiny_url,
        f"""
        update build.int_customer_records_standardized set birth_date = null where signature_id in ('s1', 's2');
        insert into build.int_customer_records_standardized values {rows}
        """,
    )

    rules = {finding.rule_code for finding in judge_build(tiny_url, build_id=BUILD_ID).broken}

    assert ("birth_dates_contradict" in rules) == is_told


def test_birth_dates_with_slips_are_one_persons(tiny_url):
    spoil(
        tiny_url,
        """
        insert into build.int_customer_ids_assigned
        select 'd01', 'web', 'leads', 'n' || number, 'n' || number, 'n' || number
        from generate_series(1, 12) as n (number);
        insert into build.int_customer_records_standardized
        select 'n' || number, 'person', 'surname', birth_date
        from generate_series(1, 12) as n (number)
        cross join (
            values (date '1990-03-08'), ('1990-08-03'), ('1990-03-28'), ('1991-04-06'), ('1980-04-08'), ('1955-06-30')
        ) as dates (birth_date)
        """,
    )

    rules = {finding.rule_code for finding in judge_build(tiny_url, build_id=BUILD_ID).broken}

    assert "birth_dates_contradict" not in rules, "one other date is a slip that nobody understands"


def test_another_build_than_the_one_in_schema_build_is_not_judged(tiny_url):
    with pytest.raises(WrongBuild, match="names build 2"):
        judge_build(tiny_url, build_id=3)


def test_a_check_that_cannot_run_lets_nothing_pass(tiny_url):
    spoil(tiny_url, "drop table staging.stg_crm__consents")

    with pytest.raises(CheckFailed, match="consent_after_withdrawal"):
        judge_build(tiny_url, build_id=BUILD_ID)


def test_a_mart_without_a_column_lets_nothing_pass(tiny_url):
    spoil(tiny_url, "alter table build.mart_retention drop column crr")

    with pytest.raises(RuleCannotBeJudged, match="crr"):
        judge_build(tiny_url, build_id=BUILD_ID)
