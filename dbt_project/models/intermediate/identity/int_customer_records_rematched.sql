{{ config(materialized='view') }}

with changed as (

    select * from {{ ref('int_customer_records_changed') }}

),

blocks as (

    select * from {{ ref('int_customer_blocks_sized') }}
    where is_too_large <> was_too_large

),

block_keys as (

    select * from {{ ref('int_customer_block_keys') }}

),

-- A block that crossed the cap proposes other pairs, though none of its records changed.
final as (

    select record_id from changed

    union

    select block_keys.record_id
    from blocks
    inner join block_keys on blocks.block_id = block_keys.block_id

)

select * from final
