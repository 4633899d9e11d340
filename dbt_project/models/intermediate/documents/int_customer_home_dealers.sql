-- Where a customer is at home: the dealer who sold him a car last, else the one who serviced it, else who was asked,
-- else who knows him.
with touches as (

    select customer_id, dealer_code, 1 as touch_rank, sold_at as happened_at
    from {{ ref('fct_vehicle_sales') }}
    where customer_id is not null

    union all

    select customer_id, dealer_code, 2 as touch_rank, closed_at as happened_at
    from {{ ref('fct_service_visits') }}
    where customer_id is not null

    union all

    select customer_id, dealer_code, 3 as touch_rank, created_at as happened_at
    from {{ ref('fct_leads') }}
    where customer_id is not null

    union all

    select customer_id, dealer_code, 4 as touch_rank, last_seen_at as happened_at
    from {{ ref('bridge_customer_records') }}

),

ranked as (

    select
        *,
        row_number() over (
            partition by customer_id
            order by touch_rank, happened_at desc, dealer_code
        ) as home_rank
    from touches

),

final as (

    select
        customer_id,
        dealer_code as home_dealer_code
    from ranked
    where home_rank = 1

)

select * from final
