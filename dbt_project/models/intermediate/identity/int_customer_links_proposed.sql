with records as (

    select * from {{ ref('int_customer_records_unioned') }}

),

-- Records with the number of one card of one dealer's system are one person, whatever their spelling.
card_links as (

    select
        min(record_id) over (partition by dealer_code, source_system, customer_source_id) as left_node,
        record_id as right_node
    from records
    where customer_source_id is not null

),

final as (

    select
        left_node,
        right_node,
        'same card' as link_reason,
        cast(1 as double precision) as match_probability
    from card_links
    where left_node <> right_node

)

select * from final
