with contact_points as (

    select * from {{ ref('int_customer_contact_points') }}

),

customers as (

    select * from {{ ref('int_customers_merged') }}

),

final as (

    select
        contact_points.customer_id,
        coalesce(customers.full_name, customers.company_name) as full_name,
        contact_points.contact_type,
        contact_points.contact_value,
        contact_points.is_preferred,
        contact_points.source_record,
        contact_points.last_seen_at
    from contact_points
    inner join customers on contact_points.customer_id = customers.customer_id

)

select * from final
