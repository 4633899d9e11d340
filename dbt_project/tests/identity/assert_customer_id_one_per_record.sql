-- A record that names a person belongs to exactly one customer.
with assigned as (

    select * from {{ ref('int_customer_ids_assigned') }}

),

mentions as (

    select record_key from {{ ref('int_customer_mentions_collected') }}

),

final as (

    select
        mentions.record_key,
        count(assigned.customer_id) as customer_count
    from mentions
    left join assigned on mentions.record_key = assigned.record_key
    group by mentions.record_key
    having count(assigned.customer_id) <> 1

)

select * from final
