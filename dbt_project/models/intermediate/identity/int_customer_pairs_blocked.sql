{{ config(pre_hook="{{ blocks_read_in_order() }}") }}

-- depends_on: {{ ref('int_customer_block_keys') }}
-- depends_on: {{ ref('int_customer_blocks_gathered') }}
-- depends_on: {{ ref('int_customer_blocks_sized') }}
-- depends_on: {{ ref('int_customer_records_changed') }}
-- depends_on: {{ ref('int_customer_records_rematched') }}

{% if matching_goes_on() -%}
with block_keys as (

    select * from {{ ref('int_customer_block_keys') }}

),

-- The same by another name, each read once: a table expression that is read twice is read without its indexes.
keys_of_all as (

    select * from {{ ref('int_customer_block_keys') }}

),

-- Of those who changed they were made a moment ago; of others in a block that crossed the cap they are looked up.
keys_to_pair as (  -- noqa: ST03

    select * from {{ rows_of_run(ref('int_customer_block_keys')) }}

    union all

    select block_keys.*
    from {{ ref('int_customer_records_rematched') }} as rematched
    left join {{ ref('int_customer_records_changed') }} as changed on rematched.record_id = changed.record_id
    inner join block_keys on rematched.record_id = block_keys.record_id
    where changed.record_id is null

),

own_keys as (

    select
        own.record_id,
        own.block_id,
        own.rule,
        own.is_left_to_dates
    from keys_to_pair as own
    left join {{ ref('int_customer_blocks_sized') }} as blocks
        on
            own.block_id = blocks.block_id
            and blocks.is_too_large
    where blocks.block_id is null
    order by own.block_id

),

proposed as (

    select
        own_keys.record_id as one_id,
        keys_of_all.record_id as other_id,
        own_keys.rule
    from own_keys
    inner join keys_of_all on own_keys.block_id = keys_of_all.block_id
    where
        own_keys.record_id <> keys_of_all.record_id
        and not (own_keys.is_left_to_dates and keys_of_all.is_left_to_dates)

),
{%- else -%}
with blocks as (

    select
        rule,
        record_ids,
        dated_record_ids
    from {{ ref('int_customer_blocks_gathered') }}
    where not is_too_large

),

undated as (

    select
        rule,
        {{ elements('record_ids') }} as one_id,
        dated_record_ids
    from blocks
    where dated_record_ids is not null

),

proposed as (

    {{ pairs_of_elements('blocks', 'rule', 'record_ids', 'one_id', 'other_id') }}

    union all

    select
        rule,
        one_id,
        {{ elements('dated_record_ids') }} as other_id
    from undated

),
{%- endif %}

-- The sum of the rules that propose the pair.
final as (

    select
        least(one_id, other_id) as left_id,
        greatest(one_id, other_id) as right_id,
        bit_or(rule) as rules
    from proposed
    group by least(one_id, other_id), greatest(one_id, other_id)

)

select * from final
