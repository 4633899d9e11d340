{{ config(pre_hook="{{ indexes_where_few_are_looked_up() }}") }}

-- depends_on: {{ ref('int_customer_records_rematched') }}
-- depends_on: {{ ref('int_customer_blocks_sized') }}

with block_keys as (

    select * from {{ ref('int_customer_block_keys') }}

),

{% if matching_goes_on() -%}
-- The same by another name, each read once: a table expression that is read twice is read without its indexes.
keys_of_all as (

    select * from {{ ref('int_customer_block_keys') }}

),

rematched as (

    select * from {{ ref('int_customer_records_rematched') }}

),

own_keys as (

    select
        block_keys.record_id,
        block_keys.block_id,
        block_keys.rule
    from rematched
    inner join block_keys on rematched.record_id = block_keys.record_id
    left join {{ ref('int_customer_blocks_sized') }} as blocks
        on
            block_keys.block_id = blocks.block_id
            and blocks.is_too_large
    where blocks.block_id is null

),

proposed as (

    select
        least(own_keys.record_id, keys_of_all.record_id) as left_id,
        greatest(own_keys.record_id, keys_of_all.record_id) as right_id,
        own_keys.rule
    from own_keys
    inner join keys_of_all on own_keys.block_id = keys_of_all.block_id
    where own_keys.record_id <> keys_of_all.record_id

),
{%- else -%}
settings as (

    {{ match_settings_in_one_row('int_match_settings_chosen') }}

),

blocks as (

    select
        block_keys.block_id,
        min(block_keys.rule) as rule,
        {{ array_of('block_keys.record_id') }} as record_ids
    from block_keys
    cross join settings
    group by block_keys.block_id
    having
        count(*) > 1
        and count(*) <= {{ block_cap_of('block_keys.rule') }}

),

proposed as (

    select
        left_records.record_id as left_id,
        right_records.record_id as right_id,
        blocks.rule
    from blocks
    {{ unnested('blocks.record_ids', 'left_records', 'record_id') }}
    {{ unnested('blocks.record_ids', 'right_records', 'record_id') }}
    where left_records.record_id < right_records.record_id

),
{%- endif %}

-- The sum of the rules that propose the pair.
final as (

    select
        left_id,
        right_id,
        bit_or(rule) as rules
    from proposed
    group by left_id, right_id

)

select * from final
