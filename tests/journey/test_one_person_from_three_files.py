"""One person, known to two dealers and a web form: from the rows of three files to one customer, and back."""

from __future__ import annotations

import psycopg
import pytest

from tests.journey.conftest import line_of


def rows(connection: psycopg.Connection, query: str, *values: object) -> list[tuple]:
    return connection.execute(query, values).fetchall()


@pytest.fixture
def customer_id(published: psycopg.Connection) -> str:
    """The customer that the deal 17 of dealer d02 was made with."""
    [(found,)] = rows(
        published,
        """
        select customer_id from marts.bridge_customer_records
        where dealer_code = 'd02' and source_system = 'dms' and entity = 'sales' and source_record_id = '17'
        """,
    )
    return found


def test_the_records_of_three_files_are_one_customer(published: psycopg.Connection, customer_id: str) -> None:
    found = rows(
        published,
        """
        select distinct dealer_code, source_system, entity
        from marts.bridge_customer_records where customer_id = %s order by 1, 2, 3
        """,
        customer_id,
    )
    assert {("d01", "dms", "customers"), ("d02", "dms", "sales"), ("d02", "web", "leads")} <= set(found)


def test_every_record_of_the_customer_leads_back_to_a_row_about_him(
    published: psycopg.Connection, customer_id: str
) -> None:
    found = rows(
        published,
        "select entity, source_file, source_row from marts.bridge_customer_records where customer_id = %s",
        customer_id,
    )
    assert found
    for entity, source_file, source_row in found:
        line = line_of(source_file, source_row)
        digits = "".join(character for character in line if character.isdigit())
        by_card = entity in ("sales", "service_orders", "vehicles")  # d01's rows name the card, not the person
        assert "Сибиряк" in line or "9161234567" in digits or by_card, f"{source_file}:{source_row}: {line}"


def test_the_mart_shows_what_he_did_at_both_dealers(published: psycopg.Connection, customer_id: str) -> None:
    [found] = rows(
        published,
        """
        select customer_type, lifecycle_stage, dealer_codes, sales_count, visits_count, leads_count,
            last_nps, is_detractor
        from marts.mart_customer_360 where customer_id = %s
        """,
        customer_id,
    )
    # Two sales; the two orders of 10 February are one visit; the lead; the survey that says 6.
    assert found == ("person", "customer", "d01, d02", 2, 1, 1, 6, True)


def test_a_sale_late_at_night_in_the_east_falls_on_the_groups_day(
    published: psycopg.Connection, customer_id: str
) -> None:
    [(business_date, make)] = rows(
        published,
        "select business_date::text, make from marts.fct_vehicle_sales where customer_id = %s and dealer_code = 'd02'",
        customer_id,
    )
    assert (business_date, make) == ("2025-12-31", "Haval")


def test_what_is_no_sale_is_no_fact_and_what_no_dealer_owns_is_quarantined(published: psycopg.Connection) -> None:
    assert rows(published, "select count(*) from marts.fct_vehicle_sales") == [(4,)]  # the quote of d02 is none
    assert rows(
        published,
        """
        select rows.source_file, rows.source_row, findings.rule_code
        from quarantine.rows inner join quarantine.findings using (quarantine_id)
        """,
    ) == [("_group/leads_20260302.jsonl", 3, "dealer_unknown")]


def test_the_counts_of_every_file_add_up(published: psycopg.Connection) -> None:
    found = rows(
        published,
        """
        select source_file, rows_read, rows_new, rows_changed, rows_unchanged, rows_quarantined
        from ops.batches where status = 'loaded'
        """,
    )
    assert len(found) == 13
    for source_file, read, new, changed, unchanged, quarantined in found:
        assert read == new + changed + unchanged + quarantined, source_file
        assert read > 0


def test_no_name_and_no_contact_stands_outside_the_contacts(published: psycopg.Connection) -> None:
    relations = rows(
        published,
        """
        select table_name from information_schema.tables
        where table_schema = 'marts' and table_name <> 'dim_customer_contacts'
        """,
    )
    assert len(relations) > 15
    for (relation,) in relations:
        found = rows(published, f"select t::text from marts.{relation} as t where t::text ~ 'Сибиряк|9161234567|@'")
        assert not found, f"{relation}: {found[:2]}"
