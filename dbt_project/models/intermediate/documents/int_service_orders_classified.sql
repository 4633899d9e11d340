-- Every repair order, with the visit it belongs to and the reason for which it is no visit, if there is one.
with orders as (

    select * from {{ ref('int_service_orders_unioned') }}

),

settings as (

    select * from {{ ref('int_group_settings') }}

),

dealers as (

    select * from {{ source('ops', 'dealers') }}

),

customer_ids as (

    select * from {{ ref('int_customer_ids_assigned') }}

),

customers as (

    select * from {{ ref('int_customers_merged') }}

),

judged as (

    select
        orders.*,
        customer_ids.customer_id,
        coalesce(dealers.time_zone, settings.time_zone) as dealer_time_zone,
        settings.time_zone as group_time_zone,
        case
            when orders.paid_by = 'internal' then 'internal'
            when coalesce(orders.currency, settings.currency) <> settings.currency then 'foreign_currency'
            when customers.is_test then 'test_record'
        end as exclusion_reason
    from orders
    cross join settings
    left join dealers on orders.dealer_code = dealers.dealer_code
    left join customer_ids
        on {{ same_record('orders', 'customer_ids') }}
    left join customers on customer_ids.customer_id = customers.customer_id

),

dated as (

    select
        *,
        {{ business_date('closed_at', 'dealer_time_zone', 'group_time_zone') }} as business_date,
        {{ local_date('closed_at', 'dealer_time_zone') }} as dealer_local_date,
        {{ is_time_assumed('closed_at', 'dealer_time_zone') }} as is_time_assumed
    from judged

),

-- One vehicle, one dealer, one day is one visit, however many orders were written. A vehicle without a VIN is told
-- by its plate; without either, every order is a visit of its own.
final as (

    select
        {{ hashed([
            'dealer_code', 'business_date',
            "coalesce(vehicle_id, 'plate ' || plate, 'order ' || entity || ' ' || source_record_id)",
        ]) }} as visit_id,
        *
    from dated

)

select * from final
