{{ config(
    materialized='kept',
    part='standardising',
    redone={'int_customer_records_arrived': ['record_id']},
    unlogged=true,
    rows_of_run=true,
    rows_gone=true,
    indexes=[{'columns': ['record_id']}, {'columns': ['birth_date']}],
    pre_hook="{{ records_looked_up() }}",
) }}

{%- set name_columns = [
    'last_name', 'first_name', 'middle_name', 'last_name_key', 'first_name_key', 'middle_name_key', 'name_suffix',
    'has_second_person',
] -%}

with records as (

    select * from {{ ref('int_customer_records_read') }}

),

parties as (

    select * from {{ ref('int_customer_parties_recognised') }}

),

names as (

    select * from {{ ref('int_customer_names_parsed') }}

),

emails as (

    select * from {{ ref('int_customer_emails_standardized') }}

),

addresses as (

    select * from {{ ref('int_customer_addresses_standardized') }}

),

tests as (

    select * from {{ ref('int_customer_names_of_tests') }}

),

default_dates as (

    select word from {{ ref('int_placeholder_words') }}
    where attribute = 'birth_date'

),

-- Nothing here depends on the day, on other records or on how often the same was said: the rows are kept.
final as (

    select
        records.record_id,
        records.signature_id,
        records.dealer_code,
        records.customer_source_id,
        case
            when records.customer_source_id is not null
                then concat(records.source_system, '|', records.customer_source_id)
        end as card,
        case when parties.is_organisation then 'organisation' else 'person' end as customer_type,
        parties.is_company_by_name,
        {% for column in name_columns -%}
        case when not parties.is_organisation then names.{{ column }} end as {{ column }},
        {% endfor -%}
        coalesce({{ regexp_matched('names.last_name', '[A-Za-z]') }}, false) as is_latin_name,
        case when not parties.is_organisation then coalesce(records.gender, names.gender) end as gender,
        case when parties.is_organisation then parties.party_name end as company_name,
        case when parties.is_organisation then {{ company_key('parties.party_name') }} end as company_key,
        case when default_dates.word is null and not parties.is_organisation then records.birth_date end as birth_date,
        case when coalesce(emails.means, '') <> 'nothing' then emails.email end as email,
        case when coalesce(emails.means, '') <> 'nothing' then emails.email_near_key end as email_near_key,
        coalesce(emails.means, '') = 'role' as is_role_email,
        parties.address,
        parties.city,
        parties.region,
        parties.postal_code,
        addresses.street_key,
        addresses.address_numbers,
        addresses.city_key,
        parties.tax_id,
        parties.is_tax_id_checked,
        parties.national_id,
        tests.name_id is not null or coalesce(emails.means, '') = 'test' as is_test
    from records
    inner join parties on records.record_id = parties.record_id
    left join names on parties.name_id = names.name_id
    left join tests on parties.name_id = tests.name_id
    left join default_dates on {{ to_text('records.birth_date') }} = default_dates.word
    left join emails on records.email = emails.email_cell
    left join addresses on parties.address_id = addresses.address_id

)

select * from final
