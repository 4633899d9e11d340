-- Sales and repair orders that are facts, by the number that a survey names them with.
with sales as (

    select * from {{ ref('int_vehicle_sales_classified') }}
    where exclusion_reason is null

),

orders as (

    select * from {{ ref('int_service_orders_classified') }}
    where exclusion_reason is null

),

final as (

    select
        'sale' as document_type,
        sale_id as document_id,
        dealer_code,
        document_number,
        happened_at,
        customer_id
    from sales

    union all

    select
        'service' as document_type,
        visit_id as document_id,
        dealer_code,
        document_number,
        closed_at as happened_at,
        customer_id
    from orders

)

select * from final
