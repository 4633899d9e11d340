with block_keys as (

    select * from {{ ref('int_customer_block_keys') }}

),

settings as (

    select value as block_cap from {{ ref('match_settings') }}
    where setting = 'block_cap'

),

final as (

    select
        block_keys.block_id,
        block_keys.rule,
        count(*) as record_count,
        count(*) > max(settings.block_cap) as is_too_large
    from block_keys
    cross join settings
    group by block_keys.block_id, block_keys.rule
    having count(*) > 1

)

select * from final
