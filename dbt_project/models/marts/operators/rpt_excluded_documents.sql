with sales as (

    select * from {{ ref('int_vehicle_sales_classified') }}
    where exclusion_reason is not null

),

orders as (

    select * from {{ ref('int_service_orders_classified') }}
    where exclusion_reason is not null

),

requests as (

    select * from {{ ref('int_leads_deduplicated') }}
    where is_repetition

),

documents as (

    select dealer_code, source_system, entity, exclusion_reason, business_date, net_amount
    from sales

    union all

    select
        dealer_code, source_system, entity, exclusion_reason, business_date,
        coalesce(labor_amount, 0) + coalesce(parts_amount, 0) as net_amount
    from orders

    union all

    select
        dealer_code, source_system, entity,
        case when is_resent then 'resent' else 'double_click' end as exclusion_reason,
        business_date,
        null as net_amount
    from requests

),

final as (

    select
        dealer_code,
        source_system,
        entity,
        exclusion_reason,
        {{ period_start('month', 'business_date') }} as business_month,
        cast(count(*) as integer) as documents,
        cast(sum(net_amount) as decimal(14, 2)) as net_amount
    from documents
    group by dealer_code, source_system, entity, exclusion_reason, {{ period_start('month', 'business_date') }}

)

select * from final
