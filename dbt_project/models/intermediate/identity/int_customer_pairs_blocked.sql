with block_keys as (

    select
        block_keys.block_id,
        block_keys.rule,
        block_keys.record_id
    from {{ ref('int_customer_block_keys') }} as block_keys
    inner join {{ ref('int_customer_blocks_sized') }} as blocks on block_keys.block_id = blocks.block_id
    where not blocks.is_too_large

),

final as (

    select
        left_keys.record_id as left_id,
        right_keys.record_id as right_id,
        {{ text_aggregated('left_keys.rule') }} as rules
    from block_keys as left_keys
    inner join block_keys as right_keys
        on
            left_keys.block_id = right_keys.block_id
            and left_keys.record_id < right_keys.record_id
    group by left_keys.record_id, right_keys.record_id

)

select * from final
