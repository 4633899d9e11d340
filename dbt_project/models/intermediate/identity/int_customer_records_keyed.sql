{#
    Without an index: the keys of all records are read in passing, and an index on millions of keys costs more to build
    than all nights save until the next one.
#}
{{ config(
    materialized='kept',
    redone={'int_customer_records_changed': ['record_id']},
    redone_where={'int_customer_records_changed': 'not listed.is_new'},
    unlogged=true,
    rows_of_run=true,
    rows_gone=true,
    pre_hook="{{ indexes_where_few_are_looked_up() }}",
) }}

-- depends_on: {{ ref('int_customer_records_changed') }}
-- depends_on: {{ ref('int_match_settings_chosen') }}
-- depends_on: {{ ref('int_match_prior') }}

{%- set records = 'changed_records' if matching_goes_on() else ref('int_customer_records_standardized') %}

with
{% if matching_goes_on() -%}
changed_records as (  -- noqa: ST03

    select standardized.*
    from {{ ref('int_customer_records_standardized') }} as standardized
    inner join {{ ref('int_customer_records_changed') }} as changed on standardized.record_id = changed.record_id

),

{% endif -%}
final as (

    select
        records.record_id,
        records.fingerprint,
        {{ card_id_where_usable() }} as card_id,
        {{ "false" if is_group_small() else "records.is_usable_birth_date" }} as is_left_to_dates,
        {{ block_keys() | join(",\n        ") }}
    from {{ records }} as records

    union all

    {{ further_keys(records) }}

)

select * from final
