{{ config(
    materialized='kept',
    redone={'int_customer_records_changed': ['record_id']},
    unlogged=true,
    indexes=[{'columns': ['block_id']}, {'columns': ['record_id']}],
) }}

-- depends_on: {{ ref('int_customer_records_changed') }}

{#- What proposes a pair: records that share one of these keys. A rule is a power of two, so that rules add up. -#}
{%- set rules = {
    1: "case when is_usable_email then email end",
    2: "tax_id",
    4: "national_id",
    8: "case when is_usable_birth_date then concat_ws('|', birth_date, left(last_name_key, 3)) end",
    16: "case when is_usable_birth_date then concat_ws('|', birth_date, left(first_name_key, 3)) end",
    32: "case when is_usable_name then concat_ws('|', least(last_name_key, first_name_key),"
        ~ " greatest(last_name_key, first_name_key)) end",
    64: "case when is_usable_name then last_name_key || '|' || first_name_key || '|' || middle_name_key end",
    128: "case when is_usable_name then concat_ws('|', least(last_name_key, first_name_key),"
        ~ " greatest(last_name_key, first_name_key), city_key) end",
    256: "case when is_usable_address then concat_ws('|', street_key, address_numbers, city_key) end",
    512: "last_name_key || '|' || left(phone, 7)",
    1024: "company_key",
} -%}
{%- set listed = {'mobile_phones': 2048, 'landline_phones': 2048, 'vins': 4096} %}

with records as (

    {{ records_to_key() }}

),

single_keys as (

    select
        records.record_id,
        records.customer_type,
        block_keys.rule,
        block_keys.block_key
    from records
    {{ unpivoted(rules, 'block_keys', 'rule', 'block_key') }}
    where block_keys.block_key is not null

),

{% for column, rule in listed.items() -%}
keys_of_{{ column }} as (

    select
        records.record_id,
        records.customer_type,
        {{ rule }} as rule,
        block_keys.block_key
    from ({{ records_to_key() }}) as records
    {{ unnested('records.' ~ column, 'block_keys', 'block_key') }}

),

{% endfor -%}
-- A person is never compared with a company.
final as (

    {% for keys in ['single_keys', 'keys_of_mobile_phones', 'keys_of_landline_phones', 'keys_of_vins'] -%}
    select
        record_id,
        rule,
        {{ hashed_64('block_key', "rule * 2 + case customer_type when 'organisation' then 1 else 0 end") }} as block_id
    from {{ keys }}

    {{ "union all" if not loop.last }}

    {% endfor -%}
)

select * from final
