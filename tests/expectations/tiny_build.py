"""A build of a handful of rows that hangs together: what the second gate reads, with the columns it reads."""

from __future__ import annotations

BUILD_ID = 2

TINY_BUILD = """
create table build.dim_customers (
    customer_id text, customer_type text, lifecycle_stage text, record_count integer, completeness numeric,
    birth_year integer, first_seen_at timestamptz, last_seen_at timestamptz
);
insert into build.dim_customers values
    ('c1', 'person', 'customer', 4, 0.9, 1984, '2024-01-01', '2026-03-01'),
    ('c2', 'person', 'customer', 2, 0.5, 1990, '2025-01-01', '2025-02-01'),
    ('c3', 'person', 'lead', 1, 0.2, null, '2026-02-01', '2026-02-01');

create table build.dim_customer_contacts (customer_id text, contact_type text, contact_value text);
insert into build.dim_customer_contacts values
    ('c1', 'phone', '+79161234567'), ('c2', 'phone', '+79161234568'), ('c3', 'email', 'c3@example.org');

create table build.dim_customer_ids (published_customer_id text, customer_id text, status text);
insert into build.dim_customer_ids values
    ('c1', 'c1', 'current'), ('c2', 'c2', 'current'), ('c3', 'c3', 'current'), ('c0', 'c1', 'merged');

create table build.dim_dealers (dealer_code text, dealer_name text, time_zone text);
insert into build.dim_dealers values ('d01', 'Север-Авто', 'Europe/Moscow'), ('d02', 'Юг-Авто', 'Europe/Samara');

create table build.dim_vehicles (
    vehicle_id text, vin text, model_year integer, last_odometer_km integer, odometer_km_per_day numeric
);
insert into build.dim_vehicles values
    ('v1', 'XTAGFK330JY144213', 2018, 60000, 41.5), ('v2', 'XTAGFK330JY144214', 2019, null, null);

create table build.dim_households (household_id text, member_count integer, vehicle_count integer);
insert into build.dim_households values ('h1', 2, 1), ('h2', 1, 0);

create table build.bridge_customer_records (
    customer_id text, dealer_code text, source_system text, entity text, source_record_id text,
    source_file text, source_row bigint, link_probability double precision
);
insert into build.bridge_customer_records values
    ('c1', 'd01', 'dms', 'sales', '1', 'd01/sales.csv', 5, 1),
    ('c1', 'd02', 'dms', 'sales', '2', 'd02/sales.csv', 2, 0.99),
    ('c1', 'd02', 'dms', 'service_orders', '2026-1', 'd02/orders.csv', 2, 0.98),
    ('c1', 'd02', 'dms', 'service_orders', '2026-2', 'd02/orders.csv', 3, 0.98),
    ('c2', 'd01', 'dms', 'sales', '3', 'd01/sales.csv', 7, 1),
    ('c2', 'd01', 'surveys', 'responses', 'r1', 'd01/survey.csv', 4, 1),
    ('c3', 'd01', 'web', 'leads', 'a1', 'd01/leads.jsonl', 1, 1);
create table marts.bridge_customer_records as select * from build.bridge_customer_records;

create table build.int_customer_ids_assigned as
select dealer_code, source_system, entity, source_record_id, customer_id, 's' || row_number() over () as signature_id
from build.bridge_customer_records;
create table build.int_customer_records_standardized as
select
    signature_id,
    'person' as customer_type,
    'surname of ' || customer_id as last_name,
    case when customer_id = 'c1' then date '1984-05-17' end as birth_date
from build.int_customer_ids_assigned;

create table build.int_customer_blocks_sized (block_id bigint, rule integer, record_count bigint, is_too_large boolean);
insert into build.int_customer_blocks_sized values (1, 32768, 63, true), (2, 32, 20, true), (3, 1, 51, false);
create table build.int_match_settings_chosen (setting text, value double precision);
insert into build.int_match_settings_chosen values ('block_cap', 50), ('weak_block_cap', 10);

create table build.fct_vehicle_sales (
    sale_id text, dealer_code text, customer_id text, business_date date, price_amount numeric(14, 2),
    discount_amount numeric(14, 2), net_amount numeric(14, 2), purchase_number integer
);
insert into build.fct_vehicle_sales values
    ('s1', 'd01', 'c1', '2024-01-10', 1000000, null, 1000000, 1),
    ('s2', 'd02', 'c1', '2024-01-20', 2000000, 100000, 1900000, 2),
    ('s3', 'd01', 'c2', '2025-01-05', 1500000, 0, 1500000, 1);
create table build.int_vehicle_sales_classified as
select sale_id, net_amount, cast(null as text) as exclusion_reason from build.fct_vehicle_sales
union all
select 's4', 900000, 'quote'
union all
select 't3', -430000, 'return';
create table staging.stg_dms__sales as
select 'sale' as document_type, price_amount, discount_amount from build.fct_vehicle_sales
union all
select 'quote', 900000, null
union all
select 'return', -450000, 20000;

create table build.fct_vehicle_returns (
    return_id text, customer_id text, business_date date, net_amount numeric(14, 2)
);
insert into build.fct_vehicle_returns values ('t1', 'c2', '2025-02-01', -1500000), ('t2', null, '2025-03-01', null);

create table build.fct_service_visits (
    visit_id text, dealer_code text, customer_id text, vehicle_id text, closed_at timestamptz, business_date date,
    odometer_km bigint, paid_by text, labor_amount numeric(14, 2), parts_amount numeric(14, 2),
    net_amount numeric(14, 2), order_count integer
);
insert into build.fct_service_visits values
    ('w1', 'd02', 'c1', 'v1', '2026-01-10 12:00+03', '2026-01-10', 50000, 'customer', 4000, 1000, 5000, 1),
    ('w2', 'd02', 'c1', 'v1', '2026-03-01 12:00+03', '2026-03-01', 60000, 'warranty', 0, 0, 0, 1);
create table build.int_service_orders_classified as
select labor_amount, parts_amount, cast(null as text) as exclusion_reason from build.fct_service_visits
union all
select 700, null, 'internal';
create table staging.stg_dms__service_orders as
select labor_amount, parts_amount from build.int_service_orders_classified;

create table build.fct_leads (
    lead_id text, dealer_code text, customer_id text, created_at timestamptz, response_minutes numeric
);
insert into build.fct_leads values ('l1', 'd01', 'c3', '2026-02-01 10:00+03', 12.5), ('l2', 'd01', null, now(), null);

create table build.fct_survey_responses (response_id text, customer_id text, nps integer, csat integer);
insert into build.fct_survey_responses values ('r1', 'c2', 10, 5), ('r2', null, 0, null);

create table build.mart_customer_timeline (customer_id text, happened_at timestamptz, event_type text);
insert into build.mart_customer_timeline values ('c1', '2024-01-10', 'sale'), ('c3', '2026-02-01', 'lead');

create table build.mart_retention (
    scope_type text, scope_code text, base_definition text, period_start date, period_end date,
    customers_at_start bigint, customers_at_end bigint, new_customers bigint, reactivated_customers bigint,
    retained_customers bigint, lost_customers bigint, crr numeric, reason_code text
);
insert into build.mart_retention values
    ('group', 'all', 'active', '2025-01-01', '2025-02-01', 4, 5, 2, 1, 2, 2, 0.5, null),
    ('dealer', 'd01', 'owner', '2025-01-01', '2025-02-01', 0, 1, 1, 0, 0, 0, null, 'no_base');

create table build.mart_sales_kpis (
    scope_type text, scope_code text, department text, month_start date, documents bigint, customers bigint,
    net_amount numeric(14, 2), average_check numeric(14, 2)
);
insert into build.mart_sales_kpis values
    ('group', 'all', 'new', '2024-01-01', 3, 1, 2900000, 966666.67),
    ('dealer', 'd01', 'new', '2024-01-01', 1, 1, 1000000, 1000000),
    ('dealer', 'd02', 'new', '2024-01-01', 2, 1, 1900000, 950000),
    ('group', 'all', 'used', '2024-02-01', 0, 0, -5, null),
    ('dealer', 'd01', 'used', '2024-02-01', 0, 0, -5, null);

create table build.mart_segmentation (
    customer_id text, scope_type text, r_score integer, f_score integer, m_score integer, recency_days integer
);
insert into build.mart_segmentation values ('c1', 'group', 5, 5, 5, 12), ('c2', 'brand', null, null, null, 300);

create table build.mart_customer_360 (
    customer_id text, sales_count bigint, visits_count bigint, last_nps integer,
    first_purchase_date date, last_purchase_date date
);
insert into build.mart_customer_360 values
    ('c1', 2, 2, null, '2024-01-10', '2024-01-20'), ('c2', 1, 0, 10, '2025-01-05', '2025-01-05'),
    ('c3', 0, 0, null, null, null);

create table staging.stg_dms__customers as select 'Петров' as last_name, cast(null as text) as full_name
from generate_series(1, 12);
create table staging.stg_dms__vehicles as select 'XTAGFK330JY144213' as vin from generate_series(1, 12);
create table staging.stg_web__leads as select '89161234567' as phone from generate_series(1, 12);
create table staging.stg_surveys__responses as
select true as is_complete, now() as submitted_at from generate_series(1, 12);
create table staging.stg_crm__consents (
    phone text, email text, controller text, purpose text, channel text, occurred_at timestamptz, status text
);
insert into staging.stg_crm__consents values
    ('1', null, 'group', null, null, '2026-01-01', 'granted'),
    ('1', null, 'group', null, null, '2026-01-02', 'withdrawn');

insert into ops.builds (status, horizon, as_of_date, identity_version, settings_hash, code_version, holder)
values ('published', 1, '2026-03-01', 'default', '', '', 'a'), ('running', 2, '2026-03-02', 'default', '', '', 'a');
update ops.live set build_id = 1;
update ops.current_build set build_id = 2, horizon = 2, as_of_date = '2026-03-02';
"""

MUTATIONS: dict[tuple[str, str], str] = {
    # dim_customers
    ("id_repeated", "dim_customers.customer_id"): "insert into build.dim_customers select * from build.dim_customers",
    ("word_unknown", "dim_customers.customer_type"): "update build.dim_customers set customer_type = 'firm'",
    ("word_unknown", "dim_customers.lifecycle_stage"): "update build.dim_customers set lifecycle_stage = 'buyer'",
    ("out_of_range", "dim_customers.record_count"): "update build.dim_customers set record_count = 0",
    ("out_of_range", "dim_customers.completeness"): "update build.dim_customers set completeness = 1.1",
    ("out_of_range", "dim_customers.birth_year"): "update build.dim_customers set birth_year = 1899",
    (
        "seen_last_before_first",
        "dim_customers.last_seen_at",
    ): "update build.dim_customers set last_seen_at = '2020-01-01'",
    ("mart_empty", "dim_customers"): """
        delete from build.dim_customers;
        delete from build.mart_customer_360;
        delete from build.dim_customer_contacts;
        delete from build.bridge_customer_records;
        delete from build.int_customer_ids_assigned;
        delete from build.mart_customer_timeline;
        delete from build.mart_segmentation;
        update build.fct_vehicle_sales set customer_id = null;
        update build.fct_vehicle_returns set customer_id = null;
        update build.fct_service_visits set customer_id = null;
        update build.fct_leads set customer_id = null;
        update build.fct_survey_responses set customer_id = null
    """,
    ("cluster_too_large", "dim_customers"): """
        insert into build.int_customer_records_standardized
        select 's1', 'person', 'surname ' || number, null from generate_series(1, 15) as numbers (number)
    """,
    ("birth_dates_contradict", "dim_customers"): """
        insert into build.int_customer_records_standardized values
            ('s1', 'person', 'surname of c1', '1990-01-02'), ('s1', 'person', 'surname of c1', '1971-11-23')
    """,
    ("records_not_compared", "dim_customers"): """
        update build.int_customer_blocks_sized set is_too_large = true where rule = 1
    """,
    # dim_customer_contacts
    ("value_missing", "dim_customer_contacts.contact_value"): """
        update build.dim_customer_contacts set contact_value = null
    """,
    ("word_unknown", "dim_customer_contacts.contact_type"): """
        update build.dim_customer_contacts set contact_type = 'fax'
    """,
    ("phone_malformed", "dim_customer_contacts.contact_value"): """
        update build.dim_customer_contacts set contact_value = '8916' || customer_id where contact_type = 'phone'
    """,
    ("customer_unknown", "dim_customer_contacts"): "update build.dim_customer_contacts set customer_id = 'c9'",
    ("contact_shared", "dim_customer_contacts"): """
        insert into ops.settings (setting, value) values ('identity.contact_persons', '2');
        insert into build.dim_customer_contacts
        select customer_id, 'phone', '+74950000000' from build.dim_customers
    """,
    # dim_customer_ids
    ("id_repeated", "dim_customer_ids.published_customer_id"): """
        insert into build.dim_customer_ids select * from build.dim_customer_ids
    """,
    ("word_unknown", "dim_customer_ids.status"): "update build.dim_customer_ids set status = 'gone'",
    ("current_id_points_elsewhere", "dim_customer_ids.customer_id"): """
        update build.dim_customer_ids set customer_id = 'c1' where published_customer_id = 'c2'
    """,
    # dim_dealers
    ("id_repeated", "dim_dealers.dealer_code"): "update build.dim_dealers set dealer_code = 'd01'",
    ("value_missing", "dim_dealers.dealer_name"): "update build.dim_dealers set dealer_name = null",
    ("value_missing", "dim_dealers.time_zone"): "update build.dim_dealers set time_zone = null",
    # dim_vehicles
    ("id_repeated", "dim_vehicles.vehicle_id"): "update build.dim_vehicles set vehicle_id = 'v1'",
    ("out_of_range", "dim_vehicles.model_year"): "update build.dim_vehicles set model_year = 18",
    ("out_of_range", "dim_vehicles.last_odometer_km"): "update build.dim_vehicles set last_odometer_km = 2000001",
    ("out_of_range", "dim_vehicles.odometer_km_per_day"): "update build.dim_vehicles set odometer_km_per_day = -1",
    ("mart_empty", "dim_vehicles"): "delete from build.dim_vehicles",
    # dim_households
    ("id_repeated", "dim_households.household_id"): "update build.dim_households set household_id = 'h1'",
    ("out_of_range", "dim_households.member_count"): """
        update build.dim_households set member_count = 0 where household_id = 'h2'
    """,
    # bridge_customer_records
    ("key_repeated", "bridge_customer_records"): """
        update build.bridge_customer_records set source_record_id = '1' where source_record_id = '3'
    """,
    ("value_missing", "bridge_customer_records.customer_id"): """
        insert into marts.bridge_customer_records
        select 'c' || number, 'd01', 'web', 'leads', 'old ' || number, 'f', 1, 1
        from generate_series(4, 99) as numbers (number);
        insert into build.bridge_customer_records select * from marts.bridge_customer_records where entity = 'leads'
            and source_record_id like 'old %';
        insert into build.dim_customers (customer_id, customer_type, record_count)
        select customer_id, 'person', 1 from marts.bridge_customer_records where source_record_id like 'old %';
        insert into build.mart_customer_360 (customer_id, sales_count, visits_count)
        select customer_id, 0, 0 from marts.bridge_customer_records where source_record_id like 'old %';
        insert into build.int_customer_ids_assigned
        select dealer_code, source_system, entity, source_record_id, customer_id, 'old'
        from marts.bridge_customer_records
        where source_record_id like 'old %';
        update build.bridge_customer_records set customer_id = null where source_record_id = 'a1'
    """,
    (
        "value_missing",
        "bridge_customer_records.source_file",
    ): "update build.bridge_customer_records set source_file = null",
    ("out_of_range", "bridge_customer_records.source_row"): "update build.bridge_customer_records set source_row = 0",
    ("out_of_range", "bridge_customer_records.link_probability"): """
        update build.bridge_customer_records set link_probability = 1.01
    """,
    ("customer_unknown", "bridge_customer_records"): """
        update build.bridge_customer_records set customer_id = 'c9' where customer_id = 'c3'
    """,
    ("records_lost", "bridge_customer_records"): """
        delete from build.bridge_customer_records where source_record_id = '2026-2'
    """,
    ("decision_not_followed", "bridge_customer_records"): """
        insert into ops.build_decisions values ('d01/dms/sales/1', 'd02/dms/sales/2', 'no_link')
    """,
    ("consolidation_jump", "bridge_customer_records"): """
        update marts.bridge_customer_records set customer_id = dealer_code || entity || source_record_id
    """,
    # fct_vehicle_sales
    ("id_repeated", "fct_vehicle_sales.sale_id"): "update build.fct_vehicle_sales set sale_id = 's1'",
    ("value_missing", "fct_vehicle_sales.dealer_code"): "update build.fct_vehicle_sales set dealer_code = null",
    ("value_missing", "fct_vehicle_sales.business_date"): "update build.fct_vehicle_sales set business_date = null",
    (
        "day_impossible",
        "fct_vehicle_sales.business_date",
    ): "update build.fct_vehicle_sales set business_date = '1989-12-31'",
    ("money_inconsistent", "fct_vehicle_sales.net_amount"): """
        update build.fct_vehicle_sales set discount_amount = 1 where sale_id = 's1'
    """,
    ("out_of_range", "fct_vehicle_sales.purchase_number"): "update build.fct_vehicle_sales set purchase_number = 0",
    ("customer_unknown", "fct_vehicle_sales"): "update build.fct_vehicle_sales set customer_id = 'c9'",
    ("money_lost", "fct_vehicle_sales"): "delete from build.fct_vehicle_sales where sale_id = 's3'",
    # fct_vehicle_returns
    ("id_repeated", "fct_vehicle_returns.return_id"): "update build.fct_vehicle_returns set return_id = 't1'",
    ("value_missing", "fct_vehicle_returns.business_date"): "update build.fct_vehicle_returns set business_date = null",
    ("return_brings_money", "fct_vehicle_returns.net_amount"): "update build.fct_vehicle_returns set net_amount = 1",
    ("customer_unknown", "fct_vehicle_returns"): "update build.fct_vehicle_returns set customer_id = 'c9'",
    # fct_service_visits
    ("id_repeated", "fct_service_visits.visit_id"): "update build.fct_service_visits set visit_id = 'w1'",
    ("value_missing", "fct_service_visits.dealer_code"): "update build.fct_service_visits set dealer_code = null",
    ("value_missing", "fct_service_visits.business_date"): "update build.fct_service_visits set business_date = null",
    (
        "day_impossible",
        "fct_service_visits.business_date",
    ): "update build.fct_service_visits set business_date = '1989-12-31'",
    ("money_inconsistent", "fct_service_visits.net_amount"): "update build.fct_service_visits set parts_amount = 1",
    ("word_unknown", "fct_service_visits.paid_by"): "update build.fct_service_visits set paid_by = 'internal'",
    ("customer_unknown", "fct_service_visits"): "update build.fct_service_visits set customer_id = 'c9'",
    ("money_lost", "fct_service_visits"): "insert into staging.stg_dms__service_orders values (1, null)",
    ("odometer_decreases", "fct_service_visits"): """
        update build.fct_service_visits set odometer_km = 49999 where visit_id = 'w2'
    """,
    # fct_leads
    ("id_repeated", "fct_leads.lead_id"): "update build.fct_leads set lead_id = 'l1'",
    ("value_missing", "fct_leads.dealer_code"): "update build.fct_leads set dealer_code = null",
    ("value_missing", "fct_leads.created_at"): "update build.fct_leads set created_at = null",
    ("out_of_range", "fct_leads.response_minutes"): "update build.fct_leads set response_minutes = -0.5",
    ("customer_unknown", "fct_leads"): "update build.fct_leads set customer_id = 'c9'",
    ("mart_empty", "fct_leads"): "delete from build.fct_leads",
    # fct_survey_responses
    ("id_repeated", "fct_survey_responses.response_id"): "update build.fct_survey_responses set response_id = 'r1'",
    ("out_of_range", "fct_survey_responses.nps"): "update build.fct_survey_responses set nps = 11",
    ("out_of_range", "fct_survey_responses.csat"): "update build.fct_survey_responses set csat = 0",
    ("customer_unknown", "fct_survey_responses"): "update build.fct_survey_responses set customer_id = 'c9'",
    ("mart_empty", "fct_survey_responses"): "delete from build.fct_survey_responses",
    # mart_customer_timeline
    (
        "value_missing",
        "mart_customer_timeline.customer_id",
    ): "update build.mart_customer_timeline set customer_id = null",
    (
        "value_missing",
        "mart_customer_timeline.happened_at",
    ): "update build.mart_customer_timeline set happened_at = null",
    (
        "word_unknown",
        "mart_customer_timeline.event_type",
    ): "update build.mart_customer_timeline set event_type = 'talk'",
    ("customer_unknown", "mart_customer_timeline"): "update build.mart_customer_timeline set customer_id = 'c9'",
    # mart_retention
    (
        "word_unknown",
        "mart_retention.scope_type",
    ): "update build.mart_retention set scope_type = 'city' where scope_code = 'd01'",
    ("scope_mixed_up", "mart_retention.scope_code"): "update build.mart_retention set scope_code = 'all'",
    ("word_unknown", "mart_retention.base_definition"): "update build.mart_retention set base_definition = 'loyal'",
    ("retention_identity", "mart_retention"): "update build.mart_retention set reactivated_customers = 9",
    (
        "retained_identity",
        "mart_retention.retained_customers",
    ): "update build.mart_retention set retained_customers = 7",
    ("out_of_range", "mart_retention.crr"): "update build.mart_retention set crr = 1.2 where scope_code = 'all'",
    ("ratio_without_base", "mart_retention.crr"): "update build.mart_retention set crr = 0 where scope_code = 'd01'",
    ("period_reversed", "mart_retention.period_end"): "update build.mart_retention set period_end = period_start",
    # mart_sales_kpis
    ("word_unknown", "mart_sales_kpis.scope_type"): """
        insert into build.mart_sales_kpis values ('city', 'Samara', 'new', '2024-01-01', 1, 1, 1, 1)
    """,
    ("scope_mixed_up", "mart_sales_kpis.scope_code"): "update build.mart_sales_kpis set scope_code = 'all'",
    ("out_of_range", "mart_sales_kpis.documents"): """
        insert into build.mart_sales_kpis values ('brand', 'LADA', 'new', '2024-01-01', -1, -1, null, 1)
    """,
    ("more_customers_than_documents", "mart_sales_kpis.customers"): """
        update build.mart_sales_kpis set customers = 9 where scope_type = 'dealer'
    """,
    ("ratio_without_base", "mart_sales_kpis.average_check"): """
        update build.mart_sales_kpis set average_check = null where scope_code = 'd01'
    """,
    ("average_inconsistent", "mart_sales_kpis.net_amount"): """
        update build.mart_sales_kpis set average_check = average_check + 0.02 where scope_code = 'd01'
    """,
    ("group_over_dealers", "mart_sales_kpis"): """
        update build.mart_sales_kpis set customers = 3 where scope_type = 'group' and department = 'new'
    """,
    ("group_money_differs", "mart_sales_kpis"): """
        update build.mart_sales_kpis set net_amount = 3000000, average_check = 1000000
        where scope_type = 'group' and department = 'new'
    """,
    # mart_segmentation
    ("word_unknown", "mart_segmentation.scope_type"): "update build.mart_segmentation set scope_type = 'dealer'",
    ("out_of_range", "mart_segmentation.r_score"): "update build.mart_segmentation set r_score = 6",
    ("out_of_range", "mart_segmentation.f_score"): "update build.mart_segmentation set f_score = 0",
    ("out_of_range", "mart_segmentation.m_score"): "update build.mart_segmentation set m_score = 6",
    ("out_of_range", "mart_segmentation.recency_days"): "update build.mart_segmentation set recency_days = -1",
    ("customer_unknown", "mart_segmentation"): "update build.mart_segmentation set customer_id = 'c9'",
    # mart_customer_360
    ("id_repeated", "mart_customer_360.customer_id"): """
        insert into build.mart_customer_360 select * from build.mart_customer_360
    """,
    (
        "out_of_range",
        "mart_customer_360.sales_count",
    ): "update build.mart_customer_360 set sales_count = -1 where customer_id = 'c3'",
    ("out_of_range", "mart_customer_360.visits_count"): "update build.mart_customer_360 set visits_count = -1",
    ("out_of_range", "mart_customer_360.last_nps"): "update build.mart_customer_360 set last_nps = 11",
    ("purchases_without_dates", "mart_customer_360.first_purchase_date"): """
        update build.mart_customer_360 set first_purchase_date = null where customer_id = 'c1'
    """,
    ("last_before_first_purchase", "mart_customer_360.last_purchase_date"): """
        update build.mart_customer_360 set last_purchase_date = '2020-01-01' where customer_id = 'c1'
    """,
    (
        "customers_not_one_page_each",
        "mart_customer_360",
    ): "delete from build.mart_customer_360 where customer_id = 'c3'",
    # staging
    ("consent_after_withdrawal", "stg_crm__consents"): """
        insert into staging.stg_crm__consents values ('1', null, 'group', null, null, '2026-01-03', 'granted')
    """,
}
