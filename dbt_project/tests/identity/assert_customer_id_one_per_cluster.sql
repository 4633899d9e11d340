-- A cluster is one customer, and a customer one cluster.
with customers as (

    select * from {{ ref('int_customers_identified') }}

),

final as (

    select customer_id
    from customers
    group by customer_id
    having count(*) > 1

    union all

    select {{ to_text('cluster_id') }} as customer_id
    from customers
    group by cluster_id
    having count(*) > 1

)

select * from final
