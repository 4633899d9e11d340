-- Each customer is among the published ids as himself, and no id but an erased one leads nowhere.
select customers.customer_id
from {{ ref('dim_customers') }} as customers
left join {{ ref('dim_customer_ids') }} as ids
    on
        customers.customer_id = ids.published_customer_id
        and customers.customer_id = ids.customer_id
        and ids.status = 'current'
where ids.customer_id is null

union all

select published_customer_id as customer_id
from {{ ref('dim_customer_ids') }}
where (customer_id is null) <> (status = 'erased')
