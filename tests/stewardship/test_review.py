"""The pairs of the review queue that still wait for a person, and what is shown of them."""

from __future__ import annotations

from stewardship.review import waiting_count, waiting_pairs
from warehouse.database import connect
from warehouse.settings import Workspace


def test_a_pair_that_was_decided_waits_no_more_until_that_is_withdrawn(workspace: Workspace) -> None:
    with connect(workspace) as connection:
        connection.execute("create table build.int_customer_ids_assigned (record_key text)")
        connection.execute("create table build.rpt_match_review_queue (left_record text, right_record text)")
        connection.execute(
            "insert into build.rpt_match_review_queue values"
            " ('d01/dms/sales/1', 'd02/dms/sales/1'), ('d01/dms/sales/2', 'd03/dms/sales/2')"
        )
        counts = []
        for decision in ("no_link", "withdrawn"):
            connection.execute(
                "insert into identity.pair_decisions (left_record, right_record, decision, decided_by, reason)"
                " values ('d01/dms/sales/1', 'd02/dms/sales/1', %s, 'a steward', 'father and son')",
                [decision],
            )
            counts.append([waiting_count(connection, dealer_code=dealer) for dealer in (None, "d02", "d03")])
    assert counts == [[1, 0, 1], [2, 1, 1]]


def test_what_two_records_say_of_a_person_stands_side_by_side(workspace: Workspace) -> None:
    with connect(workspace) as connection:
        connection.execute(
            """
            create table build.int_customer_ids_assigned as
            select 'd01/dms/sales/' || id as record_key, 's' || id as signature_id, 'c' || id as customer_id,
                'the only record of its customer' as link_reason
            from generate_series(1, 2) as ids (id);
            create table build.int_customer_records_unioned as
            select id as record_id, 's' || id as signature_id from generate_series(1, 2) as ids (id);
            create table build.int_customer_pairs_scored as
            select 1 as left_id, 2 as right_id, 'exact' as last_name_level, 11.5 as last_name_bits,
                'missing' as phone_level, 'close' as email_level, 'near' as birth_date_level, 3 as match_weight,
                0.9 as match_probability, 0.95 as accepted_from, false as is_name_alone;
            create table build.int_match_weights_chosen as
            select 'email' as attribute, 'close' as level, 13 as bits union all select 'email', 'exact', 20;
            create table build.rpt_match_review_queue as
            select 'd01/dms/sales/1' as left_record, 'd01/dms/sales/2' as right_record, 'c1' as left_customer_id,
                'c2' as right_customer_id, 2 as record_count, 3 as match_weight, 0.9 as match_probability,
                'between the thresholds' as waits_because, 1 as review_order;
            create table build.int_customer_mentions_collected as
            select 'd01' as dealer_code, 'd01/dms/sales/' || id as record_key, name as full_name, phone,
                vin, cast(null as text) as email, true as has_content
            from (
                values (1, 'Петров П.', '+79160000001', 'XTAGFK330JY144213'), (2, 'Петров', null, null)
            ) as records (id, name, phone, vin);
            create table build.int_customers_merged as
            select 'c' || id as customer_id, id * 3 as record_count, name as full_name, null as company_name,
                cast(null as date) as birth_date, cast(null as text) as tax_id
            from (values (1, 'Петров Павел'), (2, 'Петров')) as customers (id, name);
            create table build.int_customer_contact_points as
            select 'c1' as customer_id, 'phone' as contact_type, phone as contact_value, is_preferred
            from (values ('+79160000001', false), ('+79160000009', true)) as phones (phone, is_preferred)
            """
        )
        (pair,) = waiting_pairs(connection, limit=5)
        connection.execute("delete from build.int_customers_merged where customer_id = 'c2'")
        (while_a_build_is_at_work,) = waiting_pairs(connection, limit=5)
    assert while_a_build_is_at_work.customers == ()
    assert pair.cells == (
        ("full_name", "Петров П.", "Петров"),
        ("phone", "+79160000001", None),
        ("vin", "XTAGFK330JY144213", None),
    )
    assert [(evidence.attribute, evidence.level, evidence.bits) for evidence in pair.evidence] == [
        ("email", "close", 13),
        ("last_name", "exact", 11.5),
        ("birth_date", "near", 0),
    ]
    assert pair.customers == (
        ("records", "3", "6"),
        ("name", "Петров Павел", "Петров"),
        ("phones", "+79160000009, +79160000001", None),
    )
