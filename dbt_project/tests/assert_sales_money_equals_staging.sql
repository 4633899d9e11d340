-- Every staged sales document is a sale or is counted as something else, and its money is there once.
with settings as (

    select * from {{ ref('int_group_settings') }}

),

staged as (

    select
        sales.dealer_code,
        {{ business_date(
            'coalesce(sales.sold_at, sales.contracted_at)',
            'coalesce(dealers.time_zone, settings.time_zone)', 'settings.time_zone'
        ) }} as business_date,
        1 as documents,
        coalesce(
            case
                when sales.document_type = 'return'
                    then abs(coalesce(sales.discount_amount, 0)) - abs(sales.price_amount)
                else sales.price_amount - coalesce(sales.discount_amount, 0)
            end, 0
        ) as net_amount
    from {{ ref('stg_dms__sales') }} as sales
    cross join settings
    left join {{ source('ops', 'dealers') }} as dealers on sales.dealer_code = dealers.dealer_code

),

accounted as (

    select
        dealer_code,
        {{ period_start('month', 'business_date') }} as business_month,
        1 as documents,
        coalesce(net_amount, 0) as net_amount
    from {{ ref('fct_vehicle_sales') }}

    union all

    select dealer_code, business_month, documents, coalesce(net_amount, 0) as net_amount
    from {{ ref('rpt_excluded_documents') }}
    where entity = 'sales'

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
