with sales as (

    select
        customer_id,
        count(*) as sales_count,
        sum(net_amount) as sales_amount,
        min(business_date) as first_purchase_date,
        max(business_date) as last_purchase_date
    from {{ ref('fct_vehicle_sales') }}
    where not is_returned
    group by customer_id

),

visits as (

    select
        customer_id,
        count(*) as visits_count,
        sum(customer_paid_amount) as visits_amount,
        sum(case when paid_by = 'customer' then 1 else 0 end) as paid_visits,
        sum(customer_paid_amount) as paid_amount,
        max(business_date) as last_visit_date
    from {{ ref('fct_service_visits') }}
    group by customer_id

),

-- A complaint written on the last visit stays open until a visit without one.
last_visits as (

    select
        customer_id,
        has_complaint,
        row_number() over (partition by customer_id order by closed_at desc, visit_id) as visit_rank
    from {{ ref('fct_service_visits') }}

),

customers as (

    select customer_id from sales
    union distinct
    select customer_id from visits

),

final as (

    select
        customers.customer_id,
        coalesce(sales.sales_count, 0) as sales_count,
        sales.sales_amount,
        sales.first_purchase_date,
        sales.last_purchase_date,
        coalesce(visits.visits_count, 0) as visits_count,
        visits.visits_amount,
        visits.paid_visits,
        visits.paid_amount,
        visits.last_visit_date,
        last_visits.has_complaint as has_open_complaint
    from customers
    left join sales on customers.customer_id = sales.customer_id
    left join visits on customers.customer_id = visits.customer_id
    left join last_visits on customers.customer_id = last_visits.customer_id and last_visits.visit_rank = 1

)

select * from final
