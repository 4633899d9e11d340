-- Every staged repair order is part of one visit or is counted as something else, and its money is there once.
with settings as (

    select * from {{ ref('int_group_settings') }}

),

staged as (

    select
        orders.dealer_code,
        {{ business_date(
            'orders.closed_at', 'coalesce(dealers.time_zone, settings.time_zone)', 'settings.time_zone'
        ) }} as business_date,
        1 as documents,
        coalesce(orders.labor_amount, 0) + coalesce(orders.parts_amount, 0) as net_amount
    from {{ ref('stg_dms__service_orders') }} as orders
    cross join settings
    left join {{ source('ops', 'dealers') }} as dealers on orders.dealer_code = dealers.dealer_code

),

accounted as (

    select
        dealer_code,
        {{ period_start('month', 'business_date') }} as business_month,
        order_count as documents,
        net_amount
    from {{ ref('fct_service_visits') }}

    union all

    select dealer_code, business_month, documents, net_amount
    from {{ ref('rpt_excluded_documents') }}
    where entity = 'service_orders'

),

differences as (

    select dealer_code, {{ period_start('month', 'business_date') }} as business_month, documents, net_amount
    from staged
    union all
    select dealer_code, business_month, -documents as documents, -net_amount as net_amount from accounted

)

select
    dealer_code,
    business_month,
    sum(documents) as missing_documents,
    sum(net_amount) as missing_amount
from differences
group by dealer_code, business_month
having sum(documents) <> 0 or sum(net_amount) <> 0
