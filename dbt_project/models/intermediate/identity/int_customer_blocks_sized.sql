{{ config(pre_hook="{{ blocks_read_in_order() }}") }}

-- depends_on: {{ ref('int_customer_records_changed') }}

with settings as (

    {{ match_settings_in_one_row() }}

),

beliefs as (

    select * from {{ ref('int_match_prior') }}

),

block_keys as (

    select * from {{ ref('int_customer_block_keys') }}

),

{% if matching_goes_on() -%}
before as (

    select * from {{ this }}
    where is_too_large

),

changed as (

    select * from {{ ref('int_customer_records_changed') }}

),

-- The same as block_keys, each read once: a table expression that is read twice is read without its indexes.
keys_changed as (

    select * from {{ ref('int_customer_block_keys') }}

),

-- Blocks that may have crossed the cap in this run.
to_size as (

    select block_id from before

    union

    select keys_changed.block_id
    from changed
    inner join keys_changed on changed.record_id = keys_changed.record_id

),

sized as (

    select
        to_size.block_id,
        coalesce(min(block_keys.rule), max(before.rule)) as rule,
        count(block_keys.record_id) as record_count,
        count(block_keys.record_id) > {{ block_cap_of('coalesce(block_keys.rule, before.rule)') }} as is_too_large,
        count(before.block_id) > 0 as was_too_large
    from to_size
    cross join settings
    cross join beliefs
    left join block_keys on to_size.block_id = block_keys.block_id
    left join before on to_size.block_id = before.block_id
    group by to_size.block_id

),
{%- else -%}
sized as (

    select
        block_keys.block_id,
        min(block_keys.rule) as rule,
        count(*) as record_count,
        true as is_too_large,
        true as was_too_large
    from block_keys
    cross join settings
    cross join beliefs
    group by block_keys.block_id
    having count(*) > {{ block_cap_of('block_keys.rule') }}

),
{%- endif %}

final as (

    select * from sized
    where
        is_too_large
        or was_too_large

)

select * from final
