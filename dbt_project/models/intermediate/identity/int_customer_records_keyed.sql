{#
    A row per record, without an index: the keys of all of them are read in passing, and an index on millions of keys
    costs more to build than all nights save until the next one.
#}
{{ config(
    materialized='kept',
    redone={'int_customer_records_changed': ['record_id']},
    unlogged=true,
    rows_of_run=true,
    rows_gone=true,
    pre_hook="{{ indexes_where_few_are_looked_up() }}",
) }}

-- depends_on: {{ ref('int_customer_records_changed') }}
-- depends_on: {{ ref('int_match_settings_chosen') }}
-- depends_on: {{ ref('int_match_prior') }}

{%- set is_small = is_group_small() %}

with records as (

    select
        records.*,
        {{ card_id_where_usable() }} as card_id
    from {{ ref('int_customer_records_standardized') }} as records
    {% if matching_goes_on() -%}
    inner join {{ ref('int_customer_records_changed') }} as changed on records.record_id = changed.record_id
    {%- endif %}

),

final as (

    select
        record_id,
        fingerprint,
        card_id,
        {{ "false" if is_small else "is_usable_birth_date" }} as is_left_to_dates,
        {{ block_ids_of('date', is_small) }} as date_block_ids,
        {{ block_ids_of('name', is_small) }} as name_block_ids,
        {{ block_ids_of('other', is_small) }} as other_block_ids
    from records

)

select * from final
