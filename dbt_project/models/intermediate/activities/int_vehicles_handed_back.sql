with sales as (

    select * from {{ ref('fct_vehicle_sales') }}

),

activities as (

    select * from {{ ref('int_customer_activities') }}

),

traded_in as (

    select
        trade_in_vehicle_id as vehicle_id,
        customer_id,
        business_date as handed_back_on
    from sales
    where trade_in_vehicle_id is not null and customer_id is not null

),

returned as (

    select vehicle_id, customer_id, business_date as handed_back_on
    from activities
    where activity_type = 'return' and vehicle_id is not null and customer_id is not null

),

final as (

    select * from traded_in
    union distinct
    select * from returned

)

select * from final
