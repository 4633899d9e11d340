{{ config(pre_hook="{{ blocks_read_in_order() }}") }}

-- depends_on: {{ ref('int_customer_records_rematched') }}

with block_keys as (

    select * from {{ ref('int_customer_block_keys') }}

),

-- The same by another name, each read once: a table expression that is read twice is read without its indexes.
keys_of_all as (

    select * from {{ ref('int_customer_block_keys') }}

),

own_keys as (

    select
        block_keys.record_id,
        block_keys.block_id,
        block_keys.rule
    from block_keys
    {% if matching_goes_on() -%}
    inner join {{ ref('int_customer_records_rematched') }} as rematched on block_keys.record_id = rematched.record_id
    {%- endif %}
    left join {{ ref('int_customer_blocks_sized') }} as blocks
        on
            block_keys.block_id = blocks.block_id
            and blocks.is_too_large
    where blocks.block_id is null

),

-- Where all records are matched, each pair is found from its lesser end alone.
proposed as (

    select
        least(own_keys.record_id, keys_of_all.record_id) as left_id,
        greatest(own_keys.record_id, keys_of_all.record_id) as right_id,
        own_keys.rule
    from own_keys
    inner join keys_of_all on own_keys.block_id = keys_of_all.block_id
    where own_keys.record_id {{ "<>" if matching_goes_on() else "<" }} keys_of_all.record_id

),

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
