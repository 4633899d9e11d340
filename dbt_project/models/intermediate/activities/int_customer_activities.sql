with sales as (

    select * from {{ ref('fct_vehicle_sales') }}

),

returns as (

    select * from {{ ref('fct_vehicle_returns') }}

),

visits as (

    select * from {{ ref('fct_service_visits') }}

),

customers as (

    select * from {{ ref('dim_customers') }}

),

vehicles as (

    select * from {{ ref('dim_vehicles') }}

),

activities as (

    select
        sale_id as document_id,
        'sale' as activity_type,
        coalesce(vehicle_condition, 'unknown') as department,
        dealer_code,
        customer_id,
        vehicle_id,
        make,
        business_date,
        net_amount,
        returned_on as counts_until
    from sales

    union all

    -- Money goes back in the month of the return; the sale counts for nobody's base from that day on.
    select
        return_id as document_id,
        'return' as activity_type,
        coalesce(vehicle_condition, 'unknown') as department,
        dealer_code,
        customer_id,
        vehicle_id,
        make,
        business_date,
        net_amount,
        business_date as counts_until
    from returns

    union all

    -- What the customer did not pay (warranty, goodwill) keeps him a customer and is no check of his.
    select
        visits.visit_id as document_id,
        'visit' as activity_type,
        case when visits.paid_by = 'customer' then 'service' else 'service_unpaid' end as department,
        visits.dealer_code,
        visits.customer_id,
        visits.vehicle_id,
        vehicles.make,
        visits.business_date,
        visits.customer_paid_amount as net_amount,
        cast(null as date) as counts_until
    from visits
    left join vehicles on visits.vehicle_id = vehicles.vehicle_id

),

final as (

    -- Money is money whoever paid; but staff, and who cannot be told, are in no customer base.
    select
        activities.*,
        customers.customer_type,
        customers.household_id,
        customers.customer_id is not null and not customers.is_test and not customers.is_employee as is_customer
    from activities
    left join customers on activities.customer_id = customers.customer_id

)

select * from final
