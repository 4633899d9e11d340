{{ config(pre_hook="{{ blocks_read_in_order() }}") }}

-- depends_on: {{ ref('int_customer_block_keys') }}
-- depends_on: {{ ref('int_customer_blocks_gathered') }}
-- depends_on: {{ ref('int_match_settings_chosen') }}
-- depends_on: {{ ref('int_match_prior') }}

{% if matching_goes_on() -%}
with settings as (

    {{ match_settings_in_one_row() }}

),

beliefs as (

    select * from {{ ref('int_match_prior') }}

),

block_keys as (

    select * from {{ ref('int_customer_block_keys') }}

),

before as (

    select * from {{ this }}
    where is_too_large

),

moved as (

    {{ blocks_moved() }}

),

-- Blocks that may have become too large in this run, in the order of the index by which they are looked up.
to_count as (

    select moved.block_id
    from moved
    left join before on moved.block_id = before.block_id
    where
        moved.records_more > 0
        and before.block_id is null
    order by moved.block_id

),

grown as (

    select
        block_keys.block_id,
        min(block_keys.rule) as rule,
        count(*) as record_count,
        false as was_too_large
    from to_count
    inner join block_keys on to_count.block_id = block_keys.block_id
    group by block_keys.block_id

),

-- Of one that was, it is known how many it had.
counted as (

    select * from grown

    union all

    select
        before.block_id,
        before.rule,
        before.record_count + coalesce(moved.records_more, 0) as record_count,
        true as was_too_large
    from before
    left join moved on before.block_id = moved.block_id

),

sized as (

    select
        counted.block_id,
        counted.rule,
        cast(counted.record_count as bigint) as record_count,
        counted.record_count > {{ block_cap_of('counted.rule') }} as is_too_large,
        counted.was_too_large
    from counted
    cross join settings
    cross join beliefs

),
{%- else -%}
with sized as (

    select
        block_id,
        rule,
        record_count,
        true as is_too_large,
        true as was_too_large
    from {{ ref('int_customer_blocks_gathered') }}
    where is_too_large

),
{%- endif %}

final as (

    select * from sized
    where
        is_too_large
        or was_too_large

)

select * from final
