with sales as (

    select * from {{ ref('fct_vehicle_sales') }}
    where customer_id is not null

),

visits as (

    select * from {{ ref('fct_service_visits') }}
    where customer_id is not null

),

leads as (

    select * from {{ ref('fct_leads') }}
    where customer_id is not null

),

settings as (

    select * from {{ ref('int_group_settings') }}

),

-- What becomes of a vehicle: it is sold to somebody, or taken in part payment.
passings as (

    select vehicle_id, sale_id, customer_id, sold_at, business_date, false as is_trade_in
    from {{ ref('fct_vehicle_sales') }}
    where vehicle_id is not null

    union all

    select trade_in_vehicle_id as vehicle_id, sale_id, customer_id, sold_at, business_date, true as is_trade_in
    from {{ ref('fct_vehicle_sales') }}
    where trade_in_vehicle_id is not null

),

-- A bought vehicle is given up when it is returned, traded in, or sold to somebody else.
given_up as (

    select
        sales.sale_id,
        min(passings.business_date) as given_up_on
    from sales
    inner join passings
        on
            sales.vehicle_id = passings.vehicle_id
            and sales.sale_id <> passings.sale_id
            and sales.sold_at <= passings.sold_at
            and (passings.is_trade_in or sales.customer_id <> passings.customer_id)
    group by sales.sale_id

),

purchases as (

    select
        sales.customer_id,
        max(sales.business_date) as last_sale_on,
        max(least(given_up.given_up_on, sales.returned_on)) as last_given_up_on,
        sum(case when given_up.given_up_on is null and sales.returned_on is null then 1 else 0 end) as vehicles_kept
    from sales
    left join given_up on sales.sale_id = given_up.sale_id
    group by sales.customer_id

),

services as (

    select customer_id, max(business_date) as last_visit_on
    from visits
    group by customer_id

),

requests as (

    select customer_id, max(case when status not in ('lost', 'invalid') then business_date end) as last_live_lead_on
    from leads
    group by customer_id

),

final as (

    select
        customers.customer_id,
        purchases.last_sale_on,
        services.last_visit_on,
        requests.last_live_lead_on,
        case
            when
                purchases.vehicles_kept = 0
                and (services.last_visit_on is null or services.last_visit_on <= purchases.last_given_up_on)
                then 'ex_owner'
            when
                greatest(purchases.last_sale_on, services.last_visit_on)
                < {{ days_added('settings.as_of_date', '-settings.lapsed_days') }}
                then 'lapsed'
            when purchases.customer_id is not null or services.customer_id is not null then 'customer'
            when requests.last_live_lead_on >= {{ months_added('settings.as_of_date', -12) }} then 'lead'
            else 'prospect'
        end as lifecycle_stage
    from {{ ref('int_customers_merged') }} as customers
    cross join settings
    left join purchases on customers.customer_id = purchases.customer_id
    left join services on customers.customer_id = services.customer_id
    left join requests on customers.customer_id = requests.customer_id

)

select * from final
